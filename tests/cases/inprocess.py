"""The application in this process, asked without a socket."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any, Self

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
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def __enter__(self) -> Self:
        self._life = self._loop.create_task(self._app({"type": "lifespan"}, self._events.get, self._ignore))
        self._loop.run_until_complete(self._events.put({"type": "lifespan.startup"}))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run_until_complete(self._events.put({"type": "lifespan.shutdown"}))
        self._loop.run_until_complete(self._life)
        self._loop.close()

    async def _ignore(self, _message: dict[str, Any]) -> None:
        """Lifespan says that it began and ended."""

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Ask the application."""
        return self._loop.run_until_complete(self._send(method, path, headers, body))

    async def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        raw_path, _, query = path.encode().partition(b"?")
        named = {"host": HOST, **{name.lower(): value for name, value in headers.items()}}
        if body:
            named["content-length"] = str(len(body))
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "raw_path": raw_path,
            "query_string": query,
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "client": ("127.0.0.1", 50_000),
        }
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        start, *rest = messages
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], told, b"".join(message.get("body", b"") for message in rest)
