"""A database that fails says so with `StoreDown`, in every call, and in words that hold no value of any record."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.clocks import StandingClock
from tests.store.shop import NOON, Shop
from tillstone.domain.commands import Key
from tillstone.domain.errors import Bug, StoreDown
from tillstone.domain.records import Shape
from tillstone.store import is_current, migrate, open_store

OPEN_FILES = Path("/proc/self/fd")

NOWHERE = "postgresql://nobody:hush@127.0.0.1:1/nothing"


def test_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreDown, match="No such file or directory"):
        migrate(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="this system does not list a process's open files")
@pytest.mark.parametrize(
    "beside, obstruct", [("-volatile", lambda file: file.write_text("No database. " * 1_000)), ("-writer", Path.mkdir)]
)
def test_store_that_cannot_be_opened_leaves_nothing_open(
    sqlite_url: str, beside: str, obstruct: Callable[[Path], object]
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    obstacle = path.with_name(path.name + beside)
    obstacle.unlink(missing_ok=True)
    obstruct(obstacle)
    with pytest.raises(StoreDown):
        open_store(sqlite_url, StandingClock(NOON))
    left = [file for file in OPEN_FILES.iterdir() if file.exists() and file.resolve().is_relative_to(path.parent)]
    assert left == []


@pytest.mark.parametrize("act", [migrate, is_current, lambda url: open_store(url, StandingClock(NOON))])
def test_server_that_does_not_answer_is_told_without_the_password(act: object) -> None:
    assert callable(act)
    with pytest.raises(StoreDown) as caught:
        act(NOWHERE)
    assert "hush" not in str(caught.value)


def test_table_that_is_gone_fails_reads_and_writes_alike(sqlite_url: str, clock: StandingClock) -> None:
    with closing(open_store(sqlite_url, clock)) as store:
        shop = Shop.opened(store, clock)
        shop.create(name="secret")
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
            connection.execute("DROP TABLE supplier")
        with pytest.raises(StoreDown, match="no such table"), store.read() as snapshot:
            snapshot.one(shop.account, Shape("supplier", ("name",)), Key("id", 1), live=True)
        with pytest.raises(StoreDown, match="no such table"):
            shop.page()
        with pytest.raises(StoreDown, match="no such table"):
            shop.create(name="secret")
        assert shop.create("product", name="still sold") == 1


@pytest.mark.parametrize("value", [2**70, "\ud800"])
def test_value_that_no_database_holds_is_a_bug_of_whoever_wrote_it(
    url: str, clock: StandingClock, value: int | str
) -> None:
    with closing(open_store(url, clock)) as store:
        shop = Shop.opened(store, clock)
        with pytest.raises(Bug):
            shop.create(tax_exempt=value) if isinstance(value, int) else shop.create(name=value)
        assert shop.create() == 1


def test_text_that_no_index_holds_is_no_reason_to_try_again() -> None:
    from psycopg import errors

    from tillstone.store.postgres import translated

    assert isinstance(translated(errors.ProgramLimitExceeded()), Bug)
    assert isinstance(translated(errors.AdminShutdown()), StoreDown)
