"""PostgreSQL by psycopg 3: a row lock per account, prepared statements on long-lived connections.

A writing transaction locks its account first and reads what others committed before; several accounts are written at
once. Readers see one snapshot per request.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import LifoQueue
from threading import Lock
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tillstone.domain.errors import Bug, Fault, Invalid, Problem, StoreDown
from tillstone.domain.records import RESOURCES, Row
from tillstone.domain.stamps import Clock
from tillstone.domain.store import Snapshot, Volatile
from tillstone.store.conditions import POSTGRES
from tillstone.store.positions import Positions
from tillstone.store.reader import Reader
from tillstone.store.schema import TABLE_NAMES
from tillstone.store.session import settle, statements_for
from tillstone.store.statements import Statement
from tillstone.store.volatile import TABLES, VolatileStore
from tillstone.store.writer import Batches, Writer, WritingStore

READERS = 8
WRITERS = 4
"""Connections a process reads by, and accounts it writes at once."""

PREPARED = 500

CONNECTING = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""What the URL need not say. A server that vanishes without a word (a cable, a failover) is given up after half a
minute: the system's own patience is two hours, for which every thread that waits for an answer would be lost."""

LOCK_MS = 30_000
"""How long a write waits for an account that somebody else holds, be it a stranger's forgotten session: longer than the
longest batch takes."""

SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""Every statement that follows sees the same."""

PATTERN_MS = 2_000
"""How long a list with a regular expression may take: PostgreSQL's engine can be led to take for ever."""

PATTERN_SIGN = " ~* "

ANALYZED_FROM = 500
"""Records of a resource at which statistics are gathered first, and again whenever there are twice as many: without
any, walks are answered by reading whole tables, and the server may have been told not to gather by itself."""

VOLATILE = "tillstone_volatile"
"""The schema of the tables that are written without a log."""


UNREACHABLE = {
    "Connection refused": "nothing listens there",
    "No such file or directory": "nothing listens there",
    "failed to resolve host": "there is no such host",
    "timeout expired": "it does not answer",
    "does not exist": "it has no such database or user",
    "password authentication failed": "it refuses this user's password",
    "no password supplied": "it asks for this user's password",
    "too many clients": "it has too many clients already",
    "starting up": "it is starting up",
    "shutting down": "it is shutting down",
    "invalid": "its URL is not understood",
    "end of string": "its URL is not understood",
}
"""Why there is no connection, by what libpq says. Its own words may hold pieces of a URL, the password's among them."""


def unreachable(error: psycopg.Error) -> StoreDown:
    """What an operator needs to know of a connection that failed."""
    reason = next((ours for theirs, ours in UNREACHABLE.items() if theirs in str(error)), type(error).__name__)
    return StoreDown(f"The database cannot be used now: {reason}")


def connect(url: str) -> "psycopg.Connection[Row]":
    """A connection that begins no transaction by itself."""
    try:
        told: dict[str, Any] = CONNECTING | conninfo_to_dict(url)
        connection = psycopg.connect(**told, autocommit=True, prepare_threshold=0)
    except psycopg.Error as error:
        raise unreachable(error) from error
    connection.prepared_max = PREPARED
    return connection


ERRORS = (psycopg.Error, UnicodeEncodeError)

OURS = (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError, errors.ProgramLimitExceeded)
"""What only a mistake of the program can bring about: trying again would not help."""


def translated(error: Exception) -> Problem:
    """What a driver's error means to the service. PostgreSQL's own words may hold values: they go no further."""
    if not isinstance(error, psycopg.Error):
        return Bug(f"The driver refused a value: {type(error).__name__}")
    if isinstance(error, errors.InvalidRegularExpression):
        return Invalid(Fault("", "pattern"))
    if isinstance(error, OURS):
        where = error.diag.constraint_name or error.diag.table_name or ""
        return Bug(f"The database refused a statement: {type(error).__name__} {error.sqlstate} {where}".rstrip())
    return StoreDown(f"The database cannot be used now: {type(error).__name__}")


