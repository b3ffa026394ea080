"""The application of one worker without a socket: the same requests and answers, a few hundred microseconds each."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.outside.session import Answer, credentials
from tillstone.config import Database, Server, Settings
from tillstone.domain.secrets import SystemRandom
from tillstone.domain.stamps import Clock
from tillstone.server.app import build

HOST = {"Host": "127.0.0.1:8080"}


class House:
    """An application that is alive between `with` and its end, on an event loop of its own."""

    def __init__(self, url: str, folder: Path, clock: Clock) -> None:
        self.url = url
        self.key_file = str(folder / "seal.key")
        settings = Settings(database=Database(url=url), server=Server(access_log=False, key_file=self.key_file))
        self.clock = clock
        self._application = build(settings, clock=clock, random=SystemRandom())
        self._loop = asyncio.new_event_loop()
        self._started, self._ending = asyncio.Event(), asyncio.Event()

    def __enter__(self) -> Self:
        self._life = self._loop.create_task(self._application({"type": "lifespan"}, self._receive, self._send))
        self._loop.run_until_complete(self._started.wait())
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._loop.run_until_complete(self._life)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _receive(self) -> dict[str, Any]:
        if self._started.is_set():
            await self._ending.wait()
            return {"type": "lifespan.shutdown"}
        return {"type": "lifespan.startup"}

    async def _send(self, _message: dict[str, Any]) -> None:
        self._started.set()

    def session(self, token: str) -> "AsgiSession":
        return AsgiSession(self, token)

    def ask(self, scope: dict[str, Any], body: bytes) -> Answer:
        """One request, run to its end."""
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        self._loop.run_until_complete(self._application(scope, receive, send))
        start, *parts = sent
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Answer(start["status"], headers, b"".join(part["body"] for part in parts))


class AsgiSession:
    """A `Session` that hands its requests to the application in this process."""

    def __init__(self, house: House, token: str) -> None:
        self._house = house
        self._headers = HOST | credentials(token)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        address = urlsplit(path)
        sized = {} if body is None else {"Content-Length": str(len(body))}
        named = self._headers | sized | (headers or {})
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": address.path,
            "raw_path": address.path.encode(),
            "query_string": address.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8080),
        }
        return self._house.ask(scope, body or b"")
