"""The contract of every store: rule S. What was handed out as the watermark is never passed by a late change."""

import pytest

from tests.clocks import StandingClock
from tests.store.shop import NOON, Shop, change, create
from tillstone.domain.query import Filter, Operator, Window
from tillstone.domain.stamps import ClockRow
from tillstone.domain.store import Transaction


def test_nothing_was_ever_stamped_in_a_new_account(shop: Shop) -> None:
    assert shop.clock_row() == ClockRow()
    assert shop.publish() == 0
    assert shop.clock_row() == ClockRow()


def test_stamp_is_the_time(shop: Shop) -> None:
    record = shop.create()
    assert shop.stamp_of(record) == NOON
    assert shop.clock_row() == ClockRow(last=NOON, rows=1)


def test_write_in_the_second_of_a_watermark_is_stamped_after_it(shop: Shop) -> None:
    shop.create()
    assert shop.publish() == NOON
    later = shop.create()
    assert shop.stamp_of(later) == NOON + 1
    assert shop.publish() == NOON + 1


def test_watermark_is_published_with_its_time(shop: Shop, clock: StandingClock) -> None:
    shop.create()
    clock.step(5)
    shop.publish()
    assert shop.clock_row() == ClockRow(last=NOON, published=NOON, published_at=NOON + 5, rows=1)


def test_writes_of_one_second_without_a_watermark_share_their_stamp(shop: Shop) -> None:
    assert shop.stamp_of(shop.create()) == shop.stamp_of(shop.create())


def test_stamps_never_go_back_with_the_clock(shop: Shop, clock: StandingClock) -> None:
    shop.create()
    clock.step(-3600)
    assert shop.stamp_of(shop.create()) == NOON
    shop.publish()
    assert shop.stamp_of(shop.create()) == NOON + 1


def test_resources_have_clocks_of_their_own(shop: Shop, clock: StandingClock) -> None:
    shop.create()
    clock.step(9)
    shop.create("product", sku="a")
    assert (shop.clock_row().last, shop.clock_row("product").last) == (NOON, NOON + 9)


def test_watermark_read_inside_a_write_begins_the_next_stamp(shop: Shop) -> None:
    assert shop.store.write(shop.account, lambda tx: (create(tx), tx.publish("supplier"), tx.stamp("supplier"))) == (
        1,
        NOON,
        NOON + 1,
    )


def test_asking_for_a_stamp_gives_none(shop: Shop) -> None:
    shop.create()
    shop.publish()
    assert shop.store.write(shop.account, lambda tx: tx.stamp("supplier")) == NOON + 1
    assert shop.clock_row().last == NOON


def test_second_change_in_a_second_adds_no_entry(shop: Shop) -> None:
    record = shop.create()
    shop.change(record, name="b")
    shop.change(record, name="c")
    assert shop.count(window=Window()) == 1


def test_exact_numbers_of_records_are_kept(shop: Shop) -> None:
    records = [shop.create() for _ in range(5)]
    shop.delete(records[1])
    row = shop.clock_row()
    assert (row.rows, row.deleted) == (5, 1)
    assert (shop.count(), shop.count(live=True)) == (5, 4)


def test_restamp_moves_every_record_that_meets_the_conditions(shop: Shop, clock: StandingClock) -> None:
    cities = [shop.create(city=city) for city in ("Cebu", "Davao", "Cebu")]
    shop.delete(cities[2])
    clock.step(5)
    condition = (Filter("city", Operator.EQ, ("Cebu",)),)
    stamped = shop.store.write(shop.account, lambda tx: tx.restamp("supplier", tx.stamp("supplier"), condition))
    assert stamped == 2
    assert [shop.read(each, "stamp", "version") for each in cities] == [(NOON + 5, 2), (NOON, 1), (NOON + 5, 3)]
    assert shop.walk(window=Window(NOON)) == [cities[0], cities[2]]
    assert shop.clock_row().last == NOON + 5


def test_restamp_leaves_what_bears_the_stamp_already(shop: Shop, clock: StandingClock) -> None:
    first, second = shop.create(), shop.create()
    clock.step(5)

    def work(tx: Transaction) -> int:
        change(tx, "supplier", first, name="changed")
        return tx.restamp("supplier", tx.stamp("supplier"), ())

    assert shop.store.write(shop.account, work) == 1
    assert shop.read(first, "version") == (2,)
    assert shop.walk(window=Window(NOON)) == [first, second]


def test_restamp_that_meets_nothing_gives_no_stamp(shop: Shop, clock: StandingClock) -> None:
    shop.create()
    clock.step(5)
    condition = (Filter("city", Operator.EQ, ("Nowhere",)),)
    assert shop.store.write(shop.account, lambda tx: tx.restamp("supplier", tx.stamp("supplier"), condition)) == 0
    assert shop.clock_row().last == NOON


def test_restamp_reaches_through_a_relation(shop: Shop, clock: StandingClock) -> None:
    group = shop.create("customer_group", code="vip")
    members = [shop.create("customer", username=name, code=name, group_id=group) for name in ("a", "b")]
    shop.create("customer", username="c", code="c", group_id=99)
    clock.step(5)
    condition = (Filter("group.code", Operator.EQ, ("VIP",)),)
    shop.store.write(shop.account, lambda tx: tx.restamp("customer", tx.stamp("customer"), condition))
    assert shop.walk(resource="customer", window=Window(NOON)) == members


@pytest.mark.parametrize("work", [lambda tx: tx.publish("supplier"), lambda tx: tx.clock(tx.account, "supplier").last])
def test_transaction_knows_the_newest_stamp_before_it_is_stored(shop: Shop, work: object) -> None:
    assert callable(work)
    assert shop.store.write(shop.account, lambda tx: create(tx) and work(tx)) == NOON
