"""The application of one worker without a socket: the same requests and answers, a few hundred microseconds each."""

import asyncio
from types import TracebackType
from typing import Self

from tests.asking import ask
from tests.outside.session import Answer, credentials
from tillstone.config import Settings
from tillstone.domain.secrets import SystemRandom
from tillstone.domain.stamps import Clock
from tillstone.server.app import build

HOST = {"Host": "127.0.0.1:8080"}


class House:
    """An application that is alive between `with` and its end, on an event loop of its own."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.application = build(settings, clock=clock, random=SystemRandom())
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        self._loop.run_until_complete(self._start())
        return self

    async def _start(self) -> None:
        self.application.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._loop.run_until_complete(self.application.close())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def session(self, token: str) -> "InProcessSession":
        return InProcessSession(self, token)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """One request, run to its end."""
        status, told, content = self._loop.run_until_complete(
            ask(self.application, method, path.encode(), headers, body)
        )
        return Answer(status, {name.decode(): value.decode("latin-1") for name, value in told}, content)


class InProcessSession:
    """A `Session` that hands its requests to the application in this process."""

    def __init__(self, house: House, token: str) -> None:
        self._house = house
        self._headers = HOST | credentials(token)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        sized = {} if body is None else {"Content-Length": str(len(body))}
        return self._house.ask(method, path, self._headers | sized | (headers or {}), body or b"")
