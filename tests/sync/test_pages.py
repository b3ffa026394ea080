"""Rule P over HTTP: records that change while they are walked push no other off a page (spec M3, M8, M13, M14)."""

from collections.abc import Callable, Iterator
from itertools import product

from tests.outside.serving import ACCOUNT, LiveServer, service_over
from tests.outside.shop import Shop
from tests.sync.checks import settle, sync_all, walk_to_first_page
from tests.sync.clients import KINDS, BoundedCountingClient, Client
from tillstone.domain import accounts
from tillstone.domain.commands import Create
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.service import Service
from tillstone.domain.store import Transaction

CUSTOMER = Profile("test", "customer", {"name": Rule("name", required=True)})

Deed = Callable[[Shop, list[int]], None]


def rewrite(number: int) -> Deed:
    def deed(shop: Shop, records: list[int]) -> None:
        for record in records[:number]:
            shop.change(record, remark=f"rewritten at {shop.stamp(record)}")

    return deed


def remove_first(shop: Shop, records: list[int]) -> None:
    shop.remove(records[0])


DEEDS = (rewrite(1), rewrite(2), rewrite(4), remove_first)


def finish(steps: Iterator[None]) -> None:
    for _ in steps:
        pass


def test_no_record_is_lost_when_others_move_behind_a_first_walk(server: LiveServer, shop: Shop) -> None:
    server.clock.freeze()
    shop.create_many("A", "B", "C", "D", "E", "F")
    for deed, size in product(DEEDS, (1, 2, 3)):
        shop.create("G")
        clients = [kind(shop.session, per_page=size) for kind in KINDS]
        walks = [walk_to_first_page(client) for client in clients]
        deed(shop, sorted(shop.live()))
        for rest in walks:
            finish(rest)
        settle(clients, shop)


def test_no_record_is_lost_when_others_move_behind_a_later_walk(server: LiveServer, shop: Shop) -> None:
    server.clock.freeze()
    shop.create("before")
    for deed, size in product(DEEDS, (1, 2, 3)):
        clients = [kind(shop.session, per_page=size) for kind in KINDS]
        sync_all(clients)
        records = shop.create_many("A", "B", "C", "D", "E", "F")
        walks = [walk_to_first_page(client) for client in clients]
        deed(shop, records)
        for rest in walks:
            finish(rest)
        settle(clients, shop)


def test_a_walk_sends_every_record_of_a_quiet_window_once(
    server: LiveServer, shop: Shop, clients: list[Client]
) -> None:
    records = shop.create_many("A", "B", "C", "D", "E")
    sync_all(clients)
    for client in clients:
        assert [record for page in client.pages for record in page] == records
        assert [len(page) for page in client.pages[:3]] == [2, 2, 1]


def test_rows_rewritten_between_watermark_and_count_take_no_page_away(server: LiveServer, shop: Shop) -> None:
    server.clock.freeze()
    client = BoundedCountingClient(shop.session)
    records = shop.create_many(*(f"Customer {number}" for number in range(20)))
    steps = client.cycle()
    next(steps)

    for record in records[:10]:
        shop.change(record, remark="between watermark and count")
    finish(steps)

    assert set(records[10:]) <= set(client.copy)
    settle([client], shop)


def test_a_row_that_enters_in_front_of_an_open_window_takes_nothing_away(
    server: LiveServer, shop: Shop, clients: list[Client]
) -> None:
    server.clock.freeze()
    sync_all(clients)
    shop.create_many("A", "B", "C", "D")
    walks = [walk_to_first_page(client) for client in clients]

    shop.create_many("E", "F", "G")
    for rest in walks:
        finish(rest)

    settle(clients, shop)


def test_long_runs_of_deleted_records_leave_no_page_empty(server: LiveServer, shop: Shop) -> None:
    server.clock.freeze()
    records = shop.create_many(*(f"Customer {number}" for number in range(30)))
    for record in records[3:20]:
        shop.remove(record)
    live = [*records[:3], *records[20:]]

    windows = ("after=", "after=2001-01-01", "after=2001-01-01&to=2100-01-01", f"after=&to={shop.newest()}")
    for window, size in product(windows, (1, 2, 7)):
        pages = list(pages_of(shop, f"active_only=1&{window}", size=size))

        # a record may come twice (rule P), but no page before the last is short, and the last live record is reached
        assert sorted({record for page in pages for record in page}) == live, (window, size)
        assert {len(page) for page in pages[:-1]} == {size}, (window, size)


def test_records_deleted_behind_an_active_only_walk_take_nothing_away(server: LiveServer, shop: Shop) -> None:
    records = shop.create_many(*(f"Customer {number}" for number in range(9)))
    walk = pages_of(shop, "active_only=1&after=", size=2)
    seen = next(walk)

    for record in seen:
        shop.remove(record)

    assert [record for page in walk for record in page] == records[2:]


def pages_of(shop: Shop, query: str, *, size: int) -> Iterator[list[int]]:
    """The documented loop over any list: pages until one is empty."""
    number = 1
    while page := [int(str(row["id"])) for row in shop.listing(f"{query}&page={number}&per_page={size}")]:
        yield page
        number += 1


def test_a_bulk_write_under_one_stamp_arrives_whole_and_once(shop_url: str, server: LiveServer, shop: Shop) -> None:
    clients = [kind(shop.session, per_page=100) for kind in KINDS]
    sync_all(clients)
    with service_over(shop_url) as service:
        import_customers(service, 300)

    sync_all(clients)

    for client in clients:
        arrived = [record for page in client.pages for record in page]
        assert len(arrived) == len(set(arrived)) == 300, client.kind
        assert len({str(row["utc_updated_at"]) for row in client.copy.values()}) == 1
    settle(clients, shop)


def import_customers(service: Service, number: int) -> None:
    """All in one transaction."""
    principal = accounts.system(accounts.account_named(service, ACCOUNT).id)

    def work(tx: Transaction) -> None:
        for each in range(number):
            service.perform(tx, Create("customer", {"name": f"Customer {each}"}, CUSTOMER), principal)

    service.store.write(principal.account, work)


def test_a_report_lists_and_counts_current_records_once(server: LiveServer, shop: Shop) -> None:
    start = server.clock.freeze(1_790_000_000)
    shop.create("before the window")
    server.clock.step(10)
    records = shop.create_many(*(f"Customer {number}" for number in range(9)))
    server.clock.step(10)
    shop.create("behind the window")
    assert start == 1_790_000_000
    window = {"after": "2026-09-21T14:13:22Z", "to": "2026-09-21T14:13:35Z"}
    query = "&".join(f"{name}={value}" for name, value in window.items())
    assert [record for page in pages_of(shop, query, size=2) for record in page] == records

    for record in records[1:8:2]:
        shop.change(record, remark="no longer inside")

    assert [record for page in pages_of(shop, query, size=2) for record in page] == records[::2]
    assert shop.count(**window) == 5


def test_a_watermark_becomes_a_report_after_a_day(server: LiveServer, shop: Shop) -> None:
    server.clock.freeze()
    records = shop.create_many(*(f"Customer {number}" for number in range(9)))
    window = f"to={shop.newest()}"
    assert [len(page) for page in pages_of(shop, window, size=2)] == [2, 2, 2, 2, 1]
    server.clock.step(25 * 3_600)

    for record in records[:4]:
        shop.change(record, remark="no longer inside")

    assert [record for page in pages_of(shop, window, size=2) for record in page] == records[4:]
    assert shop.count(to=window.removeprefix("to=")) == 5
