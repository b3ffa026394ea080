"""The group-commit writer: writes that wait share a transaction, and no failing write harms its neighbours.

A batch is made by holding the writer inside one write while others queue up behind it.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.clocks import StandingClock
from tests.store.shop import NOON, Shop, create, end_connections
from tillstone.domain.commands import Key
from tillstone.domain.errors import Bug, Clash, Refusal, StoreDown
from tillstone.domain.records import Shape
from tillstone.domain.store import Store, Transaction
from tillstone.store import open_store
from tillstone.store.check import findings

PATIENCE_S = 20


@pytest.fixture
def shop(url: str, clock: StandingClock) -> Iterator[Shop]:
    store = open_store(url, clock)
    yield Shop.opened(store, clock)
    store.close()
    assert [each for each in findings(url) if "sqlite" in url] == []


class Post:
    """What was submitted, and what became of it, in order."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.told: list[str] = []
        self.outcomes: dict[str, Any] = {}
        self.runs: dict[str, int] = {}
        self._open = 0
        self._all = Event()
        store.on_batch(lambda: self.told.append("batch"))

    def send(self, account: int, name: str, work: Callable[[Transaction], Any]) -> None:
        self._open += 1

        def counted(tx: Transaction) -> Any:
            self.runs[name] = self.runs.get(name, 0) + 1
            return work(tx)

        def done(answer: Any, error: BaseException | None) -> None:
            self.told.append(name)
            self.outcomes[name] = error if error is not None else answer
            self._open -= 1
            if not self._open:
                self._all.set()

        self.store.submit(account, counted, done)

    def wait(self) -> None:
        """Until every `done` was called."""
        assert self._all.wait(PATIENCE_S)


@contextmanager
def batched(shop: Shop, account: int | None = None) -> Iterator[Post]:
    """Everything sent inside becomes one batch."""
    post, held, go = Post(shop.store), Event(), Event()

    def hold(tx: Transaction) -> None:
        held.set()
        assert go.wait(PATIENCE_S)

    post.send(account or shop.account, "held", hold)
    assert held.wait(PATIENCE_S)
    yield post
    go.set()
    post.wait()


def named(name: str) -> Callable[[Transaction], int]:
    return lambda tx: create(tx, name=name, code=name)


def refuse(tx: Transaction) -> None:
    tx.new_id("supplier")
    raise Clash


def fail_late(error: Exception) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        create(tx, name="half done")
        raise error

    return work


def test_waiting_writes_share_one_batch_and_are_told_before_it_ends(shop: Shop) -> None:
    with batched(shop) as post:
        for name in ("a", "b", "c"):
            post.send(shop.account, name, named(name))
    shop.create()  # so that the batch is over, its callback too
    assert post.told[:6] == ["held", "batch", "a", "b", "c", "batch"]
    assert [post.outcomes[name] for name in ("a", "b", "c")] == [1, 2, 3]


def test_refusal_before_anything_was_written_leaves_the_batch_alone(shop: Shop) -> None:
    with batched(shop) as post:
        post.send(shop.account, "a", named("a"))
        post.send(shop.account, "refused", refuse)
        post.send(shop.account, "b", named("b"))
    assert isinstance(post.outcomes["refused"], Clash)
    assert post.runs == {"held": 1, "a": 1, "refused": 1, "b": 1}
    assert (post.outcomes["a"], post.outcomes["b"]) == (1, 2)
    assert shop.page(1, 9) == [1, 2]


@pytest.mark.parametrize("error", [Refusal(), Bug("broken"), ZeroDivisionError()])
def test_error_after_writing_is_undone_alone(shop: Shop, error: Exception) -> None:
    with batched(shop) as post:
        post.send(shop.account, "a", named("a"))
        post.send(shop.account, "failing", fail_late(error))
        post.send(shop.account, "b", named("b"))
    assert post.outcomes["failing"] is error
    assert [shop.read(record, "name") for record in (1, 2)] == [("a",), ("b",)]
    assert shop.page(1, 9) == [1, 2]
    assert shop.clock_row().rows == 2
    assert post.runs["a"] == 2


