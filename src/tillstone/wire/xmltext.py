"""XML as text: the reader, which refuses every document that could hurt, and the writer's escaping.

The reader stands on expat, which keeps nothing of a document once it is read (libxml2 remembers every element name it
ever met, so that hostile bodies grow a process for good). Which elements mean what is the dialects' business.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from xml.parsers import expat

from msgspec import Struct
from msgspec.json import Encoder

from tillstone.wire.limits import Excess, Limits, Malformed

ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("us-ascii", "ascii"), "us-ascii"),
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin-1", "latin1"), "iso-8859-1"),
}
"""What a declaration may name, and what expat calls it. Others are either dangerous to guess at or never sent by the
clients we know; `utf8` is how Python's own library writes it if asked so."""

_DECLARED = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""").match


FLAT_SIZE = 8_192
"""Bytes of a body that may be read at a glance."""

_FORBIDDEN = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
"""What XML 1.0 cannot carry, as a part of a character class."""

_NAME = r"[A-Za-z_][\w.-]*"
_PLAIN = f"[^<>&\r{_FORBIDDEN}]*"
_FLAT = re.compile(
    rf'(?:<\?xml version="1\.0"(?: encoding="(?:UTF|utf)-8")?\?>)?[ \n]*<({_NAME})>(.*)</\1>[ \n]*',
    re.ASCII | re.DOTALL,
)
_FIELD = re.compile(rf'<({_NAME})(?: ({_NAME})="([^"\n\t<>&\r{_FORBIDDEN}]*)")?(?:>({_PLAIN})</\1>|/>)', re.ASCII)
_FIELD_PARTS = 5
"""Of a split by fields: what stands before one, its tag, its attribute's name and value, its text."""


class Element(Struct, gc=False):
    """One element: its name as sent, attributes, text between its own tags (not trimmed), and child elements."""

    tag: str
    attributes: dict[str, str]
    text: str
    children: list["Element"]

    def child(self, tag: str) -> "Element | None":
        """The last child of that name, if any."""
        return next((child for child in reversed(self.children) if child.tag == tag), None)


def read_xml(body: bytes, limits: Limits = Limits()) -> Element:  # noqa: B008 - a frozen value
    """The root element of `body`. Raises Malformed, or Excess beyond `limits`."""
    # a flat body has fewer elements than bytes
    flat = read_flat(body) if len(body) <= min(FLAT_SIZE, limits.elements, limits.size) else None
    return read_tree(body, limits) if flat is None else flat


