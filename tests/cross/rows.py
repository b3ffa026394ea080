"""The canonical rows behind all dialects, as they are compared."""

from tillstone.domain.commands import List
from tillstone.domain.query import Slice
from tillstone.domain.records import RESOURCES, Row, Shape
from tillstone.domain.service import Service

SEEN = ("customer", "address", "membership", "customer_group")
BOOKKEEPING = frozenset({"stamp", "version", "deleted", "name", "first_name", "last_name"})
"""What a change of anything may move: the name follows its parts, and they follow it."""

POINTERS = frozenset({"billing_id", "shipping_id", "group_id", "primary_group_id"})


def everything(service: Service, account: int) -> dict[str, list[Row]]:
    """All rows of all columns, stamps included."""
    with service.store.read() as snapshot:
        return {
            name: snapshot.page(account, List(Shape(name, RESOURCES[name].attributes), Slice(0, 10_000)))
            for name in SEEN
        }


def by_id(rows: list[Row], resource: str) -> dict[int, dict[str, object]]:
    """Records by id."""
    names = RESOURCES[resource].attributes
    return {int(str(row[0])): dict(zip(names, row, strict=True)) for row in rows}
