"""One customer behind three dialects: linked fields, default addresses, the primary group, who is stamped."""

import pytest

from tests.clocks import StandingClock
from tests.domain.desk import Desk
from tillstone.domain.access import Principal
from tillstone.domain.errors import Clash, Fault, Invalid
from tillstone.domain.service import Service


@pytest.fixture
def desk(service: Service, shop: Principal) -> Desk:
    return Desk(service, shop)


def test_customer_without_a_place_has_no_address(desk: Desk) -> None:
    assert desk.read(desk.create(name="Peter Parker"), "billing_id", "shipping_id") == (None, None)


def test_a_place_makes_one_address_that_is_both_defaults(desk: Desk) -> None:
    customer = desk.create(name="Peter Parker", phone="1", **{"billing.city": "Cebu"})

    billing, shipping, first, last, phone = desk.read(
        *(customer, "billing_id", "shipping_id", "billing.first_name", "billing.last_name", "billing.phone")
    )
    assert billing == shipping is not None
    assert (first, last, phone) == ("Peter", "Parker", "1")


def test_billing_address_follows_the_customer_while_it_says_the_same(desk: Desk) -> None:
    customer = desk.create(name="Peter Parker", **{"billing.city": "Cebu"})
    address = int(str(desk.read(customer, "billing_id")[0]))

    desk.change(customer, first_name="Paul", company="Spider Ltd")
    assert desk.read(customer, "billing.first_name", "billing.company") == ("Paul", "Spider Ltd")

    desk.at("address").change(address, first_name="May")
    desk.change(customer, first_name="Pat")
    assert desk.read(customer, "first_name", "billing.first_name") == ("Pat", "May")


def test_changed_address_stamps_its_customer(desk: Desk, clock: StandingClock) -> None:
    customer = desk.create(name="Peter Parker", **{"billing.city": "Cebu"})
    stamp, version, address = desk.read(customer, "stamp", "version", "billing_id")
    clock.step(7)

    desk.at("address").change(int(str(address)), city="Manila")

    assert desk.read(customer, "stamp", "version", "billing.city") == (
        int(str(stamp)) + 7,
        int(str(version)) + 1,
        "Manila",
    )


def test_billing_address_goes_when_its_place_is_cleared(desk: Desk) -> None:
    customer = desk.create(name="Peter Parker", **{"billing.city": "Cebu"})

    desk.change(customer, **{"billing.city": None})

    assert desk.read(customer, "billing_id", "shipping_id", "billing.city") == (None, None, None)


def test_billing_address_that_says_more_stays(desk: Desk) -> None:
    customer = desk.create(name="Peter Parker", **{"billing.city": "Cebu", "billing.vat_id": "NZ1"})

    desk.change(customer, **{"billing.city": None})

    assert desk.read(customer, "billing.vat_id", "billing.city") == ("NZ1", None)


def test_echoed_joined_street_flattens_nothing(desk: Desk) -> None:
    customer = desk.create(
        name="A", **{"billing.street1": "1 High St", "billing.street2": "Rear", "billing.street3": "Top"}
    )

    assert desk.change(customer, street_joined="1 High St, Rear, Top").action == "unchanged"
    desk.change(customer, street_joined="2 Low St")
    assert desk.read(customer, "billing.street1", "billing.street2", "billing.street3") == ("2 Low St", None, None)


@pytest.mark.parametrize("lines", [("Level 2; East", None), (None, "East"), ("Level 2", "East"), (None, None)])
def test_another_first_line_of_a_street_leaves_the_others_as_they_are(
    desk: Desk, lines: tuple[str | None, str | None]
) -> None:
    places = {"billing.street1": "1 Main", "billing.street2": lines[0], "billing.street3": lines[1]}
    customer = desk.create(name="A", **places)
    addresses, row = desk.at("address"), int(str(desk.read(customer, "billing_id")[0]))
    second = [line for line in lines if line]

    addresses.change(row, street_lines=("9 Side", "; ".join(second)))

    assert addresses.read(row, "street1", "street2", "street3") == ("9 Side", *lines)


def test_shipping_that_differs_splits_off_and_comes_back(desk: Desk) -> None:
    customer = desk.create(name="A", **{"billing.city": "Cebu"})

    desk.change(customer, **{"shipping_if_different.city": "Davao"})
    billing, shipping, city = desk.read(customer, "billing_id", "shipping_id", "shipping.city")
    assert billing != shipping
    assert city == "Davao"

    desk.change(customer, **{"shipping_if_different.city": None})
    assert desk.read(customer, "shipping_id") == (billing,)


