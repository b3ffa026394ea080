"""Several worker processes over one database: they queue, they keep rule S, and no dead one holds up the others."""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event

import pytest

from tests.clocks import StandingClock
from tests.store.shop import NOON, Shop, create, end_connections, window
from tillstone.domain.errors import Problem
from tillstone.domain.store import Transaction
from tillstone.store import open_store
from tillstone.store.check import findings

WRITES = 150
WAIT_S = 60

_CONTEXT = get_context("spawn")


def started(target: Callable[..., None], *arguments: object) -> tuple[object, Connection]:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=target, args=(*arguments, theirs))
    process.start()
    return process, ours


def write_many(url: str, account: int, end: Connection) -> None:
    """A worker: many writes submitted at once, watermarks handed out in between."""
    store = open_store(url, StandingClock(NOON))
    end.send("ready")
    end.recv()
    answers: list[tuple[str, int]] = []
    finished = Event()

    def done(kind: str) -> Callable[[int | None, BaseException | None], None]:
        def tell(answer: int | None, error: BaseException | None) -> None:
            answers.append((kind if error is None else repr(error), answer or 0))
            if len(answers) == WRITES:
                finished.set()

        return tell

    for number in range(WRITES):
        if number % 10 == 9:
            store.submit(account, lambda tx: tx.publish("supplier"), done("watermark"))
        else:
            store.submit(account, create, done("record"))
    finished.wait(WAIT_S)
    store.close()
    end.send(answers)


def test_processes_that_write_at_once_lose_nothing_and_give_no_id_twice(url: str, clock: StandingClock) -> None:
    with closing(open_store(url, clock)) as store:
        shop = Shop.opened(store, clock)
        workers = [started(write_many, url, shop.account) for _ in range(2)]
        for _, end in workers:
            assert end.recv() == "ready"
        for _, end in workers:
            end.send("go")
        told = [answer for _, end in workers for answer in end.recv()]
        for process, _ in workers:
            process.join(WAIT_S)  # type: ignore[attr-defined]
        records = [answer for kind, answer in told if kind == "record"]
        assert {kind for kind, _ in told} == {"record", "watermark"}
        assert sorted(records) == list(range(1, WRITES * 9 // 10 * 2 + 1))
        assert shop.walk(50) == sorted(records)
        assert sorted(shop.walk(50, window=window())) == sorted(records)
    assert [each for each in findings(url) if "sqlite" in url or f"account {shop.account}," in each] == []


def hold(url: str, account: int, end: Connection) -> None:
    """A worker that stamps, tells so, and keeps its transaction open until it is told to go on."""
    store = open_store(url, StandingClock(NOON))

    def work(tx: Transaction) -> int:
        record = create(tx)
        end.send(record)
        end.recv()
        return record

    store.write(account, work)
    store.close()
    end.send("committed")


def test_watermark_does_not_pass_a_process_that_has_stamped_and_not_committed(url: str, clock: StandingClock) -> None:
    with closing(open_store(url, clock)) as store:
        shop = Shop.opened(store, clock)
        process, end = started(hold, url, shop.account)
        assert end.recv() == 1
        watermark: list[int | None] = []
        told = Event()

        def done(answer: int | None, _: BaseException | None) -> None:
            watermark.append(answer)
            told.set()

        store.submit(shop.account, lambda tx: tx.publish("supplier"), done)
        assert shop.page() == []
        assert not told.is_set()
        end.send("go on")
        assert end.recv() == "committed"
        assert told.wait(WAIT_S)
        assert watermark == [NOON]
        assert shop.walk(window=window(0, NOON)) == [1]
        process.join(WAIT_S)  # type: ignore[attr-defined]


def test_process_killed_inside_a_write_holds_up_nobody_and_leaves_nothing(url: str, clock: StandingClock) -> None:
    with closing(open_store(url, clock)) as store:
        shop = Shop.opened(store, clock)
        process, end = started(hold, url, shop.account)
        assert end.recv() == 1
        os.kill(process.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        process.join(WAIT_S)  # type: ignore[attr-defined]
        assert shop.create(name="mine") == 1
        assert shop.page() == [1]
        assert shop.read(1, "name") == ("mine",)


def test_restart_counts_what_was_stamped_as_handed_out(url: str, clock: StandingClock) -> None:
    with closing(open_store(url, clock)) as store:
        shop = Shop.opened(store, clock)
        shop.create()
    clock.step(-5)
    with closing(open_store(url, clock)) as store:
        again = Shop(store, clock, shop.account)
        assert (again.clock_row().published, again.clock_row().published_at) == (NOON, 0)
        assert again.stamp_of(again.create()) == NOON + 1


@pytest.mark.postgres
def test_server_that_was_away_is_found_again(migrated_postgres: str, clock: StandingClock) -> None:
    with closing(open_store(migrated_postgres, clock)) as store:
        shop = Shop.opened(store, clock)
        shop.create()
        for _ in range(9):
            shop.page()
        end_connections(migrated_postgres)
        assert shop.page() == [1]
        assert shop.read(1, "id") == (1,)
        assert shop.create() == 2
        assert store.volatile.failures("nobody") == 0


@pytest.mark.postgres
def test_connection_that_could_not_be_set_up_is_made_again(migrated_postgres: str) -> None:
    from tillstone.store.postgres import PostgresSession

    with closing(PostgresSession(migrated_postgres, "synchronous_commit = on")) as session:
        assert session.row("SELECT 1", ()) == ((1,), 1)
        end_connections(migrated_postgres)
        session._settings = ("synchronous_commit = interrupted",)
        with pytest.raises(Problem):
            session.row("SELECT 1", ())
        session._settings = ("synchronous_commit = on",)
        assert session.row("SELECT 1", ()) == ((1,), 1)


@pytest.mark.postgres
def test_server_that_vanishes_without_a_word_is_given_up(migrated_postgres: str) -> None:
    from tillstone.store.postgres import connect

    for more, idle in (("", 10), ("?keepalives_idle=77", 77)):
        with closing(connect(migrated_postgres + more)) as connection:
            if not connection.info.hostaddr:
                pytest.skip("the server is not reached over TCP")
            options = socket.TCP_KEEPIDLE, socket.TCP_USER_TIMEOUT
            with socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as end:
                assert [end.getsockopt(socket.IPPROTO_TCP, option) for option in options] == [idle, 25_000]