def test_every_write_of_a_batch_may_fail_but_one(shop: Shop) -> None:
    with batched(shop) as post:
        for name in ("x", "y"):
            post.send(shop.account, name, fail_late(ZeroDivisionError(name)))
        post.send(shop.account, "a", named("a"))
        post.send(shop.account, "z", fail_late(ZeroDivisionError("z")))
    assert [str(post.outcomes[name]) for name in ("x", "y", "a", "z")] == ["x", "y", "1", "z"]
    assert shop.page(1, 9) == [1]


def test_error_inside_a_savepoint_of_its_own_leaves_the_batch_alone(shop: Shop) -> None:
    def apply(tx: Transaction) -> None:
        with tx.savepoint():
            create(tx, name="half done")
            raise Refusal

    with batched(shop) as post:
        post.send(shop.account, "a", named("a"))
        post.send(shop.account, "tree", apply)
        post.send(shop.account, "b", named("b"))
    assert isinstance(post.outcomes["tree"], Refusal)
    assert post.runs == {"held": 1, "a": 1, "tree": 1, "b": 1}
    assert (shop.page(1, 9), shop.clock_row().rows) == ([1, 2], 2)


def test_what_the_database_refuses_is_a_bug_of_that_write_alone(shop: Shop) -> None:
    with batched(shop) as post:
        post.send(shop.account, "a", named("same code"))
        post.send(shop.account, "b", named("same code"))
        post.send(shop.account, "c", named("other code"))
    assert isinstance(post.outcomes["b"], Bug)
    assert "same code" not in str(post.outcomes["b"])
    assert [shop.read(record, "name") for record in shop.page(1, 9)] == [("same code",), ("other code",)]


def test_what_cannot_be_stored_at_the_end_fails_its_write_alone(shop: Shop) -> None:
    def twice(tx: Transaction) -> None:
        record = create(tx)
        tx.enter("supplier", record, tx.stamp("supplier"), 0)

    with batched(shop) as post:
        post.send(shop.account, "a", named("a"))
        post.send(shop.account, "two entries", twice)
        post.send(shop.account, "b", named("b"))
    assert isinstance(post.outcomes["two entries"], Bug)
    assert [shop.read(record, "name") for record in shop.page(1, 9)] == [("a",), ("b",)]


def test_batch_has_one_stamp_until_the_watermark_is_handed_out_in_it(shop: Shop) -> None:
    with batched(shop) as post:
        post.send(shop.account, "a", lambda tx: tx.stamp("supplier") and create(tx))
        post.send(shop.account, "b", create)
        post.send(shop.account, "watermark", lambda tx: tx.publish("supplier"))
        post.send(shop.account, "c", create)
    assert post.outcomes["watermark"] == NOON
    assert [shop.stamp_of(record) for record in (1, 2, 3)] == [NOON, NOON, NOON + 1]
    assert shop.clock_row().published == NOON


def test_batch_that_waited_is_stamped_by_the_time_it_runs_at(shop: Shop, clock: StandingClock) -> None:
    with batched(shop) as post:
        post.send(shop.account, "a", create)
        clock.step(7)
    assert shop.stamp_of(1) == NOON + 7


def test_write_sees_its_neighbours_and_their_failures_are_taken_back_from_it(shop: Shop) -> None:
    def names(tx: Transaction) -> list[object]:
        return [row[0] for row in tx.rows(tx.account, Shape("supplier", ("name",)), "id", range(1, 9))]

    with batched(shop) as post:
        post.send(shop.account, "a", named("a"))
        post.send(shop.account, "failing", fail_late(ZeroDivisionError()))
        post.send(shop.account, "names", names)
    assert post.outcomes["names"] == ["a"]


def test_accounts_share_nothing_in_a_batch(shop: Shop) -> None:
    other = Shop.opened(shop.store, shop.clock)
    with batched(shop) as post:
        post.send(shop.account, "a", named("a"))
        post.send(other.account, "failing", fail_late(ZeroDivisionError()))
        post.send(other.account, "b", named("b"))
    assert (post.outcomes["a"], post.outcomes["b"]) == (1, 1)
    assert (shop.page(1, 9), other.page(1, 9)) == ([1], [1])


