"""Real servers for tests that look at the connection and at the log."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.outside.serving import LiveServer
from tests.outside.session import PATIENCE_S, TOKEN, credentials

BASIC = credentials(TOKEN)["Authorization"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running(LiveServer):
    """A server that can be asked in any words, and keeps an access log."""

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> "Told":
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body, {"Authorization": BASIC, **named})
            return Told(connection.getresponse())
        finally:
            connection.close()

    def raw(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def log(self) -> list[dict[str, Any]]:
        """The access log, as far as it is written."""
        return [json.loads(line) for line in (self.folder / "access.log").read_text().splitlines()]


class Told:
    """An answer that was read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


@contextmanager
def running(
    url: str, directory: Path, *, workers: int = 1, wait: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A server over the database at `url`; `settings` are further environment variables."""
    environ = {"TILLSTONE_SERVER_ACCESS_LOG": "true", **(settings or {})}
    server = Running(url, directory, workers=workers, environ=environ)
    server.launch()
    try:
        if wait:
            server.wait_until_ready()
        yield server
        server.stop()
    finally:
        server.close()
