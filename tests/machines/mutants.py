"""Stores that are wrong on purpose, one rule each: whoever tests the synchronisation has to notice each of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from tillstone.domain.commands import List
from tillstone.domain.records import Row
from tillstone.store import reader, writer
from tillstone.store.feed import Feed, _Walk
from tillstone.store.statements import Statement
from tillstone.store.transaction import WriteTransaction


class NaiveStamps(WriteTransaction):
    """Stamps by the clock alone: a write in a watermark's second gets its stamp."""

    def stamp(self, resource: str) -> int:
        return max(self.now, self.clock(self.account, resource).last)


class NaivePages(Feed):
    """Pages by OFFSET over the rows that are inside now."""

    def _walk(self, *_: object, **__: object) -> None:
        return None


class UnfilledPages(Feed):
    """Pages of slots, from which the records that left the window are missing."""

    def _slots(self, account: int, listing: List, walk: _Walk) -> list[Row]:
        place = listing.shape.attributes.index("id")
        own = self._ids(account, listing, walk)
        return [row for row in super()._slots(account, listing, walk) if row[place] in own]

    def _ids(self, account: int, listing: List, walk: _Walk) -> set[object]:
        names = ("account", "resource", "after", "to", "after", "limit", "skip")
        values = self._walk_values(account, walk, (0, 0)) | {"limit": listing.slice.limit, "skip": listing.slice.offset}
        mark = "?" if self._statements.database == "sqlite" else "%s"
        sql = f"""
            SELECT record_id FROM feed
            WHERE account_id = {mark} AND resource = {mark}
            AND stamp > {mark} AND stamp <= {mark} AND previous_stamp <= {mark}
            ORDER BY stamp, record_id LIMIT {mark} OFFSET {mark}
        """
        return {row[0] for row in self._session.all(Statement(sql, names), values)}


class CountOfRows(Feed):
    """Counts the rows that are inside now, where pages go by slots."""

    def _count_slots(self, account: int, walk: _Walk) -> int:
        statement = self._statements.count_report(walk.resource, (), bounded=walk.to is not None, live=walk.live)
        return self._one_number(statement, self._walk_values(account, walk, (0, 0)))


MUTANTS: dict[str, tuple[type[WriteTransaction], type[Feed]]] = {
    "naive stamps": (NaiveStamps, Feed),
    "naive pages": (WriteTransaction, NaivePages),
    "unfilled pages": (WriteTransaction, UnfilledPages),
    "count of rows": (WriteTransaction, CountOfRows),
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Stores that are opened, read and written inside are wrong in this way."""
    transaction, feed = MUTANTS[name]
    with patch.object(writer, "WriteTransaction", transaction), patch.object(reader, "Feed", feed):
        yield
