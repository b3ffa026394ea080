"""What workers share and what survives kill -9, but not power loss: nonces, login failures, places in live lists.

A database of its own beside the shop's, so that a nonce costs no sync to disk. Its `born` row tells since when it
remembers everything: after a power loss (another boot of the machine) requests signed before that are refused.
"""

import sqlite3
from pathlib import Path
from threading import Lock
from typing import Any

from tillstone.domain.errors import StoreDown
from tillstone.domain.stamps import Clock

KEPT_S = 600
"""Seconds for which login failures count and places in lists are kept."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

TABLES = """
CREATE TABLE IF NOT EXISTS born (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, boot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mark (account_id INTEGER, asker TEXT, resource TEXT, size INTEGER, page INTEGER,
    last_id INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account_id, asker, resource, size, page)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failure (name TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS failure_name ON failure (name, at);
CREATE TABLE IF NOT EXISTS nonce (consumer TEXT, token TEXT, timestamp INTEGER, nonce TEXT, expires INTEGER NOT NULL,
    PRIMARY KEY (consumer, token, timestamp, nonce)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS nonce_expires ON nonce (expires);
"""

MARK = (
    "SELECT last_id FROM mark WHERE account_id = ? AND asker = ? AND resource = ? AND size = ? AND page = ? AND at > ?"
)
SET_MARK = "REPLACE INTO mark (account_id, asker, resource, size, page, last_id, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
FORGET_MARKS = "DELETE FROM mark WHERE account_id = ? AND asker = ? AND resource = ? AND size = ?"
FAILURES = "SELECT count(*) FROM failure WHERE name = ? AND at > ?"
ADD_FAILURE = "INSERT INTO failure (name, at) VALUES (?, ?)"
FORGET_FAILURES = "DELETE FROM failure WHERE name = ? AND at <= ?"
FORGET_NONCES = "DELETE FROM nonce WHERE expires < ?"
USE_NONCE = """INSERT INTO nonce (consumer, token, timestamp, nonce, expires) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
BORN = "SELECT at, boot FROM born WHERE id = 1"
SET_BORN = "REPLACE INTO born (id, at, boot) VALUES (1, ?, ?)"


def boot_id() -> str:
    """Which boot of the machine this is; "" where the system does not tell."""
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""


class SqliteVolatile:
    """`domain.store.Volatile` in `<database>-volatile`. One connection, used by one thread at a time."""

    def __init__(self, path: Path, clock: Clock, boot: str) -> None:
        self._clock = clock
        self._lock = Lock()
        self._connection = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(TABLES)
        self._bear(boot)

    def _bear(self, boot: str) -> None:
        row = self._run(BORN).fetchone()
        if row is None or row[1] != boot:
            self._run(SET_BORN, self._clock.now(), boot)

    def _run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise StoreDown(f"The volatile store cannot be used: {error}") from error

    def mark(self, account: int, asker: str, resource: str, size: int, page: int) -> int | None:
        """The last id answered for the page before."""
        with self._lock:
            since = self._clock.now() - KEPT_S
            row = self._run(MARK, account, asker, resource, size, page - 1, since).fetchone()
            return None if row is None else int(row[0])

    def set_mark(self, account: int, asker: str, resource: str, size: int, page: int, last_id: int) -> None:
        """Remember the last id answered for a page."""
        with self._lock:
            if page == 1:
                self._run(FORGET_MARKS, account, asker, resource, size)
            self._run(SET_MARK, account, asker, resource, size, page, last_id, self._clock.now())

    def failures(self, name: str) -> int:
        """Login failures of the last ten minutes."""
        with self._lock:
            return int(self._run(FAILURES, name, self._clock.now() - KEPT_S).fetchone()[0])

    def add_failure(self, name: str) -> None:
        """One more failure."""
        now = self._clock.now()
        with self._lock:
            self._run(FORGET_FAILURES, name, now - KEPT_S)
            self._run(ADD_FAILURE, name, now)

    def use_nonce(self, consumer: str, token: str, timestamp: int, nonce: str, keep_s: int) -> bool:
        """Burn a nonce."""
        now = self._clock.now()
        with self._lock:
            self._run(FORGET_NONCES, now)
            return self._run(USE_NONCE, consumer, token, timestamp, nonce, now + keep_s).rowcount == 1

    def born(self) -> int:
        """Since when everything is remembered."""
        with self._lock:
            return int(self._run(BORN).fetchone()[0])

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()
