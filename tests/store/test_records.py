"""The contract of every store: records in, records out. Each test runs on SQLite, on PostgreSQL and on dictionaries."""

import pytest

from tests.store.shop import Shop, create
from tillstone.domain.commands import Key, List
from tillstone.domain.errors import Clash, Refusal
from tillstone.domain.query import Filter, Operator, Slice
from tillstone.domain.records import RESOURCES, Kind, Record, Shape, Value
from tillstone.domain.store import Transaction

SAMPLES: dict[Kind, Value] = {
    Kind.INTEGER: 2**62,
    Kind.TEXT: "Ærø & Çeşme \N{GRINNING FACE} '\"\\%_",
    Kind.FLAG: 1,
    Kind.DATE: "2026-02-28",
    Kind.TIME: 1_790_000_000,
    Kind.AMOUNT: -12_345,
}


def sample(resource: str) -> Record:
    return {column.name: SAMPLES[column.kind] for column in RESOURCES[resource].columns} | {"id": 7, "deleted": None}


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_column_of_every_resource_comes_back_as_it_was_stored(shop: Shop, resource: str) -> None:
    record = sample(resource) | ({"sha256": f"{shop.account:064}"} if resource == "api_key" else {})
    shop.store.write(shop.account, lambda tx: tx.insert(resource, record))
    assert shop.read(7, *RESOURCES[resource].attributes, resource=resource) == tuple(record.values())


ODD = "".join(
    map(chr, (*range(1, 0x30), *range(0x5B, 0x60), *range(0x7B, 0xA1), 0x2028, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF))
)


@pytest.mark.parametrize("text", [ODD, "[1]", "null", '"', "\\u0041", "", None])
def test_text_comes_back_from_a_page_as_it_was_stored(shop: Shop, text: str | None) -> None:
    record = shop.create(remark=text, name="x", stamp=2**63 - 1, version=-(2**63))
    shape = Shape("supplier", ("remark", "name", "stamp", "version", "id"))
    with shop.store.read() as snapshot:
        for limit in (2, 5_000):
            rows = snapshot.page(shop.account, List(shape, Slice(0, limit)))
            assert rows == [(text, "x", 2**63 - 1, -(2**63), record)]


def test_never_set_and_cleared_stay_apart(shop: Shop) -> None:
    record = shop.create(name=None, remark="")
    assert shop.read(record, "name", "remark") == (None, "")


def test_changed_columns_change_and_no_others(shop: Shop) -> None:
    record = shop.create(name="Rice Mill", city="Iloilo")
    shop.change(record, name="Rice & Corn Mill")
    assert shop.read(record, "name", "city", "version") == ("Rice & Corn Mill", "Iloilo", 2)


def test_record_is_found_by_a_folded_name_in_any_case(shop: Shop) -> None:
    record = shop.create("customer", username="Straße@Example.com", code="000001")
    with shop.store.read() as snapshot:
        for name in ("straße@example.com", "STRASSE@EXAMPLE.COM"):
            assert snapshot.one(shop.account, Shape("customer", ("id",)), Key("username", name), live=True) == (record,)


def test_folded_name_is_found_by_its_new_value_after_a_change(shop: Shop) -> None:
    record = shop.create("customer", username="old", code="000001")
    shop.change(record, "customer", username="New")
    with shop.store.read() as snapshot:
        shape = Shape("customer", ("id",))
        assert snapshot.one(shop.account, shape, Key("username", "NEW"), live=True) == (record,)
        assert snapshot.one(shop.account, shape, Key("username", "old"), live=True) is None


def test_deleted_record_is_passed_over_by_a_live_read_only(shop: Shop) -> None:
    record = shop.create(code="S1")
    stamp = shop.delete(record)
    with shop.store.read() as snapshot:
        shape = Shape("supplier", ("id", "deleted"))
        assert snapshot.one(shop.account, shape, Key("id", record), live=True) is None
        assert snapshot.one(shop.account, shape, Key("id", record), live=False) == (record, stamp)


def test_live_record_is_preferred_to_deleted_ones_of_the_same_name(shop: Shop) -> None:
    first = shop.create(code="S1")
    shop.delete(first)
    second = shop.create(code="S1")
    with shop.store.read() as snapshot:
        assert snapshot.one(shop.account, Shape("supplier", ("id",)), Key("code", "S1"), live=False) == (second,)


@pytest.mark.parametrize("value", [2**70, -(2**70), "7", None, "\0", "\ud800"])
def test_a_key_that_cannot_be_stored_names_no_record(shop: Shop, value: Value) -> None:
    shop.create()
    with shop.store.read() as snapshot:
        assert snapshot.one(shop.account, Shape("supplier", ("id",)), Key("id", value), live=False) is None
        assert snapshot.one(shop.account, Shape("supplier", ("id",)), Key("name", value), live=False) is None


def test_attributes_of_related_records_are_read_along(shop: Shop) -> None:
    group = shop.create("customer_group", code="vip", title="Very Important")
    customer = shop.create("customer", username="a", code="000001", group_id=group)
    address = shop.create("address", customer_id=customer, city="Cebu")
    shop.change(customer, "customer", billing_id=address)
    wanted = ("group.title", "billing.city", "shipping.city", "id")
    assert shop.read(customer, *wanted, resource="customer") == ("Very Important", "Cebu", None, customer)


