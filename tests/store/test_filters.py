"""The contract of every store: conditions mean the same everywhere."""

import operator
from typing import Any

import pytest

from tests.store.shop import NOON, Shop, as_int, create, listing
from tillstone.domain.errors import Invalid
from tillstone.domain.query import AllOf, AnyOf, Condition, Filter, Operator, Sort
from tillstone.domain.records import Value, fold
from tillstone.domain.store import Transaction
from tillstone.store import feed

NAMES = ("Rice Mill", "rice", None, "", "100% Corn", "a_b", "ÅNGSTRÖM", "Straße", "back\\slash", "ΟΔΟΣ")


@pytest.fixture
def named(shop: Shop) -> Shop:
    """Ten suppliers, numbered from 1, called `NAMES`; exempt if their number is even, unknown for 3."""
    for number, name in enumerate(NAMES, 1):
        tags = ", ".join(str(name or "").split())
        shop.create(name=name, tax_exempt=None if number == 3 else int(number % 2 == 0), remark=tags or None)
    return shop


def one(operator: Operator, *values: Value, attribute: str = "name") -> Filter:
    return Filter(attribute, operator, values)


@pytest.mark.parametrize(
    "condition, expected",
    [
        (one(Operator.EQ, "RICE"), [2]),
        (one(Operator.EQ, "ångström"), [7]),
        (one(Operator.EQ, "STRASSE"), [8]),
        (one(Operator.EQ, "οδος"), [10]),
        (one(Operator.EQ, ""), [4]),
        (one(Operator.NE, "rice"), [1, 4, 5, 6, 7, 8, 9, 10]),
        (one(Operator.LT, "B"), [4, 5, 6]),
        (one(Operator.LE, "back\\SLASH"), [4, 5, 6, 9]),
        (one(Operator.GT, "rice"), [1, 7, 8, 10]),
        (one(Operator.GE, "rice"), [1, 2, 7, 8, 10]),
        (one(Operator.IN, "RICE", "a_B", "nothing"), [2, 6]),
        (one(Operator.IN), []),
        (one(Operator.NOT_IN, "RICE", "a_B"), [1, 4, 5, 7, 8, 9, 10]),
        (one(Operator.NOT_IN), [1, 2, 4, 5, 6, 7, 8, 9, 10]),
        (one(Operator.LIKE, "RICE%"), [1, 2]),
        (one(Operator.LIKE, "a_b"), [6]),
        (one(Operator.LIKE, "100\\%%"), [5]),
        (one(Operator.LIKE, "%\\"), []),
        (one(Operator.LIKE, "%\\\\%"), [9]),
        (one(Operator.LIKE, "%\\_%"), [6]),
        (one(Operator.NOT_LIKE, "%ic%"), [4, 5, 6, 7, 8, 9, 10]),
        (one(Operator.CLEARED), [4]),
        (one(Operator.SET), [1, 2, 5, 6, 7, 8, 9, 10]),
        (one(Operator.EMPTY), [3, 4]),
        (one(Operator.MATCHES, "^rice"), [1, 2]),
        (one(Operator.MATCHES, "M.ll$|a_"), [1, 6]),
        (one(Operator.MATCHES, "ström"), [7]),
        (one(Operator.IN_SET, "MILL", attribute="remark"), [1]),
        (one(Operator.IN_SET, "mil", attribute="remark"), []),
        (one(Operator.IN_SET, "100%", attribute="remark"), [5]),
        (one(Operator.EQ, 1, attribute="tax_exempt"), [2, 4, 6, 8, 10]),
        (one(Operator.EQ, "1", attribute="tax_exempt"), [2, 4, 6, 8, 10]),
        (one(Operator.EQ, "one", attribute="tax_exempt"), []),
        (one(Operator.NE, 1, attribute="tax_exempt"), [1, 5, 7, 9]),
        (one(Operator.SET, attribute="tax_exempt"), [1, 2, 4, 5, 6, 7, 8, 9, 10]),
        (one(Operator.EMPTY, attribute="tax_exempt"), [3]),
        (one(Operator.CLEARED, attribute="tax_exempt"), []),
        (one(Operator.GE, 9, attribute="id"), [9, 10]),
        (one(Operator.LT, 2**70, attribute="id"), list(range(1, 11))),
        (one(Operator.IN, 4, 2**70, "5", attribute="id"), [4, 5]),
        (one(Operator.LIKE, "1%", attribute="id"), [1, 10]),
        (one(Operator.EQ, None), []),
        (one(Operator.EQ, "\0"), []),
        (AnyOf((one(Operator.EQ, "rice"), one(Operator.EQ, 9, attribute="id"))), [2, 9]),
        (AnyOf(()), []),
        (AllOf((one(Operator.SET), AnyOf((one(Operator.LIKE, "r%"), one(Operator.LIKE, "a%"))))), [1, 2, 6]),
        (AllOf(()), list(range(1, 11))),
    ],
    ids=repr,
)
def test_condition_finds_what_it_says(named: Shop, condition: Condition, expected: list[int]) -> None:
    assert named.found(condition) == expected
    assert named.count(conditions=(condition,)) == len(expected)


