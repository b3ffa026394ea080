"""KNOWN 20: what the server's guard and a database that is away are answered, in the usual document, on every kind of
path."""

import json

import pytest

from tests.dialects.openmage.world import JSON, Shop
from tillstone.dialects.base import Encoded, TooLarge, TooMany, TooSlow
from tillstone.dialects.openmage import OpenMage
from tillstone.domain.errors import Bug, StoreDown
from tillstone.wire.http import Request
from tillstone.wire.limits import Excess

PROBLEMS = [
    (TooLarge(), 413),
    (Excess("deep"), 413),
    (TooSlow(), 408),
    (Encoded(), 415),
    (TooMany(7), 429),
    (StoreDown("gone"), 503),
    (Bug("impossible"), 500),
    (KeyError("surprise"), 500),
]


def fail(path: bytes, problem: Exception) -> tuple[int, dict[bytes, bytes], str]:
    reply = OpenMage().fail(Request("GET", path, headers={b"accept": b"application/json"}), problem)
    return reply.status, dict(reply.headers), reply.body.decode()


@pytest.mark.parametrize("problem, wanted", PROBLEMS)
def test_the_api_answers_with_its_document(problem: Exception, wanted: int) -> None:
    status, headers, body = fail(b"/api/rest/customers", problem)
    (entry,) = json.loads(body)["messages"]["error"]
    assert (status, entry["code"], headers[b"content-type"]) == (wanted, wanted, b"application/json; charset=utf-8")
    assert (b"retry-after" in headers) is (wanted in {429, 503})
    assert "surprise" not in body
    assert "gone" not in body


@pytest.mark.parametrize("problem, wanted", PROBLEMS)
def test_the_flow_answers_in_plain_words(problem: Exception, wanted: int) -> None:
    status, _, body = fail(b"/oauth/token", problem)
    assert status == wanted
    assert "surprise" not in body


@pytest.mark.parametrize("problem, wanted", [(StoreDown("gone"), 503), (KeyError("surprise"), 500)])
def test_the_pages_say_it_to_a_person(problem: Exception, wanted: int) -> None:
    status, headers, body = fail(b"/oauth/authorize", problem)
    assert (status, headers[b"content-type"]) == (wanted, b"text/html; charset=UTF-8")
    assert "surprise" not in body


def test_a_body_beyond_the_limits_is_not_read_to_its_end(shop: Shop) -> None:
    deep = "[" * 200 + "]" * 200
    assert shop.ask("PUT", "/api/rest/customers/1", f'{{"firstname":{deep}}}', accept=JSON).status == 413
    assert shop.ask("PUT", "/api/rest/customers/1", f'{{"firstname":"{"x" * 1_100_000}"}}', accept=JSON).status == 413
    assert shop.ask("PUT", "/api/rest/customers/1", '{"firstname":"x"}', Content_Encoding="gzip").status == 415
