"""Requests to commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstone.dialects.imonggo import Imonggo
from tillstone.dialects.imonggo.kinds import CUSTOMER, CUSTOMER_TYPE, PRODUCT, SUPPLIER
from tillstone.dialects.imonggo.parse import inquiry, read_sent, slice_of, window_of
from tillstone.domain.access import Principal
from tillstone.domain.commands import Change, Count, Create, Get, Key, List, NewestStamp, Remove, TokenOf
from tillstone.domain.errors import Invalid
from tillstone.domain.query import Slice, Window
from tillstone.wire.http import Reply, Request
from tillstone.wire.times import iso_time

ASKER = Principal(1, "key", "key 7", 7)
DIALECT = Imonggo()


def command(method: str, path: str, body: str = "") -> object:
    raw_path, _, query = path.encode().partition(b"?")
    request = Request(method, raw_path, query, body=body.encode())
    call = DIALECT.route(request).parse(request, ASKER)
    assert not isinstance(call, Reply)
    return call.command


def test_get_reads_deleted_records_too() -> None:
    asked = command("GET", "/api/customers/11.xml")
    assert asked == Get(CUSTOMER.showing.shape, Key("id", 11), live=False)


def test_products_are_read_with_their_arrays() -> None:
    asked = command("GET", "/api/products/53.xml")
    assert isinstance(asked, Get)
    assert [embed.shape.resource for embed in asked.embeds] == ["branch_price", "product_tax"]


def test_create_sends_canonical_values_and_asks_for_the_record() -> None:
    body = "<customer><company-name>A</company-name><zipcode>1</zipcode></customer>"
    asked = command("POST", "/api/customers.xml", body)
    assert asked == Create(
        "customer", {"company": "A", "billing.postcode": "1"}, CUSTOMER.compiled.profile, CUSTOMER.showing.shape
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_update_changes_deleted_records_too(method: str) -> None:
    asked = command(method, "/api/suppliers/53.xml", "<supplier><name>A</name></supplier>")
    assert asked == Change(
        "supplier", Key("id", 53), {"name": "A"}, SUPPLIER.compiled.profile_in_xml, SUPPLIER.showing.shape, live=False
    )


def test_delete_asks_for_the_record_only_where_it_is_shown() -> None:
    profile = PRODUCT.compiled.profile
    assert command("DELETE", "/api/products/9.xml") == Remove("product", Key("id", 9), profile, live=False)
    shown = command("DELETE", "/api/products/9.json")
    assert shown == Remove("product", Key("id", 9), profile, PRODUCT.showing.shape, live=False, embeds=PRODUCT.embeds)


def test_login_asks_for_its_token() -> None:
    assert command("GET", "/api/tokens.json?email=a&password=b") == TokenOf()


def test_plain_list_of_active_records_is_marked_with_the_asker() -> None:
    shape = CUSTOMER.showing.shape
    assert inquiry(CUSTOMER, {"active_only": "1"}, ASKER) == List(shape, Slice(0, 100), live=True, mark="7")
    assert inquiry(CUSTOMER, {}, ASKER) == List(shape, Slice(0, 100))
    assert inquiry(CUSTOMER, {"active_only": "1", "after": "2011-01-01"}, ASKER) == List(
        shape, Slice(0, 100), Window(1_293_840_000), live=True
    )


def test_customer_types_are_walked_like_everything_else() -> None:
    """A condition would make a report of the walk; the store leaves system groups out of every list."""
    for asked in (inquiry(CUSTOMER_TYPE, {}, ASKER), inquiry(CUSTOMER_TYPE, {"q": "count"}, ASKER)):
        assert isinstance(asked, List | Count)
        assert asked.conditions == ()


def test_watermark_ignores_every_other_parameter() -> None:
    sent = {"q": "last_updated_at", "after": "garbage", "active_only": "1"}
    assert inquiry(PRODUCT, sent, ASKER) == NewestStamp("product")


@given(st.integers(), st.integers())
def test_pages_are_within_bounds_whatever_is_asked(page: int, size: int) -> None:
    found = slice_of(CUSTOMER, {"page": str(page), "per_page": str(size)})
    assert found.offset >= 0
    assert 1 <= found.limit <= 100
    if page >= 1 and size >= 1:
        assert found.offset == min((page - 1) * found.limit, 2**53) or page > 10**17


@given(st.text(), st.text())
def test_pages_that_are_no_numbers_are_the_first(page: str, size: str) -> None:
    found = slice_of(SUPPLIER, {"page": page, "per_page": size})
    assert found.limit <= 50
    assert found.offset % found.limit == 0 or found.offset == 2**53


STAMPS = st.integers(0, 4_000_000_000)


@given(STAMPS, STAMPS, STAMPS, STAMPS, STAMPS, st.sets(st.sampled_from(["after", "from", "before", "to"]), min_size=1))
def test_windows_hold_exactly_the_stamps_that_meet_every_bound(
    after: int, first: int, before: int, last: int, stamp: int, chosen: set[str]
) -> None:
    values = {"after": after, "from": first, "before": before, "to": last}
    window = window_of({name: iso_time(values[name]) for name in chosen})
    assert window is not None
    meets = {"after": stamp > after, "from": stamp >= first, "before": stamp < before, "to": stamp <= last}
    inside = stamp > window.after and (window.to is None or stamp <= window.to)
    # no record bears the stamp 0: a lower bound of 0 is none
    assert inside == (all(meets[name] for name in chosen) and stamp > 0)


def test_fractions_of_a_second_round_outwards_or_inwards_as_the_comparison_says() -> None:
    at = 1_302_669_465
    half = "2011-04-13T04:37:45.5Z"
    assert window_of({"after": half}) == Window(at)
    assert window_of({"from": half}) == Window(at)
    assert window_of({"to": half}) == Window(0, at)
    assert window_of({"before": half}) == Window(0, at)


def test_every_date_that_is_none_is_told() -> None:
    with pytest.raises(Invalid) as refused:
        window_of({"after": "x", "to": "2011-02-30", "from": "2011-01-01", "before": " "})
    assert [fault.field for fault in refused.value.faults] == ["after", "to"]


def test_no_dates_are_no_window() -> None:
    assert window_of({"after": "", "page": "1"}) is None


@pytest.mark.parametrize(
    "body, content_type",
    [
        (b"<customer><a>1</a></customer>", b"application/xml"),
        (b" \n<customer><a>1</a></customer>", b""),
        (b"\xef\xbb\xbf<customer><a>1</a></customer>", b"application/x-www-form-urlencoded"),
        (b'<?xml version="1.0"?><customer><a>1</a></customer>', b"text/plain"),
        (b'{"customer": {"a": 1}}', b"application/json; charset=utf-8"),
        (b'{"customer": {"a": "1", "b": {"c": 1}}}', b""),
    ],
)
def test_bodies_are_read_by_type_or_by_their_first_character(body: bytes, content_type: bytes) -> None:
    assert list(read_sent("customer", body, content_type)) == [("a", "1")]


NOTHING = [b"", b"  \n", b"<client/>", b"[]", b'{"client": {}}', b'{"customer": 1}', b'{"customer": null}']


@pytest.mark.parametrize("body", NOTHING)
def test_nothing_is_submitted_by_nothing_or_under_a_foreign_root(body: bytes) -> None:
    assert list(read_sent("customer", body, b"")) == []


def test_null_and_arrays_are_told_apart_from_text() -> None:
    body = b"<product><a nil='true'/><b/><c type='array'/><d><i>1</i><i>2</i></d><e nil='false'>x</e></product>"
    assert list(read_sent("product", body, b"text/xml")) == [
        ("a", None),
        ("b", ""),
        ("c", ()),
        ("d", ("1", "2")),
        ("e", "x"),
    ]
    assert list(read_sent("product", b'{"product": {"a": null, "b": [1, "x", null, [2], {"c": 3}]}}', b"")) == [
        ("a", None),
        ("b", ("1", "x")),
    ]
