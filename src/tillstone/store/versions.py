"""Which schema a database has, and bringing it to the one this program knows.

Reading the version takes one plain SELECT; only `migrate` loads Alembic.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tillstone.domain.errors import StoreDown
from tillstone.store.schema import VERSIONS

MIGRATIONS = Path(__file__).parent / "migrations"

VERSION = "SELECT version_num FROM alembic_version"

MIGRATION_LOCK = 0x7111_5701
"""The number under which PostgreSQL keeps our lock."""


class NotMigratedError(StoreDown):
    """The database is empty or older than the program."""


class TooNewError(StoreDown):
    """The database was written by a newer program."""


def _sqlite_version(url: str) -> str | None:
    import sqlite3  # a worker on PostgreSQL does without

    from tillstone.store.sqlite import path_of, translated

    path = path_of(url)
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path, timeout=10.0)) as connection:
            row = connection.execute(VERSION).fetchone()
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return None
        raise translated(error) from error
    return str(row[0]) if row else None


def version(url: str) -> str | None:
    """The database's version; None if it is empty or not there yet."""
    if url.startswith("sqlite:"):
        return _sqlite_version(url)
    from tillstone.store.postgres import version_of

    return version_of(url)


def is_current(url: str) -> bool:
    """Whether the database has the schema that this program knows. TooNewError if it has a later one."""
    found = version(url)
    if found is not None and found not in VERSIONS:
        raise TooNewError(
            f"The database has schema {found}, this Tillstone knows none after {VERSIONS[-1]}: use a newer Tillstone."
        )
    return found == VERSIONS[-1]


def require_current(url: str) -> None:
    """NotMigratedError unless the database has the schema that this program knows."""
    if not is_current(url):
        raise NotMigratedError("The database has not the schema of this Tillstone yet: run `tillstone migrate`.")


def migrate(url: str) -> None:
    """Bring the database up to date, creating it if need be. Several processes may do so at once: one does, the others
    wait and find it done. TooNewError, StoreDown."""
    if is_current(url):
        return
    with _locked(url) as connection:
        if not is_current(url):
            _upgrade(connection)


@contextmanager
def _locked(url: str) -> Iterator[object]:
    """A SQLAlchemy connection inside a transaction, under the lock that writers take as well."""
    if url.startswith("sqlite:"):
        from tillstone.store.sqlite import path_of, queued

        with queued(path_of(url)), _sqlite(path_of(url)) as connection:
            yield connection
    else:
        from tillstone.store.postgres import migrating

        with migrating(url, MIGRATION_LOCK) as connection:
            yield connection


@contextmanager
def _sqlite(path: Path) -> Iterator[object]:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from tillstone.store import planner
    from tillstone.store.sqlite import connect

    engine = create_engine("sqlite://", creator=lambda: connect(path, "journal_mode = WAL"), poolclass=NullPool)
    with engine.connect() as connection:
        # the driver begins no transaction before DDL by itself
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.exec_driver_sql(planner.MAKE)
        connection.exec_driver_sql(planner.FORGET)
        connection.exec_driver_sql(planner.WRITE, list(planner.statistics()))
        connection.exec_driver_sql("COMMIT")


def _upgrade(connection: object) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