def test_all_conditions_must_hold(named: Shop) -> None:
    assert named.found(one(Operator.LIKE, "%r%"), one(Operator.EQ, 1, attribute="tax_exempt")) == [2, 8]


def test_values_of_one_form_are_never_mixed_up(named: Shop) -> None:
    found = [named.found(one(Operator.EQ, name), one(Operator.NE, 0, attribute="id")) for name in ("rice", "a_b")]
    assert found == [[2], [6]]


def test_folded_column_is_compared_folded(shop: Shop) -> None:
    customer = shop.create("customer", username="Ana", email="Ana@Example.COM", code="1")
    for condition in (
        one(Operator.EQ, "ANA", attribute="username"),
        one(Operator.LIKE, "%@example.com", attribute="email"),
        one(Operator.IN, "aNa", attribute="username"),
        one(Operator.MATCHES, "^ana@", attribute="email"),
    ):
        assert shop.found(condition, resource="customer") == [customer]


def test_every_letter_is_found_by_its_own_fold_and_by_no_other(shop: Shop) -> None:
    """Also those whose lower case is not their fold, of which there are some in every script."""
    letters = [chr(code) for code in range(0x80, 0x20000) if not 0xD800 <= code < 0xE000 and chr(code).isalpha()]
    odd = [letter for letter in letters if fold(letter) not in {letter, letter.lower()} or letter in "ÅßİıǅΣςẞﬁև"]
    assert len(odd) > 180
    named = {f"a{letter}b": shop.create(name=f"a{letter}b") for letter in odd}
    alike: dict[str, list[int]] = {}
    for name, number in named.items():
        alike.setdefault(fold(name), []).append(number)
    for folded, numbers in alike.items():
        assert shop.found(one(Operator.EQ, folded)) == numbers, folded


def test_condition_reaches_through_a_relation(shop: Shop) -> None:
    group = shop.create("customer_group", code="VIP", title="Very")
    member = shop.create("customer", username="a", code="1", group_id=group)
    other = shop.create("customer", username="b", code="2", group_id=99)
    assert shop.found(one(Operator.EQ, "vip", attribute="group.code"), resource="customer") == [member]
    assert shop.found(one(Operator.EMPTY, attribute="group.title"), resource="customer") == [other]


def test_dates_compare_as_they_are_written(shop: Shop) -> None:
    born = [shop.create("customer", code=date, birth_date=date) for date in ("1970-01-31", "1985-12-01")]
    assert shop.found(one(Operator.LT, "1980-01-01", attribute="birth_date"), resource="customer") == born[:1]
    assert shop.found(one(Operator.LIKE, "1985-%", attribute="birth_date"), resource="customer") == born[1:]


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_what_is_no_regular_expression_is_refused(request: pytest.FixtureRequest, kind: str) -> None:
    from tests.clocks import StandingClock
    from tests.store.conftest import url_of
    from tests.store.shop import NOON
    from tillstone.store import open_store

    clock = StandingClock(NOON)
    store = open_store(url_of(kind, request), clock)
    try:
        shop = Shop.opened(store, clock)
        shop.create(name="a")
        for _ in range(2):
            with pytest.raises(Invalid):
                shop.found(one(Operator.MATCHES, "("))
        assert shop.found(one(Operator.MATCHES, "a")) == [1]
    finally:
        store.close()


