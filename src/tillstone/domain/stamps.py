"""Rule S: how times of change are given, so that a watermark once handed out is never passed by a late change.

Per account and resource there are `last` (the newest stamp given) and `published` (the newest watermark handed out).
Every write takes the account's lock first and holds it to commit, so: after a watermark L has been answered nothing
ever commits with a stamp at or below L, and everything at or below L is visible to every later read. A stamp may run
ahead of the clock; nothing is refused for it.
"""

from typing import Protocol

from msgspec import Struct

SETTLED_FOR = 3_600
"""Seconds after which a watermark is published anew, so that walks of the last day can be told from reports."""

PUBLISHED_FOR = 86_400
"""Seconds for which a window up to a published watermark counts as a walk."""

DRIFT_ALLOWED = 3
"""Seconds that stamps may run ahead of the clock before watermark reads wait for the next second."""

DRIFT_WARNED = 60
"""Seconds ahead of the clock that are worth a warning."""


class Clock(Protocol):
    """The time, passed in everywhere."""

    def now(self) -> int:
        """Whole seconds UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait. A test's clock moves on instead."""


class ClockRow(Struct, frozen=True):
    """What the store knows of one account and resource: stamps, exact numbers of records, and the epoch of its ids.

    `published_at` is 0 if a start made `last` count as handed out: nobody was answered that, and a walk up to it could
    not be told from a report.
    """

    last: int = 0
    published: int = 0
    published_at: int = 0
    rows: int = 0
    deleted: int = 0
    epoch: int = 0


def next_stamp(now: int, row: ClockRow) -> int:
    """The stamp of a transaction that begins now."""
    return max(now, row.last, row.published + 1)


def is_settled(row: ClockRow, now: int) -> bool:
    """Whether `row.last` may be answered as the watermark by a plain read, without publishing it."""
    return row.last == row.published and now - row.published_at < SETTLED_FOR


def must_wait(row: ClockRow, now: int) -> bool:
    """Whether a publication has to wait out this second, so that drift does not grow with every watermark read."""
    return row.last >= now + DRIFT_ALLOWED and row.published_at == now
