"""Collection parameters as data: pages, order, attributes and filters (spec 6). The store makes them SQL."""

import re
from collections.abc import Callable
from typing import Any

from tillstone.dialects.openmage.attributes import Kind
from tillstone.dialects.openmage.codecs import GENDER, NUMBER, SELECT, TIME, TRUTH
from tillstone.dialects.openmage.ranges import number_place, time_pattern, time_place
from tillstone.dialects.openmage.switches import MOST_ROWS, Behaviour
from tillstone.dialects.openmage.tables import NOT_IN_FILTERS
from tillstone.domain.access import Principal
from tillstone.domain.errors import Refusal
from tillstone.domain.query import AllOf, AnyOf, Condition, Filter, Operator, Slice, Sort
from tillstone.domain.records import Value

LONGEST_PATTERN = 200

PAGING = "Resource collection paging error."
LIMIT = "The paging limit exceeds the allowed number."
ORDERING = "Resource collection ordering error."
FILTERING = "Resource collection filtering error."

FURTHEST = 2**53
"""Where pages end: what lies behind is past the end of any collection."""

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*").fullmatch


class BadCollection(Refusal):
    """A parameter of a collection that cannot be followed; `text` is the reference's message."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


# -- pages


def read_slice(query: dict[str, Any], kind: Kind, behaviour: Behaviour) -> Slice:
    """The page asked for."""
    page, limit = _page(query.get("page")), _limit(query.get("limit"), kind, behaviour)
    return Slice(int(min((page - 1) * limit, FURTHEST)), limit)


def _page(sent: Any) -> float:
    number = _number(sent, PAGING)
    if number < 0:
        raise BadCollection(PAGING)
    return number if number >= 1 else 1.0


def _limit(sent: Any, kind: Kind, behaviour: Behaviour) -> int:
    if sent in (None, ""):
        return kind.page_default
    number = _number(sent, LIMIT)
    limit = int(min(number, FURTHEST))
    if limit == 0 and number >= 0 and behaviour.unlimited:
        return MOST_ROWS
    if number < 0 or not 1 <= limit <= kind.page_max:
        raise BadCollection(LIMIT)
    return limit


def _number(sent: Any, message: str) -> float:
    if sent in (None, ""):
        return 0.0
    if not isinstance(sent, str) or not _NUMBER(sent):
        raise BadCollection(message)
    return float(sent)


# -- order


def read_sort(query: dict[str, Any], kind: Kind, principal: Principal) -> tuple[Sort, ...]:
    """The order asked for: by an attribute that users of that kind know, descending unless `dir` is `asc`."""
    if "order" not in query:
        return ()
    name = query["order"]
    if not isinstance(name, str) or name not in kind.available(principal):
        raise BadCollection(ORDERING)
    if name in NOT_IN_FILTERS:
        return ()
    direction = query.get("dir")
    return (Sort(_column(kind, name), descending=not (isinstance(direction, str) and direction.lower() == "asc")),)


def _column(kind: Kind, wire: str) -> str:
    attr = kind.fields[wire].attr
    return {"primary_group": "group_id", "street_lines": "street1", "birth_moment": "birth_date"}.get(attr, attr)


# -- attributes


def read_attributes(query: dict[str, Any], allowed: frozenset[str]) -> frozenset[str]:
    """Those of `allowed` that `attrs` names; without it all."""
    sent = query.get("attrs")
    if sent is None:
        return allowed
    names = sent.split(",") if isinstance(sent, str) else [name for name in sent.values() if isinstance(name, str)]
    return allowed & {name.strip() for name in names}


# -- filters


def read_filters(query: dict[str, Any], kind: Kind, principal: Principal) -> tuple[Condition, ...]:
    """What must hold of each record; all entries must."""
    if "filter" not in query:
        return ()
    entries = query["filter"]
    if not isinstance(entries, dict):
        raise BadCollection(FILTERING)
    allowed = kind.readable(principal)
    return tuple(_entry(entry, kind, allowed) for entry in entries.values())


def _entry(entry: Any, kind: Kind, allowed: frozenset[str]) -> Condition:
    wire = entry.get("attribute") if isinstance(entry, dict) else None
    if not isinstance(wire, str) or wire not in allowed or wire in NOT_IN_FILTERS:
        raise BadCollection(FILTERING)
    said = {name: value for name, value in entry.items() if name != "attribute"}
    if not said:
        raise BadCollection(FILTERING)
    subject = Subject(kind, wire)
    if "from" in said or "to" in said:
        return _range(subject, said)
    known = next((name for name in said if name in OPERATORS), None)
    if known is not None:
        return OPERATORS[known](subject, said[known])
    # no operator, a misspelt one or a list: one of the values (spec 6)
    return subject.stored(AnyOf(tuple(subject.compare(Operator.EQ, value) for value in said.values())))


class Subject:
    """The attribute of one filter: how its values are read, and what holds of stored ones."""

    def __init__(self, kind: Kind, wire: str) -> None:
        field = kind.fields[wire]
        self.column = _column(kind, wire)
        self.is_time = field.codec is TIME
        self.is_date = field.attr == "birth_moment"
        self.is_text = field.codec.escapes and not self.is_date
        self.clears_to_zero = field.codec is GENDER
        self.is_number = field.codec in (NUMBER, SELECT, GENDER, TRUTH)
        self.is_always_set = field.absent.value != "omit"

    def value(self, operator: Operator, sent: Any) -> Value:
        """One value as it is compared."""
        if not isinstance(sent, str):
            raise BadCollection(FILTERING)
        if self.is_time or self.is_number:
            place = time_place(sent) if self.is_time else number_place(sent)
            if place is None:
                raise BadCollection(FILTERING)
            return place.bound(operator)
        return sent.removesuffix(" 00:00:00") if self.is_date else sent

    def compare(self, operator: Operator, *sent: Any) -> Filter:
        """`operator` on the attribute."""
        return Filter(self.column, operator, tuple(self.value(operator, each) for each in sent))

    def stored(self, *conditions: Filter | AnyOf) -> Condition:
        """All of `conditions`, of records that have a value: cleared ones take no part (spec 6)."""
        return AllOf((*conditions, *self.is_set()))

    def is_set(self) -> tuple[Filter, ...]:
        """What holds of a record that has a value; nothing where none can be cleared."""
        if self.clears_to_zero:
            return (Filter(self.column, Operator.GT, (0,)),)
        return (Filter(self.column, Operator.SET),) if self.is_text or self.is_date else ()


def _range(subject: Subject, said: dict[str, Any]) -> Condition:
    ends = [
        subject.compare(operator, said[name])
        for name, operator in (("from", Operator.GE), ("to", Operator.LE))
        if said.get(name, "") != ""
    ]
    if not ends:
        raise BadCollection(FILTERING)
    return subject.stored(*ends)


def _compared(operator: Operator) -> "Callable[[Subject, Any], Condition]":
    def build(subject: Subject, sent: Any) -> Condition:
        return subject.stored(subject.compare(operator, sent))

    return build


def _listed(operator: Operator) -> "Callable[[Subject, Any], Condition]":
    def build(subject: Subject, sent: Any) -> Condition:
        # a comma separated text is one value (spec 6)
        values = sent.values() if isinstance(sent, dict) else [sent]
        return subject.stored(subject.compare(operator, *values))

    return build


def _patterned(*, negated: bool) -> "Callable[[Subject, Any], Condition]":
    def build(subject: Subject, sent: Any) -> Condition:
        if not isinstance(sent, str) or len(sent) > LONGEST_PATTERN:
            raise BadCollection(FILTERING)
        if subject.is_time:
            return _time_range(subject, sent, negated=negated)
        operator = Operator.NOT_LIKE if negated else Operator.LIKE
        pattern = sent.removesuffix(" 00:00:00") if subject.is_date else sent
        return subject.stored(Filter(subject.column, operator, (pattern,)))

    return build


def _time_range(subject: Subject, pattern: str, *, negated: bool) -> Condition:
    bounds = time_pattern(pattern)
    if bounds is None:
        raise BadCollection(FILTERING)
    first, after = bounds
    if negated:
        return AnyOf((Filter(subject.column, Operator.LT, (first,)), Filter(subject.column, Operator.GE, (after,))))
    return AllOf((Filter(subject.column, Operator.GE, (first,)), Filter(subject.column, Operator.LT, (after,))))


def _in_set(subject: Subject, sent: Any) -> Condition:
    if subject.is_time or not isinstance(sent, str):
        raise BadCollection(FILTERING)
    return subject.stored(Filter(subject.column, Operator.IN_SET, (sent,)))


def _matching(subject: Subject, sent: Any) -> Condition:
    if subject.is_time or not isinstance(sent, str) or not 0 < len(sent) <= LONGEST_PATTERN:
        raise BadCollection(FILTERING)
    return subject.stored(Filter(subject.column, Operator.MATCHES, (sent,)))


def _null(subject: Subject, _sent: Any) -> Condition:
    if subject.clears_to_zero:
        return Filter(subject.column, Operator.EQ, (0,))
    return Filter(subject.column, Operator.EMPTY if subject.is_always_set else Operator.CLEARED)


def _not_null(subject: Subject, _sent: Any) -> Condition:
    return AllOf(subject.is_set() or (Filter(subject.column, Operator.SET),))


def _refused(_subject: Subject, _sent: Any) -> Condition:
    raise BadCollection(FILTERING)


OPERATORS: dict[str, Callable[[Subject, Any], Condition]] = {
    "eq": _compared(Operator.EQ),
    "neq": _compared(Operator.NE),
    "seq": _compared(Operator.EQ),
    "sneq": _compared(Operator.NE),
    "gt": _compared(Operator.GT),
    "lt": _compared(Operator.LT),
    "gteq": _compared(Operator.GE),
    "lteq": _compared(Operator.LE),
    "in": _listed(Operator.IN),
    "nin": _listed(Operator.NOT_IN),
    "like": _patterned(negated=False),
    "nlike": _patterned(negated=True),
    "finset": _in_set,
    "regexp": _matching,
    "null": _null,
    "notnull": _not_null,
    "is": _refused,
}
"""By their names on the wire."""
