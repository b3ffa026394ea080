"""Bodies, paths and queries that mean harm: each has its answer, and nothing is written. Sources: spec 2.3, 3, 7.1."""

from time import process_time

import pytest

from tests.dialects.zeald.shop import Shop
from tests.fronts import root_of
from tillstone.dialects.zeald.document import LIMITS

SECONDS = 20
"""Processor time that nothing here may need, even on a slow and busy machine: what blows up needs hours."""


@pytest.fixture(autouse=True)
def _quick(shop: Shop) -> object:
    began = process_time()
    yield
    assert process_time() - began < SECONDS
    assert shop.keys("Customer") == []


def customers(count: int, inner: str = "") -> str:
    one = "<Customer><username>u{}</username>" + inner + "</Customer>"
    return "<ResultSet>" + "".join(one.replace("{}", str(number)) for number in range(count)) + "</ResultSet>"


def nested(depth: int) -> str:
    return "<ResultSet><Customer>" + "<b_city>" * depth + "</b_city>" * depth + "</Customer></ResultSet>"


@pytest.mark.parametrize(
    "body, status",
    [
        ("", 400),
        ("   ", 400),
        ("<ResultSet>", 400),
        ("<ResultSet/>x", 400),
        ("<ResultSet><Customer></ResultSet>", 400),
        ('<!DOCTYPE x [<!ENTITY a "b">]><ResultSet><Customer><username>&a;</username></Customer></ResultSet>', 400),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><ResultSet/>', 400),
        ("<ResultSet><Customer><username>&unknown;</username></Customer></ResultSet>", 400),
        ('<?xml version="1.0" encoding="utf-16"?><ResultSet/>', 400),
        (nested(20), 413),
        ("<ResultSet " + " ".join(f"a{n}='x'" for n in range(40)) + "/>", 413),
        ("<ResultSet>" + "<x/>" * 400_001 + "</ResultSet>", 413),
        (customers(2_001), 422),
        (nested(3), 422),
        ("<ResultSet>" + "x" * 1_000_000 + "</ResultSet>", 400),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bodies(shop: Shop, body: str, status: int) -> None:
    reply = shop.ask("POST", "Customer", body)
    assert (reply.status, root_of(reply).get("stat")) == (status, "fail")


def test_small_body_that_is_too_deep_is_not_said_to_be_too_large(shop: Shop) -> None:
    said = "The body has too many elements, attributes or levels"
    assert shop.refused("POST", "Customer", nested(20)) == [("413", said, "")]


@pytest.mark.parametrize(
    "body", [b"\xff\xfe<\x00", b"<ResultSet>\xff</ResultSet>", b"\x00" * 100, b"<ResultSet>\x00</ResultSet>"]
)
def test_bytes_that_are_no_text(shop: Shop, body: bytes) -> None:
    assert shop.ask("POST", "Customer", body).status == 400


def test_body_of_ten_mebibytes_is_read_and_a_larger_one_is_not(shop: Shop) -> None:
    filled = customers(1, "<custom_data1></custom_data1>")
    largest = filled.replace("</custom_data1>", "x" * (LIMITS.size - len(filled)) + "</custom_data1>")
    reply = shop.ask("POST", "Customer", largest)
    assert (reply.status, root_of(reply).findtext("error/field")) == (422, "custom_data1")
    assert shop.ask("POST", "Customer", largest + " ").status == 413


def test_four_hundred_thousand_unknown_elements_are_told_of_in_moderation(shop: Shop) -> None:
    inner = "".join(f"<x{number}/>" for number in range(100_000))
    reply = shop.ask("PUT", "Customer", f"<ResultSet><Customer><username>u0</username>{inner}</Customer></ResultSet>")
    assert reply.status == 404
    assert len(reply.body) < 10_000


def test_many_records_of_one_name_are_one_record(shop: Shop) -> None:
    members = "<UserCustomerGroup><group_code>vip</group_code></UserCustomerGroup>" * 300
    shop.post("Customer+UserCustomerGroups", f"<Customer><username>ann</username>{members}</Customer>")
    assert shop.keys("UserCustomerGroups") == ["1"]
    shop.delete("Customer/ann")


@pytest.mark.parametrize(
    "path",
    [
        "+".join(["Customer"] * 10_000),
        "(" * 10_000,
        "Customer" + "+(UserCustomerGroups+Customer" * 2_000,
        "Customer" + ")" * 10_000,
        "C" * 100_000 + "+" * 100_000,
        "Customer%00",
        "%ff%fe",
        "Customer;Order",
        "Customer/" + "a," * 101 + "b",
    ],
    ids=lambda path: path[:20],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_paths(shop: Shop, path: str, method: str) -> None:
    reply = shop.ask(method, path, "<ResultSet/>")
    assert reply.status in {400, 404}
    assert root_of(reply).get("stat") == "fail"


@pytest.mark.parametrize(
    "path",
    [
        "Customer/" + "x" * 100_000,
        "UserCustomerGroups/" + "9" * 5_000,
        "UserCustomerGroups/-1",
        "Customer/%00",
        "Customer/%ff",
    ],
)
def test_keys_that_nobody_has(shop: Shop, path: str) -> None:
    for method in ("GET", "DELETE"):
        assert shop.ask(method, path).status in {200, 404}
    assert shop.ask("PUT", path, f"<ResultSet><{path.partition('/')[0].removesuffix('s')}/></ResultSet>").status in {
        404,
        422,
        400,
    }


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"username=u{number}" for number in range(900)),
        "username=" + "%25" * 2_000,
        "username=" + "%25a" * 2_000,
        "updated=" + "9" * 5_000,
        "discount=" + "9" * 5_000,
        "discount[ge]=-99999999999999999999999999",
        "_start=" + "9" * 5_000,
        "_fields=" + ",".join(["email"] * 1_500),
        "_sort=" + ",".join(["email"] * 50),
        "updated=9999-%25",
        "updated=0000-%25",
        "username=%00&email=%ed%a0%80",
    ],
    ids=lambda query: query[:24],
)
def test_queries(shop: Shop, query: str) -> None:
    assert shop.ask("GET", f"Customer?{query}").status in {200, 400}
