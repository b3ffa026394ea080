"""Orders and lines: numbers, amounts, status, whose they are, the fetch-and-mark loop.

Sources: spec 11.4 to 11.7, 14.6.
"""

import pytest

from tests.clocks import StandingClock
from tests.dialects.zeald.shop import Shop

LINES = (
    "<Orderline><sku>A</sku><price>22.00</price><quantity>2</quantity></Orderline>"
    "<Orderline><sku>B</sku><price>0.335</price></Orderline>"
)


def order(shop: Shop, inner: str = "<email>x@y.nz</email>") -> str:
    """The number of a new order."""
    return str(shop.post("Order+Orderlines", f"<Order>{inner}</Order>")[0][1])


def amounts(shop: Shop, number: str) -> list[str]:
    names = ("subtotal", "subtotal_numeric", "total_cost", "total_converted_default_currency")
    (node,) = shop.get(f"Order/{number}")
    return [node.findtext(name) or "" for name in names]


def test_amounts_that_are_not_sent_are_computed_once(shop: Shop) -> None:
    """KNOWN 8."""
    number = order(shop, f"<email>x@y.nz</email><shipping>5</shipping><salestax>7.35</salestax>{LINES}")
    assert amounts(shop, number) == ["44.335", "44.335", "56.685", "56.685"]

    shop.put(f"Order/{number}", "<Order><shipping>9</shipping></Order>")
    assert amounts(shop, number)[2] == "56.685"


def test_amounts_that_are_sent_are_the_shops_word(shop: Shop) -> None:
    number = order(shop, f"<email>x@y.nz</email><subtotal>1.00</subtotal><total_cost>9</total_cost>{LINES}")
    assert amounts(shop, number)[::2] == ["1.00", "9.00"]
    assert amounts(shop, order(shop))[::2] == ["0.00", "0.00"]


MOST = "922337203685477.5807"
BIG = "<Orderline><sku>A</sku><price>99999999999</price><quantity>{}</quantity></Orderline>"


@pytest.mark.parametrize(
    "inner, field",
    [
        (BIG.format("99999999"), "subtotal"),
        (BIG.format("9000") * 2, "subtotal"),
        (f"<subtotal>{MOST}</subtotal><shipping>0.0001</shipping>", "total_cost"),
        (f"<subtotal>{MOST}0</subtotal>", ""),
        ("<salestax>922337203685477.5808</salestax>", "salestax"),
    ],
    ids=["one line", "lines together", "all together", "as much as there can be", "sent"],
)
def test_amounts_that_cannot_be_kept_are_refused_on_their_field(either_shop: Shop, inner: str, field: str) -> None:
    """KNOWN 8."""
    body = f"<Order><email>x@y.nz</email>{inner}</Order>"
    if not field:
        assert either_shop.post("Order+Orderlines", body) == [("created", "ORD000001")]
        return
    said = f"{field} must be a number up to {MOST}"
    assert either_shop.refused("POST", "Order+Orderlines", body) == [("422", said, field)]
    assert either_shop.keys("Order") == either_shop.keys("Orderlines") == []


def test_numbers_are_given_and_step_over_those_in_use(shop: Shop) -> None:
    """KNOWN 9."""
    order(shop, "<order_number>ORD000002</order_number><email>x@y.nz</email>")
    assert [order(shop) for _ in range(2)] == ["ORD000001", "ORD000003"]


def test_lines_are_numbered_matched_by_place_and_come_in_order(shop: Shop) -> None:
    many = "".join(f"<Orderline><sku>S{number}</sku></Orderline>" for number in range(12))
    number = order(shop, f"<email>x@y.nz</email>{many}")
    assert [line.findtext("sku") for line in shop.get("Order+Orderlines")[0].findall("Orderline")] == [
        f"S{number}" for number in range(12)
    ]

    (outcome,) = shop.post(
        "Order+Orderlines", f"<Order><order_number>{number}</order_number><Orderline><sku>T</sku></Orderline></Order>"
    )
    assert outcome == ("unchanged", number, [("updated", f"{number}-1")])
    assert shop.post("Orderlines", f"<Orderline><order_number>{number}</order_number><sku>U</sku></Orderline>") == [
        ("created", f"{number}-13")
    ]
    assert shop.post("Orderlines", f"<Orderline><code>{number}-13</code><quantity>3.50</quantity></Orderline>") == [
        ("updated", f"{number}-13")
    ]
    assert shop.field(f"Orderlines/{number}-13", "quantity") == "3.5"


