"""Times in filters: moments as they are compared, and patterns such as `2026-11%` as ranges (spec 0)."""

import re
from datetime import UTC, datetime, timedelta

from tillstone.wire.times import read_moment

_PREFIX = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?: ([0-9]{2})(?::([0-9]{2})(?::([0-9]{2}))?)?)?)?)?[-: ]?%?"
).fullmatch

_FIRST = (1, 1, 0, 0, 0)
"""Month, day and time where a pattern leaves them open."""

_STEPS = {3: timedelta(days=1), 4: timedelta(hours=1), 5: timedelta(minutes=1), 6: timedelta(seconds=1)}


def time_value(text: str) -> int | None:
    """A moment in whole seconds UTC; None if `text` is none."""
    moment = read_moment(text)
    return None if moment is None else moment.floor


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
