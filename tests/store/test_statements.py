"""What answers cost: how many statements, and that none of them reads or sorts more than a page needs."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.clocks import StandingClock
from tests.store.shop import NOON, Shop, create
from tillstone.domain.commands import Count, Key, List
from tillstone.domain.query import AllOf, Filter, Operator, Slice, Sort, Window
from tillstone.domain.records import RESOURCES, Shape
from tillstone.domain.store import Transaction
from tillstone.store import feed, open_store
from tillstone.store.session import statements_for
from tillstone.store.sqlite import PACKED_ROWS
from tillstone.store.statements import PACKED_COLUMNS

CUSTOMER = Shape("customer", (*RESOURCES["customer"].attributes, "billing.city", "shipping.city", "group.title"))


@pytest.fixture
def shop(sqlite_url: str, clock: StandingClock) -> Iterator[Shop]:
    store = open_store(sqlite_url, clock)
    shop = Shop.opened(store, clock)
    shop.store.write(
        shop.account, lambda tx: [create(tx, "customer", code=f"{n}", username=f"u{n}") for n in range(300)]
    )
    clock.step(60)
    shop.publish("customer")
    yield shop
    store.close()


@contextmanager
def statements(shop: Shop) -> Iterator[list[str]]:
    """The statements that this thread's reader and the volatile store run meanwhile, without BEGIN and its kin."""
    store: Any = shop.store
    with store.peek():
        pass
    ran: list[str] = []

    def note(sql: str) -> None:
        if sql.partition(" ")[0] not in {"BEGIN", "COMMIT", "ROLLBACK"}:
            ran.append(sql)

    connections = [store._readers[-1], store._memory._connection._connection]
    for connection in connections:
        connection.set_trace_callback(note)
    yield ran
    for connection in connections:
        connection.set_trace_callback(None)


def page(shop: Shop, number: int, **asked: Any) -> int:
    listing = List(CUSTOMER, Slice((number - 1) * 50, 50), **asked)
    with shop.store.read() as snapshot:
        return len(snapshot.page(shop.account, listing))


def test_one_record_takes_one_statement_with_all_its_relations(shop: Shop) -> None:
    with statements(shop) as ran, shop.store.peek() as snapshot:
        assert snapshot.one(shop.account, CUSTOMER, Key("id", 7), live=True) is not None
    assert len(ran) == 1


@pytest.mark.parametrize(
    "number, asked, expected",
    [
        (1, {}, 1),
        (3, {}, 2),
        (1, {"window": Window()}, 2),
        (4, {"window": Window()}, 2),
        (4, {"window": Window(0, NOON)}, 2),
        (2, {"window": Window(0, NOON), "live": True}, 2),
        (2, {"window": Window(NOON - 5, NOON - 1)}, 2),
        (1, {"live": True}, 1),
        # the mark of page 1 is set after the others were forgotten; that of page 2 is read first
        (1, {"live": True, "mark": "key"}, 3),
        (2, {"live": True, "mark": "key"}, 3),
    ],
)
def test_page_takes_one_statement_and_one_for_the_clock_or_the_mark(
    shop: Shop, number: int, asked: dict[str, Any], expected: int
) -> None:
    with statements(shop) as ran:
        page(shop, number, **asked)
    assert len(ran) == expected, ran


@pytest.mark.parametrize("live", [True, False])
def test_unfiltered_count_reads_the_clock_and_nothing_else(shop: Shop, *, live: bool) -> None:
    with statements(shop) as ran:
        assert shop.count("customer", live=live) == 300
    [statement] = ran
    assert "FROM clock" in statement


def test_slots_of_a_published_window_are_counted_once(shop: Shop) -> None:
    with statements(shop) as ran:
        counts = [shop.count("customer", window=Window(0, NOON)) for _ in range(3)]
    assert counts == [300, 300, 300]
    assert len([each for each in ran if "count(" in each]) == 1


def test_many_values_take_one_statement(shop: Shop) -> None:
    with statements(shop) as ran, shop.store.read() as snapshot:
        assert len(snapshot.rows(shop.account, CUSTOMER, "id", range(1, 2_000))) == 300
    assert len(ran) == 1


def test_place_of_the_next_page_is_known_after_the_one_before(shop: Shop) -> None:
    """What a page skips is told by its OFFSET, which the trace shows with its value."""
    with statements(shop) as ran:
        for number in range(1, 7):
            page(shop, number)
            page(shop, number, window=Window(0, NOON))
    skipped = [int(each.rpartition("OFFSET ")[2].split(")")[0]) for each in ran if "OFFSET" in each]
    assert skipped
    assert max(skipped) == 50


