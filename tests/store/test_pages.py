"""The contract of every store: rule P. Which records a page holds, and how many there are."""

import pytest

from tests.clocks import StandingClock
from tests.store.shop import NOON, Shop, create
from tillstone.domain.query import Filter, Operator, Sort, Window
from tillstone.domain.stamps import PUBLISHED_FOR
from tillstone.domain.store import Transaction

WHOLE = Window()


@pytest.fixture
def six(shop: Shop, clock: StandingClock) -> list[int]:
    """Six suppliers of six seconds, the watermark handed out, and a minute gone by."""
    ids = []
    for _ in range(6):
        ids.append(shop.create())
        clock.step(1)
    shop.publish()
    clock.step(60)
    return ids


def until(shop: Shop, after: int = 0) -> Window:
    """A walk up to the watermark that was handed out last."""
    return Window(after, shop.clock_row().published)


# plain lists


def test_plain_list_is_ordered_by_id(shop: Shop, six: list[int]) -> None:
    shop.change(six[0], name="changed")
    assert [shop.page(number, 4) for number in (1, 2, 3)] == [six[:4], six[4:], []]


def test_plain_list_holds_deleted_records(shop: Shop, six: list[int]) -> None:
    shop.delete(six[2])
    assert shop.walk() == six


def test_deep_page_of_a_plain_list_needs_no_walk(shop: Shop, six: list[int]) -> None:
    assert shop.page(3, 2) == six[4:]
    assert shop.page(2, 2) == six[2:4]
    assert shop.page(9, 2) == []


def test_pages_of_any_size_agree_on_one_order(shop: Shop, six: list[int]) -> None:
    assert [shop.walk(size) for size in (1, 2, 3, 4, 7)] == [six] * 5


def test_record_with_a_chosen_id_takes_its_place_in_a_walked_list(shop: Shop) -> None:
    shop.create(id=10)
    shop.create(id=20)
    shop.create(id=30)
    assert shop.walk(1) == [10, 20, 30]
    shop.create(id=15)
    assert shop.walk(1) == [10, 15, 20, 30]


@pytest.mark.parametrize("number, size", [(1, 0), (2**62, 2), (2**70, 10)])
def test_page_beyond_everything_is_empty(shop: Shop, six: list[int], number: int, size: int) -> None:
    assert shop.page(number, size) == []
    assert shop.page(number, size, window=WHOLE) == []


def test_live_list_leaves_deleted_records_out(shop: Shop, six: list[int]) -> None:
    shop.delete(six[1])
    assert shop.walk(live=True) == [six[0], *six[2:]]
    assert shop.count(live=True) == 5


def test_live_walk_with_a_mark_skips_nobody_when_records_behind_it_are_deleted(shop: Shop, six: list[int]) -> None:
    assert shop.page(1, live=True, mark="key-1") == six[:2]
    shop.delete(six[0])
    assert shop.page(2, live=True, mark="key-1") == six[2:4]
    shop.delete(six[2])
    shop.delete(six[3])
    assert shop.page(3, live=True, mark="key-1") == six[4:]


def test_marks_are_forgotten_with_page_one_and_after_ten_minutes(
    shop: Shop, clock: StandingClock, six: list[int]
) -> None:
    shop.page(1, live=True, mark="key-1")
    shop.delete(six[0])
    clock.step(601)
    assert shop.page(2, live=True, mark="key-1") == six[3:5]
    assert shop.page(1, live=True, mark="key-1") == six[1:3]
    assert shop.page(2, live=True, mark="key-1") == six[3:5]


def test_marks_of_one_asker_are_nothing_to_another(shop: Shop, six: list[int]) -> None:
    shop.page(1, live=True, mark="key-1")
    shop.delete(six[0])
    assert shop.page(2, live=True, mark="key-2") == six[3:5]


def test_system_records_are_in_no_list_but_found_by_name(shop: Shop) -> None:
    shop.create("customer_group", id=0, code="NOT LOGGED IN", is_system=1)
    group = shop.create("customer_group", code="vip")
    assert shop.walk(resource="customer_group") == [group]
    assert shop.walk(resource="customer_group", window=Window(0, NOON)) == [group]
    assert (shop.count("customer_group"), shop.count("customer_group", window=Window(0, NOON))) == (1, 1)
    assert shop.read(0, "code", resource="customer_group") == ("NOT LOGGED IN",)


# walks


