"""Many writers, many clients, two worker processes: what a copy misses is lost for ever, so none may (spec M4)."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event, Thread
from types import TracebackType
from typing import Self

from tests.conftest import LONG_FORMS
from tests.outside.clock import FileClock
from tests.outside.crew import Crew
from tests.outside.fixtures import Serve
from tests.outside.serving import ACCOUNT, LiveServer, service_over
from tests.outside.session import PATIENCE_S
from tests.outside.shop import Shop
from tests.sync.checks import settle, sync_all
from tests.sync.clients import KINDS, Client
from tillstone.domain import accounts
from tillstone.domain.commands import Create
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.store import Transaction

CUSTOMER = Profile("test", "customer", {"name": Rule("name", required=True)})

SECONDS = 10.0 if LONG_FORMS else 1.5


def test_every_copy_equals_the_table_after_concurrent_writing(serve: Serve) -> None:
    server = serve(workers=2)
    with Crew(server, writers=50, seed=4) as crew, ExitStack() as stack:
        clients = [kind(stack.enter_context(server.session(keep=False)), per_page=10) for kind in (*KINDS, *KINDS)]
        threads = [Syncing(client, crew.ended) for client in clients]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS)
        crew.wait_for(100)
        crew.stop()
        for thread in threads:
            thread.finish()

        shop = Shop(stack.enter_context(server.session()))
        sync_all(clients)
        settle(clients, shop)
        crew.require_found(shop.everything())


class Syncing(Thread):
    """A client that goes on until the writers have ended."""

    def __init__(self, client: Client, ended: Event) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._ended = ended
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self._ended.is_set():
                self._client.sync()
        except BaseException as error:  # noqa: BLE001 - told by `finish`
            self._error = error

    def finish(self) -> None:
        self.join()
        if self._error is not None:
            raise self._error


def test_a_transaction_that_stays_open_after_stamping_is_waited_for(
    shop_url: str, server: LiveServer, shop: Shop
) -> None:
    """Spec M4: a late commit must not come under a watermark that was handed out before it."""
    server.clock.freeze()
    shop.create("A")
    clients = [kind(shop.session) for kind in KINDS]
    sync_all(clients)
    before = shop.newest()

    with HeldTransaction(shop_url, server.clock, "late") as held:
        server.clock.step(2)
        asked = Asking(server, "B")
        asked.start()
        # the watermark is answered at once if it is settled, else it waits for the lock
        watermark = Asking(server, None)
        watermark.start()
        assert not asked.was_answered(within=0.3)
        assert watermark.newest in {"", before}
    asked.finish()
    watermark.finish()

    assert held.stamp > before
    assert asked.stamp >= held.stamp
    settle(clients, shop)
    assert {str(row["name"]) for row in shop.live().values()} == {"A", "B", "late"}


class Asking(Thread):
    """Creates a customer, or reads the watermark, on a connection of its own."""

    def __init__(self, server: LiveServer, name: str | None) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._customer = name
        self.newest = self.stamp = ""

    def run(self) -> None:
        with self._server.session() as session:
            shop = Shop(session)
            if self._customer is None:
                self.newest = shop.newest()
            else:
                self.stamp = shop.stamp(shop.create(self._customer))

    def was_answered(self, *, within: float) -> bool:
        self.join(within)
        return bool(self.newest or self.stamp)

    def finish(self) -> None:
        self.join()
        assert self.newest or self.stamp


class HeldTransaction:
    """Another process' write: inside the block it is stamped and not committed."""

    def __init__(self, url: str, clock: FileClock, name: str) -> None:
        self._opened = ExitStack()
        self._service = self._opened.enter_context(service_over(url, clock))
        self._name = name
        self._stamped, self._may_end = Event(), Event()
        self._thread = Thread(target=self._write, daemon=True)
        self.stamp = ""

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._stamped.wait(PATIENCE_S)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._may_end.set()
        self._thread.join()
        self._opened.close()

    def _write(self) -> None:
        principal = accounts.system(accounts.account_named(self._service, ACCOUNT).id)

        def work(tx: Transaction) -> None:
            self._service.perform(tx, Create("customer", {"name": self._name}, CUSTOMER), principal)
            self.stamp = datetime.fromtimestamp(tx.clock(tx.account, "customer").last, UTC).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            )
            self._stamped.set()
            assert self._may_end.wait(PATIENCE_S)

        self._service.store.write(principal.account, work)


def test_nothing_acknowledged_is_lost_by_kill_9_and_a_clock_that_is_behind(serve: Serve) -> None:
    server = serve(workers=2)
    server.clock.freeze()
    with ExitStack() as stack:
        clients = [kind(stack.enter_context(server.session(keep=False)), per_page=10) for kind in KINDS]
        crew = stack.enter_context(Crew(server, writers=8, seed=10))
        crew.wait_for(100)
        sync_all(clients)
        newest = max(client.previous or "" for client in clients)
        crew.wait_for(200)
        server.kill()
        crew.join()

        server.clock.step(-5)
        server.start()
        shop = Shop(stack.enter_context(server.session()))
        crew.require_found(shop.everything())
        assert shop.stamp(shop.create("after the restart")) > newest.replace(" ", "T") + "Z"
        settle(clients, shop)