@pytest.mark.postgres
def test_regular_expression_that_takes_for_ever_is_given_up(
    migrated_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.clocks import StandingClock
    from tests.store.shop import NOON
    from tillstone.store import open_store, postgres

    monkeypatch.setattr(postgres, "PATTERN_MS", 50)
    clock = StandingClock(NOON)
    store = open_store(migrated_postgres, clock)
    try:
        shop = Shop.opened(store, clock)
        shop.create(name="a" * 2_001)  # of odd length: no way to match, and many to try
        with pytest.raises(Invalid):
            shop.found(one(Operator.MATCHES, r"^(a*)(a*)(a*)\1\2\3$"))
        assert shop.found(one(Operator.LIKE, "a%")) == [1]
    finally:
        store.close()


# times of change: found in the feed from a late time on, else in the records


COMPARED = {
    Operator.EQ: operator.eq,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
}


@pytest.fixture
def changed(shop: Shop) -> Shop:
    """Seven suppliers, written a second apart from NOON on; then 2 and twice 5 are changed and 4 is deleted."""
    for _ in range(7):
        shop.create()
        shop.clock.step(1)
    for change in (2, 5, 5):
        shop.change(change, name=f"changed {shop.clock.now()}")
        shop.clock.step(1)
    shop.delete(4)
    return shop


@pytest.fixture(params=["the feed", "the records"])
def sought_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where times of change are sought, however many changes there are."""
    monkeypatch.setattr(feed, "RECENT", 1_000 if request.param == "the feed" else 0)


@pytest.mark.usefixtures("sought_in")
@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    "asked",
    [
        *([(each, NOON + second)] for each in COMPARED for second in (-1, 0, 4, 9, 10, 11)),
        [(Operator.GE, NOON + 3), (Operator.LT, NOON + 9)],
        [(Operator.GT, NOON), (Operator.GT, NOON + 6), (Operator.LE, 2**70)],
    ],
)
def test_records_by_their_time_of_change_are_the_same_in_the_feed_and_in_the_records(
    changed: Shop, asked: list[tuple[Operator, int]], *, live: bool
) -> None:
    stamps = {number: changed.stamp_of(number) for number in range(1, 8) if not (live and number == 4)}
    expected = [
        number for number, stamp in stamps.items() if all(COMPARED[each](stamp, bound) for each, bound in asked)
    ]
    by_stamp = sorted(expected, key=lambda number: (stamps[number], number))
    filters = tuple(one(each, bound, attribute="stamp") for each, bound in asked)

    for conditions in (filters, (AllOf(filters),)):
        found: dict[str, Any] = {"live": live, "conditions": conditions}
        assert changed.walk(2, **found) == expected
        assert changed.count(**found) == len(expected)
        assert changed.walk(2, **found, sort=(Sort("stamp"),)) == by_stamp
        assert changed.walk(2, **found, sort=(Sort("stamp", descending=True),)) == by_stamp[::-1]


@pytest.mark.usefixtures("sought_in")
def test_record_is_found_by_its_time_in_the_transaction_that_wrote_it(changed: Shop) -> None:
    now = one(Operator.GE, changed.clock.now() + 1, attribute="stamp")

    def write(tx: Transaction) -> list[int]:
        create(tx)
        return [as_int(row[0]) for row in tx.page(tx.account, listing(1, 9, {"conditions": (now,)}))]

    changed.clock.step(1)
    assert changed.store.write(changed.account, write) == [8]
