"""The same for `/api/rest/`: every path, method and kind of user answers alike with and without a neighbour."""

from collections.abc import Iterator
from itertools import count
from secrets import token_hex
from typing import Any

from oauthlib.oauth1 import Client

from tests.contracts.neighbours import HERE, assert_nothing_shows, comparable, differing
from tests.machines.world import Town
from tests.outside.session import Answer
from tests.outside.shop import Shop
from tillstone.dialects.openmage.routes import OPERATIONS
from tillstone.dialects.openmage.tables import TABLES
from tillstone.domain import consumers
from tillstone.domain.consumers import ConsumerWish, TokenWish

LATER = 2_000_000_000
"""Signed requests are refused if they are older than the memory of used nonces, which was made before these tests."""

BASE = "http://127.0.0.1:8080"

IDS = (1, 2, 5, 9, 99)
"""Live in both, deleted in both, the neighbour's alone, nobody's."""

PLACES: dict[str, tuple[str, ...]] = {
    "customer": ("customers", *(f"customers/{number}" for number in IDS)),
    "address": (
        *(f"customers/{number}/addresses" for number in IDS),
        *(f"customers/addresses/{number}" for number in IDS),
    ),
}
"""Where the records of a resource are: a resource without a row here fails."""

FILTERED = "filter%5B1%5D%5Battribute%5D=entity_id&filter%5B1%5D%5Bgt%5D=2"
QUERIES = ("", "limit=1&page=2", "order=entity_id&dir=dsc", FILTERED)

BODIES = {
    "customer": '{"firstname":"%s","lastname":"Roe","email":"new@example.com","website_id":1,"group_id":1}',
    "address": '{"firstname":"%s","lastname":"Roe","street":["1 High St"],"city":"Cebu","country_id":"PH",'
    '"region":"Cebu","postcode":"6000","telephone":"1"}',
}

USERS = ("guest", "customer", "admin")


class Asker:
    """A user of one account, who signs with oauthlib; a guest does not sign."""

    def __init__(self, town: Town, key: str, user: str) -> None:
        self._session = town.house.session("")
        self._numbers = count(1)
        self._signer = None if user == "guest" else granted(town, key, user)

    def ask(self, method: str, path: str, body: str | None) -> Answer:
        headers = {"Accept": "application/json", "Content-Type": "application/json", "Authorization": ""}
        if self._signer is not None:
            self._signer.nonce = f"n{next(self._numbers)}"
            verb: Any = method
            headers["Authorization"] = self._signer.sign(f"{BASE}{path}", http_method=verb)[1]["Authorization"]
        return comparable(self._session.request(method, path, None if body is None else body.encode(), headers))


def granted(town: Town, key: str, user: str) -> Client:
    """Makes a program and its token for an admin user, or for the first customer."""
    account, service = town.owner(key).account, town.service
    program = consumers.create_consumer(service, account, ConsumerWish("Program", token_hex(16), token_hex(16)))
    if user == "admin":
        consumers.create_admin(service, account, "admin", "", "all")
        wish = TokenWish(program.token, admin="admin")
    else:
        wish = TokenWish(program.token, customer=1)
    token = consumers.create_token(service, account, wish)
    return Client(program.token, program.secret, token.token, token.secret, timestamp=str(LATER))


def filled(town: Town, who: str, customers: int) -> str:
    """The key of a new account with customers, the second of them deleted, each with an address."""
    key = town.new_account()
    shop = Shop(town.house.session(key))
    for number in range(1, customers + 1):
        place = {"street": who, "city": who, "zipcode": "6000", "country": "PH"}
        shop.create(f"{who} {number}", email=f"{number}@example.com", **place)
    shop.remove(2)
    return key


def asked() -> Iterator[tuple[str, str, str | None]]:
    """Every request there is. Deletes come last."""
    for method in sorted(OPERATIONS, key=lambda method: (method == "DELETE", method)):
        for resource in TABLES:
            for place in PLACES[resource]:
                body = BODIES[resource] % HERE if method in {"POST", "PUT"} else None
                for query in QUERIES if method == "GET" else ("",):
                    yield method, f"/api/rest/{place}" + (f"?{query}" if query else ""), body


def everything_asked(town: Town, key: str) -> dict[str, Answer]:
    town.clock.set(LATER)
    answers: dict[str, Answer] = {}
    askers = {user: Asker(town, key, user) for user in USERS}
    for method, path, body in asked():
        for user, asker in askers.items():
            answers[f"{user}: {method} {path}"] = asker.ask(method, path, body)
    return answers


def everything_of(town: Town, key: str) -> list[bytes]:
    shop = Shop(town.house.session(key))
    queries = ("", "q=count", "q=last_updated_at", "after=2001-01-01")
    return [shop.send("GET", f"/api/customers.xml?{query}").body for query in queries]


def test_every_resource_has_its_places() -> None:
    assert set(PLACES) == set(BODIES) == set(TABLES)


def test_answers_are_the_same_with_and_without_a_neighbour(town: Town) -> None:
    assert_nothing_shows(town, filled, everything_asked, everything_of)


def test_answers_do_differ_with_the_neighbours_own_key(town: Town) -> None:
    differ = differing(town, filled, everything_asked)
    for path in ("customers", "customers/5", "customers/5/addresses", "customers/addresses/5"):
        assert f"admin: GET /api/rest/{path}" in differ
    assert "customer: GET /api/rest/customers/1" in differ