# plans: a walk streams along an index, whatever there is behind and before it


def plans() -> Iterator[tuple[str, Any]]:
    made = statements_for("sqlite")
    for live in (True, False):
        for bounded in (True, False):
            for first in (True, False):
                for located in (True, False):
                    form = {"first": first, "bounded": bounded, "live": live}
                    yield f"walk {form} {located}", made.walk(CUSTOMER, located=located, **form)
            yield f"report {bounded} {live}", made.report(CUSTOMER, (), bounded=bounded, live=live)
    for located in (True, False):
        yield f"plain {located}", made.plain(CUSTOMER, located=located)
    for behind in (True, False):
        yield f"live {behind}", made.found(CUSTOMER, (), (), live=True, behind=behind)


@pytest.mark.parametrize("name, statement", list(plans()), ids=lambda value: value if isinstance(value, str) else "")
def test_page_is_read_in_the_order_of_an_index(shop: Shop, sqlite_url: str, name: str, statement: Any) -> None:
    steps = explained(sqlite_url, statement)
    assert not [step for step in steps if "TEMP B-TREE" in step]
    assert not [step for step in steps if step.startswith("SCAN") and step != "SCAN start"]


@pytest.mark.parametrize("name, statement", list(plans()), ids=lambda value: value if isinstance(value, str) else "")
def test_page_in_one_text_is_read_like_one_in_rows(shop: Shop, sqlite_url: str, name: str, statement: Any) -> None:
    packed = explained(sqlite_url, statement, statement.packed)
    assert [step for step in packed if step not in {"CO-ROUTINE page", "SCAN page"}] == explained(sqlite_url, statement)


def test_pages_in_one_text_and_in_rows_hold_the_same_records_in_the_same_order(shop: Shop) -> None:
    forms: tuple[dict[str, Any], ...] = (
        {},
        {"live": True},
        {"window": Window()},
        {"sort": (Sort("code", descending=True),)},
    )
    for asked in forms:
        pages = []
        for limit in (PACKED_ROWS, PACKED_ROWS + 1):
            with statements(shop) as ran, shop.store.read() as snapshot:
                pages.append(snapshot.page(shop.account, List(CUSTOMER, Slice(7, limit), **asked)))
            assert any("json_array" in each for each in ran) == (limit == PACKED_ROWS)
        assert pages[0] == pages[1]
        assert len(pages[0]) == 293


def test_record_in_one_text_holds_the_same_values_as_its_columns(shop: Shop) -> None:
    text = "\x01\x7f \u2028 \U0001f600 'ä' \\\" </a>\r\n\t"
    number = shop.create("customer", code="odd", name=text, company="", discount_percent=-(2**63), gender=0)
    whole = RESOURCES["customer"].attributes
    few = PACKED_COLUMNS.start - 1
    parts = [whole[start : start + few] for start in range(0, len(whole), few)]
    with statements(shop) as ran:
        packed = shop.read(number, *whole, resource="customer")
    columns = [value for part in parts for value in shop.read(number, *part, resource="customer") or ()]
    assert "json_array" in ran[0]
    assert packed == tuple(columns)
    assert {text, "", -(2**63), 0, None} <= set(columns)


def test_page_in_the_middle_of_one_long_second_is_sought_by_stamp_and_id(shop: Shop, sqlite_url: str) -> None:
    statement = statements_for("sqlite").walk(CUSTOMER, first=False, bounded=True, live=False, located=True)
    sought = [step for step in explained(sqlite_url, statement) if step.startswith("SEARCH f ")]
    assert len(sought) == 1
    assert "(stamp,record_id)>(?,?)" in sought[0]


def test_first_walk_reads_first_entries_only(shop: Shop, sqlite_url: str) -> None:
    statement = statements_for("sqlite").walk(CUSTOMER, first=True, bounded=True, live=False, located=False)
    assert any("INDEX feed_first" in step for step in explained(sqlite_url, statement))


@pytest.mark.parametrize(
    "resource, attribute, index",
    [
        ("address", "customer_id", "customer_address_customer_id"),
        ("membership", "group_id", "customer_group_member_group_id"),
        ("order_line", "order_id", "order_line_order_id"),
        ("product_tax", "product_id", "product_tax_product_id_tax_rate_id_live"),
        ("customer", "email", "customer_email"),
        ("customer", "id", "sqlite_autoindex_customer_1 (account_id=? AND id=?)"),
    ],
)
def test_records_with_a_value_are_sought_by_its_index(
    shop: Shop, sqlite_url: str, resource: str, attribute: str, index: str
) -> None:
    made, shape = statements_for("sqlite"), Shape(resource, ("id", "stamp"))
    equal, listed = (Filter(attribute, operator, (1,)) for operator in (Operator.EQ, Operator.IN))
    for statement in (
        made.among(shape, attribute, (), live=True, order="id"),
        made.found(shape, (equal,), (), live=True),
        made.found(shape, (listed,), (), live=True),
        made.count(resource, (equal,), live=True),
    ):
        assert any(f"INDEX {index}" in step for step in explained(sqlite_url, statement)), statement.sql


