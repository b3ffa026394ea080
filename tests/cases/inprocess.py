"""The application in this process, asked without a socket."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.asking import ask
from tests.cases.fixture import seconds
from tests.cases.runner import Answer
from tests.clocks import StandingClock
from tillstone import config
from tillstone.domain.secrets import SystemRandom
from tillstone.server.app import build

HOST = "test_account.imonggo.com"
"""The documentation's host (seeds/000 l.26)."""

LATER = "2030-01-01T00:00:00Z"
"""When a case happens that does not say when."""


class InProcess:
    """An application over one database: `send` asks it."""

    def __init__(self, file: Path, *, at: str = "", settings: dict[str, str] | None = None) -> None:
        named = {f"TILLSTONE_{name.upper().replace('.', '_')}": value for name, value in (settings or {}).items()}
        environ = {"TILLSTONE_DATABASE_URL": f"sqlite:///{file}", "TILLSTONE_SERVER_ACCESS_LOG": "false", **named}
        self._loop = asyncio.new_event_loop()
        self._app = build(config.load(environ), clock=StandingClock(seconds(at or LATER)), random=SystemRandom())

    def __enter__(self) -> Self:
        self._loop.run_until_complete(self._start())
        return self

    async def _start(self) -> None:
        self._app.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run_until_complete(self._app.close())
        self._loop.close()

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Ask the application."""
        named = {"host": HOST, **{name.lower(): value for name, value in headers.items()}}
        status, told, content = self._loop.run_until_complete(ask(self._app, method, path.encode(), named, body))
        return status, {name.decode(): value.decode() for name, value in told}, content
