"""What the store asks of a database connection. One per database in `sqlite.py` and `postgres.py`."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from tillstone.domain.records import Row
from tillstone.store.conditions import Bound
from tillstone.store.reads import Reads
from tillstone.store.slots import Slots
from tillstone.store.statements import Statement
from tillstone.store.writes import Writes

Values = dict[str, Bound | None]
"""Named values of a statement; more than it wants do no harm."""


class Statements(Reads, Slots, Writes):
    """Every statement, for one database."""


@cache
def statements_for(database: str) -> Statements:
    """The statements of a process: compiled once, however many stores it opens."""
    return Statements(database)


class Session(Protocol):
    """A connection that runs compiled statements, for one thread at a time. Any call may raise `StoreDown`, or `Bug`
    where the database refuses what the service should have refused before."""

    def all(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        """Every row."""

    def first(self, statement: Statement, values: Mapping[str, object]) -> Row | None:
        """The first row, if there is one."""

    def run(self, statement: Statement, values: Mapping[str, object]) -> int:
        """How many rows were changed."""

    def put(self, statement: Statement, row: tuple[Any, ...]) -> None:
        """Run once, with values in the order of the text."""

    def many(self, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run once per row, whose values are in the order of the text."""

    def command(self, sql: str) -> None:
        """SAVEPOINT and its kin."""


class WriteSession(Session, Protocol):
    """A connection of the writer's. Besides `StoreDown`, nothing is raised by `abandon`."""

    def begin(self, account: int) -> None:
        """Wait for the lock, then begin a transaction. `account` is the only one that will be written, if there is one
        lock for each."""

    def require_transaction(self) -> None:
        """StoreDown if the database has undone the transaction by itself, as SQLite does when the disk is full."""

    def commit(self) -> None:
        """Make it durable and let go of the lock. Whatever goes wrong is StoreDown."""

    def abandon(self) -> None:
        """Undo everything and let go of the lock, whatever state the connection is in."""

    def grown(self, sizes: Mapping[tuple[int, str], tuple[int, int]]) -> None:
        """After a commit: numbers of records before and after, by account and resource."""

    def close(self) -> None:
        """Close the connection."""


def settle(session: WriteSession, statements: Statements) -> None:
    """Rule S at the start: whatever was stamped before counts as handed out."""
    for (account,) in session.all(statements.unsettled(), {}):
        session.begin(int(str(account)))
        try:
            session.run(statements.settle(), {"account": int(str(account))})
            session.commit()
        except BaseException:
            session.abandon()
            raise
