"""Rule S over HTTP: writes in a watermark's second, or while the clock steps, reach every copy (spec M1, M2, M5)."""

import re
from datetime import datetime
from random import Random

from tests.conftest import LONG_FORMS
from tests.outside.fixtures import Serve
from tests.outside.serving import LiveServer
from tests.outside.shop import Shop
from tests.sync.checks import require_equal, settle, sync_all
from tests.sync.clients import Client
from tillstone.domain.stamps import DRIFT_ALLOWED

WHOLE_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_writes_within_one_second_are_never_lost(server: LiveServer, shop: Shop, clients: list[Client]) -> None:
    server.clock.freeze()
    for round_ in range(20):
        first = shop.create(f"A {round_}")
        settle(clients, shop)
        shop.create_many(f"B {round_}", f"C {round_}")
        settle(clients, shop)
        shop.change(first, name=f"Z {round_}")
        settle(clients, shop)

    drift = _seconds(shop.newest()) - server.clock.now()
    assert drift <= DRIFT_ALLOWED + 1


def test_stamps_run_ahead_by_no_more_than_the_publications(
    server: LiveServer, shop: Shop, clients: list[Client]
) -> None:
    noon = int(server.clock.freeze())
    record = shop.create("A")
    publications = 3
    for number in range(publications):
        clients[0].sync()
        shop.change(record, name=f"A {number}")

    assert _seconds(shop.stamp(record)) <= noon + publications


def test_no_fraction_of_a_second_appears_and_none_hides_a_record(
    server: LiveServer, shop: Shop, clients: list[Client]
) -> None:
    random = Random(2)
    server.clock.freeze()
    for number in range(200 if LONG_FORMS else 40):
        server.clock.step(random.random())
        record = shop.create(f"Customer {number}")
        sync_all(clients)
        for client in clients:
            assert client.copy[record]["name"] == f"Customer {number}", client.kind
    require_equal(clients, shop)

    shown = [row[field] for row in shop.live().values() for field in ("utc_created_at", "utc_updated_at")]
    assert [text for text in (*shown, shop.newest()) if not WHOLE_SECONDS.fullmatch(str(text))] == []


def test_writes_after_the_clock_stepped_back_arrive(server: LiveServer, shop: Shop, clients: list[Client]) -> None:
    server.clock.freeze()
    for seconds in (-3_600, -3):
        changed, removed = shop.create_many("A", "B")
        settle(clients, shop)

        server.clock.step(seconds)
        created = shop.create("C")
        settle(clients, shop)
        server.clock.step(seconds)
        shop.change(changed, name="Z")
        settle(clients, shop)
        server.clock.step(seconds)
        shop.remove(removed)
        settle(clients, shop)

        assert clients[0].copy[changed]["name"] == "Z"
        assert created in clients[0].copy
        assert removed not in clients[0].copy


def test_a_delete_in_the_watermarks_second_arrives_as_status_d(
    server: LiveServer, shop: Shop, clients: list[Client]
) -> None:
    server.clock.freeze()
    record, _ = shop.create_many("A", "B")
    settle(clients, shop)
    before = shop.newest()

    shop.remove(record)

    assert [(row["id"], row["status"]) for row in shop.page(after=before)] == [(str(record), "D")]
    settle(clients, shop)


def test_a_second_delete_changes_nothing(server: LiveServer, shop: Shop) -> None:
    server.clock.freeze()
    record = shop.create("A")
    shop.remove(record)
    tombstone, newest = shop.read(record), shop.newest()
    server.clock.step(10)

    shop.remove(record)

    assert (shop.read(record), shop.newest()) == (tombstone, newest)


def test_a_write_that_changes_nothing_does_not_move_the_watermark(server: LiveServer, shop: Shop) -> None:
    server.clock.freeze()
    record = shop.create("A", alternate_code="1")
    shop.create("B", alternate_code="2")
    newest = shop.newest()
    server.clock.step(10)

    shop.change(record, name="A", alternate_code="1")
    refused = [
        shop.send("POST", "/api/customers.xml", {"name": " "}).status,
        shop.send("POST", "/api/customers.xml", {"name": "C", "alternate_code": "2"}).status,
        shop.send("PUT", f"/api/customers/{record}.xml", {"alternate_code": "2"}).status,
        shop.send("PUT", "/api/customers/9999.xml", {"name": "C"}).status,
        shop.send("DELETE", "/api/customers/9999.xml").status,
        shop.session.request("POST", "/api/customers.xml", b"<customer><name>", {"Content-Type": "text/xml"}).status,
    ]

    assert refused == [422, 422, 422, 404, 404, 500]
    assert shop.newest() == newest
    assert shop.page(after=newest) == []


def test_the_watermark_is_never_behind_a_record_just_written(server: LiveServer, shop: Shop) -> None:
    server.clock.freeze()
    for step in (0, 0, 1, -5, 0):
        server.clock.step(step)
        record = shop.create(f"Customer at {step}")
        assert shop.newest() >= shop.stamp(record)


def test_workers_of_one_server_share_the_clock_of_the_account(serve: Serve) -> None:
    server = serve(workers=2)
    server.clock.freeze()
    with server.session(keep=False) as session:
        shop = Shop(session)
        clients = [Client(session), Client(session)]
        for number in range(30):
            shop.create(f"Customer {number}")
            clients[number % 2].sync()
        settle(clients, shop)


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
