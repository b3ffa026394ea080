"""What a batch of writes keeps in memory beside the records: clock, counters, feed, history and publications.

They are written with one statement per table when the batch ends, so that a write costs little more than its record.
Everything can be undone to a mark, as the database undoes to a savepoint.
"""

from typing import Any

from msgspec import json

from tillstone.domain.records import RESOURCES
from tillstone.domain.stamps import ClockRow, next_stamp
from tillstone.domain.store import HistoryEntry
from tillstone.store.schema import CHANGE, CLOCK, COUNTER, FEED, PUBLICATION
from tillstone.store.session import Session, Statements, Values

KEPT_FOR = 2 * 86_400
"""Seconds after which a publication is of no use: twice the day for which a watermark makes a walk."""

ID_COUNTER = "id."
CHANGE_COUNTER = "change."
"""Counters of ids and of history lines are named so, followed by the resource; all others as they were asked for."""

Key = tuple[int, str]
Numbers = tuple[int, int, int, int, int, int]
"""last, published, published_at, rows, deleted, epoch."""

BLANK: Numbers = (0, 0, 0, 0, 0, 0)


Mark = tuple[int, ...]
"""A point to which a ledger can be undone: lengths of its journal and of its lines, and how many of those were written.
"""


class Ledger:
    """The books of one batch, begun at `now`. Clocks go by (account, resource), counters by (account, name)."""

    def __init__(self, session: Session, statements: Statements, now: int) -> None:
        self._session = session
        self._statements = statements
        self.now = now
        # as they stood before the batch, and as they stand now if they differ
        self._old_clocks: dict[Key, Numbers] = {}
        self._old_counters: dict[Key, int] = {}
        self._clocks: dict[Key, Numbers] = {}
        self._counters: dict[Key, int] = {}
        self._journal: list[tuple[dict[Key, Any], Key, Any]] = []
        self._feed: list[tuple[Any, ...]] = []
        self._history: list[tuple[Any, ...]] = []
        self._publications: list[tuple[Any, ...]] = []
        self._lines = (self._feed, self._history, self._publications)
        self._flushed = [0, 0, 0]

    # undoing

    def _set(self, book: dict[Key, Any], key: Key, value: Any) -> None:
        self._journal.append((book, key, book.get(key)))
        book[key] = value

    def mark(self) -> Mark:
        """Where the books stand now."""
        return (len(self._journal), len(self._feed), len(self._history), len(self._publications), *self._flushed)

    def undo(self, mark: Mark) -> None:
        """Back to `mark`. What was flushed since has to be undone in the database as well."""
        journal, *rest = mark
        while len(self._journal) > journal:
            book, key, value = self._journal.pop()
            if value is None:
                del book[key]
            else:
                book[key] = value
        for lines, length in zip(self._lines, rest[:3], strict=True):
            del lines[length:]
        self._flushed = rest[3:]

    # the clock

    def _clock(self, key: Key) -> Numbers:
        known = self._clocks.get(key) or self._old_clocks.get(key)
        if known is not None:
            return known
        row = self._session.first(self._statements.clock(), {"account": key[0], "resource": key[1], "to": 0})
        numbers: Numbers = row[:6] if row else BLANK  # type: ignore[assignment]  # its six numbers
        self._old_clocks[key] = numbers
        return numbers

    def clock(self, account: int, resource: str) -> ClockRow:
        """The clock row as this batch will leave it."""
        return ClockRow(*self._clock((account, resource)))

    def stamp(self, account: int, resource: str) -> int:
        """One stamp per batch, account and resource, until the watermark is handed out."""
        return next_stamp(self.now, self.clock(account, resource))

    def publish(self, account: int, resource: str) -> int:
        """Hand out the newest stamp as the watermark."""
        last, published, _, rows, deleted, epoch = self._clock((account, resource))
        if last:
            numbers = (last, max(published, last), self.now, rows, deleted, epoch)
            self._set(self._clocks, (account, resource), numbers)
            self._publications.append((account, resource, last, self.now))
        return last

    def enter(self, account: int, resource: str, record_id: int, *, stamp: int, previous: int) -> None:
        """An entry of the feed: with it the stamp is given."""
        if stamp != previous:
            self._feed.append((account, resource, stamp, record_id, previous))
            self.give(account, resource, stamp)

    def give(self, account: int, resource: str, stamp: int) -> None:
        """Some record bears this stamp now."""
        key = (account, resource)
        numbers = self._clock(key)
        if stamp > numbers[0]:
            self._set(self._clocks, key, (stamp, *numbers[1:]))

    def tally(self, account: int, resource: str, *, rows: int, deleted: int) -> None:
        """So many records more, and so many deleted ones."""
        key = (account, resource)
        last, published, at, all_rows, all_deleted, epoch = self._clock(key)
        self._set(self._clocks, key, (last, published, at, all_rows + rows, all_deleted + deleted, epoch))

    # numbers

    def _counter(self, key: Key) -> int:
        number = self._counters.get(key) or self._old_counters.get(key)
        if number is None:
            row = self._session.first(self._statements.counter(), {"account": key[0], "name": key[1]})
            number = self._old_counters[key] = int(str(row[0])) if row else 1
        return number

    def next_number(self, account: int, name: str) -> int:
        """The next number of a counter, from 1."""
        key = (account, name)
        number = self._counter(key)
        self._set(self._counters, key, number + 1)
        return number

    def use_id(self, account: int, resource: str, record_id: int) -> None:
        """A record has this id now. One that was chosen among older ones makes remembered places of lists worthless."""
        key = (account, ID_COUNTER + resource)
        if record_id >= self._counter(key):
            self._set(self._counters, key, record_id + 1)
        elif record_id < self._old_counters[key] and RESOURCES[resource].clocked:
            *numbers, epoch = self._clock((account, resource))
            self._set(self._clocks, (account, resource), (*numbers, epoch + 1))

    # lines

    def log(self, account: int, entry: HistoryEntry) -> None:
        """A line of the history, numbered per account and resource."""
        seq = self.next_number(account, CHANGE_COUNTER + entry.resource)
        diff = json.encode(entry.diff).decode()
        what = (
            entry.resource,
            seq,
            entry.stamp,
            entry.record_id,
            entry.version,
            entry.operation,
            entry.actor,
            entry.front,
        )
        self._history.append((account, *what, diff))

    def flush_lines(self) -> None:
        """Write what was entered, logged and published and is not written yet."""
        for place, (table, lines) in enumerate(zip((FEED, CHANGE, PUBLICATION), self._lines, strict=True)):
            if len(lines) > self._flushed[place]:
                writes = self._statements.replace(table) if table is PUBLICATION else self._statements.append(table)
                self._session.many(writes, lines[self._flushed[place] :])
                self._flushed[place] = len(lines)

    def flush(self) -> None:
        """Write everything: the books are as the database then."""
        self.flush_lines()
        self.flush_clocks()
        self._purge()
        if self._counters:
            rows = [(*key, number) for key, number in self._counters.items()]
            self._session.many(self._statements.replace(COUNTER), rows)

    def flush_clocks(self) -> None:
        """Write the clock rows that changed."""
        if self._clocks:
            rows = [(*key, *numbers) for key, numbers in self._clocks.items()]
            self._session.many(self._statements.replace(CLOCK), rows)

    def _purge(self) -> None:
        for account, resource in {line[:2] for line in self._publications}:
            values: Values = {"account": account, "resource": resource, "before": self.now - KEPT_FOR}
            self._session.run(self._statements.purge_publications(), values)

    def sizes(self) -> dict[Key, tuple[int, int]]:
        """How many records the resources that changed had before the batch, and have now."""
        return {key: (self._old_clocks.get(key, BLANK)[3], numbers[3]) for key, numbers in self._clocks.items()}
