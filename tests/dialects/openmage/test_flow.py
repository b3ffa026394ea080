"""The three-legged flow: initiate, the pages, the exchange, what comes after, and what nobody may do on them."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from oauthlib.oauth1 import Client

from tests.dialects.openmage.visitor import PAGES, Visitor, verifier_of
from tests.dialects.openmage.world import HOST, Reply, Shop, pad
from tillstone.domain import accounts, consumers
from tillstone.domain.commands import Create
from tillstone.domain.consumers import ConsumerWish
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import Value

CALLBACK = "http://client.example.com/cb"


class Program:
    """A program that wants in."""

    def __init__(self, shop: Shop, number: int = 1) -> None:
        self.shop = shop
        self.number = number
        self.token = self.secret = ""
        self._nonce = 0

    def send(self, path: str, method: str = "POST", *, host: str = HOST, **claims: str) -> Reply:
        self._nonce += 1
        client = Client(
            pad(f"c0nsumerkey{self.number}"),
            client_secret=pad(f"c0nsumersecret{self.number}"),
            resource_owner_key=self.token or None,
            resource_owner_secret=self.secret or None,
            timestamp=str(self.shop.now),
            nonce=f"p{self.number}-{id(self)}-{self._nonce}",
            **{"callback_uri" if name == "callback" else name: value for name, value in claims.items()},
        )
        _, headers, _ = client.sign(f"http://{host}{path}", http_method="GET" if method == "GET" else "POST")
        return self.shop.send(
            method, path, {"Accept": "application/json", "Authorization": str(headers["Authorization"])}
        )

    def take(self, reply: Reply) -> None:
        """Remember the token of an answer."""
        assert reply.status == 200, reply
        assert reply.headers["content-type"] == "application/x-www-form-urlencoded"
        said = dict(parse_qsl(reply.body))
        self.token, self.secret = said["oauth_token"], said["oauth_token_secret"]

    def initiate(self, callback: str = "oob") -> str:
        self.take(self.send("/oauth/initiate", callback=callback))
        return self.token

    def exchange(self, verifier: str) -> None:
        self.take(self.send("/oauth/token", verifier=verifier))

    def let_in(self, kind: str = "customer") -> None:
        """All three legs."""
        visitor = Visitor(self.shop, kind)
        visitor.log_in(self.initiate())
        self.exchange(verifier_of(visitor.confirm()))


@pytest.mark.parametrize("kind, status", [("customer", 404), ("admin", 200)])
def test_a_person_lets_a_program_in(shop: Shop, kind: str, status: int) -> None:
    shop.ask(
        "POST",
        "/api/rest/customers",
        '{"firstname":"A","lastname":"B","email":"a@b.example","website_id":1,"group_id":1,"password":"1234567"}',
    )
    program = Program(shop)
    program.let_in(kind)
    assert program.send("/api/rest/customers/1?attrs=email", "GET").body == '{"email":"jane@example.com"}'
    assert program.send("/api/rest/customers/2?attrs=email", "GET").status == status


def test_confirming_leads_to_the_callback_with_the_verifier(shop: Shop) -> None:
    program, visitor = Program(shop), Visitor(shop)
    visitor.log_in(program.initiate(f"{CALLBACK}?x=1"))
    reply = visitor.confirm()
    address = urlsplit(reply.headers["location"])
    said = parse_qs(address.query)
    assert (reply.status, address.netloc, said["x"], said["oauth_token"]) == (
        302,
        "client.example.com",
        ["1"],
        [program.token],
    )
    program.exchange(said["oauth_verifier"][0])


def test_a_registered_callback_stands_for_oob(shop: Shop) -> None:
    program, visitor = Program(shop, 2), Visitor(shop)
    visitor.log_in(program.initiate())
    assert visitor.confirm().headers["location"].startswith(f"{CALLBACK}?oauth_token={program.token}&oauth_verifier=")


def test_rejecting_leads_back_and_leaves_the_token_for_a_later_confirmation(shop: Shop) -> None:
    program, visitor = Program(shop, 2), Visitor(shop)
    token = program.initiate()
    visitor.log_in(token)
    assert visitor.reject().headers["location"] == f"{CALLBACK}?oauth_token={token}&rejected=1"
    visitor.visit(token)
    assert "oauth_verifier=" in visitor.confirm().headers["location"]


def test_rejecting_without_a_callback_says_so(shop: Shop) -> None:
    program, visitor = Program(shop), Visitor(shop)
    visitor.log_in(program.initiate())
    assert "was not let in" in visitor.reject().body


@pytest.mark.parametrize(
    "callback, answer",
    [
        (None, (400, "oauth_problem=parameter_absent&oauth_parameters_absent=oauth_callback")),
        ("not a url", (400, "oauth_problem=parameter_rejected&message=oauth_callback")),
        ("javascript:alert(1)", (400, "oauth_problem=parameter_rejected&message=oauth_callback")),
    ],
)
def test_initiate_wants_a_callback(shop: Shop, callback: str | None, answer: tuple[int, str]) -> None:
    claims = {} if callback is None else {"callback": callback}
    reply = Program(shop).send("/oauth/initiate", **claims)
    assert (reply.status, reply.body) == answer


@pytest.mark.parametrize("odd", ["\r\nX-Evil: 1", "\n", " ", "\t", "\x00", "\x7f", "\x85"])
def test_callback_with_a_character_that_no_address_holds_is_refused(shop: Shop, odd: str) -> None:
    program = Program(shop, 2)
    for callback in (f"{CALLBACK}{odd}", f"http://x.example/{odd}"):
        reply = program.send("/oauth/initiate", callback=callback)
        assert (reply.status, reply.body) == (400, "oauth_problem=parameter_rejected&message=oauth_callback")


def test_callback_may_go_on_where_the_registered_one_ends(shop: Shop) -> None:
    program, visitor = Program(shop, 2), Visitor(shop)
    visitor.log_in(program.initiate(f"{CALLBACK}/käse?a=b"))
    location = visitor.confirm().headers["location"].encode("latin-1").decode()
    assert location.startswith(f"{CALLBACK}/käse?a=b&oauth_token={program.token}")


@pytest.mark.parametrize("host", [HOST, "127.0.0.1"])
def test_initiate_takes_signatures_with_and_without_the_port(shop: Shop, host: str) -> None:
    """KNOWN 2."""
    assert Program(shop).send("/oauth/initiate/", host=host, callback="oob").status == 200


@pytest.mark.parametrize(
    "verifier, answer",
    [
        ("", (400, "oauth_problem=parameter_absent&oauth_parameters_absent=oauth_verifier")),
        ("abc", (401, "oauth_problem=verifier_invalid")),
        ("0" * 32, (401, "oauth_problem=verifier_invalid")),
    ],
)
@pytest.mark.parametrize("authorized", [False, True])
def test_the_exchange_wants_the_verifier(
    shop: Shop, verifier: str, answer: tuple[int, str], *, authorized: bool
) -> None:
    program, visitor = Program(shop), Visitor(shop)
    program.initiate()
    if authorized:
        visitor.log_in(program.token)
        visitor.confirm()
    reply = program.send("/oauth/token", **({"verifier": verifier} if verifier else {}))
    assert (reply.status, reply.body) == answer


def test_a_request_token_is_exchanged_once_and_opens_nothing(shop: Shop) -> None:
    program, visitor = Program(shop), Visitor(shop)
    visitor.log_in(program.initiate())
    verifier = verifier_of(visitor.confirm())
    assert "token_rejected" in program.send("/api/rest/customers/1", "GET").body
    spent, secret = program.token, program.secret
    program.exchange(verifier)
    access = program.token
    program.token, program.secret = spent, secret
    assert program.send("/oauth/token", verifier=verifier).body == "oauth_problem=token_rejected"
    assert access != spent


def test_authorizing_again_ends_the_older_token_of_the_same_user_only(shop: Shop) -> None:
    first, other, again = Program(shop), Program(shop), Program(shop)
    first.let_in()
    other.let_in("admin")
    assert first.send("/api/rest/customers/1", "GET").status == 200
    again.let_in()
    shop.forget()
    assert "token_rejected" in first.send("/api/rest/customers/1", "GET").body
    assert again.send("/api/rest/customers/1", "GET").status == 200
    assert other.send("/api/rest/customers/1", "GET").status == 200


# -- the pages


def test_a_login_is_noted(shop: Shop) -> None:
    program, visitor = Program(shop), Visitor(shop)
    visitor.log_in(program.initiate())
    assert "<last_logged_in>2026-11-21 18:40:00</last_logged_in>" in shop.ask("GET", "/api/rest/customers/1").body


@pytest.mark.parametrize("token", ["", "f" * 32, "'><script>"])
@pytest.mark.parametrize("kind", list(PAGES))
def test_a_token_that_waits_for_nothing_has_a_page_that_says_so(shop: Shop, kind: str, token: str) -> None:
    reply = Visitor(shop, kind).visit(token)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=UTF-8")
    assert "An error occurred. Your authorization request is invalid." in reply.body
    assert "<script" not in reply.body


def test_a_confirmed_token_cannot_be_confirmed_again(shop: Shop) -> None:
    program, visitor = Program(shop), Visitor(shop)
    question = visitor.log_in(program.initiate())
    visitor.confirm()
    visitor.page = question
    assert "invalid" in visitor.confirm().body


def test_a_wrong_password_asks_again_and_ten_close_the_door(shop: Shop) -> None:
    program, visitor = Program(shop), Visitor(shop)
    token = program.initiate()
    for _ in range(10):
        assert "Invalid login or password." in visitor.log_in(token, password="wrong").body
    assert "Invalid login or password." in visitor.log_in(token).body


@pytest.mark.parametrize("change", ["key", "cookie", "none"])
def test_a_form_from_elsewhere_is_refused(shop: Shop, change: str) -> None:
    """KNOWN 17: neither a guessed key nor another browser's will do."""
    program, visitor, stranger = Program(shop), Visitor(shop), Visitor(shop)
    token = program.initiate()
    visitor.log_in(token)
    stranger.log_in(token)
    path = f"/oauth/authorize/confirm?oauth_token={token}"
    if change == "key":
        visitor.page = stranger.page
        reply = visitor.confirm()
    elif change == "cookie":
        visitor.cookie = stranger.cookie
        reply = visitor.confirm()
    else:
        reply = visitor.post(path)
    assert (reply.status, "not made by this page" in reply.body) == (200, True)
    assert program.send("/oauth/token", verifier="0" * 32).body == "oauth_problem=verifier_invalid"


