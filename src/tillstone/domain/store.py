"""What the service needs of a store: records in, records out. Implemented for SQLite and PostgreSQL in
`tillstone.store`.

Every call names the account and touches no other. Any call may raise `StoreDown`; what else it raises stands with it.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from msgspec import Struct

from tillstone.domain.commands import Count, Key, List
from tillstone.domain.query import Condition
from tillstone.domain.records import Record, Row, Shape, Value
from tillstone.domain.stamps import ClockRow

Answer = TypeVar("Answer")


class Account(Struct, frozen=True):
    """A shop: the unit of isolation and of locking."""

    id: int
    name: str


class HistoryEntry(Struct, frozen=True):
    """One line of the history. `diff` holds (old, new) canonical values per attribute, never a secret."""

    resource: str
    record_id: int
    stamp: int
    version: int
    operation: str
    actor: str
    front: str
    diff: dict[str, tuple[Value, Value]]


class Snapshot(Protocol):
    """One consistent view for the reads of one request."""

    def one(self, account: int, shape: Shape, key: Key, *, live: bool) -> Row | None:
        """The record whose `key.attribute` is `key.value` (folded columns compare folded), in `shape`. `live` passes
        over deleted ones."""

    def rows(
        self,
        account: int,
        shape: Shape,
        attribute: str,
        values: Sequence[Value],
        *,
        live: bool = True,
        conditions: Sequence[Condition] = (),
        order: str = "id",
    ) -> list[Row]:
        """All records whose `attribute` is one of `values`, by `order`, then id: one statement per few hundred
        values."""

    def page(self, account: int, listing: List) -> list[Row]:
        """The rows of one page (rule P of lossless paging)."""

    def count(self, account: int, counting: Count) -> int:
        """How many records the same listing has over all pages."""

    def clock(self, account: int, resource: str) -> ClockRow:
        """The stamps and counts of a clocked resource; a blank row if nothing was ever written."""

    def accounts(self) -> list[Account]:
        """All accounts, by id."""

    def account_named(self, name: str) -> Account | None:
        """The account of that name."""

    def anywhere(self, shape: Shape, attribute: str, value: Value) -> tuple[int, Row] | None:
        """The live record found by an attribute that is unique over all accounts (`Resource.everywhere`), with its
        account's id."""


class Transaction(Snapshot, Protocol):
    """What one write does, under its account's lock. Reads see what was written before them."""

    account: int
    now: int

    def stamp(self, resource: str) -> int:
        """The stamp of this transaction for a clocked resource (rule S)."""

    def publish(self, resource: str) -> int:
        """Hand out the watermark: the newest stamp given (0 if none). Later stamps lie above it."""

    def new_id(self, resource: str) -> int:
        """The next id of a resource, never used before and never again."""

    def next_number(self, name: str) -> int:
        """The next value of a named counter, from 1."""

    def insert(self, resource: str, record: Record) -> None:
        """Store a new record: all its columns. What else is said of it is passed over."""

    def update(self, resource: str, record_id: int, changes: Record) -> None:
        """Store changed columns of one record."""

    def enter(self, resource: str, record_id: int, stamp: int, previous: int) -> None:
        """One entry of the feed: the record now bears `stamp`, before it bore `previous` (0 if new). None if they are
        equal."""

    def tally(self, resource: str, *, rows: int = 0, deleted: int = 0) -> None:
        """Add to the exact numbers of records of a clocked resource."""

    def log(self, entry: HistoryEntry) -> None:
        """One line of the history."""

    def restamp(self, resource: str, stamp: int, conditions: Sequence[Condition]) -> int:
        """Stamp every record (deleted ones too) that meets `conditions` and does not bear `stamp` yet, with its feed
        entry and version, by set-based
        statements. Gives their number."""

    def clashes(
        self, resource: str, wanted: Sequence[tuple[str, ...]], record: Record, *, but: int | None
    ) -> list[tuple[str, ...]]:
        """Which of the column groups `wanted` another live record than `but` shares with `record` (groups with a None
        are free): one statement."""

    def savepoint(self) -> AbstractContextManager[None]:
        """What happens inside is undone if it raises."""


class Volatile(Protocol):
    """What workers share and what survives kill -9 and restarts, but not power loss. Takes no account lock."""

    def mark(self, account: int, asker: str, resource: str, size: int, page: int) -> int | None:
        """The last id answered for the page before `page` of an unfiltered live walk, if it was within ten minutes."""

    def set_mark(self, account: int, asker: str, resource: str, size: int, page: int, last_id: int) -> None:
        """Remember the last id answered for `page`; page 1 forgets the others."""

    def failures(self, name: str) -> int:
        """How many login failures `name` had in the last ten minutes."""

    def add_failure(self, name: str) -> None:
        """One more failure of `name`."""

    def use_nonce(self, consumer: str, token: str, timestamp: int, nonce: str, keep_s: int) -> bool:
        """Burn a nonce, durably against kill -9 before this returns. False if it was used before, or may have been
        because it is older than this store. Old ones are purged after `keep_s`."""

    def born(self) -> int:
        """Since when this store remembers everything: whole seconds UTC."""


class Store(Protocol):
    """A database of accounts."""

    volatile: Volatile

    def read(self) -> AbstractContextManager[Snapshot]:
        """One consistent snapshot for the reads of one request; may be used by several threads at once, each with its
        own."""

    def peek(self) -> AbstractContextManager[Snapshot]:
        """A snapshot for exactly one statement: cheaper than `read`, and of no use for two."""

    def ahead(self, account: int, listing: List) -> int:
        """About how many entries `page` would walk past before the first of that page. A guess from what this process
        remembers: the database is not asked."""

    def write(self, account: int, work: Callable[[Transaction], Answer]) -> Answer:
        """Run `work` in a transaction and wait until it is durable. Raises what `work` raises, after undoing it."""

    def submit(
        self,
        account: int,
        work: Callable[[Transaction], Answer],
        done: Callable[[Answer | None, BaseException | None], None],
    ) -> None:
        """Hand `work` to the group-commit writer; `done` is called once, in the writer's thread, when it is durable
        or has failed.
        Of one batch all `done` are called one after the other, and then the callback given to `on_batch`, if any."""

    def on_batch(self, callback: Callable[[], None]) -> None:
        """Have `callback` called in the writer's thread, once after the `done`s of each batch."""

    def add_account(self, name: str) -> Account:
        """A new account. Clash if the name is taken."""

    def close(self) -> None:
        """Finish what was submitted, then release everything."""