@pytest.mark.parametrize("operator", [Operator.EQ, Operator.GT, Operator.GE])
def test_changes_from_a_late_time_on_are_sought_in_the_feed(shop: Shop, sqlite_url: str, operator: Operator) -> None:
    made, since = statements_for("sqlite"), (Filter("stamp", operator, (NOON,)),)
    for statement in (
        made.found(CUSTOMER, since, (), live=True, by_stamp=True),
        made.count("customer", since, live=False, by_stamp=True),
    ):
        first, *_ = explained(sqlite_url, statement)
        assert first.startswith("SEARCH f USING PRIMARY KEY (account_id=? AND resource=? AND stamp")


@pytest.mark.parametrize("seconds", [0, 61])
def test_range_of_times_is_sought_in_the_feed_if_few_changes_follow_its_beginning(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    monkeypatch.setattr(feed, "RECENT", 300)
    bounds = ((Operator.GE, shop.clock.now() - 60 + seconds), (Operator.LT, shop.clock.now() + 60))
    between = AllOf(tuple(Filter("stamp", operator, (bound,)) for operator, bound in bounds))
    with statements(shop) as ran:
        page(shop, 1, conditions=(between,))
        with shop.store.read() as snapshot:
            snapshot.count(shop.account, Count("customer", conditions=(between,)))
    assert ["FROM feed AS f" in each for each in ran] == [False, bool(seconds)] * 2


def test_records_in_the_order_of_their_changes_are_read_along_the_feed(shop: Shop, sqlite_url: str) -> None:
    statement = statements_for("sqlite").found(CUSTOMER, (), (Sort("stamp"),), live=True, by_stamp=True)
    steps = explained(sqlite_url, statement)
    assert steps[0].startswith("SEARCH f USING PRIMARY KEY")
    assert not [step for step in steps if "TEMP B-TREE" in step]


def test_records_to_be_stamped_are_sought_by_an_index(shop: Shop, sqlite_url: str) -> None:
    made = statements_for("sqlite")
    for attribute, index in (("id", "sqlite_autoindex_customer_1"), ("group_id", "customer_group_id")):
        condition = (Filter(attribute, Operator.IN, (1,)),)
        for statement in (made.enter_stale("customer", condition), made.stamp_stale("customer", condition)):
            [sought] = [step for step in explained(sqlite_url, statement) if step.startswith("SEARCH r ")]
            assert f"INDEX {index} (account_id=? AND {attribute}=?)" in sought


def test_clashes_are_sought_by_an_index_each(shop: Shop, sqlite_url: str) -> None:
    groups = (*RESOURCES["customer"].unique, *RESOURCES["customer"].forever, ("email", "website_id"))
    steps = explained(sqlite_url, statements_for("sqlite").clashes("customer", groups))
    searches = [step for step in steps if step.startswith("SEARCH r ")]
    assert len(searches) == len(groups)
    assert all("INDEX customer_" in step for step in searches)


def explained(url: str, statement: Any, sql: str = "") -> list[str]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.create_function("fold", 1, str)
    arguments = [1] * len(statement._names)
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql or statement.sql}", arguments)]
    connection.close()
    return steps


@pytest.mark.postgres
def test_walk_on_postgres_is_read_along_indexes_as_soon_as_there_is_something_to_read(
    migrated_postgres: str, clock: StandingClock
) -> None:
    import psycopg

    store = open_store(migrated_postgres, clock)
    shop = Shop.opened(store, clock)

    def some(tx: Transaction) -> None:
        for _ in range(250):
            create(tx)

    for _ in range(8):
        store.write(shop.account, some)
    shop.create()  # comes after what a batch leaves to be done: statistics
    store.close()
    statement: Any = statements_for("postgresql").walk(
        Shape("supplier", RESOURCES["supplier"].attributes), first=True, bounded=False, live=False, located=True
    )
    values = {"account": shop.account, "resource": "supplier", "stamp": 1, "record": 0, "skip": 100, "limit": 50}
    with psycopg.connect(migrated_postgres) as connection:
        plan = connection.execute(f"EXPLAIN {statement.sql}", statement.arguments(values | {"after": 0})).fetchall()
    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in text, text
    assert "Sort" not in text, text