def test_walk_is_ordered_by_stamp_then_id(shop: Shop, six: list[int]) -> None:
    shop.change(six[1], name="changed")
    assert shop.walk(window=WHOLE) == six
    assert shop.walk(window=Window(NOON)) == six[1:]


def test_window_excludes_its_lower_edge_and_includes_its_upper(shop: Shop, six: list[int]) -> None:
    assert shop.walk(window=Window(NOON + 1, NOON + 5)) == six[2:]


def test_empty_window_holds_nothing(shop: Shop, six: list[int]) -> None:
    for window in (Window(NOON, NOON), Window(NOON + 5, NOON + 1), Window(2**63, None), Window(2**70, 2**80)):
        assert shop.page(window=window) == []
        assert shop.count(window=window) == 0


def test_record_that_leaves_the_window_moves_no_other_across_the_edge(shop: Shop, six: list[int]) -> None:
    walk = until(shop)
    assert shop.page(1, window=walk) == six[:2]
    shop.change(six[0], name="changed")
    assert shop.page(2, window=walk) == six[2:4]
    assert shop.page(3, window=walk) == six[4:]
    assert shop.walk(window=Window(NOON + 5)) == [six[0]]


def test_pages_are_filled_from_behind_so_that_none_is_short_before_the_end(shop: Shop, six: list[int]) -> None:
    walk = until(shop)
    shop.change(six[0], name="changed")
    shop.change(six[2], name="changed")
    assert [shop.page(number, window=walk) for number in (1, 2, 3)] == [
        [six[1], six[3]],
        [six[3], six[4]],
        six[4:],
    ]


def test_count_of_a_walk_counts_slots_so_that_its_pages_reach_the_last_record(shop: Shop) -> None:
    records = [shop.create() for _ in range(20)]
    shop.publish()
    walk = until(shop)
    for record in records[:10]:
        shop.change(record, name="changed")
    assert shop.count(window=walk) == 20
    reached = {record for number in range(1, 11) for record in shop.page(number, 2, window=walk)}
    assert reached == set(records[10:])


def test_live_walk_up_to_a_watermark_has_no_slots_for_what_was_deleted_by_then(
    shop: Shop, clock: StandingClock, six: list[int]
) -> None:
    for record in six[:4]:
        shop.delete(record)
    shop.publish()
    clock.step(60)
    walk = until(shop)
    assert shop.count(window=walk) == 6
    assert shop.page(3, window=walk) == six[4:]
    assert shop.count(window=walk, live=True) == 2
    assert shop.page(1, window=walk, live=True) == six[4:]
    assert shop.page(2, window=walk, live=True) == []
    shop.delete(six[4])
    assert shop.count(window=walk, live=True) == 2
    assert shop.page(1, window=walk, live=True) == six[5:]


def test_live_walk_without_an_upper_bound_has_no_empty_page_before_its_last_live_record(
    shop: Shop, six: list[int]
) -> None:
    for record in six[1:5]:
        shop.delete(record)
    assert shop.page(1, window=WHOLE, live=True) == [six[0], six[5]]
    assert shop.page(2, window=WHOLE, live=True) == six[5:]
    assert shop.count(window=WHOLE, live=True) == 2


def test_deleted_record_is_walked_as_it_is(shop: Shop, six: list[int]) -> None:
    shop.delete(six[3])
    assert shop.walk(window=Window(NOON + 6)) == [six[3]]


def test_running_second_may_still_gain_records_before_a_page(shop: Shop, clock: StandingClock) -> None:
    first, second, third = (shop.create() for _ in range(3))
    clock.step(10)
    shop.change(second, name="changed")
    shop.change(third, name="changed")
    later = Window(NOON)
    assert (shop.page(2, 1, window=later), shop.count(window=later)) == ([third], 2)
    shop.change(first, name="changed")
    assert shop.walk(1, window=later) == [first, second, third]
    assert shop.count(window=later) == 3


def test_open_walk_goes_on_to_what_is_written_meanwhile(shop: Shop, six: list[int]) -> None:
    assert shop.page(3, window=WHOLE) == six[4:]
    assert shop.count(window=WHOLE) == 6
    seventh, eighth = shop.create(), shop.create()
    assert shop.page(4, window=WHOLE) == [seventh, eighth]
    assert shop.count(window=WHOLE) == 8


