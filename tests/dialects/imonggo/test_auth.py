"""Who is asking: hosts, headers, logins."""

import base64

import pytest

from tillstone.dialects.imonggo import Imonggo
from tillstone.dialects.imonggo.auth import account_of
from tillstone.domain.access import Login, Nobody, Token
from tillstone.domain.errors import Unauthorized
from tillstone.domain.secrets import token_digest
from tillstone.wire.http import Request

TOKEN = "4acc660ce98b9d38d7fea10705aa1ebd7d836fe0"
DIALECT = Imonggo(domain="shop.example")


def basic(pair: str) -> dict[bytes, bytes]:
    return {b"authorization": b"Basic " + base64.b64encode(pair.encode())}


@pytest.mark.parametrize(
    "host, account",
    [
        ("test_account.imonggo.com", "test_account"),
        ("Test_Account.IMONGGO.com", "test_account"),
        ("test_account.c12.imonggo.com", "test_account"),
        ("a-1.shop.example", "a-1"),
        ("shop.example", None),
        ("a.b.shop.example", None),
        ("imonggo.com", None),
        ("a.b.imonggo.com", None),
        ("evilimonggo.com", None),
        ("127.0.0.1", None),
        ("localhost", None),
        ("", None),
    ],
)
def test_hosts_name_accounts(host: str, account: str | None) -> None:
    assert account_of(host, "shop.example") == account


def test_without_a_domain_only_the_vendors_hosts_name_accounts() -> None:
    assert account_of("a.shop.example", "") is None


@pytest.mark.parametrize("pair", [f"{TOKEN}:X", f"{TOKEN}:", f"{TOKEN}:pass:word", TOKEN, f"{TOKEN}\n"])
def test_the_user_is_the_token_and_the_password_is_not_looked_at(pair: str) -> None:
    credentials = DIALECT.authenticate(Request("GET", b"/api/customers.xml", headers=basic(pair), host="a.imonggo.com"))
    assert credentials == Token(token_digest(TOKEN), "a")


@pytest.mark.parametrize("wrapping", [b"Basic %s \n", b"basic  %s", b"BASIC %s"])
def test_white_space_and_letter_case_around_the_credentials_do_not_matter(wrapping: bytes) -> None:
    encoded = base64.b64encode(f"{TOKEN}:X".encode())
    for text in (encoded, encoded[:10] + b"\n" + encoded[10:]):
        request = Request("GET", b"/api/customers.xml", headers={b"authorization": wrapping % text})
        assert DIALECT.authenticate(request) == Token(token_digest(TOKEN))


@pytest.mark.parametrize(
    "header", [None, b"", b"Basic", b"Basic ", b"Basic ====", b"Basic Og==", b"Bearer abc", b"Basic \xff\xfe"]
)
def test_missing_and_unreadable_credentials_are_refused(header: bytes | None) -> None:
    headers = {} if header is None else {b"authorization": header}
    with pytest.raises(Unauthorized):
        DIALECT.authenticate(Request("GET", b"/api/customers.xml", headers=headers))


def test_tokens_are_asked_for_with_a_login() -> None:
    request = Request("GET", b"/api/tokens.xml", b"email=a%40b.c&password=x+y", host="a.imonggo.com")
    assert DIALECT.authenticate(request) == Login("a@b.c", "x y", "a")
    assert "x y" not in repr(DIALECT.authenticate(request))


def test_anybody_may_ask_for_the_address_of_an_account() -> None:
    """KNOWN 25: the account asked for counts before the host's."""
    request = Request("GET", b"/system/api_url", b"account_id=Shop", host="a.imonggo.com")
    assert DIALECT.authenticate(request) == Nobody("a", "shop")
    assert DIALECT.authenticate(Request("GET", b"/system/api_url", host="a.imonggo.com")) == Nobody("a")


@pytest.mark.parametrize(
    "path, ours",
    [
        (b"/api/customers.xml", True),
        (b"/api/", True),
        (b"/system/api_url", True),
        (b"/system/api_url/x", False),
        (b"/api", False),
        (b"/apix/customers.xml", False),
        (b"/", False),
    ],
)
def test_paths_of_this_dialect(path: bytes, ours: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert DIALECT.matches(path) is ours
