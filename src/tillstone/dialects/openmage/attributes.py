"""Which attributes of a resource a user may see and say: what their kind knows, less what the attribute rules leave
out.

Rules name attributes as they are called on the wire (spec 8). Everything here is made once per dialect.
"""

from zoneinfo import ZoneInfo

from msgspec import structs

from tillstone.dialects.openmage.checks import needs_no_postcode, settle_region
from tillstone.dialects.openmage.codecs import iso_in
from tillstone.dialects.openmage.switches import Behaviour
from tillstone.dialects.openmage.tables import ITEM_ONLY, TABLES, with_codec, with_password, without
from tillstone.domain.access import ALL, Principal
from tillstone.domain.profile import Profile, Rule, Settle
from tillstone.wire.compile import Compiled, in_xml, profile_of
from tillstone.wire.table import Field, Table

FRONT = "openmage"
READ, WRITE = "read", "write"

IGNORED = frozenset({"confirmation"})
"""Accepted and never written (spec 9)."""

ON_CREATE_ONLY = frozenset({"password"})
"""Not even accepted on a change."""

SETTLERS: dict[str, Settle] = {"address": settle_region}


class Kind:
    """A resource at work: what it shows as an item and in a list, what it takes, and what it demands."""

    def __init__(self, table: Table, behaviour: Behaviour, zone: ZoneInfo) -> None:
        left_out = frozenset() if behaviour.shows_confirmation else IGNORED
        shown = without(table, left_out)
        item = with_codec(shown, "created_at", iso_in(zone)) if behaviour.iso_created_at else shown
        taken = with_password(table) if behaviour.takes_password and table.resource == "customer" else table
        self.resource = table.resource
        self.path = table.plural
        self.page_default, self.page_max = table.page_default, table.page_max
        self.item = Compiled(item, FRONT, ("id",))
        self.list = Compiled(without(shown, ITEM_ONLY), FRONT, ("id",))
        self.fields = {field.wire: field for field in taken.fields}
        self.by_attribute = {field.attr: field for field in taken.fields}
        self.profile = _profile(taken, new_key=behaviour.shows_confirmation)
        self.profile_in_xml = in_xml(self.profile)
        self._readable = {kind: _available(shown, kind) for kind in ("admin", "customer")}
        self._writable = {kind: _writable(taken, kind) for kind in ("admin", "customer")}

    def available(self, principal: Principal) -> frozenset[str]:
        """What a user of that kind could be shown."""
        return self._readable.get(principal.kind, frozenset())

    def readable(self, principal: Principal) -> frozenset[str]:
        """What this user is shown."""
        return _ruled(self.available(principal), principal, self.resource, READ)

    def writable(self, principal: Principal, *, creating: bool) -> frozenset[str]:
        """What this user may say; `website_id` and the like are accepted on a change too, and then passed over."""
        all_of_them = self._writable.get(principal.kind, frozenset())
        wires = all_of_them if creating else all_of_them - ON_CREATE_ONLY
        return _ruled(wires, principal, self.resource, WRITE)


def kinds(behaviour: Behaviour, zone: ZoneInfo) -> dict[str, Kind]:
    """Every resource that is built, by its canonical name."""
    return {name: Kind(table, behaviour, zone) for name, table in TABLES.items()}


def _available(table: Table, kind: str) -> frozenset[str]:
    return frozenset(field.wire for field in table.fields if field.access.reads and kind in field.roles)


def _writable(table: Table, kind: str) -> frozenset[str]:
    return frozenset(field.wire for field in table.fields if field.access.writes and kind in field.roles)


def _ruled(wires: frozenset[str], principal: Principal, resource: str, operation: str) -> frozenset[str]:
    rule = principal.fields.get((resource, operation), frozenset())
    return wires if ALL in rule else wires & rule


def _profile(table: Table, *, new_key: bool) -> Profile:
    profile = profile_of(table, FRONT)
    fields = {field.attr: field for field in table.fields}
    rules = {
        name: _rule(fields[name], rule) for name, rule in profile.rules.items() if fields[name].wire not in IGNORED
    }
    if table.resource == "address":
        rules["customer_id"] = Rule("customer_id", create_only=True)
    elif new_key:
        rules["confirmation"] = Rule("confirmation", create_only=True)
    return Profile(FRONT, table.resource, rules, profile.unique, SETTLERS.get(table.resource))


def _rule(field: Field, rule: Rule) -> Rule:
    return structs.replace(
        rule,
        explicit=field.required,
        exempt=needs_no_postcode if field.wire == "postcode" else None,
        create_only=rule.create_only or field.wire in ON_CREATE_ONLY,
    )
