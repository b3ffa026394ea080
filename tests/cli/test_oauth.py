"""Programs that sign, their tokens, admin users, roles, and why a signature does not match."""

import re
import sqlite3
from pathlib import Path

import pytest
from oauthlib.oauth1 import Client

from tests.cli.conftest import Type

KEY, SECRET = "k" * 32, "s" * 32
TOKEN, TOKEN_SECRET = "t" * 32, "u" * 32
URL = "http://shop.example:8080/api/rest/customers?filter[1][attribute]=email&limit=2"


@pytest.fixture
def signed(shop: Type) -> Type:
    """A shop with an admin user, a consumer and a token."""
    shop("admin", "create", "shop", "erp", "--password", "open sesame")
    shop("oauth", "consumer", "create", "shop", "--name", "ERP", "--key", KEY, "--secret", SECRET)
    shop(
        "oauth",
        "token",
        "create",
        "shop",
        "--consumer",
        KEY,
        "--admin",
        "erp",
        "--token",
        TOKEN,
        "--secret",
        TOKEN_SECRET,
    )
    return shop


def test_a_consumer_and_a_token_are_made_shown_once_and_listed(shop: Type) -> None:
    made = shop("oauth", "consumer", "create", "shop", "--name", "ERP", "--callback", "https://erp.example/cb").stdout
    key, secret = re.findall(r"[0-9a-f]{32}", made)
    shop("admin", "create", "shop", "erp")
    token = shop("oauth", "token", "create", "shop", "--consumer", key, "--admin", "erp").stdout
    assert len(re.findall(r"[0-9a-f]{32}", token)) == 2
    assert shop("oauth", "consumer", "list", "shop").stdout.splitlines()[1:] == [
        f"1\tERP\t{key}\thttps://erp.example/cb\tin force"
    ]
    assert shop("oauth", "token", "list", "shop").stdout.splitlines()[1:] == ["1\t1\taccess\tadmin 1 (erp)\tin force"]
    assert secret not in shop("oauth", "consumer", "list", "shop").stdout


def test_revoking_shows_in_the_lists(signed: Type) -> None:
    signed("oauth", "token", "revoke", "shop", "1")
    signed("oauth", "consumer", "revoke", "shop", KEY)
    assert signed("oauth", "token", "list", "shop").stdout.endswith("\trevoked\n")
    assert signed("oauth", "consumer", "list", "shop").stdout.endswith("\trevoked\n")


def test_roles_and_admin_users_are_listed_with_what_they_may(shop: Type) -> None:
    shop("role", "create", "shop", "reader", "--allow", "customer:retrieve", "--allow", "customer_address:all")
    shop("admin", "create", "shop", "erp", "--role", "reader")
    assert "4\treader\tcustomer:retrieve, customer_address:all" in shop("role", "list", "shop").stdout
    assert shop("admin", "list", "shop").stdout == "id\tuser\trole\n1\terp\treader\n"


def test_attribute_rules_are_set(shop: Type) -> None:
    shop("role", "attributes", "shop", "customer", "customer_address", "read", "city, street")
    with sqlite3.connect("tillstone.db") as connection:
        rows = connection.execute(
            "SELECT attributes FROM attribute_rule WHERE user_type = 'customer' AND resource = 'address'"
        )
        assert ("city,street",) in rows.fetchall()
    connection.close()


@pytest.mark.parametrize(
    "words, told",
    [
        (
            ("oauth", "consumer", "create", "shop", "--name", "x", "--key", "short"),
            "A consumer's key has 32 letters and digits.",
        ),
        (
            ("oauth", "consumer", "create", "shop", "--name", "x", "--callback", "ftp://x"),
            "The callback must be an address",
        ),
        (("oauth", "consumer", "create", "shop", "--name", " "), "The name is missing."),
        (("role", "create", "shop", " ", "--allow", "all"), "The name is missing."),
        (("oauth", "consumer", "create", "shop", "--name", "x", "--key", KEY), "That consumer key is in use already."),
        (("oauth", "token", "create", "shop", "--consumer", KEY), "A token acts for an admin user or for a customer"),
        (
            ("oauth", "token", "create", "shop", "--consumer", "nothing", "--admin", "erp"),
            "There is no consumer nothing.",
        ),
        (("oauth", "token", "create", "shop", "--consumer", KEY, "--customer", "7"), "There is no customer 7."),
        (("oauth", "token", "revoke", "shop", "9"), "There is no token 9."),
        (("admin", "create", "shop", "ERP"), "The user name ERP has already been taken."),
        (("admin", "create", "shop", "x", "--role", "nobody"), "There is no role nobody."),
        (("role", "create", "shop", "x", "--allow", "order:retrieve"), "There is no rule order:retrieve."),
        (
            ("role", "attributes", "shop", "customer", "customer", "read", "email,emial"),
            "A customer has no attribute emial: choose from entity_id",
        ),
        (
            ("role", "attributes", "shop", "guest", "customer", "read", "all"),
            "There is no rule for guest customer read.",
        ),
    ],
)
def test_what_goes_wrong_is_told_in_a_sentence(signed: Type, words: tuple[str, ...], told: str) -> None:
    answer = signed(*words)
    assert answer.exit_code == 1
    assert told in answer.stderr


# -- explain


def pasted(url: str = URL, *, sent: str = "", secret: str = SECRET) -> str:
    safe = url.replace("[", "%5B").replace("]", "%5D")
    client = Client(KEY, client_secret=secret, resource_owner_key=TOKEN, resource_owner_secret=TOKEN_SECRET)
    header = client.sign(safe)[1]["Authorization"]
    return f"GET {sent or safe} HTTP/1.1\nAccept: */*\nAuthorization: {header}\n\n"


@pytest.mark.parametrize(
    "text, told",
    [
        (pasted(), "the signature matches"),
        (
            pasted("https://shop.example:8080/api/rest/customers", sent="http://shop.example:8080/api/rest/customers"),
            "signs https but sends http; base strings differ from byte 8:",
        ),
        (pasted(secret="x" * 32), "most likely a secret is wrong"),
        (pasted().replace(KEY, "z" * 32), "oauth_problem=consumer_key_rejected"),
        (pasted().replace(TOKEN, "z" * 32), "oauth_problem=token_rejected"),
        (pasted().replace("HMAC-SHA1", "RSA-SHA1"), "oauth_problem=signature_method_rejected"),
        ("GET http://shop.example/api/rest/customers\n\n", "no OAuth parameter"),
        (
            pasted(sent="/api/rest/customers?filter%5B1%5D%5Battribute%5D=email&limit=2").replace(
                "Accept: */*", "Host: shop.example:8080"
            ),
            "the signature matches",
        ),
    ],
)
def test_explain_says_why(signed: Type, text: str, told: str) -> None:
    answer = signed("oauth", "explain", keyboard=text)
    assert answer.exit_code == 0
    assert told in answer.stdout
    assert SECRET not in answer.stdout
    assert TOKEN_SECRET not in answer.stdout


def test_request_that_is_not_text_is_told(shop: Type, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG")
    assert shop("oauth", "explain", "picture").stderr == "The request is not text in UTF-8: paste its head alone.\n"
    assert shop("oauth", "explain", "none").stderr == "none cannot be used: No such file or directory.\n"
