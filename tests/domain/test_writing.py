"""Every write: the echo rule, widths, required values, faults all at once, unchanged writes."""

import pytest

from tests.clocks import StandingClock
from tests.domain.desk import CUSTOMER, Desk
from tillstone.domain.access import Principal
from tillstone.domain.errors import Fault, Invalid, NotFound
from tillstone.domain.profile import OnLong, Profile, Rule, Unreadable
from tillstone.domain.service import Service


@pytest.fixture
def desk(service: Service, shop: Principal) -> Desk:
    return Desk(service, shop)


def test_new_customer_is_numbered_and_named(desk: Desk) -> None:
    customer = desk.create(name="Ana de la Cruz")

    assert desk.read(customer, "code", "username", "first_name", "last_name", "version") == (
        *("000001", f"c{customer}", "Ana", "de la Cruz"),
        1,
    )


def test_codes_go_on_whatever_was_deleted(desk: Desk) -> None:
    desk.remove(desk.create(name="A"))

    assert desk.read(desk.create(name="B"), "code") == ("000002",)


def test_email_that_no_document_can_carry_is_no_username(desk: Desk) -> None:
    customer = desk.create(name="Ann", email="ann\ufffe@shop.example")

    assert desk.read(customer, "username") == (f"c{customer}",)


def test_username_is_the_folded_email_while_that_is_free(desk: Desk) -> None:
    first = desk.create(name="A", email="Ann@Shop.example")
    second = desk.create(name="B", email="ann@shop.example")

    assert desk.read(first, "username") == ("ann@shop.example",)
    assert desk.read(second, "username") == (f"c{second}",)


def test_every_fault_is_told_at_once_in_the_profiles_order(desk: Desk) -> None:
    profile = Profile(
        "test", "customer", {"name": Rule("name", required=True), "gender": Rule("gender"), "city": Rule("city", max=3)}
    )

    with pytest.raises(Invalid) as refused:
        desk.create_through(profile, city="long", gender=Unreadable("not_a_number", "x"))

    assert refused.value.faults == (
        Fault("name", "blank"),
        Fault("gender", "not_a_number", "x"),
        Fault("city", "too_long", "3"),
    )


def test_refused_create_writes_nothing(desk: Desk) -> None:
    with pytest.raises(Invalid):
        desk.create(name="  ")

    assert desk.count() == 0
    assert desk.last() == 0


def test_unchanged_write_moves_neither_stamp_nor_version(desk: Desk, clock: StandingClock) -> None:
    customer = desk.create(name="Ana Cruz", **{"billing.city": "Cebu"})
    before = desk.read(customer, "stamp", "version")
    clock.step(60)

    outcome = desk.change(customer, name="Ana Cruz", **{"billing.city": "Cebu"})

    assert outcome.action == "unchanged"
    assert desk.read(customer, "stamp", "version") == before


def test_echo_of_a_value_longer_than_the_width_is_no_write(desk: Desk) -> None:
    wide = Profile("wide", "customer", {"name": Rule("name"), "remark": Rule("remark")})
    narrow = Profile("narrow", "customer", {"remark": Rule("remark", max=5, on_long=OnLong.TRUNCATE)})
    customer = desk.create_through(wide, name="A", remark="longer than five")

    assert desk.change_through(narrow, customer, remark="longer than five").action == "unchanged"
    assert desk.change_through(narrow, customer, remark="something else").action == "changed"
    assert desk.read(customer, "remark") == ("somet",)
    assert desk.change_through(narrow, customer, remark="something more").action == "unchanged"


def test_null_and_empty_are_one_where_the_dialect_says_so(desk: Desk) -> None:
    customer = desk.create(name="A")

    assert desk.change(customer, remark="").action == "unchanged"
    keeps = Profile("keeps", "customer", {"remark": Rule("remark", blank_is_null=False)})
    assert desk.change_through(keeps, customer, remark="").action == "changed"
    assert desk.read(customer, "remark") == ("",)
    assert desk.change(customer, remark=None).action == "unchanged"


def test_changed_part_makes_the_name_and_wins_over_a_sent_name(desk: Desk) -> None:
    customer = desk.create(name="Ana Cruz")

    desk.change(customer, name="Somebody Else", first_name="Bea")

    assert desk.read(customer, "name", "first_name", "last_name") == ("Bea Cruz", "Bea", "Cruz")


def test_changed_name_with_echoed_parts_is_split(desk: Desk) -> None:
    customer = desk.create(name="Ana Cruz")

    desk.change(customer, name="Bea  de Leon", first_name="Ana", last_name="Cruz")

    assert desk.read(customer, "name", "first_name", "last_name") == ("Bea  de Leon", "Bea", "de Leon")


def test_name_cannot_be_made_blank(desk: Desk) -> None:
    customer = desk.create(name="Ana Cruz")

    with pytest.raises(Invalid) as refused:
        desk.change(customer, name="   ")

    assert refused.value.faults == (Fault("name", "blank", "white space"),)


def test_clash_names_the_attribute_and_ignores_deleted_records(desk: Desk) -> None:
    first = desk.create(name="A", alternate_code="X1")

    with pytest.raises(Invalid) as refused:
        desk.create(name="B", alternate_code="X1")
    assert refused.value.faults == (Fault("alternate_code", "taken", "X1"),)

    desk.remove(first)
    assert desk.create(name="B", alternate_code="X1") == first + 1


def test_deleted_customer_keeps_its_rows_and_a_second_delete_changes_nothing(desk: Desk, clock: StandingClock) -> None:
    customer = desk.create(name="A", **{"billing.city": "Cebu"})
    clock.step(5)
    assert desk.remove(customer).action == "removed"
    gone = desk.read(customer, "deleted", "stamp", "version", "billing.city")
    clock.step(5)

    assert desk.remove(customer, live=False).action == "unchanged"
    assert desk.read(customer, "deleted", "stamp", "version", "billing.city") == gone
    assert gone[0] == gone[1]
    assert gone[3] == "Cebu"
    with pytest.raises(NotFound):
        desk.remove(customer, live=True)


def test_tombstone_may_be_changed_where_the_dialect_allows_it(desk: Desk) -> None:
    customer = desk.create(name="A", alternate_code="X")
    desk.remove(customer)
    desk.create(name="B", alternate_code="X")

    assert desk.change_deleted(customer, remark="late").action == "changed"
    with pytest.raises(NotFound):
        desk.change(customer, remark="later")


def test_answer_holds_what_a_read_would_give(desk: Desk) -> None:
    shape = desk.shape("id", "name", "billing.city", "group.is_system", "stamp", "version")
    outcome = desk.create_outcome(CUSTOMER, {"name": "Ana Cruz", "billing.city": "Cebu"}, shape)

    assert outcome.row == desk.read(outcome.id, *shape.attributes)