def test_shipping_that_splits_off_keeps_what_the_billing_address_says_too_and_nothing_else_of_it(desk: Desk) -> None:
    customer = desk.create(name="A", **{"billing.street1": "1 Main", "billing.city": "Cebu", "billing.country": "PH"})

    sent = {"street1": "9 Side", "city": "Cebu"}
    desk.change(customer, **{f"shipping_if_different.{part}": value for part, value in sent.items()})

    parts = ("street1", "city", "country")
    assert desk.read(customer, *(f"shipping.{part}" for part in parts)) == ("9 Side", "Cebu", None)
    assert desk.read(customer, *(f"billing.{part}" for part in parts)) == ("1 Main", "Cebu", "PH")


@pytest.mark.parametrize("till", ["birthday", "birth_date"])
def test_time_of_birth_stays_with_its_day_and_goes_when_there_is_none(desk: Desk, till: str) -> None:
    customer = desk.create(name="A", birth_moment="1970-12-31 14:30:00")

    assert desk.change(customer, **{till: "1970-12-31"}).action == "unchanged"
    desk.change(customer, **{till: "1971-01-01"})
    assert desk.read(customer, "birth_date", "birth_time") == ("1971-01-01", "14:30:00")

    desk.change(customer, **{till: None})
    assert desk.read(customer, "birth_date", "birth_time") == (None, None)
    desk.change(customer, **{till: "1990-05-05"})
    assert desk.read(customer, "birth_date", "birth_time") == ("1990-05-05", None)


@pytest.mark.parametrize("billing_city", ["Cebu", None])
def test_shipping_that_says_more_stays_but_is_no_default_once_its_place_is_cleared(
    desk: Desk, billing_city: str | None
) -> None:
    customer = desk.create(name="A", **{"billing.city": billing_city, "shipping_if_different.city": "Davao"})
    billing, shipping = desk.read(customer, "billing_id", "shipping_id")
    addresses, row = desk.at("address"), int(str(shipping))
    addresses.change(row, vat_id="NZ1")

    desk.change(customer, **{"shipping_if_different.city": None})

    assert desk.read(customer, "billing_id", "shipping_id") == (billing, billing)
    assert addresses.read(row, "deleted", "vat_id", "city") == (None, "NZ1", None)
    assert addresses.remove(row).action == "removed"


def test_default_address_cannot_be_removed_and_the_default_moves(desk: Desk) -> None:
    customer = desk.create(name="A", **{"billing.city": "Cebu"})
    first = int(str(desk.read(customer, "billing_id")[0]))
    addresses = desk.at("address")
    with pytest.raises(Clash) as refused:
        addresses.remove(first)
    assert refused.value.faults == (Fault("id", "is_default", str(first)),)

    second = addresses.create(customer_id=customer, city="Davao", is_default_billing=1, is_default_shipping=1)

    assert desk.read(customer, "billing_id", "shipping_id", "billing.city") == (second, second, "Davao")
    assert addresses.remove(first).action == "removed"


def test_primary_group_is_explicit_else_oldest_membership_else_general(desk: Desk) -> None:
    groups, members = desk.at("customer_group"), desk.at("membership")
    dealer, vip = groups.create(code="dealer"), groups.create(code="vip")
    customer = desk.create(name="A")
    assert desk.read(customer, "group_id", "group.is_system") == (1, 1)

    first = members.create(**{"customer_id": customer, "group.code": "dealer"})
    members.create(**{"customer_id": customer, "group.code": "VIP"})
    assert desk.read(customer, "group_id") == (dealer,)

    desk.change(customer, primary_group=vip)
    assert desk.read(customer, "group_id", "primary_group_id") == (vip, vip)

    desk.change(customer, primary_group=1)
    assert desk.read(customer, "group_id") == (1,)
    members.remove(first)
    assert desk.read(customer, "group_id") == (1,)


def test_removed_membership_of_the_chosen_group_resets_the_choice(desk: Desk) -> None:
    vip = desk.at("customer_group").create(code="vip")
    customer = desk.create(name="A")
    member = desk.at("membership").create(**{"customer_id": customer, "group.code": "vip"})
    desk.change(customer, primary_group=1)
    desk.change(customer, primary_group=vip)

    desk.at("membership").remove(member)

    assert desk.read(customer, "group_id", "primary_group_id") == (1, None)