class PostgresSession:
    """`store.session.Session`. Connects when first used, and again when the server was away meanwhile."""

    def __init__(self, url: str, *settings: str) -> None:
        self._url = url
        self._settings = settings
        self._connection: psycopg.Connection[Row] | None = None
        self._cursor: psycopg.Cursor[Row] | None = None
        self._in_transaction = False

    def _connected(self) -> "psycopg.Cursor[Row]":
        if self._cursor is None or self._connection is None or self._connection.closed:
            if self._in_transaction:
                # on a new connection each statement would be durable by itself, without those before it
                raise StoreDown("The connection was lost, and the transaction with it.")
            self.close()  # it may have been left half made
            self._connection = connect(self._url)
            for setting in self._settings:
                self._connection.execute(f"SET {setting}")
            self._cursor = self._connection.cursor()
        return self._cursor

    def _execute(self, sql: str, arguments: Sequence[Any] = ()) -> "psycopg.Cursor[Row]":
        try:
            return self._connected().execute(sql, arguments or None)
        except psycopg.OperationalError as error:
            lost = self._connection is None or self._connection.closed
            if not lost or self._in_transaction:
                raise translated(error) from error
        except ERRORS as error:
            raise translated(error) from error
        return self._once_more(sql, arguments)

    def _once_more(self, sql: str, arguments: Sequence[Any]) -> "psycopg.Cursor[Row]":
        """Nothing was begun, and the connection was lost while it lay idle: the server was restarted."""
        try:
            return self._connected().execute(sql, arguments or None)
        except ERRORS as error:
            raise translated(error) from error

    def all(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        """Every row."""
        if PATTERN_SIGN in statement.sql:
            return self._matching(statement, values)
        return self._execute(statement.sql, statement.arguments(values)).fetchall()

    def _matching(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        self._execute(f"SET statement_timeout = {PATTERN_MS}")
        try:
            return self._execute(statement.sql, statement.arguments(values)).fetchall()
        except StoreDown as error:
            if isinstance(error.__cause__, errors.QueryCanceled):
                raise Invalid(Fault("", "pattern")) from error
            raise
        finally:
            # in a failed transaction this is refused, and undone with it
            with suppress(Problem):
                self._execute("SET statement_timeout = DEFAULT")

    def first(self, statement: Statement, values: Mapping[str, object]) -> Row | None:
        """The first row."""
        rows = self.all(statement, values)
        return rows[0] if rows else None

    def run(self, statement: Statement, values: Mapping[str, object]) -> int:
        """How many rows were changed."""
        return self._execute(statement.sql, statement.arguments(values)).rowcount

    def row(self, sql: str, arguments: tuple[Any, ...]) -> tuple[Row | None, int]:
        """The first row, if the statement gives any, and how many it gave or changed."""
        cursor = self._execute(sql, arguments)
        return (cursor.fetchone() if cursor.description else None), cursor.rowcount

    def put(self, statement: Statement, row: tuple[Any, ...]) -> None:
        """Run once."""
        self._execute(statement.sql, row)

    def many(self, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run once per row, sent without waiting for each."""
        if len(rows) == 1:
            self._execute(statement.sql, rows[0])
            return
        try:
            self._connected().executemany(statement.sql, rows)
        except ERRORS as error:
            raise translated(error) from error

    def command(self, sql: str) -> None:
        """A savepoint."""
        self._execute(sql)

    def open(self, begin: str) -> None:
        """Begin a transaction."""
        self._execute(begin)
        self._in_transaction = True

    def end(self, how: str) -> None:
        """Commit or undo it."""
        try:
            self._execute(how)
        finally:
            self._in_transaction = False

    def abandon(self) -> None:
        """Undo whatever was begun; a connection that cannot do that is given up."""
        try:
            self.end("ROLLBACK")
        except Problem:
            self.close()

    def close(self) -> None:
        """Close the connection."""
        self._in_transaction = False
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection = self._cursor = None


class PostgresWriteSession(PostgresSession):
    """`store.session.WriteSession`: one lock per account, in all processes."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "synchronous_commit = on", f"lock_timeout = {LOCK_MS}")

    def begin(self, account: int) -> None:
        """Wait for the account. Account 0 stands for the list of accounts."""
        self.open("BEGIN ISOLATION LEVEL READ COMMITTED")
        if account:
            self._execute("SELECT 1 FROM account WHERE id = %s FOR NO KEY UPDATE", (account,))
        else:
            self._execute("LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE")

    def commit(self) -> None:
        """Make it durable; the lock goes with it."""
        try:
            self.end("COMMIT")
        except Problem as problem:
            raise StoreDown(f"The database did not commit: {problem}") from problem

    def require_transaction(self) -> None:
        """StoreDown if the connection was lost, or if all that PostgreSQL would still do is roll back: asked to commit
        such a transaction, it does so without an error."""
        if self._connection is None or self._connection.info.transaction_status is not TransactionStatus.INTRANS:
            raise StoreDown("The database gave the transaction up.")

    def grown(self, sizes: Mapping[tuple[int, str], tuple[int, int]]) -> None:
        """Gather statistics where a table has outgrown them."""
        for (_, resource), (before, after) in sizes.items():
            if (after // ANALYZED_FROM).bit_length() > (before // ANALYZED_FROM).bit_length():
                owned = [each.name for each in RESOURCES.values() if each.owner and each.owner.resource == resource]
                tables = [TABLE_NAMES.get(name, name) for name in (resource, *owned)]
                # two processes may gather at once; one of them is refused then, and the other will do
                with suppress(Problem):
                    self._execute(f"ANALYZE {', '.join(tables)}, feed, change, clock")


class PostgresVolatileConnection:
    """`store.volatile.VolatileConnection`: tables without a log, emptied by the server after a crash."""

    def __init__(self, url: str) -> None:
        self._lock = Lock()
        self._session = PostgresSession(url, f"search_path = {VOLATILE}", "synchronous_commit = off")
        self._make()

    def _make(self) -> None:
        """Under a lock, since CREATE … IF NOT EXISTS is none."""
        session = self._session
        session.open("BEGIN")
        try:
            session.command(f"SELECT pg_advisory_xact_lock(hashtext('{VOLATILE}'))")
            session.command(f"CREATE SCHEMA IF NOT EXISTS {VOLATILE}")
            for table in TABLES:
                session.command(table.replace("CREATE TABLE", "CREATE UNLOGGED TABLE").replace("INTEGER", "BIGINT"))
            session.end("COMMIT")
        except BaseException:
            session.abandon()
            raise

    def run(self, sql: str, values: tuple[Any, ...]) -> tuple[Row | None, int]:
        """The first row, if any, and how many there are."""
        with self._lock:
            return self._session.row(sql.replace("?", "%s"), values)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._session.close()


class PostgresStore(WritingStore):
    """`domain.store.Store` in a PostgreSQL database."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._clock = clock
        self._statements = statements_for(POSTGRES)
        self._memory = VolatileStore(PostgresVolatileConnection(url), clock, boot="")
        self.volatile: Volatile = self._memory
        self._writers = [PostgresWriteSession(url) for _ in range(WRITERS)]
        settle(self._writers[0], self._statements)
        self._positions = Positions()
        self._readers: LifoQueue[tuple[PostgresSession, Reader]] = LifoQueue()
        self._sessions = [PostgresSession(url) for _ in range(READERS)]
        for session in self._sessions:
            reader = Reader(session, self._statements, positions=self._positions, volatile=self.volatile)
            self._readers.put((session, reader))
        batches = [Batches(session, self._statements, clock, self.volatile) for session in self._writers]
        self._writer = Writer(batches, by_account=True)

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        """One consistent snapshot."""
        session, reader = self._readers.get()
        try:
            reader.at(self._clock.now())
            session.open(SNAPSHOT)
            yield reader
        finally:
            session.abandon()
            self._readers.put((session, reader))

    @contextmanager
    def peek(self) -> Iterator[Snapshot]:
        """A snapshot for exactly one statement."""
        session, reader = self._readers.get()
        try:
            reader.at(self._clock.now())
            yield reader
        finally:
            self._readers.put((session, reader))

    def close(self) -> None:
        """Finish what was submitted, then release everything."""
        self._writer.close()
        for session in (*self._writers, *self._sessions):
            session.close()
        self._memory.close()


def version_of(url: str) -> str | None:
    """The schema version; None if the database is empty."""
    with connect(url) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except errors.UndefinedTable:
            return None
    return str(row[0]) if row else None


@contextmanager
def migrating(url: str, lock: int) -> Iterator[Any]:
    """A SQLAlchemy connection inside a transaction, while no other process migrates."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": lock})
        yield connection