@pytest.mark.parametrize("step", ["confirm", "reject", "confirmSimple"])
def test_a_link_decides_nothing(shop: Shop, step: str) -> None:
    """KNOWN 17."""
    program, visitor = Program(shop, 2), Visitor(shop)
    token = program.initiate()
    visitor.log_in(token)
    reply = visitor.get(f"/oauth/authorize/{step}?oauth_token={token}")
    assert (reply.status, reply.headers["location"]) == (302, f"/oauth/authorize?oauth_token={token}")


def test_a_session_of_one_kind_is_none_of_the_other(shop: Shop) -> None:
    program, visitor = Program(shop), Visitor(shop)
    token = program.initiate()
    visitor.log_in(token)
    visitor.kind = "admin"
    assert 'id="password"' in visitor.visit(token).body


def test_the_pages_may_be_framed_and_remembered_by_nobody(shop: Shop) -> None:
    program, visitor = Program(shop), Visitor(shop)
    reply = visitor.visit(program.initiate())
    assert reply.headers["x-frame-options"] == "DENY"
    assert reply.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["set-cookie"].endswith("; Path=/; HttpOnly; SameSite=Lax")


@pytest.mark.parametrize("who", ["nobody@example.com", "jane@example.com"])
def test_who_has_no_password_gets_the_answer_of_a_wrong_one(shop: Shop, who: str) -> None:
    program, visitor = Program(shop), Visitor(shop)
    assert "Invalid login or password." in visitor.log_in(program.initiate(), name=who, password="x").body


