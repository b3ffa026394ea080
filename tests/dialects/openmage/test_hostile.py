"""Bodies and queries that mean harm: each has a documented answer, and what cannot be read writes nothing."""

import pytest

from tests.dialects.openmage.world import HOST, JSON, XML, Reply, Shop
from tests.torture import attacks

PATH = "/api/rest/customers"
TEXT = "text/plain"
REFUSED = {400, 413}

QUERIES = {
    "deep brackets": "filter" + "[a]" * 5_000 + "=1",
    "open brackets": "filter" + "[" * 5_000 + "=1",
    "many filters": "&".join(f"filter[{number}][attribute]=email" for number in range(500)),
    "a slow pattern": "filter[1][attribute]=email&filter[1][regexp]=" + "(a%2B)%2B" * 20 + "$",
    "a huge number": "limit=" + "9" * 5_000,
    "NUL": "order=%00&attrs=%00",
}


def post(shop: Shop, content_type: str, body: bytes) -> Reply:
    headers = {
        "Host": HOST,
        "Accept": JSON,
        "Content-Type": content_type,
        "Authorization": shop.sign("POST", PATH, "admin"),
    }
    return Reply(*shop.inner.send("POST", PATH, headers, body))


def emails(shop: Shop) -> str:
    return shop.ask("GET", f"{PATH}?limit=100&attrs=email", accept=JSON).body


@pytest.mark.parametrize("name", attacks.ENTITIES)
def test_documents_with_entities_are_refused_unread(shop: Shop, name: str) -> None:
    before = emails(shop)

    reply = post(shop, XML, attacks.ENTITIES[name])

    assert reply.status in REFUSED, reply
    assert emails(shop) == before


@pytest.mark.parametrize("content_type", [XML, JSON, TEXT])
def test_every_attack_is_answered_and_the_worker_lives_on(shop: Shop, content_type: str) -> None:
    hostile = attacks.JSON if content_type == JSON else attacks.XML
    for name, body in hostile.items():
        reply = post(shop, content_type, body)
        assert reply.status in {200, *REFUSED}, (name, reply)
    assert emails(shop)


@pytest.mark.parametrize("name", QUERIES)
def test_every_hostile_query_is_answered(shop: Shop, name: str) -> None:
    reply = shop.ask("GET", f"{PATH}?{QUERIES[name]}", accept=JSON)

    assert reply.status in {200, 400, 414}, reply
