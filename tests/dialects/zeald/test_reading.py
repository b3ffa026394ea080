"""GET: lists, searches, pages, orders, fields, several keys, joins, JSON. Sources: spec 4 and 6."""

from collections.abc import Callable, Iterable

import pytest

from tests.clocks import StandingClock
from tests.dialects.zeald.shop import Shop, actions
from tests.fronts import NOON, root_of
from tillstone.dialects.zeald import Options
from tillstone.dialects.zeald.filters import MOST_COSTLY
from tillstone.dialects.zeald.tables import TABLES
from tillstone.domain.service import Service

PEOPLE = """
<Customer><username>ann</username><email>Ann@X.nz</email><b_city>Auckland</b_city><discount>5</discount>
  <custom_data1>100%</custom_data1></Customer>
<Customer><username>ben_2</username><email>ben@y.nz</email><city>Wellington</city><discount>20</discount>
  <inactive>true</inactive></Customer>
<Customer><username>benx2</username><b_city>Nelson</b_city><discount>25</discount></Customer>
"""


@pytest.fixture
def service(either_service: Service) -> Service:
    """Searches mean the same on both databases."""
    return either_service


@pytest.fixture
def people(shop: Shop, clock: StandingClock) -> Shop:
    shop.post("Customer", PEOPLE)
    clock.step(60)
    shop.put("Customer/ann", "<Customer><phone_day>1</phone_day></Customer>")
    return shop


@pytest.mark.parametrize(
    "query, keys",
    [
        ("", ["ann", "ben_2", "benx2"]),
        ("email=ann@x.NZ", ["ann"]),
        ("email=%@%.nz", ["ann", "ben_2"]),
        ("username=ben_2", ["ben_2"]),
        ("username=ben_%", ["ben_2"]),
        ("username=%25", ["ann", "ben_2", "benx2"]),
        ("custom_data1=100\\%25", ["ann"]),
        ("custom_data1=10\\%25", []),
        ("username=ann&username=benx2", ["ann", "benx2"]),
        ("username=ann&username=benx2&discount=25", ["benx2"]),
        ("email=", ["benx2"]),
        ("email[ne]=", ["ann", "ben_2"]),
        ("b_city[ne]=auckland", ["ben_2", "benx2"]),
        ("username[ne]=ben%25", ["ann"]),
        ("discount=2%25", ["ben_2", "benx2"]),
        ("discount[ge]=5&discount[lt]=25", ["ann", "ben_2"]),
        ("discount[gt]=5&discount[le]=25", ["ben_2", "benx2"]),
        ("discount[ne]=20", ["ann", "benx2"]),
        ("inactive=YES", ["ben_2"]),
        ("inactive=0", ["ann", "benx2"]),
        ("city=wellington", ["ben_2"]),
        ("city=Auckland", []),  # shown empty: the billing address is the shipping address
        ("city=", ["ann", "benx2"]),
        ("updated=2026-11-21 18:21:49", ["ann"]),
        ("updated[ge]=2026-11-21T18:21:00Z", ["ann"]),
        ("updated=2026-11-21 18:20:%25", ["ben_2", "benx2"]),
        ("updated=2026-11-%25", ["ann", "ben_2", "benx2"]),
        ("updated=2026-%25&updated=2027-%25", ["ann", "ben_2", "benx2"]),
        ("updated=2027-%25", []),
        ("updated=%25", ["ann", "ben_2", "benx2"]),
        ("updated[lt]=2026-11-21", []),
    ],
)
def test_search(people: Shop, query: str, keys: list[str]) -> None:
    """KNOWN 6."""
    assert people.keys(f"Customer?{query}") == keys