def test_membership_that_moves_to_another_group_leaves_the_chosen_one(desk: Desk) -> None:
    groups, members = desk.at("customer_group"), desk.at("membership")
    vip, dealer = groups.create(code="vip"), groups.create(code="dealer")
    customer = desk.create(name="A")
    member = members.create(**{"customer_id": customer, "group.code": "vip"})
    desk.change(customer, primary_group=1)
    desk.change(customer, primary_group=vip)

    members.change(member, subscribed=0)
    assert desk.read(customer, "group_id", "primary_group_id") == (vip, vip)
    members.change(member, **{"group.code": "dealer"})

    assert desk.read(customer, "group_id", "primary_group_id") == (dealer, None)
    assert groups.remove(vip).action == "removed"


def test_unknown_group_is_refused(desk: Desk) -> None:
    customer = desk.create(name="A")

    with pytest.raises(Invalid) as refused:
        desk.change(customer, primary_group=99)
    assert refused.value.faults == (Fault("primary_group", "unknown", "99"),)
    with pytest.raises(Invalid) as refused:
        desk.at("membership").create(**{"customer_id": customer, "group.code": "nobody"})
    assert refused.value.faults == (Fault("group.code", "unknown", "nobody"),)


def test_renamed_group_reaches_every_member_and_everybody_who_shows_it(desk: Desk, clock: StandingClock) -> None:
    groups, members = desk.at("customer_group"), desk.at("membership")
    vip, dealer = groups.create(code="vip"), groups.create(code="dealer")
    primary, second, outsider = desk.create(name="A"), desk.create(name="B"), desk.create(name="C")
    members.create(**{"customer_id": primary, "group.code": "vip"})
    members.create(**{"customer_id": second, "group.code": "dealer"})
    members.create(**{"customer_id": second, "group.code": "vip"})
    clock.step(100)

    groups.change(vip, title="Very important")

    now = clock.now()
    assert [desk.read(customer, "stamp")[0] == now for customer in (primary, second, outsider)] == [True, True, False]
    assert desk.read(primary, "group.title") == ("Very important",)
    assert groups.read(dealer, "stamp") != (now,)


def test_group_in_use_cannot_be_removed(desk: Desk) -> None:
    groups = desk.at("customer_group")
    empire = groups.create(code="empire")
    groups.create(code="troopers", parent_id=empire)

    with pytest.raises(Clash) as refused:
        groups.remove(empire)

    assert refused.value.faults == (Fault("", "has_children", "1"),)


@pytest.mark.parametrize("code", ["General", "not-logged-in"])
def test_system_groups_codes_are_reserved(desk: Desk, code: str) -> None:
    with pytest.raises(Clash):
        desk.at("customer_group").create(code=code)


def test_changed_tax_rate_and_branch_price_reach_the_product(desk: Desk, clock: StandingClock) -> None:
    products = desk.at("product")
    rate = desk.at("tax_rate").create(name="VAT", value=1_200)
    branch = desk.at("branch").create(name="Main")
    taxed = products.create(sku="A", name="A", retail_price=10_000, tax_names=("VAT",))
    other = products.create(sku="B", name="B", retail_price=10_000)
    clock.step(10)
    desk.at("tax_rate").change(rate, value=1_500)
    assert [products.read(product, "stamp")[0] == clock.now() for product in (taxed, other)] == [True, False]

    clock.step(10)
    desk.at("branch_price").create(product_id=other, branch_id=branch, retail_price=9_000)
    assert [products.read(product, "stamp")[0] == clock.now() for product in (taxed, other)] == [False, True]

    clock.step(10)
    desk.at("branch").change(branch, name="Harbour")
    assert [products.read(product, "stamp")[0] == clock.now() for product in (taxed, other)] == [False, True]


def test_unknown_tax_is_refused_and_repeated_taxes_change_nothing(desk: Desk) -> None:
    products = desk.at("product")
    desk.at("tax_rate").create(name="VAT", value=1_200)
    product = products.create(sku="A", name="A", retail_price=10_000, tax_names=("VAT",))

    assert products.change(product, tax_names=("VAT",)).action == "unchanged"
    assert products.change(product, tax_names=()).action == "changed"
    with pytest.raises(Invalid) as refused:
        products.change(product, tax_names=("VAT", "GST"))
    assert refused.value.faults == (Fault("tax_names", "unknown_tax", "GST"),)


def test_password_is_hashed_once_and_repeating_it_changes_nothing(desk: Desk) -> None:
    customer = desk.create(name="A", password="correct horse")
    stored = desk.read(customer, "password_hash")
    assert str(stored[0]).startswith("$argon2id$")

    assert desk.change(customer, password="correct horse").action == "unchanged"
    assert desk.change(customer, password="battery staple").action == "changed"
    assert desk.read(customer, "password_hash") != stored
