r"""Filters of a query string as conditions. Sources: spec 6.1, D-FETCH for `%`.

Fields are ANDed, repetitions of one field ORed. `%` stands for any run of characters, `_` for itself, `\%` for a
percent sign. On times and amounts `%` may only end a value: what is printed there is not what is stored.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, TypeGuard

from tillstone.dialects.zeald.catalogue import Kind
from tillstone.dialects.zeald.problems import BadRequest
from tillstone.dialects.zeald.resources import Resources
from tillstone.domain.profile import Unreadable
from tillstone.domain.query import AllOf, AnyOf, Condition, Filter, Operator
from tillstone.domain.records import AMOUNT_UNIT, RESOURCES, Value
from tillstone.wire.codecs import clean
from tillstone.wire.table import Field

SIDE: Final = "shipping_if_different."

COMPARISONS: Final = {
    "": Operator.EQ,
    "ge": Operator.GE,
    "gt": Operator.GT,
    "le": Operator.LE,
    "lt": Operator.LT,
    "ne": Operator.NE,
}

_NAME = re.compile(r"([^\[\]]+)(?:\[([a-z]+)\])?")
_PIECE = re.compile(r"\\(.)|(.)", re.DOTALL)
_AMOUNT = re.compile(r"([0-9]+)(\.[0-9]{0,4})?")
_TIME = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?: ([0-9]{2})(?::([0-9]{2})(?::([0-9]{2}))?)?)?)?)?[- :]?")

PATTERNED: Final = frozenset({"string", "integer"})
"""Wire types whose stored form is the printed one."""

MOST_COSTLY: Final = 50
"""Wildcards, ranges and the like in one search: an amount's wildcard alone is up to 14 ranges, and a database reads no
endless expressions."""

LONGEST_AMOUNT: Final = 14
"""Digits before the point that an amount can have."""


def field_called(resources: Resources, kind: Kind, wire: str) -> Field:
    """The field `wire` of a resource. BadRequest if there is none."""
    field = resources.field(kind, wire)
    if field is None:
        raise BadRequest(f"{kind.name} has no field {wire}", kind.name, wire)
    return field


def column_called(resources: Resources, kind: Kind, wire: str) -> tuple[Field, str]:
    """The field and the stored attribute that it is filtered and sorted by. BadRequest if it has none."""
    field = field_called(resources, kind, wire)
    attribute = f"shipping_apart.{field.attr.removeprefix(SIDE)}" if field.attr.startswith(SIDE) else field.attr
    if field.attr == "password_hash" or not ("." in attribute or RESOURCES[kind.resource].has(attribute)):
        raise BadRequest(f"{kind.name} cannot be searched or sorted by {wire}", kind.name, wire)
    return field, attribute


def conditions_of(resources: Resources, kind: Kind, pairs: Iterable[tuple[str, str]]) -> tuple[Condition, ...]:
    """The conditions that a query string's filters mean. BadRequest for unknown fields, unreadable values, and more
    than a database can be asked at once."""
    equal: dict[str, list[Filter | AllOf]] = {}
    others: list[Condition] = []
    wild = 0
    for name, value in dict.fromkeys(pairs):
        field, attribute, operator = _compared(resources, kind, name)
        if operator is Operator.EQ:
            alternatives = _equals(kind, field, attribute, value)
            equal.setdefault(field.wire, []).extend(alternatives)
            wild += not all(map(_is_exact, alternatives))
        elif operator is Operator.NE:
            others.append(_differs(kind, field, attribute, value))
        else:
            others.append(Filter(attribute, operator, (_decoded(kind, field, value),)))
    if wild + len(others) > MOST_COSTLY:
        raise BadRequest(f"At most {MOST_COSTLY} wildcards and comparisons can be searched by at once", kind.name)
    return (*(_any_of(alternatives) for alternatives in equal.values()), *others)


def _compared(resources: Resources, kind: Kind, name: str) -> tuple[Field, str, Operator]:
    """`field` or `field[ge]`: the field, its stored attribute, the comparison."""
    match = _NAME.fullmatch(name)
    wire, word = (match[1], match[2] or "") if match else (name, "")
    field, attribute = column_called(resources, kind, wire)
    operator = COMPARISONS.get(word)
    if operator is None:
        raise BadRequest(f"{word} is no comparison; there are {', '.join(filter(None, COMPARISONS))}", kind.name, wire)
    return field, attribute, operator


def _any_of(alternatives: list[Filter | AllOf]) -> Condition:
    """Values that are to be met exactly are one list, however many they are."""
    exact = [each for each in alternatives if _is_exact(each)]
    if len(exact) > 1:
        values = dict.fromkeys(each.values[0] for each in exact)
        listed = Filter(exact[0].attribute, Operator.IN, tuple(values))
        alternatives = [listed, *(each for each in alternatives if not _is_exact(each))]
    return alternatives[0] if len(alternatives) == 1 else AnyOf(tuple(alternatives))


def _is_exact(alternative: Filter | AllOf) -> TypeGuard[Filter]:
    return isinstance(alternative, Filter) and alternative.operator is Operator.EQ


def _equals(kind: Kind, field: Field, attribute: str, value: str) -> list[Filter | AllOf]:
    """Alternatives, one of which must hold."""
    if value == "":
        return [Filter(attribute, Operator.EMPTY)]
    pattern, text = _pattern(value)
    if pattern is None:
        return [Filter(attribute, Operator.EQ, (_decoded(kind, field, text),))]
    if field.codec.type in PATTERNED:
        return [Filter(attribute, Operator.LIKE, (pattern,))]
    begun = value.removesuffix("%")
    if begun == "":
        return [Filter(attribute, Operator.SET)]
    found = _RANGES[field.codec.type](field, attribute, begun) if field.codec.type in _RANGES else None
    if found is None:
        raise BadRequest(f"{value} cannot be searched for in {field.wire}", kind.name, field.wire)
    return found


def _differs(kind: Kind, field: Field, attribute: str, value: str) -> Condition:
    """What is empty differs from every value."""
    if value == "":
        return Filter(attribute, Operator.SET)
    pattern, text = _pattern(value)
    if pattern is not None and field.codec.type in PATTERNED:
        different = Filter(attribute, Operator.NOT_LIKE, (pattern,))
    else:
        different = Filter(attribute, Operator.NE, (_decoded(kind, field, text),))
    return AnyOf((different, Filter(attribute, Operator.EMPTY)))


def _pattern(value: str) -> tuple[str | None, str]:
    """The LIKE pattern of `value` if it has a wildcard, and its plain text otherwise."""
    pattern, text, wild = "", "", False
    for match in _PIECE.finditer(clean(value)):
        letter = match[1] if match[1] in {"%", "\\"} else match[0]
        wild = wild or letter == match[0] == "%"
        pattern += (
            letter if letter == match[0] == "%" else "".join(f"\\{one}" if one in "%_\\" else one for one in letter)
        )
        text += letter
    return pattern if wild else None, text


def _decoded(kind: Kind, field: Field, text: str) -> Value:
    value = clean(text) if field.codec.type == "string" else field.codec.decode(text)
    if isinstance(value, Unreadable):
        raise BadRequest(f"{text} is no {field.codec.type} for {field.wire}", kind.name, field.wire)
    return value  # type: ignore[return-value]  # codecs give values or Unreadable


def _times_like(field: Field, attribute: str, prefix: str) -> list[Filter | AllOf] | None:
    """Times whose printed form begins with a whole year, month, day, hour or minute."""
    match = _TIME.fullmatch(prefix)
    if match is None:
        return None
    parts = [int(part) for part in match.groups() if part is not None]
    low, high = field.codec.decode(_printed(parts)), field.codec.decode(_printed(_next(parts)))
    if isinstance(low, Unreadable) or isinstance(high, Unreadable):
        return None
    return [_between(attribute, int(str(low)), int(str(high)))]


def _printed(parts: list[int]) -> str:
    year, month, day, hour, minute, second = (*parts, *(0, 1, 1, 0, 0, 0)[len(parts) :])
    return f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"


def _next(parts: list[int]) -> list[int]:
    """The next year, month, day, hour, minute or second, in the calendar."""
    *before, last = parts
    limits = (9999, 12, _days(parts), 23, 59, 59)
    if last < limits[len(before)] or not before:
        return [*before, last + 1]
    return [*_next(before), (0, 1, 1, 0, 0, 0)[len(before)]]


def _days(parts: list[int]) -> int:
    year, month = (*parts, 1, 1)[:2]
    try:
        return (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    except ValueError:
        return 31


def _amounts_like(_field: Field, attribute: str, prefix: str) -> list[Filter | AllOf] | None:
    """Amounts whose printed form begins with these digits."""
    match = _AMOUNT.fullmatch(prefix)
    if match is None or len(match[1]) > LONGEST_AMOUNT:
        return None
    if match[2]:
        step = AMOUNT_UNIT // 10 ** (len(match[2]) - 1)
        low = int(match[1]) * AMOUNT_UNIT + int(match[2][1:] or "0") * step
        return [_between(attribute, low, low + step)]
    first = int(match[1])
    digits = range(LONGEST_AMOUNT - len(match[1]) + 1) if first else range(1)
    scales = [AMOUNT_UNIT * 10**more for more in digits]
    return [_between(attribute, first * scale, (first + 1) * scale) for scale in scales]


def _between(attribute: str, low: int, high: int) -> AllOf:
    return AllOf((Filter(attribute, Operator.GE, (low,)), Filter(attribute, Operator.LT, (high,))))


_RANGES: Final[dict[str, Callable[[Field, str, str], list[Filter | AllOf] | None]]] = {
    "datetime": _times_like,
    "decimal": _amounts_like,
}
