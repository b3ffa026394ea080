"""Who runs what, over a real store: writes in batches, watermarks, what happens at the end."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clocks import StandingClock
from tillstone.domain.access import Login, Principal, Token
from tillstone.domain.accounts import KeyWish, create_account, create_key, system
from tillstone.domain.commands import Count, Create, Found, Get, Key, List, NewestStamp, Outcome, Remove
from tillstone.domain.errors import Invalid, StoreDown, Unauthorized
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.query import Filter, Operator, Slice, Sort, Window
from tillstone.domain.records import Shape
from tillstone.domain.secrets import Seal, token_digest
from tillstone.domain.service import Service
from tillstone.server import run
from tillstone.server.run import Runner
from tillstone.store import migrate, open_store

PROFILE = Profile("test", "customer", {"name": Rule("name", required=True), "password": Rule("password")})
NEWEST = NewestStamp("customer")
SHAPE = Shape("customer", ("id", "name", "password_hash"))
NOW = 1_700_000_000


class Watched:
    """What the operator is told."""

    def __init__(self) -> None:
        self.drifts: list[int] = []
        self.waits = 0

    def drifted(self, seconds: int) -> None:
        self.drifts.append(seconds)

    def waited(self) -> None:
        self.waits += 1


class Shop:
    """A runner over a database with one account."""

    def __init__(self, directory: Path) -> None:
        self.url = f"sqlite:///{directory / 'shop.db'}"
        migrate(self.url)
        self.clock = StandingClock(NOW)
        self.service = Service(open_store(self.url, self.clock), self.clock, Seal(directory / "key"))
        self.account = create_account(self.service, "shop").id
        self.asker: Principal = system(self.account)
        self.watched = Watched()
        self.runner = self.start()

    def start(self, *, remote: bool = False) -> Runner:
        return Runner(self.service, remote=remote, watcher=self.watched)

    async def run(self, command: Any) -> Any:
        return await self.runner.run(command, self.asker)

    async def create(self, name: str = "Ana Lim", **more: str) -> Outcome:
        outcome = await self.run(Create("customer", {"name": name, **more}, PROFILE))
        assert isinstance(outcome, Outcome)
        return outcome

    def clock_row(self) -> Any:
        return self.service.clock_row(NEWEST, self.asker)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    asyncio.run(made.runner.close())


def go(work: Callable[[], Awaitable[Any]]) -> Any:
    async def all_of_it() -> Any:
        return await work()

    return asyncio.run(all_of_it())


def test_writes_come_back_to_whoever_asked(shop: Shop) -> None:
    async def work() -> list[Outcome]:
        return await asyncio.gather(*(shop.create(f"Name {number}") for number in range(50)))

    outcomes = go(work)
    assert sorted(outcome.id for outcome in outcomes) == list(range(1, 51))
    found = shop.service.run(List(SHAPE, Slice(0, 100)), shop.asker)
    assert isinstance(found, Found)
    names = {row[0]: row[1] for row in found.rows}
    assert [names[outcome.id] for outcome in outcomes] == [f"Name {number}" for number in range(50)]


def test_refused_write_says_so_and_harms_no_other(shop: Shop) -> None:
    async def work() -> tuple[Any, ...]:
        return await asyncio.gather(shop.create(), shop.create(""), shop.create(), return_exceptions=True)

    first, refused, third = go(work)
    assert (first.action, third.action) == ("created", "created")
    assert isinstance(refused, Invalid)


def test_event_loop_is_woken_once_a_batch(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> int:
        wakes = 0
        loop = asyncio.get_running_loop()
        really = loop.call_soon_threadsafe

        def count(*arguments: Any, **more: Any) -> Any:
            nonlocal wakes
            wakes += threading.current_thread().name == "writer"
            return really(*arguments, **more)

        monkeypatch.setattr(loop, "call_soon_threadsafe", count)
        begun = threading.Event()
        shop.service.store.submit(shop.account, lambda _tx: begun.wait(5), lambda *_: None)
        waiting = [asyncio.ensure_future(shop.create()) for _ in range(40)]
        await asyncio.sleep(0)
        begun.set()
        await asyncio.gather(*waiting)
        return wakes

    # forty writes that waited together are a few batches at most
    assert 1 <= go(work) <= 5


def test_asker_who_went_away_disturbs_nobody(shop: Shop) -> None:
    async def work() -> Outcome:
        gone = asyncio.ensure_future(shop.create("Gone Away"))
        await asyncio.sleep(0)
        gone.cancel()
        return await shop.create("Still Here")

    assert go(work).action == "created"


def test_write_while_the_store_closes_is_refused_and_not_left_waiting(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    async def work() -> None:
        await shop.runner.close()
        with pytest.raises(StoreDown):
            await asyncio.wait_for(shop.create(), 5)

    go(work)


def test_password_is_hashed_outside_the_event_loop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    really = shop.service.hasher.hash

    def watched(password: str) -> str:
        threads.append(threading.current_thread().name)
        return really(password)

    monkeypatch.setattr(shop.service.hasher, "hash", watched)
    outcome = go(lambda: shop.create(password="open sesame"))
    row = shop.service.run(Get(SHAPE, Key("id", outcome.id)), shop.asker)
    assert isinstance(row, Found)
    assert str(row.rows[0][2]).startswith("$argon2id$")
    assert len(threads) == 1
    assert threads[0].startswith("hashing")


def test_key_is_let_in_at_once_and_a_login_is_not(shop: Shop) -> None:
    wish = KeyWish(login="a@b.example", password="open sesame")
    _, token = create_key(shop.service, shop.account, wish)
    assert shop.runner.admit_at_once(Token(token_digest(token)), "imonggo") is not None
    login = Login("a@b.example", "open sesame")
    assert shop.runner.admit_at_once(login, "imonggo") is None
    assert go(lambda: shop.runner.admit(login, "imonggo")).kind == "key"
    with pytest.raises(Unauthorized):
        go(lambda: shop.runner.admit(Login("a@b.example", "sesame"), "imonggo"))


def test_distant_database_is_not_asked_in_the_event_loop(shop: Shop) -> None:
    _, token = create_key(shop.service, shop.account, KeyWish())
    distant = shop.start(remote=True)
    assert distant.admit_at_once(Token(token_digest(token)), "imonggo") is None
    assert go(lambda: distant.admit(Token(token_digest(token)), "imonggo")).kind == "key"
    assert distant.admit_at_once(Token(token_digest(token)), "imonggo") is not None
    assert not distant.is_short(Get(SHAPE, Key("id", 1)), shop.asker)


@pytest.mark.parametrize(
    "command",
    [
        Get(SHAPE, Key("id", 1)),
        List(SHAPE, Slice(0, 100)),
        List(SHAPE, Slice(1_000, 100), Window(5)),
        Count("customer"),
    ],
)
def test_short_reads_are_made_in_the_event_loop(shop: Shop, command: Any) -> None:
    assert shop.runner.is_short(command, shop.asker)


@pytest.mark.parametrize(
    "command",
    [
        List(SHAPE, Slice(5_000, 100)),
        List(SHAPE, Slice(0, 10), sort=(Sort("name"),)),
        List(SHAPE, Slice(0, 10), conditions=(Filter("name", Operator.EQ, ("x",)),)),
        List(SHAPE, Slice(0, 10), total=True),
        Count("customer", Window(5)),
        NEWEST,
        Create("customer", {}, PROFILE),
    ],
)
def test_long_reads_watermarks_and_writes_are_not(shop: Shop, command: Any) -> None:
    assert not shop.runner.is_short(command, shop.asker)


@pytest.mark.parametrize("window", [None, Window()])
def test_page_that_follows_one_that_was_answered_is_short_however_far(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, window: Window | None
) -> None:
    monkeypatch.setattr(run, "SCANNED_AT_MOST", 20)
    pages = [List(SHAPE, Slice(offset, 10), window) for offset in range(0, 100, 10)]

    async def fill() -> None:
        await asyncio.gather(*(shop.create(f"Name {number}") for number in range(100)))
        shop.clock.step(1)
        await shop.create()

    go(fill)
    for page in pages:
        assert shop.runner.is_short(page, shop.asker)
        assert len(shop.runner.answer(page, shop.asker).rows) == 10


def test_page_far_ahead_is_long_until_it_was_answered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SCANNED_AT_MOST", 20)
    near, far, after = (List(SHAPE, Slice(offset, 10)) for offset in (20, 60, 70))

    async def work() -> list[bool]:
        await asyncio.gather(*(shop.create(f"Name {number}") for number in range(100)))
        decided = []
        for page in (near, far, after):
            decided.append(shop.runner.is_short(page, shop.asker))
            await shop.run(page)
        return decided

    assert go(work) == [True, False, True]
    assert not shop.runner.is_short(far, system(shop.account + 1))


def test_long_read_gives_the_same(shop: Shop) -> None:
    go(lambda: shop.create("Ana Lim"))
    found = go(lambda: shop.run(List(SHAPE, Slice(0, 10), conditions=(Filter("name", Operator.EQ, ("Ana Lim",)),))))
    assert [row[1] for row in found.rows] == ["Ana Lim"]


def test_watermark_of_nothing_is_none(shop: Shop) -> None:
    assert go(lambda: shop.run(NEWEST)) is None


def test_watermark_is_published_once_and_then_read(shop: Shop) -> None:
    go(shop.create)
    assert go(lambda: shop.run(NEWEST)) == NOW
    row = shop.clock_row()
    assert (row.last, row.published, row.published_at) == (NOW, NOW, NOW)
    shop.clock.step(60)
    assert go(lambda: shop.run(NEWEST)) == NOW
    assert shop.clock_row().published_at == NOW


def test_stamps_never_run_away_from_the_clock(shop: Shop) -> None:
    """A write and a watermark read, over and over in one second: from the third on the readers wait."""

    async def work() -> list[int]:
        marks = []
        for _ in range(20):
            await shop.create()
            marks.append(await shop.run(NEWEST))
        return marks

    marks = go(work)
    assert marks == sorted(set(marks)), "every watermark covers the write before it"
    assert max(shop.watched.drifts) <= 4
    assert shop.watched.waits >= 10


def test_reader_who_waited_takes_the_watermark_that_another_published(shop: Shop) -> None:
    """Ten readers wait for the same second: one publishes, and the others' answers cost no drift."""

    async def work() -> list[int]:
        for _ in range(4):
            await shop.create()
            await shop.run(NEWEST)
        await shop.create()
        return list(await asyncio.gather(*(shop.run(NEWEST) for _ in range(10))))

    marks = go(work)
    assert len(set(marks)) == 1
    assert shop.clock_row().published == marks[0]


