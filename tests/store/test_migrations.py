"""Every database gets the schema of `schema.py` by its migrations, once, however many processes begin at once."""

import sqlite3
import sys
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import Table

from tests.clocks import StandingClock
from tests.store.shop import NOON
from tillstone.domain.errors import StoreDown
from tillstone.domain.records import RESOURCES
from tillstone.store import NotMigratedError, TooNewError, is_current, migrate, open_store, versions
from tillstone.store.schema import METADATA, TABLES, VERSIONS


def test_versions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(versions.MIGRATIONS))
    found = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == VERSIONS


def test_migrated_database_has_the_schema_that_the_program_describes(database_url: str) -> None:
    migrate(database_url)
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        found = inspect(connection)
        for table in METADATA.sorted_tables:
            keys = [column.name for column in table.primary_key.columns]
            assert found.get_pk_constraint(table.name)["constrained_columns"] == keys
            assert partial_indexes(found.get_indexes(table.name)) == partial_indexes_of(table)
    engine.dispose()


def partial_indexes(indexes: Sequence[Any]) -> set[str]:
    """Indexes over some rows only; which rows is in their name."""
    named = {str(each["name"]): each["dialect_options"] for each in indexes}
    return {name for name, options in named.items() if any(key.endswith("_where") for key in options)}


def partial_indexes_of(table: Table) -> set[str]:
    return {str(each.name) for each in table.indexes if each.dialect_options["sqlite"]["where"] is not None}


def test_every_key_and_index_begins_with_the_account() -> None:
    found_before_it = {
        f"{TABLES[name].name}_{one}_everywhere" for name in RESOURCES for one in RESOURCES[name].everywhere
    }
    tables = [table for table in METADATA.sorted_tables if table.name != "account"]
    assert tables
    for table in tables:
        assert next(iter(table.primary_key.columns)).name == "account_id"
        for index in table.indexes:
            assert index.columns[0].name == "account_id" or index.name in found_before_it


def test_migrating_again_changes_nothing(database_url: str, tmp_path: Path) -> None:
    assert not is_current(database_url)
    migrate(database_url)
    store = open_store(database_url, StandingClock(NOON))
    account = store.add_account("shop")
    store.close()
    migrate(database_url)
    assert is_current(database_url)
    store = open_store(database_url, StandingClock(NOON))
    with store.read() as snapshot:
        assert snapshot.accounts() == [account]
    store.close()


def test_empty_database_is_not_opened(database_url: str) -> None:
    with pytest.raises(NotMigratedError, match="tillstone migrate"):
        open_store(database_url, StandingClock(NOON))


@pytest.mark.parametrize("act", [migrate, is_current, lambda url: open_store(url, StandingClock(NOON))])
def test_database_of_a_newer_program_is_refused_with_a_sentence(sqlite_url: str, act: object) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert callable(act)
    with pytest.raises(TooNewError, match=r"schema 9999, .* newer Tillstone\."):
        act(sqlite_url)


def test_file_that_is_no_database_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear customer, " * 1_000)
    with pytest.raises(StoreDown, match="not a database"):
        migrate(f"sqlite:///{path}")


def test_processes_that_begin_together_migrate_once(database_url: str) -> None:
    context = get_context("spawn")
    processes = [context.Process(target=migrate, args=(database_url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert is_current(database_url)


SERVING = """
import sys
from tillstone.store import open_store
class Clock:
    def now(self): return 1_790_000_000
store = open_store(sys.argv[1], Clock())
account = store.add_account("shop").id
with store.read() as snapshot:
    snapshot.accounts()
store.close()
print(sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_worker_loads_neither_alembic_nor_the_other_databases_driver(database_url: str) -> None:
    import subprocess

    migrate(database_url)
    ran = subprocess.run([sys.executable, "-c", SERVING, database_url], capture_output=True, text=True, check=True)
    other = "psycopg" if database_url.startswith("sqlite") else "sqlite3"
    assert "'sqlalchemy'" in ran.stdout
    assert not [name for name in ("alembic", other, "re2", "typer", "rich") if f"'{name}'" in ran.stdout]