def test_line_takes_from_its_order_what_it_does_not_say(shop: Shop) -> None:
    number = order(shop, f"<email>x@y.nz</email><status>shipped</status>{LINES}")
    (line,) = shop.get(f"Orderlines/{number}-1")
    names = ("status", "subtotal", "order_number", "quantity", "order_date")
    assert [line.findtext(name) for name in names] == ["Shipped", "44.00", number, "2", "2026-11-21 18:20:49"]


@pytest.mark.parametrize(
    "body, said",
    [
        ("<Orderline><sku>A</sku></Orderline>", "order_number is required"),
        ("<Orderline><order_number>X</order_number><sku>A</sku></Orderline>", "Order X does not exist"),
        ("<Orderline><order_number>ORD000001</order_number></Orderline>", "sku is required"),
        (
            "<Orderline><order_number>ORD000001</order_number><sku>A</sku><quantity>0</quantity></Orderline>",
            "quantity must be a number greater than 0",
        ),
        (
            "<Orderline><order_number>ORD000001</order_number><sku>A</sku><price>-1</price></Orderline>",
            "price must be a number from 0",
        ),
    ],
)
def test_bad_lines(shop: Shop, body: str, said: str) -> None:
    order(shop)
    assert shop.refused("POST", "Orderlines", body)[0][:2] == ("422", said)


def test_line_stays_with_its_order(shop: Shop) -> None:
    first, second = order(shop, f"<email>x@y.nz</email>{LINES}"), order(shop)
    assert shop.refused(
        *("POST", "Order+Orderlines"),
        f"<Order><order_number>{second}</order_number><Orderline><code>{first}-1</code></Orderline></Order>",
    ) == [("409", f"code {first}-1 is already in use", "code")]
    assert shop.refused(
        *("PUT", f"Orderlines/{first}-1"), f"<Orderline><order_number>{second}</order_number></Orderline>"
    ) == [("422", f"order_number cannot be changed from {first}", "order_number")]


@pytest.mark.parametrize(
    "sent, shown, canonical",
    [
        ("pending", "Pending", "pending"),
        ("WAITING", "Waiting", "pending_payment"),
        ("Credit", "Credit", "on_hold"),
        ("backorder", "Backorder", "processing"),
        ("partial", "Partial", "processing"),
        ("shipped", "Shipped", "complete"),
        ("canceled", "Canceled", "canceled"),
        ("on the van", "on the van", "processing"),
        ("", "Pending", "pending"),
    ],
)
def test_status_keeps_its_words_and_has_a_meaning(shop: Shop, sent: str, shown: str, canonical: str) -> None:
    """KNOWN 10."""
    number = order(shop)
    shop.put(f"Order/{number}", "<Order><status>other</status></Order>")
    shop.put(f"Order/{number}", f"<Order><status>{sent}</status></Order>")

    assert shop.field(f"Order/{number}", "status") == shown
    assert canonical_status(shop) == canonical
    assert shop.put(f"Order/{number}", f"<Order><status>{shown.upper()}</status></Order>")[0][0] == (
        "updated" if shown == "on the van" else "unchanged"
    )


def canonical_status(shop: Shop) -> object:
    from tillstone.domain.commands import Key
    from tillstone.domain.records import Shape

    with shop.service.store.peek() as snapshot:
        row = snapshot.one(1, Shape("order", ("status",)), Key("id", 1), live=True)
    return row[0] if row else None


