"""What workers share for a while: nonces, login failures, marks. On both databases."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import pytest

from tests.clocks import StandingClock
from tests.store.shop import NOON
from tillstone.domain.errors import StoreDown
from tillstone.domain.store import Store, Volatile
from tillstone.store import open_store
from tillstone.store.volatile import SqliteVolatileConnection, VolatileStore


@pytest.fixture
def opened(url: str, clock: StandingClock) -> Iterator[Store]:
    store = open_store(url, clock)
    yield store
    store.close()


@pytest.fixture
def volatile(opened: Store) -> Volatile:
    return opened.volatile


@pytest.fixture
def consumer() -> str:
    """A name of its own: tests on PostgreSQL share a database."""
    return uuid4().hex


def test_nonce_is_burnt_once(volatile: Volatile, consumer: str) -> None:
    assert volatile.use_nonce(consumer, "token", NOON, "n1", 600)
    assert not volatile.use_nonce(consumer, "token", NOON, "n1", 600)


def test_nonce_belongs_to_its_consumer_token_and_time(volatile: Volatile, consumer: str) -> None:
    for asked in (
        (consumer, "t", NOON),
        (consumer, "u", NOON),
        (consumer, "t", NOON + 1),
        (f"{consumer}-2", "t", NOON),
    ):
        assert volatile.use_nonce(*asked, "n1", 600)


def test_nonce_is_purged_when_it_is_no_longer_kept(volatile: Volatile, clock: StandingClock, consumer: str) -> None:
    volatile.use_nonce(consumer, "token", NOON, "n1", 600)
    clock.step(600)
    assert not volatile.use_nonce(consumer, "token", NOON, "n1", 600)
    clock.step(1)
    assert volatile.use_nonce(consumer, "token", NOON, "n1", 600)


def test_nonce_is_burnt_for_every_worker(volatile: Volatile, url: str, clock: StandingClock, consumer: str) -> None:
    volatile.use_nonce(consumer, "token", NOON, "n1", 600)
    with closing(open_store(url, clock)) as other:
        assert not other.volatile.use_nonce(consumer, "token", NOON, "n1", 600)


def burn_and_die(url: str, consumer: str) -> None:
    open_store(url, StandingClock(NOON)).volatile.use_nonce(consumer, "token", NOON, "n1", 600)
    os.kill(os.getpid(), signal.SIGKILL)


def test_nonce_survives_the_worker_that_burnt_it(volatile: Volatile, url: str, consumer: str) -> None:
    worker = get_context("spawn").Process(target=burn_and_die, args=(url, consumer))
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    assert not volatile.use_nonce(consumer, "token", NOON, "n1", 600)


def test_failures_count_for_ten_minutes_and_by_name(volatile: Volatile, clock: StandingClock, consumer: str) -> None:
    for _ in range(3):
        volatile.add_failure(consumer)
    clock.step(599)
    volatile.add_failure(consumer)
    assert (volatile.failures(consumer), volatile.failures(f"{consumer}-2")) == (4, 0)
    clock.step(1)
    assert volatile.failures(consumer) == 1


def test_mark_of_the_page_before_is_found_for_ten_minutes(
    volatile: Volatile, clock: StandingClock, consumer: str
) -> None:
    volatile.set_mark(1, consumer, "supplier", 50, 1, 57)
    volatile.set_mark(1, consumer, "supplier", 50, 2, 120)
    assert [volatile.mark(1, consumer, "supplier", 50, page) for page in (1, 2, 3, 4)] == [None, 57, 120, None]
    assert volatile.mark(2, consumer, "supplier", 50, 2) is None
    assert volatile.mark(1, consumer, "product", 50, 2) is None
    assert volatile.mark(1, consumer, "supplier", 20, 2) is None
    clock.step(600)
    assert volatile.mark(1, consumer, "supplier", 50, 2) is None


def test_page_one_forgets_the_other_marks(volatile: Volatile, consumer: str) -> None:
    volatile.set_mark(1, consumer, "supplier", 50, 2, 120)
    volatile.set_mark(1, consumer, "supplier", 50, 1, 60)
    assert [volatile.mark(1, consumer, "supplier", 50, page) for page in (2, 3)] == [60, None]


def test_everything_is_remembered_since_birth_across_restarts(sqlite_url: str, clock: StandingClock) -> None:
    with closing(open_store(sqlite_url, clock)) as store:
        assert store.volatile.born() == NOON
    clock.step(3_600)
    with closing(open_store(sqlite_url, clock)) as store:
        assert store.volatile.born() == NOON


def test_another_boot_of_the_machine_is_another_birth(tmp_path: Path, clock: StandingClock) -> None:
    path = tmp_path / "shop.db-volatile"
    VolatileStore(SqliteVolatileConnection(path), clock, boot="first").close()
    clock.step(60)
    reborn = VolatileStore(SqliteVolatileConnection(path), clock, boot="second")
    assert reborn.born() == NOON + 60
    reborn.close()


def test_lost_volatile_store_is_born_again(sqlite_url: str, clock: StandingClock) -> None:
    open_store(sqlite_url, clock).close()
    Path(f"{sqlite_url.removeprefix('sqlite:///')}-volatile").unlink()
    clock.step(60)
    with closing(open_store(sqlite_url, clock)) as store:
        assert store.volatile.born() == NOON + 60


@pytest.mark.postgres
def test_tables_emptied_by_a_crash_of_the_server_are_born_again(migrated_postgres: str, clock: StandingClock) -> None:
    import psycopg

    with closing(open_store(migrated_postgres, clock)) as store:
        with psycopg.connect(migrated_postgres, autocommit=True) as connection:
            connection.execute("TRUNCATE tillstone_volatile.born, tillstone_volatile.nonce")
        clock.step(60)
        assert store.volatile.born() == NOON + 60


@pytest.mark.postgres
def test_nonce_that_a_crash_of_the_server_forgot_is_not_taken_again(
    migrated_postgres: str, clock: StandingClock, consumer: str
) -> None:
    import psycopg

    with closing(open_store(migrated_postgres, clock)) as store:
        assert store.volatile.use_nonce(consumer, "token", NOON, "n1", 600)
        with psycopg.connect(migrated_postgres, autocommit=True) as connection:
            connection.execute("TRUNCATE tillstone_volatile.born, tillstone_volatile.nonce")
        assert not store.volatile.use_nonce(consumer, "token", NOON, "n1", 600)
        clock.step(1)
        assert not store.volatile.use_nonce(consumer, "token", NOON, "n1", 600)
        assert store.volatile.use_nonce(consumer, "token", NOON + 1, "n2", 600)


def test_store_that_was_born_under_a_clock_that_ran_ahead_is_born_again(sqlite_url: str, clock: StandingClock) -> None:
    clock.step(8 * 3_600)
    open_store(sqlite_url, clock).close()
    clock.set(NOON)
    with closing(open_store(sqlite_url, clock)) as store:
        assert not store.volatile.use_nonce("consumer", "token", NOON - 1, "n1", 600)
        assert store.volatile.use_nonce("consumer", "token", NOON, "n1", 600)
        assert store.volatile.born() == NOON


@pytest.mark.postgres
def test_tables_of_the_volatile_store_are_written_without_a_log(migrated_postgres: str, opened: Store) -> None:
    import psycopg

    open_store(migrated_postgres, StandingClock(NOON)).close()
    with psycopg.connect(migrated_postgres) as connection:
        kinds = connection.execute(
            "SELECT relpersistence FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = 'tillstone_volatile' AND relkind = 'r'"
        ).fetchall()
    assert kinds == [("u",)] * 4


def test_volatile_store_that_cannot_be_written_is_down(tmp_path: Path, clock: StandingClock) -> None:
    (tmp_path / "shop.db-volatile").write_text("no database" * 1_000)
    with pytest.raises(StoreDown):
        SqliteVolatileConnection(tmp_path / "shop.db-volatile")