def test_upper_bound_of_the_future_is_none(shop: Shop, six: list[int]) -> None:
    future = Window(0, NOON + 10_000)
    shop.change(six[0], name="changed")
    assert shop.walk(window=future) == shop.walk(window=WHOLE)
    assert shop.count(window=future) == 6


def test_a_thousand_records_of_one_stamp_come_once_each(shop: Shop) -> None:
    shop.store.write(shop.account, lambda tx: [create(tx) for _ in range(1_000)])
    shop.publish()
    assert shop.walk(70, window=until(shop)) == list(range(1, 1_001))


# reports


def test_report_lists_and_counts_each_current_record_once(shop: Shop, six: list[int]) -> None:
    report = Window(NOON, NOON + 4)
    assert shop.walk(window=report) == six[1:5]
    shop.change(six[2], name="changed")
    assert shop.walk(window=report) == [six[1], six[3], six[4]]
    assert shop.count(window=report) == 3


def test_watermark_of_yesterday_is_a_report(shop: Shop, clock: StandingClock, six: list[int]) -> None:
    walk = until(shop)
    shop.change(six[0], name="changed")
    assert (shop.count(window=walk), shop.page(1, 9, window=walk)) == (6, six[1:])
    clock.step(PUBLISHED_FOR)
    assert (shop.count(window=walk), shop.page(1, 9, window=walk)) == (5, six[1:])


def test_watermark_handed_out_again_is_a_walk_for_another_day(shop: Shop, clock: StandingClock, six: list[int]) -> None:
    clock.step(PUBLISHED_FOR)
    shop.publish()
    walk = until(shop)
    shop.change(six[0], name="changed")
    assert shop.count(window=walk) == 6


def test_live_report_leaves_deleted_records_out(shop: Shop, six: list[int]) -> None:
    shop.delete(six[2])
    report = Window(NOON + 3, shop.stamp_of(six[2]) - 1)
    assert shop.walk(window=report, live=True) == six[4:]
    assert shop.count(window=report, live=True) == 2


def test_filtered_window_holds_the_current_records_that_pass(shop: Shop, six: list[int]) -> None:
    few = (Filter("id", Operator.GT, (six[1],)), Filter("id", Operator.LT, (six[5],)))
    assert shop.walk(window=Window(NOON + 2), conditions=few) == six[3:5]
    assert shop.count(window=Window(NOON + 2), conditions=few) == 2


def test_window_over_a_resource_without_a_clock_is_a_report(shop: Shop, clock: StandingClock) -> None:
    first = shop.create("branch", name="Main")
    clock.step(5)
    second = shop.create("branch", name="North")
    assert shop.walk(resource="branch", window=Window(0)) == [first, second]
    assert shop.walk(resource="branch", window=Window(NOON)) == [second]
    assert shop.count("branch", window=Window(NOON)) == 1
    assert (shop.walk(1, resource="branch"), shop.count("branch")) == ([first, second], 2)


# orders


def test_order_is_by_folded_text_then_id_and_never_set_comes_first(shop: Shop) -> None:
    names = ["b", None, "A", "a", "Ä", "B", ""]
    ids = [shop.create(name=name) for name in names]
    rising = [2, 7, 3, 4, 1, 6, 5]
    falling = [5, 1, 6, 3, 4, 7, 2]
    assert [ids.index(each) + 1 for each in shop.walk(3, sort=(Sort("name"),))] == rising
    assert [ids.index(each) + 1 for each in shop.walk(3, sort=(Sort("name", descending=True),))] == falling


def test_order_by_id_may_fall(shop: Shop, six: list[int]) -> None:
    assert shop.walk(sort=(Sort("id"),)) == six
    assert shop.walk(sort=(Sort("id", descending=True),)) == six[::-1]


def test_lists_inside_a_write_see_what_it_wrote(shop: Shop, six: list[int]) -> None:
    def work(tx: Transaction) -> tuple[int, list[int]]:
        inner = Shop(shop.store, shop.clock, shop.account)
        record = create(tx)
        inner.store = _Inside(tx)  # type: ignore[assignment]
        return record, [*inner.walk(window=Window(NOON + 5)), inner.count(window=WHOLE), inner.count()]

    record, seen = shop.store.write(shop.account, work)
    assert seen == [record, 7, 7]


class _Inside:
    """A transaction in the place of a store that is read."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    def read(self) -> "_Inside":
        return self

    def __enter__(self) -> Transaction:
        return self.tx

    def __exit__(self, *_: object) -> None:
        pass