def test_order_knows_its_customer_and_keeps_the_name(shop: Shop) -> None:
    """KNOWN 11."""
    shop.post("Customer", "<Customer><username>Ann@x.nz</username></Customer>")
    number = order(shop, "<username>ann@X.NZ</username>")
    assert shop.field(f"Order/{number}", "username") == "Ann@x.nz"
    assert shop.put(f"Order/{number}", "<Order><username>ANN@X.NZ</username></Order>") == [("unchanged", number)]

    shop.delete("Customer/ann@x.nz")
    assert shop.field(f"Order/{number}", "username") == "Ann@x.nz"
    assert shop.put(f"Order/{number}", "<Order><username>Ann@x.nz</username><po_number>1</po_number></Order>") == [
        ("updated", number)
    ]
    shop.post("Customer", "<Customer><username>ann@x.nz</username></Customer>")
    assert shop.get("Customer+Order/ann@x.nz")[0].find("Order") is None  # the name is another person's now


def test_order_brings_its_customer_along_or_names_one_that_is_there(shop: Shop) -> None:
    assert shop.refused("POST", "Order", "<Order><username>ann</username></Order>") == [
        ("422", "Customer ann does not exist", "username")
    ]
    assert shop.post("Order+Customer", "<Order><Customer><username>ann</username></Customer></Order>") == [
        ("created", "ORD000001", [("created", "ann")])
    ]
    assert shop.field("Order/ORD000001", "username") == "ann"
    assert shop.post("Customer+Order", "<Customer><username>ann</username><Order/></Customer>")[0][2] == [
        ("created", "ORD000002")
    ]


def test_faults_of_a_nested_customer_are_told_without_others_that_follow_from_them(shop: Shop) -> None:
    body = "<Order><po_number>7</po_number><Customer><username>ann</username><email>x</email></Customer></Order>"
    assert shop.refused("POST", "Order+Customer", body) == [("422", "email is no e-mail address", "email")]
    assert shop.keys("Order") == shop.keys("Customer") == []


def test_lines_go_with_their_order_and_its_number_is_free(shop: Shop) -> None:
    number = order(shop, f"<email>x@y.nz</email>{LINES}")
    assert shop.delete(f"Order/{number}") == [number]
    assert shop.keys("Orderlines") == []
    assert shop.post("Order+Orderlines", f"<Order><order_number>{number}</order_number>{LINES}</Order>") == [
        ("created", number, [("created", f"{number}-1"), ("created", f"{number}-2")])
    ]


def test_orders_stamp_moves_with_its_lines(shop: Shop, clock: StandingClock) -> None:
    number = order(shop, f"<email>x@y.nz</email>{LINES}")
    clock.step(60)
    shop.delete(f"Orderlines/{number}-2")
    assert shop.field(f"Order/{number}", "update_date") == "2026-11-21 18:21:49"


def test_fetch_and_mark(shop: Shop) -> None:
    for _ in range(3):
        order(shop)
    marked = "".join(
        f"<Order><order_number>{number}</order_number><integrated>true</integrated></Order>"
        for number in shop.keys("Order+Orderline?integrated=false")
    )
    assert [action for action, _ in shop.post("Order", marked)] == ["updated"] * 3
    assert shop.keys("Order+Orderline?integrated=false") == []


def test_amounts_are_shown_as_exactly_as_they_are_kept(shop: Shop) -> None:
    """KNOWN 7."""
    sent = "<email>x@y.nz</email><subtotal>1.2345</subtotal><handling>2</handling><salestax>0.5</salestax>"
    (node,) = shop.get(f"Order/{order(shop, sent)}")
    names = ("subtotal", "handling", "salestax", "shipping", "subtotal_numeric", "subtotal_converted_default_currency")
    assert [node.findtext(name) for name in names] == ["1.2345", "2.00", "0.50", "", "1.2345", "1.2345"]
    assert shop.refused("GET", "Order?total_converted_default_currency=1")[0][0] == "400"