def test_worker_that_starts_while_a_watermark_is_asked_for_does_not_make_a_report_of_the_walk(shop: Shop) -> None:
    """What counts as handed out at a start was never answered to anybody."""
    go(shop.create)
    seen = shop.clock_row()
    open_store(shop.url, shop.clock).close()
    service, store = shop.service, shop.service.store
    assert store.write(shop.account, lambda tx: service.publish(tx, NEWEST, seen)) == NOW
    go(lambda: shop.create("Ben Lim"))
    shop.service.run(Remove("customer", Key("id", 1), PROFILE, SHAPE), shop.asker)
    assert go(lambda: shop.run(Count("customer", Window(0, NOW)))) == 1, "the slot stays, although the record left"


def test_clock_that_steps_back_is_no_reason_to_answer_an_old_watermark(shop: Shop) -> None:
    async def work() -> tuple[int, int]:
        await shop.create()
        before = await shop.run(NEWEST)
        shop.clock.step(-3_600)
        await shop.create()
        return before, await shop.run(NEWEST)

    before, after = go(work)
    assert after > before
    assert max(shop.watched.drifts) == 3_601


def test_database_that_does_not_answer_is_not_ready(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert go(shop.runner.is_ready) is True

    def broken() -> None:
        raise StoreDown("gone")

    monkeypatch.setattr(shop.service.store, "peek", broken)
    assert go(shop.runner.is_ready) is False
