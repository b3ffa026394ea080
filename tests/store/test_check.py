"""What `check` finds: nothing in a database that was only written through a store, and each kind of damage."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import StandingClock
from tests.store.shop import NOON, Shop
from tillstone.domain.store import HistoryEntry
from tillstone.store import open_store
from tillstone.store.check import findings


@pytest.fixture
def shop(sqlite_url: str, clock: StandingClock) -> Iterator[Shop]:
    store = open_store(sqlite_url, clock)
    yield busy(Shop.opened(store, clock), clock)
    store.close()


def busy(shop: Shop, clock: StandingClock) -> Shop:
    """A shop in which something of every kind has happened."""
    shop.create("customer_group", id=0, code="NOT LOGGED IN", is_system=1)
    shop.create("customer_group", id=1, code="General", is_system=1)
    group = shop.create("customer_group", code="vip")
    for name in ("Ana", "Ben", "Cy"):
        customer = shop.create("customer", username=name, code=name)
        address = shop.create("address", customer_id=customer, city="Cebu")
        shop.create("membership", customer_id=customer, group_id=group)
        shop.change(customer, "customer", group_id=group, billing_id=address)
        shop.store.write(shop.account, lambda tx, record=customer: tx.log(line(record)))  # type: ignore[misc]
        clock.step(1)
        shop.change(customer, "customer", name=name)
    shop.delete(1, "customer")
    shop.publish("customer")
    shop.store.write(shop.account, lambda tx: tx.restamp("customer", tx.stamp("customer"), ()))
    shop.create()
    return shop


def line(record: int) -> HistoryEntry:
    return HistoryEntry("customer", record, NOON, 1, "changed", "nobody", "test", {})


DAMAGES = [
    ("UPDATE customer SET stamp = stamp + 1 WHERE id = 2", "account 1, customer 2: its stamp is "),
    ("UPDATE customer_group SET stamp = 5 WHERE id = 2", "account 1, customer_group 2: its stamp is 5, its newest"),
    ("INSERT INTO feed VALUES (1, 'customer_group', 7, 0, 0)", "account 1, customer_group 0: its stamp is "),
    ("DELETE FROM feed WHERE resource = 'supplier'", "account 1, supplier 1: its stamp is"),
    ("UPDATE feed SET previous_stamp = 1 WHERE resource = 'supplier'", "account 1, supplier 1: its entry of "),
    ("INSERT INTO feed VALUES (1, 'supplier', 7, 99, 0)", "account 1, supplier 99: the feed has entries of it"),
    (
        "UPDATE clock SET rows = 9 WHERE resource = 'supplier'",
        "account 1, supplier: the clock's number of records is 9",
    ),
    ("UPDATE clock SET deleted = 0", "account 1, customer: the clock's number of deleted records is 0, found 1"),
    (
        "UPDATE clock SET last = last - 1 WHERE resource = 'supplier'",
        "account 1, supplier: the clock's newest stamp is",
    ),
    ("UPDATE clock SET published = last + 1 WHERE resource = 'supplier'", "account 1, supplier: "),
    ("UPDATE counter SET next = 2 WHERE name = 'id.customer'", "account 1: counter id.customer would give 3 again"),
    ("DELETE FROM counter WHERE name = 'id.address'", "account 1: counter id.address would give 3 again"),
    ("UPDATE customer SET username_key = 'x' WHERE id = 2", "account 1, customer 2: username_key is not its username"),
    ("UPDATE customer_address SET customer_id = 9", "account 1, address 1: its customer_id 9 names no customer"),
    ("UPDATE customer SET group_id = 9 WHERE id = 3", "account 1, customer 3: its group_id 9 names no customer_group"),
    ("UPDATE customer_address SET customer_id = NULL", "account 1, address 1: its customer_id None names no customer"),
    ("UPDATE customer SET billing_id = 3 WHERE id = 2", "account 1, customer 2: its billing_id 3 is another's address"),
    ("UPDATE customer_address SET deleted = 1 WHERE id = 2", "account 1, customer 2: its billing_id 2 is another's"),
    ("UPDATE customer SET group_id = 1 WHERE id = 3", "account 1, customer 3: its group in force is 1, it should be 2"),
    ("DELETE FROM customer_group_member", "account 1, customer 2: its group in force is 2, it should be 1"),
    ("UPDATE customer SET primary_group_id = 1", "account 1, customer 2: its group in force is 2, it should be 1"),
    ("UPDATE customer SET deleted = deleted - 1", "account 1, customer 1: the feed has no entry of its delete"),
    ("UPDATE customer SET created_at = stamp + 1", "account 1, customer 2: it was created after its newest change"),
    ("DELETE FROM change WHERE seq = 2", "account 1, customer: 1 lines of the history are missing after 1"),
    ("DELETE FROM change WHERE seq = 3", "account 1, customer: 1 lines of the history are missing after 1"),
    ("UPDATE change SET record_id = 99 WHERE seq = 2", "account 1, customer 99: the history has lines of it"),
    ("UPDATE clock SET published = 5", "account 1, customer: 1790000003 was handed out, but the clock knows of 5 only"),
    ("UPDATE account SET name_key = 'x'", "account 1: name_key is not its name, folded"),
    ("INSERT INTO feed VALUES (9, 'supplier', 7, 1, 0)", "feed: there are rows of account 9, which does not exist"),
    ("INSERT INTO clock VALUES (9, 'supplier', 7, 7, 7, 1, 0, 0)", "clock: there are rows of account 9, which"),
    ("DELETE FROM account", "supplier: there are rows of account 1, which does not exist"),
]


def test_database_written_by_a_store_is_as_it_should_be(url: str, clock: StandingClock) -> None:
    store = open_store(url, clock)
    shop = busy(Shop.opened(store, clock), clock)
    try:
        assert [each for each in findings(url) if f"account {shop.account}," in each or "sqlite" in url] == []
    finally:
        store.close()


@pytest.mark.parametrize("damage, finding", DAMAGES)
def test_damage_is_found(shop: Shop, sqlite_url: str, damage: str, finding: str) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute(damage)
    connection.close()
    assert [each for each in findings(sqlite_url) if each.startswith(finding)] != []


def test_damaged_file_is_found(sqlite_url: str, clock: StandingClock) -> None:
    store = open_store(sqlite_url, clock)
    busy(Shop.opened(store, clock), clock)
    store.close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    connection = sqlite3.connect(path)
    [root] = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'customer_email'").fetchone()
    [size] = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray(path.read_bytes())
    content[(root - 1) * size : root * size] = bytes(size)
    path.write_bytes(content)
    assert next(iter(findings(sqlite_url))).startswith("SQLite: ")
