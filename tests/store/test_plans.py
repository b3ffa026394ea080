"""Records are found by an index, however large the table: SQLite's planner must not be tempted to walk it in order."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tillstone.domain.query import Filter, Operator
from tillstone.domain.records import RESOURCES, Shape
from tillstone.store.conditions import SQLITE
from tillstone.store.schema import METADATA
from tillstone.store.session import Statements


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    from sqlalchemy import create_engine

    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as made:
        METADATA.create_all(create_engine("sqlite://", creator=lambda: made))
        yield made


FOUND_BY = [
    (name, index[0], live)
    for name, each in RESOURCES.items()
    for indexes, lives in ((each.indexes, (True, False)), (each.unique, (True,)))
    for index in indexes
    for live in lives
]
"""Resource, attribute, and whether only live records are wanted: unique indexes hold no others."""


@pytest.mark.parametrize("conditions", [(), (Filter("deleted", Operator.EMPTY),)])
@pytest.mark.parametrize("resource, attribute, live", FOUND_BY)
def test_records_with_a_value_are_found_by_its_index(
    connection: sqlite3.Connection, resource: str, attribute: str, conditions: tuple[Filter, ...], *, live: bool
) -> None:
    statement = Statements(SQLITE).among(Shape(resource, ("id",)), attribute, conditions, live=live, order="id")
    bound = dict.fromkeys(("account", "values", *(f"v{n}" for n in range(9))), "1")

    plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.arguments(bound)).fetchall()

    assert any(f"account_id=? AND {attribute}" in step[-1] for step in plan), plan
