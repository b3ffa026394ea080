"""A specification costs one statement per resource, however many records it answers. Source: the grammar's promise of
one request for a whole tree."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.dialects.zeald.shop import Shop
from tillstone.domain.service import Service

MEMBERS = (
    "<UserCustomerGroup><group_code>g{0}</group_code></UserCustomerGroup>"
    "<UserCustomerGroup><group_code>all</group_code></UserCustomerGroup>"
)


@contextmanager
def counted(service: Service) -> Iterator[list[str]]:
    """The SELECTs that this thread's reader runs meanwhile."""
    texts: list[str] = []
    with service.store.read() as reader:
        connection: sqlite3.Connection = reader._session._connection  # type: ignore[attr-defined]
    connection.set_trace_callback(
        lambda text: texts.append(text) if text.lstrip().startswith(("SELECT", "WITH")) else None
    )
    try:
        yield texts
    finally:
        connection.set_trace_callback(None)


@pytest.mark.parametrize("customers", [10, 2_000])
def test_one_statement_per_resource(shop: Shop, customers: int) -> None:
    for start in range(0, customers, 500):
        shop.post(
            "Customer+UserCustomerGroups",
            "".join(
                f"<Customer><username>u{number}</username>{MEMBERS.format(number % 50)}</Customer>"
                for number in range(start, min(start + 500, customers))
            ),
        )
    shop.ask("GET", "Customer?_results=1")  # the key is known from here on

    with counted(shop.service) as statements:
        root = shop.get("Customer+(UserCustomerGroups+UserGroups)+Order?_disable_xsd=1")

    assert len(root) == customers
    assert len(root.findall("Customer/UserCustomerGroup/UserGroup")) == 2 * customers
    assert len(statements) == 5, statements  # customers, their number, memberships, groups, orders
