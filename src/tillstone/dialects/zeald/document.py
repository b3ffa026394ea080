"""A sent `ResultSet` as a tree of entries: which records it names, what it says of them, and how they hang together.

Sources: seeds/003 for nested records, spec 5 and 7. What is wrong with a record is kept with it as an unreadable value,
so that the service reports it with everything else.
"""

from typing import Final

from msgspec import Struct, field

from tillstone.dialects.zeald.catalogue import Plan, kind_called
from tillstone.dialects.zeald.problems import BadRequest, KeyMismatch
from tillstone.dialects.zeald.resources import STRUCTURE, Resources
from tillstone.dialects.zeald.values import LINES
from tillstone.domain.errors import Fault, Invalid
from tillstone.domain.passwords import ATTRIBUTE as PASSWORD
from tillstone.domain.passwords import is_stored_form
from tillstone.domain.profile import Unreadable
from tillstone.domain.records import fold
from tillstone.wire.compile import decoded
from tillstone.wire.limits import Limits
from tillstone.wire.table import Field
from tillstone.wire.xmltext import Element, read_xml

LIMITS: Final = Limits(size=10 * 1_048_576, elements=400_000)
ROOT: Final = "ResultSet"
MOST_RECORDS: Final = 2_000
MOST_WARNINGS: Final = 50


class Entry(Struct):
    """One record of a body: its key as text ("" if it names none), attributes and values, the texts of the sent fields,
    joined records that are written before it (each with the attribute that takes its id), and those below it."""

    plan: Plan
    key: str = ""
    values: dict[str, object] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    before: list[tuple[str, "Entry"]] = field(default_factory=list)
    children: list["Entry"] = field(default_factory=list)

    def amiss(self, code: str, text: str) -> None:
        """Something is wrong with the record as a whole; the first such thing is told."""
        self.values.setdefault(STRUCTURE, Unreadable(code, text))

    def at(self, path: tuple[int, ...]) -> "Entry":
        """The entry that the path of a fault leads to: places below, `~n` for what is written before."""
        entry = self
        for place in path:
            entry = entry.children[place] if place >= 0 else entry.before[~place][1]
        return entry


class Document(Struct):
    """The primary records in the order sent, and what was passed over."""

    entries: list[Entry]
    warnings: list[str]


def read_document(resources: Resources, plan: Plan, body: bytes, *, key: str = "") -> Document:
    """The document that `body` holds. `key` is the one of the path, for the only record there is then.

    Raises Malformed or Excess, BadRequest for another root or none or too many records, KeyMismatch.
    """
    root = read_xml(body, LIMITS)
    if local(root.tag) != ROOT:
        raise BadRequest(f"The body's root is {local(root.tag)}, not {ROOT}")
    _require_records(root, plan, key)
    reader = _Reader(resources)
    return Document([reader.entry(element, plan, key) for element in root.children], list(reader.warnings))


def _require_records(root: Element, plan: Plan, key: str) -> None:
    for element in root.children:
        if kind_called(local(element.tag)) is not plan.kind:
            raise BadRequest(f"{local(element.tag)} is not {plan.element}", plan.kind.name)
    if not root.children:
        raise BadRequest(f"{ROOT} holds no {plan.element}", plan.kind.name)
    if key and len(root.children) > 1:
        raise BadRequest(f"With a key in the path {ROOT} holds one {plan.element}", plan.kind.name)
    if len(root.children) > MOST_RECORDS:
        raise Invalid(Fault(STRUCTURE, "too_many_records", str(MOST_RECORDS)))


def local(tag: str) -> str:
    """An element's name without its prefix."""
    return tag.rpartition(":")[2]


def passwords_in(entries: list[Entry]) -> int:
    """How many passwords would have to be hashed."""
    return sum(
        (PASSWORD in entry.values) + passwords_in(entry.children) + passwords_in([first for _, first in entry.before])
        for entry in entries
    )


class _Reader:
    """Makes entries of elements; collects warnings, each once."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self.warnings: dict[str, None] = {}

    def entry(self, element: Element, plan: Plan, key: str = "") -> Entry:
        """The record that `element` describes, with everything nested in it."""
        entry, nested = Entry(plan), list[tuple[Plan, Element]]()
        for child in element.children:
            name = local(child.tag)
            known = self._resources.field(plan.kind, name)
            if known is not None:
                self._take(entry, known, child)
            elif member := plan.member(name):
                nested.append((member, child))
            elif kind_called(name):
                entry.amiss("not_joined", name)
            else:
                self._warn(f"{plan.kind.name} has no field {name}")
        if key:
            _require_same_key(entry, key)
            entry.key = key
        for member, child in nested:
            self._nest(entry, member, child)
        return entry

    def _warn(self, text: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings[text] = None

    def _take(self, entry: Entry, known: Field, element: Element) -> None:
        """One field's value. Read-only fields are passed over, so that what was read can be sent back."""
        text = "" if _is_nil(element) else element.text
        text = text if known.codec is LINES else text.strip()
        entry.texts[known.wire] = text
        if known.wire == entry.plan.kind.key:
            entry.key = text
        if not known.access.writes:
            return
        if element.children:
            entry.values[known.attr] = Unreadable("not_text", local(element.children[0].tag))
        elif known.wire == PASSWORD:
            self._take_password(entry, text)
        else:
            entry.values[known.attr] = decoded(known, text)

    def _take_password(self, entry: Entry, text: str) -> None:
        """A hash made elsewhere is stored as it is, other text is hashed, and nothing never blanks a password."""
        entry.values.pop(PASSWORD, None)
        entry.values.pop("password_hash", None)
        if not text:
            self._warn("An empty password was ignored")
        else:
            entry.values["password_hash" if is_stored_form(text) else PASSWORD] = text

    def _nest(self, entry: Entry, member: Plan, element: Element) -> None:
        """A joined record, and the key that one of the two repeats."""
        join, nested = member.join, self.entry(element, member)
        assert join is not None  # noqa: S101 - only the primary resource is not joined
        if join.many:
            self._repeat(nested, join.refers, entry.key)
            entry.children.append(nested)
        elif any(taker == join.ours for taker, _ in entry.before):
            entry.amiss("only_one", member.element)
        else:
            if not nested.key and entry.texts.get(join.refers):
                nested.key = entry.texts[join.refers]
                nested.values[member.kind.attribute] = nested.key
            self._repeat(entry, join.refers, nested.key)
            entry.before.append((join.ours, nested))

    def _repeat(self, entry: Entry, wire: str, key: str) -> None:
        """A key that is sent twice must be the same; then once is enough."""
        known = self._resources.field(entry.plan.kind, wire)
        assert known is not None  # noqa: S101 - the catalogue names fields of the tables
        sent = entry.texts.get(wire)
        if sent and fold(sent) != fold(key):
            entry.values[known.attr] = Unreadable("differs", sent)
        else:
            entry.values.pop(known.attr, None)


def _require_same_key(entry: Entry, key: str) -> None:
    if entry.key and fold(entry.key) != fold(key):
        raise KeyMismatch(entry.plan.kind.key, entry.key, key)


def _is_nil(element: Element) -> bool:
    return any(
        local(name) == "nil" and value.strip().lower() in {"true", "1"} for name, value in element.attributes.items()
    )
