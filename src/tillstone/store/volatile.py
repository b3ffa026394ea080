"""What workers share and what survives kill -9, but not power loss: nonces, login failures, places in live lists.

A database of its own beside the shop's, so that a nonce costs no sync to disk. Its `born` row tells since when it
remembers everything: after a power loss (another boot of the machine) requests signed before that are refused.
"""

from contextlib import ExitStack, closing
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from tillstone.domain.errors import StoreDown
from tillstone.domain.stamps import Clock

KEPT_S = 600
"""Seconds for which login failures count and places in lists are kept."""

WAIT_S = 10.0

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

TABLES = (
    "CREATE TABLE IF NOT EXISTS born (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, boot TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS mark (account_id INTEGER, asker TEXT, resource TEXT, size INTEGER, page INTEGER,
    last_id INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account_id, asker, resource, size, page))""",
    "CREATE TABLE IF NOT EXISTS failure (name TEXT NOT NULL, at INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS failure_name ON failure (name, at)",
    """CREATE TABLE IF NOT EXISTS nonce (consumer TEXT, token TEXT, timestamp INTEGER, nonce TEXT,
    expires INTEGER NOT NULL, PRIMARY KEY (consumer, token, timestamp, nonce))""",
    "CREATE INDEX IF NOT EXISTS nonce_expires ON nonce (expires)",
)
"""For both databases; PostgreSQL makes them unlogged."""

MARK = """SELECT last_id FROM mark
    WHERE account_id = ? AND asker = ? AND resource = ? AND size = ? AND page = ? AND at > ?"""
SET_MARK = """INSERT INTO mark (account_id, asker, resource, size, page, last_id, at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (account_id, asker, resource, size, page) DO UPDATE SET last_id = excluded.last_id, at = excluded.at"""
FORGET_MARKS = "DELETE FROM mark WHERE account_id = ? AND asker = ? AND resource = ? AND size = ?"
FAILURES = "SELECT count(*) FROM failure WHERE name = ? AND at > ?"
ADD_FAILURE = "INSERT INTO failure (name, at) VALUES (?, ?)"
FORGET_FAILURES = "DELETE FROM failure WHERE name = ? AND at <= ?"
FORGET_NONCES = "DELETE FROM nonce WHERE expires < ?"
USE_NONCE = """INSERT INTO nonce (consumer, token, timestamp, nonce, expires) SELECT ?, ?, ?, ?, ?
    WHERE EXISTS (SELECT 1 FROM born WHERE id = 1 AND at <= ?) ON CONFLICT DO NOTHING"""
BORN = "SELECT at, boot FROM born WHERE id = 1"
SET_BORN = """INSERT INTO born (id, at, boot) VALUES (1, ?, ?)
    ON CONFLICT (id) DO UPDATE SET at = excluded.at, boot = excluded.boot"""


class VolatileConnection(Protocol):
    """Runs one statement at a time, each in a transaction of its own. For any thread. May raise `StoreDown`."""

    def run(self, sql: str, values: tuple[Any, ...]) -> tuple[tuple[Any, ...] | None, int]:
        """The first row, if there is one, and how many rows were changed."""

    def close(self) -> None:
        """Close the connection."""


class SqliteVolatileConnection:
    """A database of its own beside the shop's: a nonce costs no sync to disk."""

    def __init__(self, path: Path) -> None:
        import sqlite3  # a worker on PostgreSQL does without

        self._lock = Lock()
        self._error = sqlite3.Error
        try:
            with ExitStack() as opened:
                connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
                self._connection = opened.enter_context(closing(connection))
                for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", *TABLES):
                    self._connection.execute(statement)
                opened.pop_all()
        except self._error as error:
            raise StoreDown(f"The volatile store cannot be used: {error}") from error

    def run(self, sql: str, values: tuple[Any, ...]) -> tuple[tuple[Any, ...] | None, int]:
        """The first row, if there is one, and how many rows were changed."""
        try:
            with self._lock:
                cursor = self._connection.execute(sql, values)
                return cursor.fetchone(), cursor.rowcount
        except self._error as error:
            raise StoreDown(f"The volatile store cannot be used: {error}") from error

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()


def boot_id() -> str:
    """Which boot of the machine this is; "" where the system does not tell."""
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""


class VolatileStore:
    """`domain.store.Volatile`. If `boot` differs from the one it was born in, a power loss may have taken something."""

    def __init__(self, connection: VolatileConnection, clock: Clock, *, boot: str) -> None:
        self._connection = connection
        self._clock = clock
        self._boot = boot
        self._swept = 0
        row = self._first(BORN)
        if row is None or row[1] != boot:
            self._run(SET_BORN, clock.now(), boot)

    def _run(self, sql: str, *values: Any) -> int:
        return self._connection.run(sql, values)[1]

    def _first(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        return self._connection.run(sql, values)[0]

    def mark(self, account: int, asker: str, resource: str, size: int, page: int) -> int | None:
        """The last id answered for the page before."""
        row = self._first(MARK, account, asker, resource, size, page - 1, self._clock.now() - KEPT_S)
        return None if row is None else int(row[0])

    def set_mark(self, account: int, asker: str, resource: str, size: int, page: int, last_id: int) -> None:
        """Remember the last id answered for a page."""
        if page == 1:
            self._run(FORGET_MARKS, account, asker, resource, size)
        self._run(SET_MARK, account, asker, resource, size, page, last_id, self._clock.now())

    def failures(self, name: str) -> int:
        """Login failures of the last ten minutes."""
        row = self._first(FAILURES, name, self._clock.now() - KEPT_S)
        return int(row[0]) if row else 0

    def add_failure(self, name: str) -> None:
        """One more failure."""
        now = self._clock.now()
        self._run(FORGET_FAILURES, name, now - KEPT_S)
        self._run(ADD_FAILURE, name, now)

    def use_nonce(self, consumer: str, token: str, timestamp: int, nonce: str, keep_s: int) -> bool:
        """Burn a nonce. One statement, so that what a crash of the server forgets between two is not believed."""
        now = self._clock.now()
        if now != self._swept:
            # once a second is often enough: what is expired is refused for its age anyway
            self._swept = now
            self._run(FORGET_NONCES, now)
            self.born()
        return self._run(USE_NONCE, consumer, token, timestamp, nonce, now + keep_s, timestamp) == 1

    def born(self) -> int:
        """Since when everything is remembered; after a crash of the server that emptied it, since now. So too if it was
        born later than now: the clock was wrong then, and nobody could sign until it is as late again."""
        now, row = self._clock.now(), self._first(BORN)
        if row is not None and row[0] <= now:
            return int(row[0])
        self._run(SET_BORN, now, self._boot)
        return now

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