def test_closing_finishes_what_was_submitted_and_refuses_what_comes_later(url: str, clock: StandingClock) -> None:
    store = open_store(url, clock)
    shop = Shop.opened(store, clock)
    post = Post(store)
    for number in range(100):
        post.send(shop.account, f"{number}", create)
    store.close()
    assert sorted(post.outcomes.values()) == list(range(1, 101))
    with pytest.raises(StoreDown):
        store.write(shop.account, create)
    again = open_store(url, clock)
    try:
        assert Shop(again, clock, shop.account).count() == 100
    finally:
        again.close()


def test_nobodys_write_is_done_if_the_commit_fails(shop: Shop, url: str) -> None:
    shop.create(name="before")
    set_fire(shop.store, shop.account)
    with batched(shop) as post:
        for name in ("a", "b"):
            post.send(shop.account, name, named(name))
        post.send(shop.account, "refused", refuse)
        post.send(shop.account, "fire", lambda tx: refuse_commits(shop.store, shop.account))
    allow_commits(shop.store)
    assert [type(post.outcomes[name]) for name in ("a", "b", "refused")] == [StoreDown] * 3
    assert (shop.page(1, 9), shop.clock_row().rows) == ([1], 1)
    assert shop.create(name="after") == 2


FAIL_COMMIT = """
CREATE FUNCTION no_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.account_id = {account} THEN RAISE EXCEPTION 'the disk is on fire'; END IF; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER no_commit AFTER INSERT ON supplier DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION no_commit();
"""


def refuse_commits(store: Any, account: int) -> None:
    """From now on the database refuses to commit: SQLite by its authorizer, PostgreSQL by a trigger (made before)."""
    if hasattr(store, "_session"):
        store._session._connection.set_authorizer(_no_commit)


def set_fire(store: Any, account: int) -> None:
    """PostgreSQL's trigger waits for inserts, and locks the table while it is made: that comes before the batch."""
    if not hasattr(store, "_session"):
        import psycopg

        with psycopg.connect(store._writers[0]._url, autocommit=True) as connection:
            connection.execute(FAIL_COMMIT.format(account=account))


def allow_commits(store: Any) -> None:
    if hasattr(store, "_session"):
        store._session._connection.set_authorizer(None)
    else:
        import psycopg

        with psycopg.connect(store._writers[0]._url, autocommit=True) as connection:
            connection.execute("DROP FUNCTION no_commit CASCADE")


def _no_commit(action: int, operation: str | None, *_: object) -> int:
    return sqlite3.SQLITE_DENY if (action, operation) == (sqlite3.SQLITE_TRANSACTION, "COMMIT") else sqlite3.SQLITE_OK


def test_full_disk_fails_writes_and_spoils_nothing(sqlite_url: str, clock: StandingClock) -> None:
    store: Any = open_store(sqlite_url, clock)
    shop = Shop.opened(store, clock)
    shop.create(name="before")
    connection = store._session._connection
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    with batched(shop) as post:
        connection.execute(f"PRAGMA max_page_count = {pages}")
        for name in ("a", "b", "c"):
            post.send(shop.account, name, lambda tx: create(tx, remark="x" * 100_000))
    assert {type(post.outcomes[name]) for name in ("a", "b", "c")} == {StoreDown}
    connection.execute("PRAGMA max_page_count = 1000000")
    assert (shop.page(1, 9), shop.clock_row().rows) == ([1], 1)
    assert shop.create(remark="x" * 100_000) == 2
    store.close()
    assert list(findings(sqlite_url)) == []


@pytest.mark.postgres
def test_no_write_of_a_batch_is_told_to_be_done_if_its_connection_was_lost(
    migrated_postgres: str, clock: StandingClock
) -> None:
    def cut_the_second_time(tx: Transaction) -> None:
        create(tx, name="cut")
        if post.runs["cut"] == 2:  # with a savepoint of its own, since a write of the batch failed
            end_connections(migrated_postgres)
        create(tx, name="cut as well")

    with closing(open_store(migrated_postgres, clock)) as store:
        shop = Shop.opened(store, clock)
        with batched(shop) as post:
            post.send(shop.account, "a", named("a"))
            post.send(shop.account, "cut", cut_the_second_time)
            post.send(shop.account, "failing", fail_late(ZeroDivisionError()))
            post.send(shop.account, "b", named("b"))
        assert {type(post.outcomes[name]) for name in ("a", "cut", "failing", "b")} == {StoreDown}
        assert (shop.page(1, 9), shop.clock_row().rows) == ([], 0)
        assert shop.create(name="after") == 1
        assert [each for each in findings(migrated_postgres) if f"account {shop.account}," in each] == []


