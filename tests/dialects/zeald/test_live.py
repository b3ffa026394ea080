"""The same over sockets, with the product's own processes: every case, several workers at once, kill -9, the limits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from msgspec import structs

from tests.cases import runner
from tests.cases.fixture import seconds
from tests.cases.runner import Answer, Case
from tests.dialects.zeald.shop import SEED, actions
from tests.fronts import make_key
from tests.outside.fixtures import Serve
from tests.outside.serving import LiveServer, service_over
from tests.outside.session import HttpSession, credentials
from tillstone.domain import accounts
from tillstone.domain.service import Service

CASES = [
    case
    for case in runner.load(*sorted((Path(__file__).parents[2] / "cases" / "zeald").glob("*.json")))
    if not case.settings
]
PRINTED = "http://test_account.imonggo.com"
"""The host of the cases."""

XML = {"Content-Type": "text/xml"}


@pytest.fixture
def beside(serve: Serve, shop_url: str) -> Iterator[tuple[LiveServer, Service]]:
    """A server, and the service of a second process over its database."""
    server = serve()
    with service_over(shop_url) as service:
        yield server, service


def test_every_case_over_a_socket(beside: tuple[LiveServer, Service]) -> None:
    """An account for each, so that one server serves them all."""
    server, service = beside
    server.clock.freeze(seconds(CASES[0].at))
    assert len({case.at for case in CASES}) == 1
    for number, case in enumerate(CASES):
        accounts.create_account(service, f"case{number}")
        token = make_key(service, f"case{number}")
        with server.session(token="") as session:
            runner.run(_moved(case, server.base), lambda *asked, to=session, key=token: _send(to, key, *asked))


def _moved(case: Case, base: str) -> Case:
    if isinstance(case.expect.xml, str):
        return structs.replace(case, expect=structs.replace(case.expect, xml=case.expect.xml.replace(PRINTED, base)))
    return case


def _send(session: HttpSession, token: str, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    known = {"Authorization": credentials(token)["Authorization"]} if "Authorization" in headers else {}
    answer = session.request(method, path, body or None, headers | known)
    return answer.status, answer.headers, answer.body


def test_workers_agree_on_one_customer(serve: Serve) -> None:
    server = serve(workers=2)

    def write(number: int) -> object:
        with server.session(keep=False) as session:
            answer = session.request("POST", "/API/V3/Customer+UserCustomerGroups", SEED.encode(), XML)
            assert answer.status == 200, (number, answer.body)
            return actions(answer.xml())[0][0]

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(write, range(16)))
    # all sent one password; whoever hashed it before the first was stored writes another hash of it
    assert outcomes.count("created") == 1
    with server.session() as session:
        (customer,) = session.request("GET", "/API/V3/Customer+UserCustomerGroups").xml()
    assert [node.tag.rpartition("}")[2] for node in customer].count("UserCustomerGroup") == 2


def test_edits_that_close_a_circle_together_do_not_both_pass(serve: Serve) -> None:
    server = serve(workers=2)

    def group(code: str, parent: str = "") -> str:
        return f"<UserGroup><code>{code}</code><parent_code>{parent}</parent_code></UserGroup>"

    def edit(pair: tuple[str, str]) -> int:
        with server.session(keep=False) as session:
            body = f"<ResultSet>{group(*pair)}</ResultSet>".encode()
            return session.request("PUT", f"/API/V3/UserGroups/{pair[0]}", body, XML).status

    with server.session() as session:
        everything = "".join(group(f"{side}{n}") for n in range(10) for side in "ab")
        assert (
            session.request("POST", "/API/V3/UserGroups", f"<ResultSet>{everything}</ResultSet>".encode(), XML).status
            == 200
        )
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(edit, [pair for n in range(10) for pair in ((f"a{n}", f"b{n}"), (f"b{n}", f"a{n}"))]))
    assert all(sorted(pair) == [200, 422] for pair in zip(statuses[::2], statuses[1::2], strict=True))


def test_acknowledged_trees_survive_a_kill_whole(serve: Serve) -> None:
    server = serve()
    for number in range(20):
        with server.session() as session:
            body = SEED.replace("<password>PETERFOO123</password>", "").replace("peter@", f"p{number}@").encode()
            assert session.request("POST", "/API/V3/Customer+UserCustomerGroups", body, XML).status == 200
    server.kill()
    server.start()
    with server.session() as session:
        root = session.request("GET", "/API/V3/Customer+UserCustomerGroups?_fields=username").xml()
    assert [len(customer) for customer in root] == [3] * 20


def test_bodies_over_the_limit_and_a_worker_that_lives_on(serve: Serve) -> None:
    server = serve()
    with server.session() as session:
        workers = server.workers()
        for body, status in ((b"<ResultSet>" + b"<x/>" * 400_001 + b"</ResultSet>", 413), (b"<a", 400)):
            answer = session.request("POST", "/API/V3/Customer", body, XML)
            assert (answer.status, ET.fromstring(answer.body).get("stat")) == (status, "fail")
        assert session.request("GET", "/API/V3/" + "(" * 10_000).status == 414
        assert session.request("HEAD", "/API/V3/Customer").body == b""
        assert session.request("GET", "/api/customers.xml").status == 200
        assert server.workers() == workers


def test_requests_over_the_limit_are_told_when_to_come_again(serve: Serve) -> None:
    server = serve(environ={"TILLSTONE_LIMIT_REQUESTS": "40"})
    server.clock.freeze()
    with server.session() as session:
        statuses = [session.request("GET", "/API/V3/Customer").status for _ in range(41)]
        assert statuses == [200] * 40 + [429]
        assert int(session.request("GET", "/API/V3/Customer").headers["retry-after"]) > 0
