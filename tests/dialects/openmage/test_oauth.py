"""Signatures against an independent implementation, the reference's own order of refusals, and what it accepts beyond
the RFC."""

import random
from typing import Any
from urllib.parse import quote

import oauthlib.common
import oauthlib.oauth1
import pytest
from oauthlib.oauth1.rfc5849 import signature as far_side

from tillstone.dialects.openmage import basestring, oauth
from tillstone.dialects.openmage.basestring import Source
from tillstone.domain.access import Secrets
from tillstone.domain.errors import Unauthorized

KEY, TOKEN = "k" * 32, "t" * 32
SECRETS = Secrets(consumer="s" * 32, token="u" * 32)
CLAIMS = {
    "oauth_consumer_key": KEY,
    "oauth_token": TOKEN,
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_timestamp": "1795286173",
    "oauth_nonce": "n1",
    "oauth_version": "1.0",
    "oauth_signature": "AAAA",
}


def refusal(**changes: str | None) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    with pytest.raises(Unauthorized) as refused:
        oauth.read_claim(claims, secure=changes.get("secure") != "no", need_token=True)
    return refused.value.reason


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"oauth_version": "2.0", "oauth_consumer_key": None}, "version_rejected"),
        (
            {"oauth_consumer_key": None, "oauth_signature": None},
            "parameter_absent&oauth_parameters_absent=oauth_consumer_key",
        ),
        ({"oauth_signature_method": ""}, "parameter_absent&oauth_parameters_absent=oauth_signature_method"),
        ({"oauth_signature": None}, "parameter_absent&oauth_parameters_absent=oauth_signature"),
        ({"oauth_consumer_key": "abc", "oauth_signature_method": "x"}, "consumer_key_rejected"),
        ({"oauth_signature_method": "hmac-sha1"}, "signature_method_rejected"),
        ({"oauth_signature_method": "RSA-SHA1"}, "signature_method_rejected"),
        ({"oauth_nonce": "", "oauth_timestamp": None}, "parameter_absent&oauth_parameters_absent=oauth_nonce"),
        ({"oauth_timestamp": "0"}, "parameter_absent&oauth_parameters_absent=oauth_timestamp"),
        ({"oauth_timestamp": "-5"}, "timestamp_refused"),
        ({"oauth_timestamp": "abc"}, "timestamp_refused"),
        ({"oauth_timestamp": "9" * 40}, "timestamp_refused"),
    ],
)
def test_the_first_broken_check_names_the_problem(changes: dict[str, str | None], reason: str) -> None:
    assert refusal(**changes) == reason


def test_plaintext_needs_neither_nonce_nor_timestamp_but_a_safe_connection() -> None:
    claims = {**CLAIMS, "oauth_signature_method": "PLAINTEXT", "oauth_nonce": "", "oauth_timestamp": ""}
    claim = oauth.read_claim(claims, secure=True, need_token=True)
    assert (claim.timestamp, claim.nonce) == (0, "")
    with pytest.raises(Unauthorized, match=r"^$") as refused:
        oauth.read_claim(claims, secure=False, need_token=True)
    assert refused.value.reason == "signature_method_rejected"


@pytest.mark.parametrize(
    "scheme, chosen", [("OAuth x", True), ("oauth x", True), ("Basic x", False), ("", False), ("Bearer oauth_", False)]
)
def test_only_the_oauth_scheme_is_oauth(scheme: str, *, chosen: bool) -> None:
    assert oauth.is_oauth(scheme) is chosen


def test_header_drops_the_realm_and_decodes_the_rest() -> None:
    header = 'OAuth realm="http://x/", oauth_signature="a%2Fb%3D" ,oauth_nonce=n, flag'
    assert oauth.header_pairs(header) == (("oauth_signature", "a/b="), ("oauth_nonce", "n"))


def test_an_empty_header_has_no_pairs() -> None:
    assert oauth.header_pairs("OAuth") == oauth.header_pairs("OAuth ") == ()


# -- base strings


def source(query: str = "", *, authority: str = "shop.example:8080", path: str = "/api/rest/customers") -> Source:
    return Source("GET", "http", (authority,), path, query, header=(("oauth_nonce", "n"),))


def test_base_string_of_the_rfc_sorts_by_bytes_and_keeps_repeats() -> None:
    assert (
        basestring.rfc_parameters(source("a2=2&a10=1&b&c+d=e+f&a2=1")) == "a10=1&a2=1&a2=2&b=&c%20d=e%20f&oauth_nonce=n"
    )


def test_base_string_of_the_reference_sorts_naturally_and_reads_its_own_way() -> None:
    assert (
        basestring.reference_parameters(source("a10=1&a2=2&a2=3&flag&x=a=b&y=a+b"))
        == "a2=3&a10=1&oauth_nonce=n&y=a%2Bb"
    )


