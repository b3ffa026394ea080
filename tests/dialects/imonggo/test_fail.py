"""Problems to answers."""

import json

import pytest

from tillstone.dialects.base import Dialect, Encoded, MethodNotAllowed, TooLarge, TooMany, TooSlow
from tillstone.dialects.imonggo import Imonggo
from tillstone.dialects.imonggo.fail import MESSAGES, words
from tillstone.dialects.imonggo.kinds import CUSTOMER, PRODUCT
from tillstone.domain.errors import Bug, Clash, Fault, Forbidden, Invalid, NotFound, StoreDown, Unauthorized
from tillstone.wire.http import Reply, Request
from tillstone.wire.limits import Excess, Malformed

DIALECT: Dialect = Imonggo()


def fail(problem: Exception, path: bytes = b"/api/products.xml") -> Reply:
    return DIALECT.fail(Request("POST", path), problem)


@pytest.mark.parametrize(
    "problem, status, text",
    [
        (NotFound(), 404, "Not Found"),
        (Forbidden(), 403, "Forbidden"),
        (MethodNotAllowed("GET"), 405, "Method Not Allowed"),
        (TooSlow(), 408, "Request Timeout"),
        (TooLarge(), 413, "Request Entity Too Large"),
        (Encoded(), 415, "Unsupported Media Type"),
        (Malformed("x"), 500, "Internal Server Error"),
        (Excess("x"), 500, "Internal Server Error"),
        (TooMany(7), 503, "Service Unavailable"),
        (StoreDown(), 503, "Service Unavailable"),
        (Bug("secret"), 500, "Internal Server Error"),
        (RuntimeError("secret"), 500, "Internal Server Error"),
        (Invalid(Fault("name", "blank")), 422, "Name can't be blank"),
        (Clash(Fault("sku", "taken")), 422, "Stock no has already been taken"),
        (Invalid(), 422, "Invalid"),
    ],
)
def test_problems_have_a_status_and_one_sentence(problem: Exception, status: int, text: str) -> None:
    reply = fail(problem)
    assert reply.status == status
    assert reply.body.decode().split("\n")[1:-1] == ["<errors>", f"  <error>{text}</error>", "</errors>"]
    as_json = fail(problem, b"/api/products.json")
    assert (as_json.status, json.loads(as_json.body)) == (status, {"errors": [text]})


def test_wait_and_method_headers() -> None:
    """KNOWN 29: only what passes is 503, and says when."""
    assert (b"retry-after", b"7") in fail(TooMany(7)).headers
    assert any(name == b"retry-after" for name, _ in fail(StoreDown()).headers)
    assert (b"allow", b"GET, HEAD") in fail(MethodNotAllowed("GET", "HEAD")).headers
    assert not any(name == b"retry-after" for name, _ in fail(NotFound()).headers)


def test_wrong_keys_are_challenged_and_wrong_logins_not_found() -> None:
    reply = fail(Unauthorized("unknown"))
    assert reply.status == 401
    assert (b"www-authenticate", b'Basic realm="Application"') in reply.headers
    assert fail(Unauthorized("throttled"), b"/api/tokens.xml").status == 404


def test_a_host_of_another_account_is_a_wrong_key() -> None:
    """KNOWN 24."""
    assert fail(Unauthorized("other_account")).status == 401


def test_both_clashes_of_a_product_are_told_name_first() -> None:
    """seeds/002 l.286-290."""
    assert words(PRODUCT, (Fault("sku", "taken", "E72"), Fault("name", "taken", "Nokia E72"))) == [
        "Name is already used by another product with a different stock no.",
        "Stock no has already been taken",
    ]


def test_messages_come_in_the_order_name_stock_number_price_cost() -> None:
    faults = tuple(Fault(field, "blank") for field in ("cost", "retail_price", "sku", "name"))
    assert [text.split(" can't")[0] for text in words(PRODUCT, faults)] == ["Name", "Stock no", "Retail price", "Cost"]


@pytest.mark.parametrize(
    "fault, text",
    [
        (Fault("alternate_code", "taken", "7"), "Alternate code has already been taken"),
        (Fault("billing.postcode", "not_a_number", "7"), "Zipcode is not a number"),
        (Fault("after", "not_a_date"), "After is not a valid date"),
        (Fault("nonsense", "unheard of"), "Nonsense is invalid"),
        (Fault("", "unheard of"), "Record is invalid"),
    ],
)
def test_messages_name_the_field_as_the_wire_does(fault: Fault, text: str) -> None:
    assert words(CUSTOMER, (fault,)) == [text]


def test_limits_are_the_tables_whatever_was_sent() -> None:
    assert words(PRODUCT, (Fault("retail_price", "too_small", "-99999999999999999999"),)) == [
        "Retail price must be greater than or equal to 0"
    ]


def test_every_message_can_be_filled_in() -> None:
    assert MESSAGES
    for code in MESSAGES:
        (text,) = words(PRODUCT, (Fault("cost", code, "detail"),))
        assert text.startswith("Cost ")
        assert "{" not in text


def test_what_was_sent_is_escaped_in_messages() -> None:
    reply = fail(Invalid(Fault("tax_names", "unknown_tax", "<a>&\x01")))
    assert b"<error>Tax list contains an unknown tax: &lt;a&gt;&amp;</error>" in reply.body


def test_no_fault_of_ours_tells_its_words() -> None:
    for problem in (RuntimeError("secret"), Bug("secret"), StoreDown("secret")):
        assert b"secret" not in fail(problem).body