def read_flat(body: bytes) -> Element | None:
    """What `read_tree` gives for a plain list of fields, which is what nearly every write sends, in half the time. None
    for everything else: a deeper or richer document, and any that is not well-formed."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    document = _FLAT.fullmatch(text)
    if document is None:
        return None
    parts = _FIELD.split(document[2])
    own_text = "".join(parts[::_FIELD_PARTS])
    if own_text.strip(" \t\n"):
        return None
    fields = zip(*(parts[place::_FIELD_PARTS] for place in range(1, _FIELD_PARTS)), strict=True)
    children = [Element(tag, {name: value} if name else {}, inner or "", []) for tag, name, value, inner in fields]
    return Element(document[1], {}, own_text, children)


def read_tree(body: bytes, limits: Limits) -> Element:
    """The same of any document, read by expat."""
    if len(body) > limits.size:
        raise Excess("the body is too large")
    if b"\x00" in body[:4]:
        raise Malformed("the body's encoding is not supported")
    builder = _Builder(limits)
    declared = _DECLARED(body)
    parser = expat.ParserCreate(ENCODINGS.get(declared[1].decode("ascii").lower()) if declared else None)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.XmlDeclHandler = _check_declaration
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Malformed(str(error)) from error
    return builder.root


class _Builder:
    """Builds the tree while expat reads, and stops it at the limits."""

    def __init__(self, limits: Limits) -> None:
        self._document = Element("", {}, "", [])
        self._open = [self._document]
        self._texts: list[list[str]] = [[]]
        self._depth, self._attributes = limits.depth, limits.attributes
        self._left = limits.elements

    @property
    def root(self) -> Element:
        return self._document.children[0]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._left -= 1
        if len(self._open) > self._depth or len(attributes) > self._attributes or self._left < 0:
            raise Excess("the body has too many elements, attributes or levels")
        element = Element(tag, attributes, "", [])
        self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def end(self, _tag: str) -> None:
        # joined once: text between many children would be copied again and again if it grew in place
        self._open.pop().text = "".join(self._texts.pop())

    def data(self, text: str) -> None:
        self._texts[-1].append(text)


def _check_declaration(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() not in ENCODINGS:
        raise Malformed("the body's encoding is not supported")


def _refuse_doctype(*_declaration: object) -> None:
    raise Malformed("a document type is not accepted")


# ---- writing ----

Escape = Callable[[str], str]

_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

_SPECIAL = re.compile(f"[&<>\r{_FORBIDDEN}]")
_SPECIAL_OR_WIDE = re.compile(f"[&<>\r{_FORBIDDEN}\x7f-\U0010ffff]")
_FORBIDDEN_ONE = re.compile(f"[{_FORBIDDEN}]")
_LINE_END = re.compile("\r\n?")

_JSON_LINES = Encoder().encode_lines


class Escaping(Struct, frozen=True):
    """How a dialect writes text between tags.

    `suspects` are the UTF-8 bytes that may begin something to escape: a value without any of them is written as it is,
    so a renderer looks for them once for all its records instead of once per value.
    """

    escape: Escape
    suspects: bytes

    def suspicious(self, values: Sequence[object]) -> list[bytes]:
        """For each value or row of values, whether it may hold something to escape: empty if not. Never wrong when it
        says no."""
        try:
            lines = _JSON_LINES(values)
        except UnicodeEncodeError:  # half of a surrogate pair, somewhere
            return [self.suspects] * len(values)
        return lines.translate(None, _harmless(self.suspects)).split(b"\n")[:-1]


@lru_cache
def _harmless(suspects: bytes) -> bytes:
    """All but the suspects, the end of a line, and the backslash, with which JSON writes control characters."""
    return bytes(byte for byte in range(0x100) if byte not in suspects + b"\n\\")


def escaping(forbidden: str = "") -> Escaping:
    """Names for `& < >`, a reference for the carriage return (a bare one is read back as a line feed), and `forbidden`
    in place of what XML 1.0 cannot carry."""

    def replace(match: re.Match[str]) -> str:
        character = match[0]
        return _NAMED.get(character) or ("&#13;" if character == "\r" else forbidden)

    # 0xED begins the surrogates, 0xEF U+FFFE and U+FFFF (and much that is harmless, and merely looked at twice)
    return Escaping(partial(_SPECIAL.sub, replace), b"&<>\xed\xef")


def ascii_escaping(forbidden: str = "") -> Escaping:
    """The same, with upper-case hexadecimal references for everything outside ASCII."""

    def replace(match: re.Match[str]) -> str:
        character = match[0]
        named = _NAMED.get(character)
        if named or _FORBIDDEN_ONE.match(character):
            return named or _referenced(forbidden)
        return f"&#x{ord(character):X};"

    return Escaping(partial(_SPECIAL_OR_WIDE.sub, replace), b"&<>" + bytes(range(0x7F, 0x100)))


def _referenced(text: str) -> str:
    return "".join(one if one.isascii() else f"&#x{ord(one):X};" for one in text)


def as_read(text: str, forbidden: str = "") -> str:
    """`text` as a client of XML knows it: with `forbidden` in place of what XML cannot carry, and every line ended by a
    line feed, because many libraries write the carriage returns that they have read bare."""
    if text.isprintable():  # then there is neither: most texts are, and this asks a fifth of what two patterns do
        return text
    return _LINE_END.sub("\n", _FORBIDDEN_ONE.sub(forbidden, text))


ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


def escape_attribute(text: str) -> str:
    """`text` between double quotes; what XML 1.0 cannot carry becomes U+FFFD."""
    return _FORBIDDEN_ONE.sub("\ufffd", text).translate(ATTRIBUTE)
