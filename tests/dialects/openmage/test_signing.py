"""Who is let in: the window, nonces, tokens and their users, and what the operator's log says."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread
from typing import Any, cast
from urllib.parse import quote

import pytest
from oauthlib.oauth1 import Client
from oauthlib.oauth1.rfc5849 import signature

from tests.dialects.openmage.world import HOST, NOON, Shop, World, pad, people, sign_with
from tillstone.dialects.openmage import explain, oauth
from tillstone.dialects.openmage.basestring import Source, base_strings
from tillstone.domain import accounts, consumers
from tillstone.domain.access import Purpose, Secrets, Signed
from tillstone.domain.errors import Unauthorized

FORM = "application/x-www-form-urlencoded"
SELF = "/api/rest/customers/1?attrs=email"


def client(**changes: str) -> Client:
    arguments = {
        "client_key": pad("c0nsumerkey1"),
        "client_secret": pad("c0nsumersecret1"),
        "resource_owner_key": pad("t0kenadmin"),
        "resource_owner_secret": pad("t0kensecretadmin"),
        "timestamp": str(NOON),
        "nonce": "n",
    } | changes
    return Client(**arguments)


def problem(shop: Shop, path: str = SELF, **changes: str) -> str:
    """The OAuth problem of a request, "" if it is let in."""
    reply = shop.send(
        "GET", path, {"Accept": "application/json", "Authorization": sign_with(client(**changes), "GET", path)}
    )
    if reply.status == 200:
        return ""
    assert reply.status == 401, reply
    return str(json.loads(reply.body)["messages"]["error"][0]["message"])


@pytest.mark.parametrize("seconds, refused", [(0, False), (600, False), (-600, False), (601, True), (-601, True)])
def test_a_request_is_timely_within_ten_minutes(shop: Shop, *, seconds: int, refused: bool) -> None:
    """KNOWN 1."""
    wanted = "oauth_problem=timestamp_refused" if refused else ""
    assert problem(shop, timestamp=str(NOON + seconds)) == wanted


def test_nothing_is_believed_that_was_signed_before_nonces_are_remembered(tmp_path: Path) -> None:
    """KNOWN 1: the memory of this shop begins now."""
    world = World(tmp_path / "shop.db", begun=NOON)
    people(world)
    world.close()
    with Shop(tmp_path / "shop.db") as shop:
        assert problem(shop, timestamp=str(NOON - 1)) == "oauth_problem=timestamp_refused"
        assert problem(shop, timestamp=str(NOON)) == ""


def test_nothing_is_believed_again_when_the_memory_of_nonces_is_lost_beneath_a_worker(tmp_path: Path) -> None:
    """KNOWN 1: as a crash of PostgreSQL loses it."""
    world = World(tmp_path / "shop.db", begun=NOON - 1)
    people(world)
    world.close()
    with Shop(tmp_path / "shop.db") as shop:
        assert problem(shop, timestamp=str(NOON - 1)) == ""
        with closing(sqlite3.connect(tmp_path / "shop.db-volatile")) as volatile, volatile:
            volatile.execute("DELETE FROM born")
            volatile.execute("DELETE FROM nonce")
        for _ in range(2):
            assert problem(shop, timestamp=str(NOON - 1)) == "oauth_problem=timestamp_refused"
        assert problem(shop) == ""


def test_a_nonce_is_used_once_per_consumer_token_and_second(shop: Shop) -> None:
    """KNOWN 3."""
    assert problem(shop) == ""
    assert problem(shop) == "oauth_problem=nonce_used"
    assert problem(shop, timestamp=str(NOON + 1)) == ""
    other = {"resource_owner_key": pad("t0kenlimited"), "resource_owner_secret": pad("t0kensecretlimited")}
    assert problem(shop, **other) == ""
    assert problem(shop, nonce="x" * 32 + "a") == problem(shop, nonce="x" * 32 + "b") == ""


def test_a_wrong_signature_burns_no_nonce(shop: Shop) -> None:
    """KNOWN 3."""
    assert problem(shop, client_secret="wrong") == "oauth_problem=signature_invalid"
    assert problem(shop) == ""


def test_a_nonce_stays_used_when_the_server_begins_anew(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original, tmp_path / "shop")
    for wanted in ("", "oauth_problem=nonce_used"):
        with Shop(tmp_path / "shop" / "shop.db") as shop:
            assert problem(shop) == wanted


@pytest.mark.parametrize(
    "method, secure, accepted", [("HMAC-SHA256", False, True), ("PLAINTEXT", True, True), ("PLAINTEXT", False, False)]
)
def test_methods(method: str, *, secure: bool, accepted: bool) -> None:
    """KNOWN 4; the recordings hold what the product does with RSA-SHA1."""
    signed = client(signature_method=method).sign(f"http://{HOST}{SELF}")[1]["Authorization"]
    claims = oauth.claims_of(oauth.header_pairs(signed))
    if accepted:
        assert oauth.read_claim(claims, secure=secure, need_token=True).method == method
        return
    with pytest.raises(Unauthorized) as refused:
        oauth.read_claim(claims, secure=secure, need_token=True)
    assert refused.value.reason == "signature_method_rejected"


@pytest.mark.parametrize("query", ["a2=2&a10=1", "a=1&a=2", "flag", "x=a=b", "x=a+b"])
def test_what_an_rfc_signer_sends_is_accepted(shop: Shop, query: str) -> None:
    """KNOWN 2: each of these the product refuses."""
    path = f"/api/rest/customers/1?attrs=email&{query}"
    header = "OAuth " + ", ".join(
        f'{name}="{value}"'
        for name, value in (
            ("oauth_consumer_key", pad("c0nsumerkey1")),
            ("oauth_token", pad("t0kenadmin")),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", str(NOON)),
            ("oauth_nonce", "n"),
        )
    )
    bare, _, raw = path.partition("?")
    source = Source("GET", "http", (HOST,), bare, raw, header=oauth.header_pairs(header))
    secrets = Secrets(pad("c0nsumersecret1"), pad("t0kensecretadmin"))
    pairs = signature.collect_parameters(uri_query=raw, headers={"Authorization": header}, with_realm=False)
    base = signature.signature_base_string(
        "GET", f"http://{HOST}{bare}", signature.normalize_parameters(cast("Any", pairs))
    )
    signed = oauth.sign("HMAC-SHA1", base, secrets)
    assert oauth.is_valid(oauth.Claim("", "HMAC-SHA1", signed), source, secrets)
    reply = shop.send(
        "GET",
        path,
        {"Accept": "application/json", "Authorization": f'{header}, oauth_signature="{quote(signed, safe="")}"'},
    )
    assert reply.status == 200, reply


@pytest.mark.parametrize("method, path", [("POST", "/api/rest/customers"), ("PUT", "/api/rest/customers/1")])
@pytest.mark.parametrize("wrong", [False, True])
def test_form_takes_part_in_the_signature_and_is_no_body_of_the_api(
    shop: Shop, method: Any, path: str, *, wrong: bool
) -> None:
    """Spec 7.3; a form is told as the wrong kind of body, not as a wrong signature."""
    form = "firstname=New+Name&a2=1"
    _, headers, _ = client(nonce=f"form{method}{wrong}").sign(
        f"http://{HOST}{path}", method, form, {"Content-Type": FORM}
    )
    named = {name: value for name, value in headers.items() if name != "Content-Type"}
    reply = shop.send(method, path, {**named, "Accept": "application/json", "Content-Type": FORM}, form + "x" * wrong)
    if wrong:
        assert (reply.status, "signature_invalid" in reply.body) == (401, True)
    else:
        said = 'Server can not understand Content-Type HTTP header media type \\"application\\/x-www-form-urlencoded\\"'
        assert reply.status == 400
        assert said in reply.body or said.replace("\\/", "/") in reply.body


def test_what_is_not_oauth_in_the_header_need_not_be_signed(shop: Shop) -> None:
    """Spec 7.2, step 1."""
    signed = client(nonce="foreign").sign(f"http://{HOST}{SELF}")[1]["Authorization"]
    for header in (signed, f'{client(nonce="further").sign(f"http://{HOST}{SELF}")[1]["Authorization"]}, xyz="1"'):
        assert shop.send("GET", SELF, {"Accept": "application/json", "Authorization": header}).status == 200


@pytest.mark.parametrize(
    "token, reason",
    [
        ("revoked", "token_revoked"),
        ("reqtype", "token_rejected"),
        ("cons2", "token_rejected"),
        ("nobody", "token_rejected"),
    ],
)
def test_tokens_that_let_nobody_in(shop: Shop, token: str, reason: str) -> None:
    changes = {"resource_owner_key": pad(f"t0ken{token}"), "resource_owner_secret": pad(f"t0kensecret{token}")}
    assert problem(shop, **changes) == f"oauth_problem={reason}"


# -- at the service: users who went, tokens that were revoked, two hundred copies


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "shop.db")
    people(made)
    yield made
    made.close()


def signed(world: World, token: str, nonce: str, **changes: object) -> Signed:
    arguments = {"consumer": pad("c0nsumerkey1"), "token": pad(f"t0ken{token}"), "timestamp": world.clock.now()}
    return Signed(**(arguments | {"nonce": nonce, "verify": lambda secrets: True} | changes))  # type: ignore[arg-type]


def refusal(world: World, token: str) -> str:
    with pytest.raises(Unauthorized) as refused:
        world.service.admit(signed(world, token, "n"), "openmage")
    return refused.value.reason


def test_users_who_are_gone_have_no_tokens(world: World) -> None:
    """KNOWN 29."""
    world.change("customer", 1, inactive=1)
    assert refusal(world, "jane") == "token_rejected"
    world.change("customer", 1, inactive=0)
    assert world.service.admit(signed(world, "jane", "n"), "openmage").id == 1
    world.remove("customer", 1)
    world.clock.step(3)
    assert refusal(world, "jane") == "token_rejected"
    world.remove("admin_user", 2)
    assert refusal(world, "limited") == "token_rejected"


@pytest.mark.parametrize("seconds", [2, -3_600])
def test_a_revoked_token_lives_for_two_seconds_at_most(world: World, seconds: int) -> None:
    """KNOWN 27."""
    assert world.service.admit(signed(world, "admin", "1"), "openmage").kind == "admin"
    consumers.revoke_token(world.service, world.account, 1)
    assert world.service.admit(signed(world, "admin", "2"), "openmage").kind == "admin"
    world.clock.step(seconds)
    assert refusal(world, "admin") == "token_revoked"


def test_a_revoked_consumer_takes_its_tokens_along(world: World) -> None:
    consumers.revoke_consumer(world.service, world.account, pad("c0nsumerkey1"))
    assert refusal(world, "admin") == "consumer_key_rejected"


def test_a_request_token_lives_for_two_hours(world: World) -> None:
    """KNOWN 28."""
    asked = {"purpose": Purpose.REQUEST}
    assert world.service.admit(signed(world, "reqtype", "1", **asked), "openmage").grant
    world.clock.step(7_201)
    with pytest.raises(Unauthorized) as refused:
        world.service.admit(signed(world, "reqtype", "2", **asked), "openmage")
    assert refused.value.reason == "token_rejected"


def test_a_token_of_another_account_is_unknown(world: World) -> None:
    other = accounts.create_account(world.service, "other").id
    consumers.create_consumer(world.service, other, consumers.ConsumerWish("Other", "k" * 32, "s" * 32))
    with pytest.raises(Unauthorized) as refused:
        world.service.admit(signed(world, "admin", "n", consumer="k" * 32), "openmage")
    assert refused.value.reason == "token_rejected"


def test_of_two_hundred_copies_one_is_let_in(world: World) -> None:
    answers: list[str] = []
    start = Barrier(20)

    def send() -> None:
        start.wait()
        for _ in range(10):
            try:
                answers.append(world.service.admit(signed(world, "admin", "same"), "openmage").kind)
            except Unauthorized as refused:
                answers.append(refused.reason)

    threads = [Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["admin"] + ["nonce_used"] * 199


def test_secrets_are_not_stored_in_the_clear(world: World, tmp_path: Path) -> None:
    raw = b"".join(file.read_bytes() for file in tmp_path.glob("shop.db*") if not file.name.endswith(".key"))
    for secret in ("c0nsumersecret1", "t0kensecretadmin", "t0kensecretjane", "secret123"):
        assert secret.encode() not in raw
    assert b"c0nsumerkey1" in raw


# -- why a signature does not match

SECRETS = Secrets("consumer secret", "token secret")
ASKED = Source(
    "GET",
    "http",
    ("shop.example:8080",),
    "/api/rest/customers",
    "filter%5B1%5D%5Battribute%5D=email&limit=2",
    header=(("oauth_consumer_key", "k"), ("oauth_nonce", "n"), ("oauth_token", "t"), ("oauth_version", "1.0")),
)


def test_every_mistake_is_recognized_by_its_signature() -> None:
    told = []
    for name, base_string in explain.base_string_mistakes(ASKED):
        claim = oauth.Claim("k", "HMAC-SHA1", oauth.sign("HMAC-SHA1", base_string, SECRETS))
        verdict = explain.examine(claim, ASKED, SECRETS)
        if verdict.matches:
            # what is a mistake elsewhere may be no difference in this request
            continue
        assert verdict.mistake is not None
        assert verdict.mistake.base_string == base_string
        byte = verdict.byte
        assert byte is not None
        assert verdict.ours[:byte] == base_string[:byte]
        assert verdict.ours[byte : byte + 1] != base_string[byte : byte + 1]
        told.append(name)
    assert len(told) > 15


@pytest.mark.parametrize(
    "secrets, words",
    [
        (Secrets("consumer secret", ""), "without the token's secret"),
        (Secrets("token secret", "consumer secret"), "in the wrong order"),
        (Secrets("another", "pair"), "most likely a secret is wrong"),
    ],
)
def test_wrong_secrets_are_told_without_telling_any(secrets: Secrets, words: str) -> None:
    good = next(base_strings(ASKED))
    claim = oauth.Claim("k", "HMAC-SHA1", oauth.sign("HMAC-SHA1", good, secrets))
    sentence = explain.sentence(claim, ASKED, SECRETS)
    assert words in sentence
    assert SECRETS.consumer not in sentence
    assert SECRETS.token not in sentence


def test_the_log_says_where_a_base_string_differs(
    original: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(original, tmp_path / "shop")
    signed = str(client().sign(f"https://{HOST}{SELF}")[1]["Authorization"])
    with Shop(tmp_path / "shop" / "shop.db") as shop:
        assert shop.send("GET", SELF, {"Accept": "application/json", "Authorization": signed}).status == 401
    notes = [json.loads(line)["note"] for line in capfd.readouterr().err.splitlines() if '"note"' in line]
    assert len(notes) == 1
    assert "signs https but sends http" in notes[0]
    assert "from byte 8:" in notes[0]
    assert "secret1" not in notes[0]
