"""SQLite, embedded: write-ahead log, every commit synced, readers on connections of their own.

Processes that write queue at a lock on `<database>-writer` before they begin: SQLite's own waiting is a matter of luck.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from threading import Lock, local
from types import NoneType
from typing import Any

import msgspec

from tillstone.domain.errors import Bug, StoreDown
from tillstone.domain.records import Row, fold
from tillstone.domain.stamps import Clock
from tillstone.domain.store import Volatile
from tillstone.store import patterns
from tillstone.store.conditions import SQLITE
from tillstone.store.positions import Positions
from tillstone.store.reader import Reader
from tillstone.store.session import settle, statements_for
from tillstone.store.statements import Statement
from tillstone.store.volatile import SqliteVolatileConnection, VolatileStore, boot_id
from tillstone.store.writer import Batches, Writer, WritingStore

CACHED_STATEMENTS = 512
WAIT_S = 10.0
"""How long to wait for a stranger (a backup, a shell) that holds the database."""

MAPPED = 256 * 1_048_576
"""Bytes of the database that readers see through the operating system's own cache."""

PACKED_ROWS = 500
"""Longer lists are fetched row by row: they would stand in memory twice, and SQLite's texts have an end."""

_UNPACK = msgspec.json.Decoder(tuple[Any, ...]).decode
_UNPACK_ALL = msgspec.json.Decoder(list[tuple[Any, ...]]).decode

OURS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, OverflowError, UnicodeEncodeError)
"""What only a mistake of the program can bring about."""

ERRORS = (sqlite3.Error, OverflowError, UnicodeEncodeError)

# Without it the driver asks every None in vain whether it wants to be adapted: a sixth of an insert.
sqlite3.register_adapter(NoneType, lambda none: none)


def path_of(url: str) -> Path:
    """The file behind `sqlite:///relative` or `sqlite:////absolute`."""
    return Path(url.removeprefix("sqlite:///"))


def beside(path: Path, what: str) -> Path:
    """A file that belongs to the database: `<database>-<what>`."""
    return path.with_name(f"{path.name}-{what}")


