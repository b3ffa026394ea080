"""Numbers and times in filters: where they lie between the whole ones that are stored, and patterns such as `2026-11%`
as ranges (spec 0)."""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from msgspec import Struct

from tillstone.domain.query import Operator
from tillstone.domain.records import LARGEST
from tillstone.wire.times import read_moment

_LEADING = re.compile(r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?)", re.ASCII).match

_PREFIX = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?: ([0-9]{2})(?::([0-9]{2})(?::([0-9]{2}))?)?)?)?)?[-: ]?%?"
).fullmatch

_FIRST = (1, 1, 0, 0, 0)
"""Month, day and time where a pattern leaves them open."""

_STEPS = {3: timedelta(days=1), 4: timedelta(hours=1), 5: timedelta(minutes=1), 6: timedelta(seconds=1)}


class Place(Struct, frozen=True):
    """Where a value lies: between two whole numbers, or on one."""

    floor: int
    ceiling: int

    def bound(self, operator: Operator) -> int:
        """The whole number that a stored one is compared with, by `operator`."""
        if operator in {Operator.GE, Operator.LT}:
            return self.ceiling
        if operator in {Operator.GT, Operator.LE} or self.floor == self.ceiling:
            return self.floor
        return -LARGEST  # which nothing stored is


def time_place(text: str) -> Place | None:
    """A moment in seconds UTC; None if `text` is none."""
    moment = read_moment(text)
    return None if moment is None else Place(moment.floor, moment.ceiling)


def number_place(text: str) -> Place:
    """The number that a text begins with, else 0: MySQL's rule."""
    leading = _LEADING(text)
    number = max(min(Decimal(leading[1]), Decimal(LARGEST)), Decimal(-LARGEST)) if leading else Decimal(0)
    return Place(int(number.to_integral_value(ROUND_FLOOR)), int(number.to_integral_value(ROUND_CEILING)))


def time_pattern(pattern: str) -> tuple[int, int] | None:
    """The range of moments whose text begins so: the first, and the first that does not. None for other patterns."""
    match = _PREFIX(pattern)
    if match is None or ("%" not in pattern and match[6] is None):
        return None
    parts = [int(part) for part in match.groups() if part is not None]
    try:
        year, month, day, hour, minute, second = (*parts, *_FIRST[len(parts) - 1 :])
        first = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        after = _after(first, len(parts))
    except (ValueError, OverflowError):
        return None
    return int(first.timestamp()), int(after.timestamp())


def _after(first: datetime, parts: int) -> datetime:
    if parts == 1:
        return first.replace(year=first.year + 1)
    if parts == 2:
        return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first + _STEPS[parts]
