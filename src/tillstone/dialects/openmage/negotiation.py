"""Which format a request wants to read and which one it sends (spec 2.1, 2.2)."""

import re
from collections.abc import Iterator
from enum import Enum

from tillstone.dialects.openmage.switches import Behaviour
from tillstone.domain.errors import Refusal


class Format(Enum):
    """A format on the wire."""

    XML = "application/xml"
    JSON = "application/json"
    TEXT = "text/plain"

    @property
    def content_type(self) -> bytes:
        """What an answer in this format calls itself."""
        return f"{self.value}; charset=utf-8".encode()


class NotAcceptable(Refusal):
    """No format that the request accepts is served."""


class Unsupported(Refusal):
    """The request's Content-Type cannot be read; `text` says why."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


SERVED: dict[str, Format] = {
    "application/json": Format.JSON,
    "text/plain": Format.TEXT,
    "text/xml": Format.XML,
    "application/xml": Format.XML,
    "application/xhtml+xml": Format.XML,
}
"""In order of preference, which is what a wildcard takes."""

_ENTRY = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)/([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;([^;]*))?").match
_CONTENT_TYPE = re.compile(r"([^;\s]+)(?:;\s*charset=([^;\s]+))?").fullmatch


def choose(accept: str | None, behaviour: Behaviour) -> Format:
    """The format to answer in. NotAcceptable if there is none."""
    if not accept:
        if behaviour.xml_by_default:
            return Format.XML
        raise NotAcceptable
    for wanted in _by_quality(accept):
        if found := _serve(wanted, behaviour):
            return found
    raise NotAcceptable


def _by_quality(accept: str) -> list[tuple[str, str]]:
    """The types asked for, best first; equals in order of appearance."""
    entries = sorted(_entries(accept), key=lambda entry: -entry[0])
    return [wanted for _, wanted in entries]


def _entries(accept: str) -> Iterator[tuple[float, tuple[str, str]]]:
    for text in accept.split(","):
        if entry := _ENTRY(text):
            yield _quality(entry[3]), (entry[1], entry[2])


def _quality(parameter: str | None) -> float:
    # only the first parameter is looked at, whatever its name: ";level=1;q=0.2" has quality 1 (spec 2.1)
    try:
        return float((parameter or "").partition("=")[2] or 1)
    except ValueError:
        return 1.0


def _serve(wanted: tuple[str, str], behaviour: Behaviour) -> Format | None:
    kind, name = wanted
    if kind == "*" and name == "*":
        return Format.XML if behaviour.xml_by_default else Format.JSON
    if name == "*":
        return next((known for served, known in SERVED.items() if served.startswith(f"{kind}/")), None)
    return SERVED.get(f"{kind}/{name}")


def read_content_type(header: str | None) -> Format:
    """The format of a request's body. Unsupported with the reference's words otherwise."""
    if not header:
        raise Unsupported("Content-Type header is empty")
    parts = _CONTENT_TYPE(header)
    if parts is None:
        raise Unsupported("Invalid Content-Type header")
    if parts[2] is not None and parts[2].lower() != "utf-8":
        raise Unsupported("UTF-8 is the only supported charset")
    if parts[1] not in SERVED:
        raise Unsupported(f'Server can not understand Content-Type HTTP header media type "{parts[1]}"')
    return SERVED[parts[1]]