def test_addresses_with_and_without_the_port_are_accepted_once_each() -> None:
    assert list(basestring.uris(source())) == [
        "http://shop.example:8080/api/rest/customers",
        "http://shop.example/api/rest/customers",
    ]
    assert list(basestring.uris(source(authority="Shop.Example:80"))) == ["http://shop.example/api/rest/customers"]
    assert list(basestring.uris(source(authority="[::1]"))) == ["http://[::1]/api/rest/customers"]


@pytest.mark.parametrize(
    "ordered",
    [
        ["a1", "a2", "a10", "a10b", "b"],
        ["filter%5B2%5D", "filter%5B10%5D"],
        ["B", "a"],
        ["a1.002", "a1.01", "a1.010"],
        ["a", "a1"],
        ["01", "2", "10"],
    ],
)
def test_natural_order(ordered: list[str]) -> None:
    shuffled = sorted(ordered, reverse=True)
    assert sorted(shuffled, key=basestring.natural_key) == ordered


def test_either_order_of_numbered_names_is_accepted() -> None:
    asked = source("a10=1&a2=2")
    for parameters in (basestring.rfc_parameters(asked), basestring.reference_parameters(asked)):
        signed = oauth.sign("HMAC-SHA1", basestring.assemble("GET", next(basestring.uris(asked)), parameters), SECRETS)
        claim = oauth.Claim(KEY, "HMAC-SHA1", signed)
        assert oauth.is_valid(claim, asked, SECRETS)
        assert not oauth.is_valid(claim, asked, Secrets(SECRETS.consumer, "other"))


def test_bytes_that_are_no_utf8_survive_decoding() -> None:
    assert basestring.encode(basestring.decode("%FF%e2%9c%93 ")) == "%FF%E2%9C%93%20"


# -- the other side: oauthlib signs, we verify; we sign, oauthlib verifies

LETTERS = "abzAZ09-._~ %+&=,/:;?@!$'()*\"\\é✓\u00ff😀[]"


def _text(dice: random.Random) -> str:
    return "".join(dice.choice(LETTERS) for _ in range(dice.randint(0, 8)))


def _request(dice: random.Random) -> tuple[str, str, str]:
    pairs = [(_text(dice) or "n", _text(dice)) for _ in range(dice.randint(0, 5))]
    pairs += [pair for pair in pairs if dice.random() < 0.2]
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='').replace('%20', dice.choice(['+', '%20']))}"
        for name, value in pairs
    )
    host = dice.choice(["shop.example", "SHOP.example:8080", "127.0.0.1:18080", "shop.example:80"])
    path = dice.choice(["/api/rest/customers", "/api/rest/customers/1", "/oauth/initiate/", "/api/rest/customers/%31"])
    return host, path, query


def _source(host: str, path: str, query: str, header: str) -> Source:
    return Source("GET", "http", (host,), path, query, header=oauth.header_pairs(header))


def _check_one(dice: random.Random) -> None:
    host, path, query = _request(dice)
    uri = f"http://{host}{path}" + (f"?{query}" if query else "")
    method = dice.choice(["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"])
    secrets = Secrets(_text(dice) or "c", _text(dice) or "t")
    client = oauthlib.oauth1.Client(
        KEY,
        client_secret=secrets.consumer,
        resource_owner_key=TOKEN,
        resource_owner_secret=secrets.token,
        signature_method=method,
    )
    _, headers, _ = client.sign(uri)
    header = headers["Authorization"]
    claims = oauth.claims_of(oauth.header_pairs(header))
    claim = oauth.read_claim(claims, secure=True, need_token=True)
    asked = _source(host, path, query, header)
    assert oauth.is_valid(claim, asked, secrets), uri
    if method != "PLAINTEXT":
        wrong = oauth.Claim(KEY, method, claim.signature[:-2] + ("A=" if claim.signature[-2] != "A" else "B="))
        assert not oauth.is_valid(wrong, asked, secrets)
        ours = oauth.sign(method, next(basestring.base_strings(asked)), secrets)
        request: Any = oauthlib.common.Request(uri, "GET", headers={"Authorization": header})
        request.params = [*far_side.collect_parameters(uri_query=query, headers=request.headers)]
        request.signature = ours
        verify = far_side.verify_hmac_sha1 if method == "HMAC-SHA1" else far_side.verify_hmac_sha256
        assert verify(request, secrets.consumer, secrets.token), uri


def test_five_thousand_random_requests_agree_with_oauthlib() -> None:
    dice = random.Random(5849)
    for _ in range(5_000):
        _check_one(dice)
