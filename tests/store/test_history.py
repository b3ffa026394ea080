"""The history: one line per change, numbered, with old and new values; undone with what it tells of."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import json

from tests.clocks import StandingClock
from tests.store.shop import NOON, Shop
from tillstone.domain.errors import Refusal
from tillstone.domain.records import Value
from tillstone.domain.store import HistoryEntry, Transaction
from tillstone.store import open_store


@pytest.fixture
def shop(url: str, clock: StandingClock) -> Iterator[Shop]:
    store = open_store(url, clock)
    yield Shop.opened(store, clock)
    store.close()


def entry(record: int = 7, resource: str = "supplier") -> HistoryEntry:
    diff: dict[str, tuple[Value, Value]] = {"name": (None, "Rice & Corn"), "tax_exempt": (0, 1)}
    return HistoryEntry(resource, record, NOON, 2, "changed", "key 1 (till)", "imonggo", diff)


def lines(url: str, account: int) -> list[tuple[Any, ...]]:
    sql = "SELECT resource, seq, stamp, record_id, version, operation, actor, front, diff FROM change"
    order = f" WHERE account_id = {account} ORDER BY resource, seq"
    if url.startswith("sqlite"):
        import sqlite3

        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        rows = connection.execute(sql + order).fetchall()
        connection.close()
        return rows
    import psycopg

    with psycopg.connect(url) as server:
        return server.execute(sql + order).fetchall()


def test_line_tells_who_changed_what_from_what_to_what(shop: Shop, url: str) -> None:
    shop.store.write(shop.account, lambda tx: tx.log(entry()))
    [line] = lines(url, shop.account)
    assert line[:-1] == ("supplier", 1, NOON, 7, 2, "changed", "key 1 (till)", "imonggo")
    assert json.decode(line[-1]) == {"name": [None, "Rice & Corn"], "tax_exempt": [0, 1]}


def test_lines_are_numbered_by_resource_in_the_order_of_the_changes(shop: Shop, url: str) -> None:
    for record in (3, 4):
        shop.store.write(shop.account, lambda tx, record=record: tx.log(entry(record)))  # type: ignore[misc]
    shop.store.write(shop.account, lambda tx: tx.log(entry(5, "product")))
    told = [(line[0], line[1], line[3]) for line in lines(url, shop.account)]
    assert told == [("product", 1, 5), ("supplier", 1, 3), ("supplier", 2, 4)]


def test_line_of_an_undone_change_is_undone(shop: Shop, url: str) -> None:
    def work(tx: Transaction) -> None:
        tx.log(entry(1))
        with pytest.raises(Refusal):
            undone(tx)
        tx.log(entry(3))

    shop.store.write(shop.account, work)
    assert [(line[1], line[3]) for line in lines(url, shop.account)] == [(1, 1), (2, 3)]


def undone(tx: Transaction) -> None:
    with tx.savepoint():
        tx.log(entry(2))
        raise Refusal


def test_lines_written_inside_an_undone_savepoint_do_not_come_back(shop: Shop, url: str) -> None:
    """A list of stamped records inside a write stores what the batch kept in memory until then."""

    def work(tx: Transaction) -> None:
        tx.log(entry(1))
        with pytest.raises(Refusal):
            stored_and_undone(tx)

    shop.store.write(shop.account, work)
    assert [line[3] for line in lines(url, shop.account)] == [1]


def stored_and_undone(tx: Transaction) -> None:
    with tx.savepoint():
        tx.log(entry(2))
        tx.restamp("supplier", tx.stamp("supplier"), ())
        raise Refusal