@pytest.mark.parametrize(
    "query, field",
    [
        ("emial=x", "emial"),
        ("password=x", "password"),
        ("discount=abc", "discount"),
        ("inactive=perhaps", "inactive"),
        ("updated=yesterday", "updated"),
        ("updated=%2511-21", "updated"),
        ("updated=2026-13-%25", "updated"),
        ("inactive=t%25", "inactive"),
        ("discount[like]=5", "discount"),
        ("discount[ge]=x", "discount"),
        ("b_city[]=x", "b_city[]"),
        ("_sort=password", "password"),
        ("_sort=emial", "emial"),
        ("_fields=emial", "emial"),
        ("_fields=Order.status", ""),
        ("_fields=Foo.bar", ""),
        ("_results=0", ""),
        ("_results=-1", ""),
        ("_results=x", ""),
        ("_page=0", ""),
        ("_start=x", ""),
        ("_format=yaml", ""),
        ("_replace=UserCustomerGroups", ""),
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_cannot_be_meant_is_refused_and_removes_nothing(people: Shop, query: str, field: str, method: str) -> None:
    ((status, _, named),) = people.refused(method, f"Customer?{query}")

    assert (status, named) == ("400", field)
    assert len(people.keys("Customer")) == 3


def test_pages_and_counters(people: Shop) -> None:
    root = people.get("Customer?_results=2&_page=2")
    assert root.attrib["page"] == "2"
    assert [root.attrib[name] for name in ("startResultIndex", "totalResults", "totalResultsReturned")] == [
        "2",
        "3",
        "1",
    ]
    assert people.keys("Customer?_results=1&_start=1&_page=9") == ["ben_2"]
    assert people.keys("Customer?_results=99999999999999999999999") == ["ann", "ben_2", "benx2"]
    assert people.keys("Customer?_page=99999999999999999999999") == []
    assert people.get("Customer?_page=7").attrib["totalResults"] == "3"


def test_unknown_controls_are_ignored(people: Shop) -> None:
    assert len(people.keys("Customer?_session_token=x&_with_images=1&_whatever=")) == 3


def test_order(people: Shop) -> None:
    """KNOWN 5."""
    assert people.keys("Customer?_sort=-discount") == ["benx2", "ben_2", "ann"]
    assert people.keys("Customer?_sort=-updated,-username") == ["ann", "benx2", "ben_2"]
    assert people.keys("Customer?_sort=city,b_city") == ["ann", "benx2", "ben_2"]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_order_by_everything_at_once(shop: Shop, name: str) -> None:
    """A database orders by so many terms only, and SQLite dies of a few more: each field counts once."""
    order = [field.wire for field in TABLES[name].fields if shop.ask("GET", f"{name}?_sort={field.wire}").status == 200]
    assert len(order) > 5
    assert shop.keys(f"{name}?_sort={','.join(order * 3)}") == []


def test_first_mention_of_a_field_orders(people: Shop) -> None:
    assert people.keys(f"Customer?_sort=-discount,{',city,discount' * 40}") == ["benx2", "ben_2", "ann"]


def test_fields_are_chosen_per_resource_and_the_key_always_comes(shop: Shop) -> None:
    shop.seed()
    root = shop.get("Customer+(UserCustomerGroups+UserGroups)?_fields=email:UserGroups.title")

    customer = root[0]
    assert [node.tag for node in customer][:2] == ["email", "username"]
    assert len(customer[2]) == 9  # a resource of which nothing is named keeps all its fields
    assert [node.tag for node in customer[2][8]] == ["code", "title"]


def test_several_keys_answer_in_their_order_once_each(people: Shop) -> None:
    root = people.get("Customer/benx2,ghost,ANN,benx2")
    assert [node.findtext("username") for node in root] == ["benx2", "ann"]
    assert "page" not in root.attrib
    assert people.refused("GET", "Customer/ghost,nobody")[0][:2] == ("404", "Customer ghost not found")


def test_filters_must_hold_beside_a_key(people: Shop) -> None:
    assert people.keys("Customer/ann?discount=5") == ["ann"]
    assert people.refused("GET", "Customer/ann?discount=6") == [("404", "Customer ann not found", "")]


@pytest.mark.parametrize(
    "key, path", [("a+b@x.nz", "a+b@x.nz"), ("a/b", "a%2Fb"), ("a,b", "a%2Cb"), ("pé té", "p%C3%A9%20t%C3%A9")]
)
def test_keys_of_any_letters(shop: Shop, key: str, path: str) -> None:
    shop.post("Customer", f"<Customer><username>{key}</username></Customer>")

    node = shop.get(f"Customer/{path}")[0]
    assert node.findtext("username") == key
    assert shop.get(node.get("href", "").partition("/API/V3/")[2])[0].findtext("username") == key


def test_keys_ignore_case(people: Shop) -> None:
    assert people.keys("customers/ANN") == ["ann"]


def test_joined_records_hang_where_the_specification_says(shop: Shop) -> None:
    shop.seed()
    shop.post(
        "Order+Orderlines", "<Order><username>peter@parker.nz</username><Orderline><sku>A</sku></Orderline></Order>"
    )

    (customer,) = shop.get("Customer+(UserCustomerGroups+UserGroups)+(Order+OrderLines)")
    assert [node.tag for node in customer][-3:] == ["UserCustomerGroup", "UserCustomerGroup", "Order"]
    assert [node.findtext("UserGroup/code") for node in customer.findall("UserCustomerGroup")] == ["dealer", "vip"]
    assert customer.findtext("Order/OrderLine/sku") == "A"
    (line,) = shop.get("Orderlines+(Order+Customer)")
    assert line.findtext("Order/Customer/email") == "peter@parker.nz"
    (group, _) = shop.get("UserGroups+(UserCustomerGroups+Customer)")
    assert group.findtext("UserCustomerGroup/Customer/username") == "peter@parker.nz"


def test_empty_fields_have_both_tags_and_every_field_is_there(shop: Shop) -> None:
    shop.post("Customer", "<Customer><username>ann</username></Customer>")
    body = shop.ask("GET", "Customer/ann").body.decode()

    assert "<b_city></b_city>" in body
    tags = [node.tag for node in shop.get("Customer/ann")[0]]
    assert tags == sorted(tags)
    assert len(tags) == 35


def test_texts_that_xml_cannot_carry_are_replaced(shop: Shop) -> None:
    shop.post(
        "Customer",
        "<Customer><username>ann</username><custom_data1>a &lt;b&gt; &amp; é &#13;x</custom_data1></Customer>",
    )
    assert shop.field("Customer/ann", "custom_data1") == "a <b> & é \rx"


def test_json_has_arrays_and_typed_leaves(shop: Shop) -> None:
    """KNOWN 17."""
    shop.seed()
    shop.post(
        "Order+Orderlines", "<Order><email>x@y.nz</email><Orderline><sku>A</sku><price>1.5</price></Orderline></Order>"
    )

    found = shop.json("Customer+(UserCustomerGroups+UserGroups)?_format=json")
    (customer,) = found["Customer"]
    assert (found["page"], found["totalResults"], customer["discount"], customer["inactive"]) == (1, 1, 0, False)
    assert customer["_href"].endswith("/API/V3/Customer/peter@parker.nz")
    assert customer["_id"] == "Model::Userdb::peter@parker.nz"
    assert [each["UserGroup"][0]["code"] for each in customer["UserCustomerGroup"]] == ["dealer", "vip"]
    (order,) = shop.json("Order+Orderlines/ORD000001?_format=json")["Order"]
    assert (order["subtotal"], order["Orderline"][0]["price"], order["handling"]) == ("1.50", "1.50", "")


def test_schema_location_can_be_left_out(people: Shop) -> None:
    assert b"schemaLocation" in people.ask("GET", "Customer").body
    assert b"schemaLocation" not in people.ask("GET", "Customer?_disable_xsd=1").body


def test_amounts_are_searched_by_their_printed_beginning(shop: Shop) -> None:
    for total in ("2.5", "22.50", "0.5", "250", "2.49"):
        shop.post("Order", f"<Order><email>x@y.nz</email><total_cost>{total}</total_cost></Order>")

    def totals(value: str) -> list[str]:
        return [node.findtext("total_cost") or "" for node in shop.get(f"Order?total_cost={value}&_sort=total_cost")]

    assert totals("2%25") == ["2.49", "2.50", "22.50", "250.00"]
    assert totals("2.5%25") == ["2.50"]
    assert totals("2.%25") == ["2.49", "2.50"]
    assert totals("0%25") == ["0.50"]
    assert totals("22.5") == ["22.50"]
    assert shop.refused("GET", "Order?total_cost=%255")[0][0] == "400"


def repeated(name: str, values: Iterable[object]) -> str:
    return "&".join(f"{name}={value}" for value in values)


@pytest.mark.parametrize(
    "query, numbers",
    [
        (repeated("total_cost", ["1%25"] * 76), [1]),
        (repeated("total_cost", [f"{number}%25" for number in range(1, MOST_COSTLY + 1)]), [1]),
        (repeated("total_cost", ["7", "7.0", "12.5", "3%25", *range(20, 1_100)]), [1]),
        (repeated("po_number", [""] * 1_010), [2]),
        (repeated("po_number", range(1_500)), [1]),
        (repeated("po_number", ["", *range(1_500)]), [1, 2]),
        (repeated("order_date", [f"2026-11-{n % 30 + 1} 18:20:{n % 60:02}" for n in range(1_000)]), []),
        (repeated("order_date", ["2026-11-21 18:20:49", "2026-11-22", "2026-11-23"]), [1, 2]),
        (repeated("integrated", ["false", "no", "0", "true"] * 300), [1, 2]),
    ],
    ids=lambda value: str(value)[:24],
)
def test_many_values_of_one_field_are_one_search(shop: Shop, query: str, numbers: list[int]) -> None:
    """KNOWN 6."""
    shop.post("Order", "<Order><email>x@y.nz</email><po_number>7</po_number><total_cost>12.5</total_cost></Order>")
    shop.post("Order", "<Order><email>x@y.nz</email></Order>")
    assert shop.keys(f"Order?{query}") == [f"ORD{number:06}" for number in numbers]


@pytest.mark.parametrize("query", ["total_cost={}%25", "po_number={}%25", "total_cost[ge]={}", "po_number[ne]={}"])
def test_what_costs_is_searched_by_in_moderation(shop: Shop, query: str) -> None:
    def wanted(count: int) -> str:
        return "Order?" + "&".join(query.format(number) for number in range(1, count + 1))

    assert shop.keys(wanted(MOST_COSTLY)) == []
    said = f"At most {MOST_COSTLY} wildcards and comparisons can be searched by at once"
    for method in ("GET", "DELETE"):
        assert shop.refused(method, wanted(MOST_COSTLY + 1)) == [("400", said, "")]


def test_times_are_shown_and_read_in_the_set_zone(shop_with: Callable[[Options], Shop]) -> None:
    """KNOWN 20."""
    shop = shop_with(Options(timezone="Pacific/Auckland"))
    shop.post("Order", "<Order><email>x@y.nz</email><order_date>2026-11-22 07:00:00</order_date></Order>")

    assert shop.field("Order/ORD000001", "order_date") == "2026-11-22 07:00:00"
    assert shop.field("Order/ORD000001", "update_date") == "2026-11-22 07:20:49"
    assert shop.keys("Order?order_date=2026-11-21T18:00:00Z") == ["ORD000001"]
    assert shop.write("PUT", "Order/ORD000001", "<Order></Order>").get("performed_at") == "Sun Nov 22 07:20:49 2026"
    assert shop.service.clock.now() == NOON


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/New_York"])
@pytest.mark.parametrize(
    "moment",
    [
        *("2026-04-04T13:30:00Z", "2026-04-04T14:30:00Z"),  # Auckland puts its clocks back between them
        *("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"),  # and so does New York
        *("2026-09-26T14:30:00Z", "1850-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_times_that_are_sent_back_as_shown_stay_what_they_are(
    shop_with: Callable[[Options], Shop], zone: str, moment: str
) -> None:
    """KNOWN 20."""
    shop = shop_with(Options(timezone=zone))
    shop.post("Order", f"<Order><email>x@y.nz</email><order_date>{moment}</order_date></Order>")

    reply = shop.ask("PUT", "Order", shop.ask("GET", "Order").body)

    assert actions(root_of(reply)) == [("unchanged", "ORD000001")]
    assert shop.keys(f"Order?order_date={moment}") == ["ORD000001"]


@pytest.mark.parametrize(
    "zone, told", [("America/New_York", "9999-12-31 23:59:59"), ("Pacific/Auckland", "0001-01-01 00:00:00")]
)
def test_times_that_could_not_be_shown_are_refused(shop_with: Callable[[Options], Shop], zone: str, told: str) -> None:
    shop = shop_with(Options(timezone=zone))

    faults = shop.refused("POST", "Order", f"<Order><email>x@y.nz</email><order_date>{told}</order_date></Order>")

    assert [(status, field) for status, _, field in faults] == [("422", "order_date")]
