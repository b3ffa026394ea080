"""Keys, rights, HTTPS, verbs, content types. Sources: spec 2, 10; D-AUTH."""

import base64

import pytest

from tests.clocks import StandingClock
from tests.dialects.zeald.shop import Shop
from tests.fronts import make_key, root_of
from tillstone.dialects.zeald import Options
from tillstone.domain import accounts
from tillstone.domain.accounts import KeyWish

NONE = {b"authorization": b""}
XML = "<ResultSet><Customer><username>ann</username></Customer></ResultSet>"


def basic(user: str) -> dict[bytes, bytes]:
    return {b"authorization": b"Basic " + base64.b64encode(f"{user}:".encode())}


def test_key_is_the_user_of_basic_or_a_parameter(shop: Shop) -> None:
    token = make_key(shop.service)
    assert shop.ask("GET", "Customer", headers=basic(token)).status == 200
    assert shop.ask("GET", f"Customer?_key={token}", headers=NONE).status == 200
    assert shop.ask("GET", f"Customer?_key={token}", headers=basic("wrong")).status == 401


@pytest.mark.parametrize("header", [b"", b"Basic !!!", b"Bearer x", b"Basic ", b"Basic Og=="])
def test_without_a_key_nothing_is_told(shop: Shop, header: bytes) -> None:
    for target in ("Customer", "", "Nowhere", "Customer.xsd", "((("):
        reply = shop.ask("GET", target, headers={b"authorization": header})
        assert (reply.status, root_of(reply).get("stat")) == (401, "fail")
        assert (b"www-authenticate", b'Basic realm="ZEST API"') in reply.headers


def test_every_known_resource_of_a_specification_needs_the_permission(shop: Shop) -> None:
    limited = Shop(shop.service, wish=KeyWish(allow=("customer", "order"), deny=("order",)))
    assert limited.ask("GET", "Customer").status == 200
    assert limited.ask("GET", "Customer+Foo").status == 200
    assert limited.refused("GET", "Customer+Order") == [("403", "This key may not read Order", "")]
    assert (
        limited.refused("GET", "Customer+(UserCustomerGroups+UserGroups)")[0][1]
        == "This key may not read UserCustomerGroups"
    )
    assert limited.refused("DELETE", "UserGroups/vip")[0][0] == "403"


def test_key_that_only_reads(shop: Shop) -> None:
    reader = Shop(shop.service, wish=KeyWish(read_only=True))
    assert reader.ask("GET", "Customer").status == 200
    assert reader.refused("POST", "Customer", XML) == [("403", "This key may not write Customer", "")]


def test_key_ends(shop: Shop, clock: StandingClock) -> None:
    limited = Shop(shop.service, wish=KeyWish(expires_at=clock.now() + 60))
    assert limited.ask("GET", "Customer").status == 200
    clock.step(61)
    assert limited.refused("GET", "Customer") == [("401", "The API key is not valid", "")]


def test_key_of_another_dialect_is_unknown_here(shop: Shop) -> None:
    assert Shop(shop.service, wish=KeyWish(dialects=("imonggo",))).ask("GET", "Customer").status == 401
    assert Shop(shop.service, wish=KeyWish(dialects=("zeald",))).ask("GET", "Customer").status == 200


def test_accounts_do_not_meet(shop: Shop) -> None:
    shop.seed()
    accounts.create_account(shop.service, "other")
    stranger = make_key(shop.service, "other")
    assert len(root_of(shop.ask("GET", "Customer", headers=basic(stranger)))) == 0
    assert shop.ask("GET", "UserCustomerGroups/1", headers=basic(stranger)).status == 404
    assert shop.ask("DELETE", "UserGroups/vip", headers=basic(stranger)).status == 404
    assert len(shop.keys("Customer+UserCustomerGroups")) == 1


def test_plain_http_is_refused_where_https_is_required(shop: Shop) -> None:
    """KNOWN 18."""
    reply = shop.ask("GET", "Customer", secure=False)
    assert (reply.status, root_of(reply).findtext("error/msg")) == (403, "HTTPS is required")
    assert Shop(shop.service, Options(require_https=False)).ask("GET", "Customer", secure=False).status == 200


@pytest.mark.parametrize(
    "target, allowed",
    [
        ("Customer", b"GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        ("", b"GET, HEAD, OPTIONS"),
        ("Customer.xsd", b"GET, HEAD, OPTIONS"),
    ],
)
def test_verbs(shop: Shop, target: str, allowed: bytes) -> None:
    options = shop.ask("OPTIONS", target)
    assert (options.status, options.body, options.headers) == (204, b"", ((b"allow", allowed),))
    refused = shop.ask("PATCH", target)
    assert refused.status == 405
    assert (b"allow", allowed) in refused.headers


@pytest.mark.parametrize(
    "kind, status",
    [
        (b"text/xml; charset=utf-8", 200),
        (b"application/xml", 200),
        (b"application/atom+xml", 200),
        (b"", 200),
        (b"application/x-www-form-urlencoded", 200),
        (b"application/json", 415),
        (b"text/plain", 415),
    ],
)
def test_content_types(shop: Shop, kind: bytes, status: int) -> None:
    assert shop.ask("POST", "Customer", XML, headers={b"content-type": kind}).status == status


def test_form_that_is_no_xml_is_no_xml(shop: Shop) -> None:
    assert shop.ask("POST", "Customer", "username=ann", headers={b"content-type": b""}).status == 415


def test_prefix_in_any_case(shop: Shop) -> None:
    for path in ("/api/v3/customers", "/Api/v3/CUSTOMER/"):
        assert shop.front.ask("GET", path).status == 200
    for other in (b"/api/v30", b"/api/v", b"/x/api/v3"):
        assert not shop.front.dialect.matches(other)