@pytest.mark.postgres
def test_transaction_that_would_only_roll_back_is_not_told_to_be_committed(
    migrated_postgres: str, clock: StandingClock
) -> None:
    def spoil(tx: Transaction) -> None:
        tx.update("supplier", 1, {"name": "other"})
        with suppress(StoreDown):
            tx._session.command("ROLLBACK TO SAVEPOINT nowhere")  # type: ignore[attr-defined]

    with closing(open_store(migrated_postgres, clock)) as store:
        shop = Shop.opened(store, clock)
        shop.create(name="one")
        with pytest.raises(StoreDown):
            store.write(shop.account, spoil)
        assert shop.read(1, "name") == ("one",)
        assert shop.create(name="after") == 2


@pytest.mark.postgres
def test_account_that_is_held_up_holds_up_no_other(migrated_postgres: str, clock: StandingClock) -> None:
    with closing(open_store(migrated_postgres, clock)) as store:
        slow, quick = Shop.opened(store, clock), Shop.opened(store, clock)
        with batched(slow) as post:
            post.send(slow.account, "a", create)
            assert quick.create() == 1
            assert "a" not in post.outcomes
        assert post.outcomes["a"] == 1


@pytest.mark.postgres
def test_stranger_who_keeps_an_account_locked_is_not_waited_for_without_end(
    migrated_postgres: str, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setattr("tillstone.store.postgres.LOCK_MS", 20)
    with closing(open_store(migrated_postgres, clock)) as store:
        shop = Shop.opened(store, clock)
        with psycopg.connect(migrated_postgres) as stranger:
            stranger.execute("SELECT 1 FROM account WHERE id = %s FOR UPDATE", (shop.account,))
            with pytest.raises(StoreDown, match="LockNotAvailable"):
                shop.create()
            assert shop.page() == []
            stranger.rollback()
        assert shop.create() == 1


def test_reader_sees_nothing_of_a_batch_before_it_is_committed(shop: Shop) -> None:
    written, go, seen = Event(), Event(), Post(shop.store)

    def work(tx: Transaction) -> None:
        create(tx)
        written.set()
        assert go.wait(PATIENCE_S)

    seen.send(shop.account, "a", work)
    assert written.wait(PATIENCE_S)
    assert (shop.page(), shop.count()) == ([], 0)
    go.set()
    seen.wait()
    assert (shop.page(), shop.count()) == ([1], 1)


def test_snapshot_stays_as_it_was_while_others_write(shop: Shop) -> None:
    shop.create()
    shape = Shape("supplier", ("id",))
    with shop.store.read() as snapshot:
        assert snapshot.one(shop.account, shape, Key("id", 1), live=True) == (1,)
        shop.create()
        assert snapshot.one(shop.account, shape, Key("id", 2), live=True) is None
        assert snapshot.clock(shop.account, "supplier").rows == 1
    with shop.store.read() as snapshot:
        assert snapshot.one(shop.account, shape, Key("id", 2), live=True) == (2,)


def test_writer_goes_on_when_a_finished_write_cannot_be_told(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    def broken(answer: object, error: BaseException | None) -> None:
        raise RuntimeError("the loop is closed")

    shop.store.submit(shop.account, create, broken)
    assert shop.create() == 2
    assert "what follows a write failed" in caplog.text


def test_stranger_who_holds_the_database_is_waited_for(sqlite_url: str, clock: StandingClock) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(open_store(sqlite_url, clock)) as store, closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shop, post = Shop.opened(store, clock), Post(store)
        shell.execute("BEGIN IMMEDIATE")
        post.send(shop.account, "a", create)
        assert shop.page() == []
        shell.execute("COMMIT")
        post.wait()
        assert shop.page() == [1]
