"""The query string: controls, whose names begin with `_`, and filters. Sources: spec 2.5, 6.3 to 6.5."""

from typing import Final

from msgspec import Struct

from tillstone.dialects.zeald.catalogue import Plan, kind_called
from tillstone.dialects.zeald.filters import column_called, field_called
from tillstone.dialects.zeald.problems import BadRequest
from tillstone.dialects.zeald.resources import Resources
from tillstone.dialects.zeald.tables import PAGE
from tillstone.domain.query import Sort
from tillstone.wire.querystring import read_pairs

LARGEST: Final = 10**12
"""Larger positions lie behind every end."""


class Selection(Struct, frozen=True):
    """Which fields are shown: of the primary resource, and of joined ones by their names. None: all."""

    primary: frozenset[str] | None = None
    joined: dict[str, frozenset[str]] = {}

    def of(self, plan: Plan) -> frozenset[str] | None:
        """The fields shown of `plan`."""
        return self.primary if plan.join is None else self.joined.get(plan.kind.name)


class Controls(Struct, frozen=True):
    """What a query string asks for."""

    filters: tuple[tuple[str, str], ...] = ()
    results: int = PAGE
    start: int = 0
    selection: Selection = Selection()
    sort: tuple[Sort, ...] = ()
    replace: frozenset[str] = frozenset()
    names_schema: bool = True
    json: bool = False

    @property
    def page(self) -> int:
        """The page that begins at `start`, from 1."""
        return self.start // self.results + 1


def read_controls(resources: Resources, plan: Plan, query: bytes) -> Controls:
    """The controls and filters of a raw query. BadRequest for values without meaning; unknown controls are ignored."""
    pairs = read_pairs(query)
    sent = {name: value for name, value in pairs if name.startswith("_")}
    results = min(_number(sent, "_results", PAGE, least=1), PAGE)
    page = _number(sent, "_page", 1, least=1)
    return Controls(
        tuple(pair for pair in pairs if not pair[0].startswith("_")),
        results,
        _number(sent, "_start", (page - 1) * results, least=0),
        _selection(resources, plan, sent.get("_fields", "")),
        _sort(resources, plan, sent.get("_sort", "")),
        _replace(plan, sent.get("_replace", "")),
        sent.get("_disable_xsd", "") in {"", "0"},
        _is_json(sent.get("_format", "xml")),
    )


def _number(sent: dict[str, str], name: str, default: int, *, least: int) -> int:
    text = sent.get(name)
    if text is None:
        return default
    digits = text.lstrip("0") or "0"
    if not (text.isascii() and text.isdigit()) or (digits == "0" and least > 0):
        raise BadRequest(f"{name} must be a whole number from {least}")
    return min(int(digits), LARGEST) if len(digits) < 19 else LARGEST


def _is_json(form: str) -> bool:
    if form.lower() not in {"xml", "json"}:
        raise BadRequest("_format is xml or json")
    return form.lower() == "json"


def _listed(text: str) -> list[str]:
    return [name for part in text.replace(":", ",").split(",") if (name := part.strip())]


def _selection(resources: Resources, plan: Plan, text: str) -> Selection:
    """`email,UserGroups.title`: bare names are the primary resource's; a resource without any keeps all its fields."""
    primary: set[str] = set()
    joined: dict[str, set[str]] = {}
    for name in _listed(text):
        resource, dot, wire = name.rpartition(".")
        kind = kind_called(resource) if dot else plan.kind
        if kind is None or all(kind is not each.kind for each in plan.all()):
            raise BadRequest(f"{resource} is not part of the resource specification {plan.spec}")
        field_called(resources, kind, wire)
        if kind is plan.kind:
            primary.add(wire)
        if dot:
            joined.setdefault(kind.name, set()).add(wire)
    chosen = {name: frozenset(wires) for name, wires in joined.items()}
    return Selection(frozenset(primary) if primary else None, chosen)


def _sort(resources: Resources, plan: Plan, text: str) -> tuple[Sort, ...]:
    """`-updated,username`: the first mention of a field counts, so that there are never more than there are fields; the
    key decides last, so that pages are stable."""
    sorts: dict[str, Sort] = {}
    for name in _listed(text):
        _, attribute = column_called(resources, plan.kind, name.lstrip("-"))
        sorts.setdefault(attribute, Sort(attribute, descending=name.startswith("-")))
    sorts.setdefault(plan.kind.attribute, Sort(plan.kind.attribute))
    return tuple(sorts.values())


def _replace(plan: Plan, text: str) -> frozenset[str]:
    """The joined resources whose unmentioned records are to go."""
    many = {each.kind.name for each in plan.all() if each.join is not None and each.join.many}
    names = set()
    for name in _listed(text):
        kind = kind_called(name)
        if kind is None or kind.name not in many:
            raise BadRequest(f"_replace names joined 1:M resources; {name} is none")
        names.add(kind.name)
    return frozenset(names)