NEIL = {"customer": ("neil@example.com", "neils secret"), "admin": ("neil", "neils secret")}


def move_in(shop: Shop) -> None:
    """A second account in the same database: program 3, and Neil as a customer and as an admin user."""
    service = shop.inner.application._runner._service
    account = accounts.create_account(service, "neighbour").id
    key, secret = pad("c0nsumerkey3"), pad("c0nsumersecret3")
    consumers.create_consumer(service, account, ConsumerWish("Program 3", key, secret))
    consumers.create_admin(service, account, *NEIL["admin"], "all")
    email, password = NEIL["customer"]
    values: dict[str, Value] = {
        "email": email,
        "first_name": "Neil",
        "last_name": "Next",
        "password_hash": service.hasher.hash(password),
    }
    profile = Profile("test", "customer", {name: Rule(name) for name in values})
    service.run(Create("customer", values, profile), accounts.system(account))


@pytest.mark.parametrize("kind", ["customer", "admin"])
def test_the_neighbours_people_are_strangers_here_and_ours_are_there(shop: Shop, kind: str) -> None:
    move_in(shop)
    ours, theirs = Program(shop).initiate(), Program(shop, 3).initiate()
    assert "Invalid login or password." in Visitor(shop, kind).log_in(ours, *NEIL[kind]).body
    assert "Invalid login or password." in Visitor(shop, kind).log_in(theirs).body
    assert "Invalid login or password." not in Visitor(shop, kind).log_in(theirs, *NEIL[kind]).body


@pytest.mark.parametrize("kind", ["customer", "admin"])
def test_a_session_here_decides_nothing_about_the_neighbours_token(shop: Shop, kind: str) -> None:
    move_in(shop)
    ours, neighbour, visitor = Program(shop).initiate(), Program(shop, 3), Visitor(shop, kind)
    theirs = neighbour.initiate()
    question = visitor.log_in(ours)
    assert 'id="password"' in visitor.visit(theirs).body, "the session is good for our own token alone"
    question.body = question.body.replace(ours, theirs)
    visitor.page = question
    visitor.confirm()
    assert neighbour.send("/oauth/token", verifier="0" * 32).body == "oauth_problem=verifier_invalid"
    assert 'id="password"' in visitor.visit(theirs).body
