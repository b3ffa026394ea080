"""The cases that only read, asked of real servers: the same answers as in this process."""

import http.client
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cases import runner
from tests.cases.fixture import FIXTURES, Shops
from tests.cases.inprocess import HOST
from tests.cases.runner import Answer, Send
from tests.live.servers import running
from tests.outside.session import PATIENCE_S

CASES = runner.load(*sorted((Path(__file__).parent / "imonggo").glob("*.json")))
READING = [case for case in CASES if not (case.writes or case.at or case.settings)]


def send_to(port: int) -> Send:
    """The way to a server on this machine."""

    def send(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body or None, {"Host": HOST, **headers})
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return response.status, told, response.read()
        finally:
            connection.close()

    return send


@pytest.fixture(scope="module")
def servers(shops: Shops, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Send]]:
    """A server per fixture."""
    with ExitStack() as stack:
        started: dict[str, Send] = {}
        for name in FIXTURES:
            folder = tmp_path_factory.mktemp("served")
            file = shops.copy(name, folder / "shop")
            key = {"TILLSTONE_SERVER_KEY_FILE": f"{file}.key"}
            server = stack.enter_context(running(f"sqlite:///{file}", folder, settings=key))
            started[name] = send_to(server.port)
        yield started


@pytest.mark.parametrize("fixture", sorted(FIXTURES))
def test_reading_cases_over_a_socket(fixture: str, servers: dict[str, Send]) -> None:
    cases = [case for case in READING if case.fixture == fixture]
    assert cases
    for case in cases:
        try:
            runner.run(case, servers[fixture])
        except AssertionError as error:
            error.add_note(case.id)
            raise
