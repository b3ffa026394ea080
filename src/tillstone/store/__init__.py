"""Records in databases: SQLite and PostgreSQL behind `domain.store.Store`.

`open_store` gives a store over a database that `migrate` brought up to date. Workers that serve import neither Alembic
nor the other database's driver.
"""

from tillstone.domain.stamps import Clock
from tillstone.domain.store import Store
from tillstone.store.versions import NotMigratedError, TooNewError, is_current, migrate, require_current

__all__ = ["NotMigratedError", "TooNewError", "is_current", "migrate", "open_store"]


def open_store(url: str, clock: Clock) -> Store:
    """The store behind `sqlite:///file` or `postgresql://…`. NotMigratedError, TooNewError, StoreDown."""
    require_current(url)
    if url.startswith("sqlite:"):
        from tillstone.store.sqlite import SqliteStore, path_of

        return SqliteStore(path_of(url), clock)
    from tillstone.store.postgres import PostgresStore

    return PostgresStore(url, clock)
