"""What one write does inside a batch: `domain.store.Transaction`. The batch itself is run by `writer.py`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter

from tillstone.domain.commands import Count, List
from tillstone.domain.errors import Clash, Fault
from tillstone.domain.query import Condition
from tillstone.domain.records import RESOURCES, Record, Row, fold, whole
from tillstone.domain.stamps import ClockRow
from tillstone.domain.store import Account, HistoryEntry, Volatile
from tillstone.store import conditions as filters
from tillstone.store.ledger import ID_COUNTER, Ledger
from tillstone.store.reader import Reader, identifying
from tillstone.store.schema import folded_columns
from tillstone.store.session import Session, Statements, Values

NOBODY = -1
"""No record has this id."""

_STORED = {name: itemgetter(*resource.attributes) for name, resource in RESOURCES.items()}
_FOLDED = {name: folded_columns(resource) for name, resource in RESOURCES.items()}


def _folded(value: object) -> str | None:
    return fold(value) if isinstance(value, str) else None


class WriteTransaction(Reader):
    """Under its account's lock. `wrote` tells whether anything would have to be undone in the database."""

    def __init__(
        self, session: Session, statements: Statements, *, ledger: Ledger, account: int, volatile: Volatile
    ) -> None:
        # places seen from inside may never come to be: they are not shared
        super().__init__(session, statements, volatile=volatile, now=ledger.now)
        self.account = account
        self.now = ledger.now
        self.wrote = False
        self._ledger = ledger
        self._depth = 0

    # reading what was written

    def page(self, account: int, listing: List) -> list[Row]:
        """The rows of one page."""
        self._flush()
        return super().page(account, listing)

    def count(self, account: int, counting: Count) -> int:
        """How many records the same listing has over all pages."""
        self._flush()
        return super().count(account, counting)

    def _flush(self) -> None:
        self._ledger.flush_lines()
        self._ledger.flush_clocks()

    def clock(self, account: int, resource: str) -> ClockRow:
        """Stamps and counts of a resource."""
        return self._ledger.clock(account, resource)

    # stamps and numbers

    def stamp(self, resource: str) -> int:
        """The stamp of everything this batch writes of the resource."""
        return self._ledger.stamp(self.account, resource)

    def publish(self, resource: str) -> int:
        """Hand out the newest stamp as the watermark."""
        self.wrote = True
        return self._ledger.publish(self.account, resource)

    def new_id(self, resource: str) -> int:
        """The next id."""
        return self._ledger.next_number(self.account, ID_COUNTER + resource)

    def next_number(self, name: str) -> int:
        """The next number of a counter."""
        return self._ledger.next_number(self.account, name)

    # writing

    def insert(self, resource: str, record: Record) -> None:
        """Store a whole new record."""
        self.wrote = True
        row = (self.account, *_STORED[resource](record), *[_folded(record[name]) for name in _FOLDED[resource]])
        self._session.put(self._statements.insert(resource), row)
        self._ledger.use_id(self.account, resource, whole(record["id"]))

    def update(self, resource: str, record_id: int, changes: Record) -> None:
        """Store changed columns."""
        if not changes:
            return
        self.wrote = True
        values: dict[str, object] = {"account": self.account, "record": record_id}
        for name, value in changes.items():
            values[f"new_{name}"] = value
            if name in _FOLDED[resource]:
                values[f"new_{name}_key"] = _folded(value)
        self._session.run(self._statements.update(resource, tuple(changes)), values)

    def enter(self, resource: str, record_id: int, stamp: int, previous: int) -> None:
        """An entry of the feed."""
        self.wrote = True
        self._ledger.enter(self.account, resource, record_id, stamp=stamp, previous=previous)

    def tally(self, resource: str, *, rows: int = 0, deleted: int = 0) -> None:
        """So many records more."""
        self.wrote = True
        self._ledger.tally(self.account, resource, rows=rows, deleted=deleted)

    def log(self, entry: HistoryEntry) -> None:
        """One line of the history."""
        self.wrote = True
        self._ledger.log(self.account, entry)

    def restamp(self, resource: str, stamp: int, conditions: Sequence[Condition]) -> int:
        """Stamp every record that meets the conditions, with one statement for the feed and one for the records."""
        self.wrote = True
        self._ledger.flush_lines()
        values = filters.values(self._statements.language, RESOURCES[resource], conditions)
        values |= {"account": self.account, "resource": resource, "stamp": stamp}
        self._session.run(self._statements.enter_stale(resource, conditions), values)
        stamped = self._session.run(self._statements.stamp_stale(resource, conditions), values)
        if stamped:
            self._ledger.give(self.account, resource, stamp)
        return stamped

    def clashes(
        self, resource: str, wanted: Sequence[tuple[str, ...]], record: Record, *, but: int | None
    ) -> list[tuple[str, ...]]:
        """The groups that another record shares."""
        kind = RESOURCES[resource]
        groups = tuple([group for group in wanted if None not in [record[name] for name in group]])
        if not groups:
            return []
        values: Values = {"account": self.account, "but": NOBODY if but is None else but}
        for group in groups:
            for name in group:
                values[f"is_{name}"] = identifying(kind.column(name), record[name])
        taken = self._session.first(self._statements.clashes(resource, groups), values) or ()
        return [group for group, is_taken in zip(groups, taken, strict=True) if is_taken]

    def add_account(self, name: str) -> Account:
        """A new account; Clash if its name is taken, however it is spelt."""
        if self.account_named(name) is not None:
            raise Clash(Fault("name", "taken", name))
        self.wrote = True
        row = self._session.first(self._statements.add_account(), {"name": name, "name_key": fold(name)})
        return Account(int(str(row[0])) if row else 0, name)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What happens inside is undone if it raises: by the database, in the books, and for the batch."""
        mark, wrote = self._ledger.mark(), self.wrote
        name = f"inner_{self._depth}"
        self._depth += 1
        self._session.command(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._session.command(f"ROLLBACK TO SAVEPOINT {name}")
            self._session.command(f"RELEASE SAVEPOINT {name}")
            self._ledger.undo(mark)
            self.wrote = wrote
            raise
        else:
            self._session.command(f"RELEASE SAVEPOINT {name}")
        finally:
            self._depth -= 1
