"""Rule P: which records a page holds and how many there are, so that a client that follows changes loses none.

- A *walk* is a window without an upper bound, or up to a watermark that was handed out within the last day. Its *slots*
  are the feed's entries for the first change of each record inside the window, by (stamp, id). Page n begins at slot
  (n-1)·k, always and in every process, and is filled with the first k records from there on whose stamp is inside now.
  So a record that leaves the window while it is walked moves no other record across a page's edge.
- A *report* is any other window, and any window that is filtered as well: current rows by (stamp, id).
- A *plain list* has no window: all records by id; ids only grow and rows never vanish.

A page costs what it holds: where slots and pages begin is remembered (`positions.py`), up to the newest stamp that no
later write can get any more.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillstone.domain.commands import Count, List
from tillstone.domain.query import Condition, Sort, Window
from tillstone.domain.records import RESOURCES, Row
from tillstone.domain.stamps import PUBLISHED_FOR, ClockRow
from tillstone.domain.store import Volatile
from tillstone.store import conditions
from tillstone.store.positions import Position, Positions
from tillstone.store.session import Session, Statements, Values
from tillstone.store.statements import Statement

FARTHEST = 2**62
"""No list is as long as this, and no clock will come so far."""

LOWEST = -FARTHEST
"""Below every id."""

BY_ID = (Sort("id"),)
BY_STAMP = ((Sort("stamp"),), (Sort("stamp", descending=True),))

RECENT = 5_000
"""Changes that are sooner walked through than the records are in the order of their ids."""


class _Walk(Struct, frozen=True):
    """A window that turned out to be a walk: slots in (after, to], `to` None is open."""

    resource: str
    after: int
    to: int | None
    live: bool
    frozen: int
    key: tuple[object, ...]

    @property
    def form(self) -> dict[str, bool]:
        """Which statements serve it."""
        return {"first": self.after == 0, "bounded": self.to is not None, "live": self.live}


def ahead(positions: Positions, account: int, listing: List) -> int:
    """How many entries are walked past before the page, if the list still is what it was found to be last.

    Whether it is, only the clock row knows: a new epoch, or a watermark that is too old by now, make the guess wrong,
    which costs time and nothing else.
    """
    is_walked = not listing.conditions and listing.sort in ((), BY_ID)
    return positions.ahead(_form(account, listing), listing.slice.offset) if is_walked else listing.slice.offset


def _form(account: int, listing: List) -> tuple[object, ...]:
    """What is known of a list before the clock row is read."""
    return account, listing.shape.resource, listing.window, listing.live


class Feed:
    """Answers lists and counts over one session."""

    def __init__(
        self, session: Session, statements: Statements, *, positions: Positions, volatile: Volatile, now: int = 0
    ) -> None:
        self._session = session
        self._statements = statements
        self._positions = positions
        self._volatile = volatile
        self.now = now

    def clock(self, account: int, resource: str, to: int = 0) -> tuple[ClockRow, int | None]:
        """The clock row, and when `to` was handed out as a watermark, if it was."""
        values: Values = {"account": account, "resource": resource, "to": to}
        row = self._session.first(self._statements.clock(), values)
        if row is None:
            return ClockRow(), None
        *numbers, at = row
        return ClockRow(*numbers), at  # type: ignore[arg-type, return-value]  # all are numbers

    # pages

    def page(self, account: int, listing: List) -> list[Row]:
        """The rows of one page."""
        if listing.slice.limit <= 0 or listing.slice.offset >= FARTHEST:
            return []
        if listing.window is not None:
            return self._windowed(account, listing, listing.window)
        if listing.conditions or listing.sort not in ((), BY_ID):
            return self._found(account, listing)
        if listing.live:
            return self._live(account, listing)
        return self._plain(account, listing)

    def _values(self, account: int, listing: List) -> Values:
        resource = RESOURCES[listing.shape.resource]
        bound = conditions.values(self._statements.language, resource, listing.conditions)
        return bound | {"account": account, "limit": listing.slice.limit, "skip": listing.slice.offset}

    def _found(self, account: int, listing: List) -> list[Row]:
        resource = RESOURCES[listing.shape.resource]
        by_stamp = resource.clocked and (
            listing.sort[:1] in BY_STAMP or self._is_recent(account, resource.name, listing.conditions)
        )
        statement = self._statements.found(
            listing.shape, listing.conditions, listing.sort, live=listing.live, by_stamp=by_stamp
        )
        return self._session.all(statement, self._values(account, listing))

    def _is_recent(self, account: int, resource: str, wanted: Sequence[Condition]) -> bool:
        """Whether the conditions leave so short an end of the feed that it is the best way to their records."""
        since = conditions.since(wanted)
        if since is None:
            return False
        values: Values = {"account": account, "resource": resource, "stamp": since}
        return self._one_number(self._statements.changes_since(RECENT), values) < RECENT

    def _windowed(self, account: int, listing: List, window: Window) -> list[Row]:
        if window.is_empty:
            return []
        if listing.conditions:
            return self._report(account, listing, window)
        walk = self._walk(account, listing.shape.resource, window, live=listing.live)
        self._positions.found(_form(account, listing), walk.key if walk else None)
        return self._report(account, listing, window) if walk is None else self._slots(account, listing, walk)

    def _report(self, account: int, listing: List, window: Window) -> list[Row]:
        bounded = window.to is not None
        statement = self._statements.report(listing.shape, listing.conditions, bounded=bounded, live=listing.live)
        return self._session.all(statement, self._values(account, listing) | _edges(window))

    # walks

    def _walk(self, account: int, resource: str, window: Window, *, live: bool) -> _Walk | None:
        """None if the window is a report."""
        if not RESOURCES[resource].clocked:
            return None
        after, to = min(max(window.after, 0), FARTHEST), window.to
        clock, at = self.clock(account, resource, min(to, FARTHEST) if to is not None else 0)
        if to is not None and to > clock.last:
            to = None
        if to is not None and (at is None or at <= self.now - PUBLISHED_FOR):
            return None
        # with `live` and an upper bound, records deleted inside are no slots: numbers of its own
        key = (account, resource, clock.epoch, after, to if live else None)
        return _Walk(resource, after, to, live, max(clock.published, clock.last - 1), key)

    def _slots(self, account: int, listing: List, walk: _Walk) -> list[Row]:
        offset = listing.slice.offset
        known, position = self._positions.nearest(walk.key, offset)
        values = self._walk_values(account, walk, position) | {"limit": listing.slice.limit, "skip": offset - known}
        statement = self._statements.walk(listing.shape, located=known < offset, **walk.form)
        rows = self._session.all(statement, values)
        if known == offset or not rows:
            return rows
        stamp, record = rows[0][:2]
        if isinstance(stamp, int) and isinstance(record, int) and stamp <= walk.frozen:
            self._positions.remember(walk.key, offset, (stamp, record))
        return [row[2:] for row in rows]

    def _walk_values(self, account: int, walk: _Walk, position: Position) -> Values:
        stamp, record = max(position, (walk.after + 1, LOWEST))
        values: Values = {"account": account, "resource": walk.resource, "stamp": stamp, "record": record}
        return values | {"after": walk.after, "to": walk.to if walk.to is not None else FARTHEST, "frozen": walk.frozen}

    # plain lists

    def _plain(self, account: int, listing: List) -> list[Row]:
        offset, limit = listing.slice.offset, listing.slice.limit
        resource = RESOURCES[listing.shape.resource]
        if offset == 0:
            return self._by_id(account, listing, LOWEST, 0)
        if not resource.clocked:
            return self._found(account, listing)
        key = (account, resource.name, self.clock(account, resource.name)[0].epoch)
        self._positions.found(_form(account, listing), key)
        known, (_, start) = self._positions.nearest(key, offset)
        rows = self._by_id(account, listing, start if known else LOWEST, offset - known)
        if rows and "id" in listing.shape.attributes:
            place = listing.shape.attributes.index("id")
            self._positions.remember(key, offset, (0, _number(rows[0][place])))
            if len(rows) == limit:
                self._positions.remember(key, offset + limit, (0, _number(rows[-1][place]) + 1))
        return rows

    def _by_id(self, account: int, listing: List, start: int, skip: int) -> list[Row]:
        values: Values = {"account": account, "start": start, "skip": skip, "limit": listing.slice.limit}
        return self._session.all(self._statements.plain(listing.shape, located=skip > 0), values)

    def _live(self, account: int, listing: List) -> list[Row]:
        """A page begins behind the last id answered to the same asker before, whatever was deleted since."""
        asker, size, resource = listing.mark, listing.slice.limit, listing.shape.resource
        number = listing.slice.offset // size + 1
        behind = self._volatile.mark(account, asker, resource, size, number) if asker and number > 1 else None
        values = self._values(account, listing)
        if behind is not None:
            values |= {"behind": behind, "skip": 0}
        statement = self._statements.found(listing.shape, (), (), live=True, behind=behind is not None)
        rows = self._session.all(statement, values)
        if asker and "id" in listing.shape.attributes:
            last = _number(rows[-1][listing.shape.attributes.index("id")]) if rows else behind
            if last is not None or number == 1:
                self._volatile.set_mark(account, asker, resource, size, number, last or 0)
        return rows

    # counts

    def count(self, account: int, counting: Count) -> int:
        """How many records the same listing has over all pages."""
        resource, window = RESOURCES[counting.resource], counting.window
        if window is not None:
            return 0 if window.is_empty else self._count_window(account, counting, window)
        if resource.clocked and not counting.conditions:
            clock, _ = self.clock(account, resource.name)
            return clock.rows - clock.deleted if counting.live else clock.rows
        by_stamp = resource.clocked and self._is_recent(account, resource.name, counting.conditions)
        statement = self._statements.count(resource.name, counting.conditions, live=counting.live, by_stamp=by_stamp)
        return self._one_number(statement, self._count_values(account, counting))

    def _count_values(self, account: int, counting: Count) -> Values:
        language, resource = self._statements.language, RESOURCES[counting.resource]
        return conditions.values(language, resource, counting.conditions) | {"account": account}

    def _one_number(self, statement: Statement, values: Values) -> int:
        row = self._session.first(statement, values)
        return _number(row[0]) if row else 0

    def _count_window(self, account: int, counting: Count, window: Window) -> int:
        walk = None
        if not counting.conditions:
            walk = self._walk(account, counting.resource, window, live=counting.live)
        if walk is not None and not (walk.to is None and walk.live):
            return self._count_slots(account, walk)
        # with `live` and no upper bound: the rows that pass now
        if walk is not None:
            window = Window(walk.after, None)
        bounded = window.to is not None
        statement = self._statements.count_report(
            counting.resource, counting.conditions, bounded=bounded, live=counting.live
        )
        return self._one_number(statement, self._count_values(account, counting) | _edges(window))

    def _count_slots(self, account: int, walk: _Walk) -> int:
        total_key = (walk.key, walk.to)
        if walk.to is not None and (total := self._positions.total(total_key)) is not None:
            return total
        known, position = self._positions.nearest(walk.key, FARTHEST if walk.to is None else 0)
        statement = self._statements.count_slots(walk.resource, **walk.form)
        row = self._session.first(statement, self._walk_values(account, walk, position))
        total, frozen = (_number(row[0]) + known, _number(row[1]) + known) if row else (0, 0)
        if walk.to is None:
            self._positions.remember(walk.key, frozen, (walk.frozen + 1, LOWEST))
        elif walk.to <= walk.frozen:
            self._positions.remember_total(total_key, total)
        return total


def _number(value: object) -> int:
    assert isinstance(value, int)  # noqa: S101 - what the database holds there
    return value


def _edges(window: Window) -> Values:
    after = max(-FARTHEST, min(window.after, FARTHEST))
    return {"after": after, "to": min(window.to, FARTHEST) if window.to is not None else FARTHEST}
