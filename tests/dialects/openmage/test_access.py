"""Every route, every method, every kind of user, every role: who gets further than the door."""

import pytest

from tests.dialects.openmage.world import JSON, Shop
from tillstone.dialects.openmage.routes import OPERATIONS, find_target
from tillstone.dialects.openmage.tables import TABLES
from tillstone.wire.http import Request

PLACES = {
    "customer": ("/api/rest/customers", "/api/rest/customers/1"),
    "address": ("/api/rest/customers/1/addresses", "/api/rest/customers/addresses/1"),
}
"""Where the records of a resource are: a resource without a row here fails."""

MAY: dict[str, dict[str, set[str]]] = {
    "admin": {"customer": set(OPERATIONS.values()), "address": set(OPERATIONS.values())},
    # the admin screen of the product does not offer customer:create (spec 8)
    "uifull": {"customer": {"retrieve", "update", "delete"}, "address": set(OPERATIONS.values())},
    "limited": {"customer": {"retrieve"}, "address": set()},
    "norole": {"customer": set(), "address": set()},
    "jane": {"customer": {"retrieve", "update"}, "address": set(OPERATIONS.values())},
    "guest": {"customer": set(), "address": set()},
}
"""What each user may do (spec 9, 10, and the README of the recordings)."""

CASES = [
    (user, resource, place, method)
    for user in MAY
    for resource, places in PLACES.items()
    for place in places
    for method in OPERATIONS
]


def test_every_resource_has_its_places() -> None:
    assert set(PLACES) == set(TABLES)
    for resource, places in PLACES.items():
        assert {find_target(Request("GET", place.encode())).resource for place in places} == {resource}


@pytest.mark.parametrize("user, resource, place, method", CASES)
def test_the_door(shop: Shop, user: str, resource: str, place: str, method: str) -> None:
    body = '{"firstname":"x"}' if method in {"POST", "PUT"} else ""
    reply = shop.ask(method, place, body, user=user, accept=JSON)
    refused = "Access denied" in reply.body or "Admin role for user ID" in reply.body
    assert refused is (OPERATIONS[method] not in MAY[user][resource]), reply
    assert reply.status < 500 or user == "norole"


@pytest.mark.parametrize("place", PLACES["customer"] + PLACES["address"])
@pytest.mark.parametrize("method", list(OPERATIONS))
def test_a_customer_cannot_tell_anothers_record_from_none(shop: Shop, method: str, place: str) -> None:
    new = '{"firstname":"A","lastname":"B","email":"a@b.example","website_id":1,"group_id":1,"password":"1234567"}'
    shop.ask("POST", "/api/rest/customers", new)
    address = (
        '{"firstname":"A","lastname":"B","street":["1"],"city":"C","country_id":"GB","postcode":"1","telephone":"1"}'
    )
    assert shop.ask("POST", "/api/rest/customers/2/addresses", address).status == 200
    theirs, nobodys = (
        place.replace("customers/1", f"customers/{customer}").replace("addresses/1", f"addresses/{number}")
        for customer, number in ((2, 1), (99, 99))
    )
    body = '{"firstname":"x","city":"x"}' if method in {"POST", "PUT"} else ""
    answers = [shop.ask(method, path, body, user="jane", accept=JSON) for path in (theirs, nobodys)]
    assert (answers[0].status, answers[0].body) == (answers[1].status, answers[1].body)