def test_rows_are_found_by_any_of_many_values_in_order(shop: Shop) -> None:
    suppliers = [shop.create(name=name, code=name) for name in ("b", "A", "c", "a")]
    shop.delete(suppliers[2])
    with shop.store.read() as snapshot:
        shape = Shape("supplier", ("id",))
        values = [*suppliers, *range(10_000, 12_000)]
        by_id = snapshot.rows(shop.account, shape, "id", values)
        by_name = snapshot.rows(shop.account, shape, "id", values, order="name", live=False)
        few = snapshot.rows(shop.account, shape, "id", values, conditions=(Filter("name", Operator.EQ, ("a",)),))
        none = snapshot.rows(shop.account, shape, "id", [])
    first, second, third, fourth = suppliers
    assert by_id == [(first,), (second,), (fourth,)]
    assert by_name == [(second,), (fourth,), (first,), (third,)]
    assert few == [(second,), (fourth,)]
    assert none == []


def test_rows_are_found_by_folded_texts(shop: Shop) -> None:
    customers = [shop.create("customer", username=name, code=name) for name in ("Ana", "Ben", "Cy")]
    with shop.store.read() as snapshot:
        rows = snapshot.rows(shop.account, Shape("customer", ("id",)), "username", ["ANA", "cy", "nobody"])
    assert rows == [(customers[0],), (customers[2],)]


def test_ids_and_numbers_are_given_once_and_in_order(shop: Shop) -> None:
    def three(tx: Transaction) -> list[int]:
        return [tx.new_id("supplier"), tx.new_id("supplier"), tx.next_number("customer.code"), tx.new_id("product")]

    assert shop.store.write(shop.account, three) == [1, 2, 1, 1]
    assert shop.store.write(shop.account, three) == [3, 4, 2, 2]


def test_ids_go_on_above_one_that_was_chosen(shop: Shop) -> None:
    shop.create(id=53)
    assert shop.create() == 54


def test_id_chosen_below_others_does_not_bring_them_back(shop: Shop) -> None:
    shop.create(id=53)
    shop.create(id=11)
    assert shop.create() == 54


def test_clashes_are_told_by_group_and_leave_the_record_itself_out(shop: Shop) -> None:
    record = shop.create("customer", username="ana", code="000001", alternate_code="A-1")
    wanted = [("username",), ("alternate_code",), ("code",), ("email",)]

    def ask(but: int | None, **values: Value) -> list[tuple[str, ...]]:
        blank = dict.fromkeys(("username", "alternate_code", "code", "email"))
        return shop.store.write(shop.account, lambda tx: tx.clashes("customer", wanted, {**blank, **values}, but=but))

    assert ask(None, username="ANA", alternate_code="a-1", code="000001") == [("username",), ("code",)]
    assert ask(record, username="ANA", code="000001") == []
    assert ask(None) == []


def test_names_of_a_deleted_record_are_free_but_those_given_for_ever(shop: Shop) -> None:
    record = shop.create("customer", username="ana", code="000001")
    shop.delete(record, "customer")
    values: Record = {"username": "ana", "code": "000001"}
    taken = shop.store.write(
        shop.account, lambda tx: tx.clashes("customer", [("username",), ("code",)], values, but=None)
    )
    assert taken == [("code",)]


def test_accounts_do_not_see_one_another(shop: Shop) -> None:
    other = Shop.opened(shop.store, shop.clock)
    record = shop.create(name="mine")
    assert other.read(record, "name") is None
    assert other.page() == []
    assert other.count() == 0
    assert other.clock_row().last == 0
    assert other.create() == record


def test_account_is_found_however_its_name_is_spelt_and_its_name_is_taken(shop: Shop) -> None:
    with shop.store.read() as snapshot:
        [name] = [account.name for account in snapshot.accounts() if account.id == shop.account]
        named = snapshot.account_named(name.upper())
        nobody = snapshot.account_named("nobody\0")
    assert named is not None
    assert named.id == shop.account
    assert nobody is None
    with pytest.raises(Clash):
        shop.store.add_account(name.upper())


def test_live_record_is_found_anywhere_by_what_is_unique_everywhere(shop: Shop) -> None:
    digest = f"{shop.account:064}"
    key = shop.create("api_key", sha256=digest)
    shape = Shape("api_key", ("id", "label"))
    with shop.store.read() as snapshot:
        assert snapshot.anywhere(shape, "sha256", digest) == (shop.account, (key, None))
        assert snapshot.anywhere(shape, "sha256", "0" * 63) is None
    shop.store.write(shop.account, lambda tx: tx.update("api_key", key, {"deleted": tx.now}))
    with shop.store.read() as snapshot:
        assert snapshot.anywhere(shape, "sha256", digest) is None


def test_write_sees_what_it_wrote_before(shop: Shop) -> None:
    def work(tx: Transaction) -> object:
        record = create(tx, name="new")
        return tx.one(tx.account, Shape("supplier", ("name",)), Key("id", record), live=True)

    assert shop.store.write(shop.account, work) == ("new",)


class WordsError(Exception):
    """Something the asker's work raises."""


@pytest.mark.parametrize("error", [Refusal(), WordsError()])
def test_write_that_raises_is_undone_whole(shop: Shop, error: Exception) -> None:
    before = shop.clock_row()

    def work(tx: Transaction) -> None:
        create(tx)
        raise error

    with pytest.raises(type(error)):
        shop.store.write(shop.account, work)
    assert shop.page() == []
    assert shop.clock_row() == before
    assert shop.create() == 1


def lose(tx: Transaction) -> None:
    with tx.savepoint():
        create(tx, name="lost")
        raise WordsError


def test_savepoint_undoes_what_happened_inside_and_nothing_else(shop: Shop) -> None:
    def work(tx: Transaction) -> None:
        create(tx, name="kept")
        with pytest.raises(WordsError):
            lose(tx)
        with tx.savepoint():
            create(tx, name="kept too")

    shop.store.write(shop.account, work)
    assert shop.page() == [1, 2]
    assert shop.read(2, "name") == ("kept too",)
    assert shop.clock_row().rows == 2
    assert shop.walk(window=None) == [1, 2]
