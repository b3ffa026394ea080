"""The tables at work: fields by name, what is read of a resource and how it is shown, what is demanded of a write."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Final

from msgspec import structs

from tillstone.dialects.zeald.catalogue import KINDS, Kind
from tillstone.dialects.zeald.tables import tables_in
from tillstone.dialects.zeald.values import LINE, LINES, MASKED, same_line, same_lines, same_word
from tillstone.domain.passwords import ATTRIBUTE as PASSWORD
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import Value
from tillstone.domain.rules.orders import worded
from tillstone.wire.compile import Compiled, Showing, profile_of
from tillstone.wire.table import Codec, Field, Table

FRONT: Final = "zeald"

SHORTEST_PASSWORD: Final = 4
LONGEST_PASSWORD: Final = 256

LINKS: Final = {
    "UserCustomerGroups": ("customer_id", "group_id"),
    "Order": ("customer_id",),
    "Orderlines": ("order_id", "position"),
}
"""Attributes that have no field of their own: a record written inside another one takes them from there."""

REFERENCES: Final = ("customer.username", "group.code", "parent.code", "order.order_number", "username")
"""Names of other records: case does not tell them apart."""

STRUCTURE: Final = ""
"""Under this name stands what is wrong with a record as a whole, for the service to report with the rest."""


class Resources:
    """The five resources, with times shown in one zone."""

    def __init__(self, zone: tzinfo) -> None:
        self.tables = tables_in(zone)
        self._fields = {name: {field.wire: field for field in table.fields} for name, table in self.tables.items()}
        self._open = {name: _compiled(KINDS[name], table) for name, table in self.tables.items()}
        self._masked = {**self._open, "Customer": _compiled(KINDS["Customer"], _masked(self.tables["Customer"]))}
        self._profiles = {
            (name, creates): _profile(KINDS[name], table, creates=creates)
            for name, table in self.tables.items()
            for creates in (True, False)
        }

    def field(self, kind: Kind, wire: str) -> Field | None:
        """The field of that name, if there is one."""
        return self._fields[kind.name].get(wire)

    def showing(self, kind: Kind, wires: frozenset[str] | None, *, masked: bool) -> Showing:
        """How records are read and shown: all fields, or those named (and always the key)."""
        compiled = (self._masked if masked else self._open)[kind.name]
        return compiled.all if wires is None else compiled.only(wires | {kind.key})

    def profile(self, kind: Kind, *, creates: bool) -> Profile:
        """What is demanded of a write; `creates` lets a membership bring an unknown group into being."""
        return self._profiles[kind.name, creates]


def _compiled(kind: Kind, table: Table) -> Compiled:
    linked = [join.ours for join in kind.joins]
    linked += [join.theirs for other in KINDS.values() for join in other.joins if join.resource == kind.name]
    return Compiled(table, FRONT, tuple(dict.fromkeys((kind.attribute, *linked))))


def _masked(table: Table) -> Table:
    fields = (structs.replace(field, codec=MASKED) if field.wire == PASSWORD else field for field in table.fields)
    return structs.replace(table, fields=tuple(fields))


def _profile(kind: Kind, table: Table, *, creates: bool) -> Profile:
    profile = profile_of(table, FRONT)
    codecs = {field.attr: field.codec for field in table.fields}
    rules = {STRUCTURE: Rule(STRUCTURE)}
    for name, rule in profile.rules.items():
        same = _alike(kind, name, codecs[name])
        rules[name] = structs.replace(rule, creates=rule.creates and creates, alike=same)
    if kind.name == "Customer":
        rules[PASSWORD] = Rule(PASSWORD, min=SHORTEST_PASSWORD, max=LONGEST_PASSWORD)
    rules |= {name: Rule(name) for name in LINKS.get(kind.name, ())}
    return structs.replace(profile, rules=rules)


def _alike(kind: Kind, attribute: str, codec: Codec) -> Callable[[Value], Value] | None:
    """What this API does not tell apart, so that its own answers sent back change nothing."""
    if attribute == "status_text":
        return lambda value: worded(same_line(value))
    if attribute in REFERENCES and kind.name != "Customer":
        return same_word
    if codec.type == "datetime":
        # one text is two moments where a clock was put back
        return lambda value: None if value is None else codec.encode(value)
    if codec.type != "string" or attribute == "password_hash":
        return None
    if codec is LINES:
        return same_lines
    return same_line if codec is LINE else same_word