def connect(path: Path, *pragmas: str) -> sqlite3.Connection:
    """A connection that begins no transaction by itself and knows how we compare text."""
    try:
        connection = sqlite3.connect(
            path, timeout=WAIT_S, isolation_level=None, cached_statements=CACHED_STATEMENTS, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise translated(error) from error
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error as error:
        connection.close()
        raise translated(error) from error
    connection.create_function("fold", 1, lambda text: None if text is None else fold(str(text)), deterministic=True)
    connection.create_function("matches", 2, patterns.matches, deterministic=True)
    return connection


def translated(error: Exception) -> Bug | StoreDown:
    """What a driver's error means to the service. SQLite names columns, never values."""
    if isinstance(error, OURS):
        return Bug(f"The database refused a statement: {type(error).__name__}: {error}")
    return StoreDown(f"The database cannot be used now: {error}")


def _queue(path: Path) -> int:
    """The file at whose lock processes queue."""
    try:
        return os.open(beside(path, "writer"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreDown(f"The database cannot be used now: {error.strerror}: {error.filename}") from error


@contextmanager
def queued(path: Path) -> Iterator[None]:
    """Holds the place at the head of the queue of all processes that write."""
    file = _queue(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


class SqliteSession:
    """`store.session.Session` on one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def all(self, statement: Statement, values: Mapping[str, object]) -> list[Row]:
        """Every row."""
        if statement.packed and values["limit"] <= PACKED_ROWS:  # type: ignore[operator]  # a number
            found = self._first(statement.packed, statement.arguments(values))
            return _UNPACK_ALL(f"[{found[0]}]") if found and found[0] else []
        try:
            return self._execute(statement.sql, statement.arguments(values)).fetchall()
        except ERRORS as error:
            raise translated(error) from error

    def first(self, statement: Statement, values: Mapping[str, object]) -> Row | None:
        """The first row. All are fetched, so that no statement stays open and holds a snapshot."""
        if not statement.packed:
            return self._first(statement.sql, statement.arguments(values))
        found = self._first(statement.packed, statement.arguments(values))
        return _UNPACK(found[0]) if found else None

    def _first(self, sql: str, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        try:
            rows = self._execute(sql, arguments).fetchall()
        except ERRORS as error:
            raise translated(error) from error
        return rows[0] if rows else None

    def run(self, statement: Statement, values: Mapping[str, object]) -> int:
        """How many rows were changed."""
        try:
            return self._execute(statement.sql, statement.arguments(values)).rowcount
        except ERRORS as error:
            raise translated(error) from error

    def put(self, statement: Statement, row: tuple[Any, ...]) -> None:
        """Run once."""
        try:
            self._execute(statement.sql, row)
        except ERRORS as error:
            raise translated(error) from error

    def many(self, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run once per row."""
        try:
            self._connection.executemany(statement.sql, rows)
        except ERRORS as error:
            raise translated(error) from error

    def require_transaction(self) -> None:
        """StoreDown if SQLite has undone it by itself."""
        if not self._connection.in_transaction:
            raise StoreDown("The database gave the transaction up.")

    def command(self, sql: str) -> None:
        """A savepoint. Outside a transaction SQLite would begin one of its own, and commit it unasked."""
        self.require_transaction()
        try:
            self._execute(sql)
        except sqlite3.Error as error:
            raise translated(error) from error


class SqliteWriteSession(SqliteSession):
    """`store.session.WriteSession`: one lock for all accounts and processes."""

    def __init__(self, path: Path) -> None:
        with ExitStack() as opened:
            connection = opened.enter_context(closing(connect(path, "journal_mode = WAL", "synchronous = FULL")))
            self._queue = _queue(path)
            opened.pop_all()
        super().__init__(connection)

    def begin(self, account: int) -> None:  # noqa: ARG002 - there is one lock for all accounts
        """Queue, then begin."""
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        try:
            self._execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise translated(error) from error

    def commit(self) -> None:
        """Sync to disk and let the next process in."""
        try:
            self._execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreDown(f"The database did not commit: {error}") from error
        fcntl.flock(self._queue, fcntl.LOCK_UN)

    def abandon(self) -> None:
        """Undo everything and let the next process in."""
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._execute("ROLLBACK")
        fcntl.flock(self._queue, fcntl.LOCK_UN)

    def grown(self, sizes: Mapping[tuple[int, str], tuple[int, int]]) -> None:
        """SQLite chooses well among our indexes without knowing sizes."""

    def close(self) -> None:
        """Close the connection; what the log holds is moved to the database."""
        self._connection.close()
        os.close(self._queue)


class _Snapshot:
    """A reader's transaction, used again and again by its thread."""

    __slots__ = ("_clock", "_execute", "_reader")

    def __init__(self, connection: sqlite3.Connection, reader: Reader, clock: Clock) -> None:
        self._execute = connection.execute
        self._reader = reader
        self._clock = clock

    def __enter__(self) -> Reader:
        self._reader.at(self._clock.now())
        try:
            self._execute("BEGIN")
        except sqlite3.Error as error:
            raise translated(error) from error
        return self._reader

    def __exit__(self, *_: object) -> None:
        self._execute("ROLLBACK")


class _Peek:
    """A reader without a transaction: one statement sees one state anyway."""

    __slots__ = ("_clock", "_reader")

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    def __enter__(self) -> Reader:
        self._reader.at(self._clock.now())
        return self._reader

    def __exit__(self, *_: object) -> None:
        pass


class SqliteStore(WritingStore):
    """`domain.store.Store` in one file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._statements = statements_for(SQLITE)
        self._positions = Positions()
        self._threads = local()
        self._readers: list[sqlite3.Connection] = []
        self._opening = Lock()
        with ExitStack() as opened:
            memory = VolatileStore(SqliteVolatileConnection(beside(path, "volatile")), clock, boot=boot_id())
            self._memory = opened.enter_context(closing(memory))
            self._session = opened.enter_context(closing(SqliteWriteSession(path)))
            settle(self._session, self._statements)
            opened.pop_all()
        self.volatile: Volatile = self._memory
        batches = Batches(self._session, self._statements, clock, self.volatile)
        self._writer = Writer([batches], by_account=False)

    def _open_reader(self) -> None:
        connection = connect(self._path, "query_only = ON", f"mmap_size = {MAPPED}")
        with self._opening:
            self._readers.append(connection)
        session = SqliteSession(connection)
        reader = Reader(session, self._statements, positions=self._positions, volatile=self.volatile)
        self._threads.read = _Snapshot(connection, reader, self._clock)
        self._threads.peek = _Peek(reader, self._clock)

    def read(self) -> _Snapshot:
        """One consistent snapshot."""
        if not hasattr(self._threads, "read"):
            self._open_reader()
        snapshot: _Snapshot = self._threads.read
        return snapshot

    def peek(self) -> _Peek:
        """A snapshot for exactly one statement."""
        if not hasattr(self._threads, "peek"):
            self._open_reader()
        peek: _Peek = self._threads.peek
        return peek

    def close(self) -> None:
        """Finish what was submitted, then release everything."""
        self._writer.close()
        for connection in self._readers:
            connection.close()
        self._session.close()
        self._memory.close()
