"""A dialect for tests of the server: it shows what reaches it, and fails when asked to. And a server around it."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tests.asking import arrival
from tests.clocks import StandingClock
from tillstone.dialects.base import Body, Call, Encoded, Route, TooLarge, TooMany, TooSlow
from tillstone.domain.access import Credentials, Principal, Token
from tillstone.domain.commands import Command, Create, Get, Key
from tillstone.domain.errors import Forbidden, NotFound, StoreDown, Unauthorized
from tillstone.domain.profile import Profile
from tillstone.domain.records import Shape
from tillstone.server.application import Application
from tillstone.server.arrival import Answer as Sent
from tillstone.server.arrival import Disconnected
from tillstone.server.guard import Rate
from tillstone.server.journal import Journal
from tillstone.server.metrics import Meters
from tillstone.server.origin import Origin
from tillstone.server.plain import Pages
from tillstone.wire.http import Reply, Request
from tillstone.wire.limits import Malformed

STATUSES: dict[type[Exception], int] = {
    Unauthorized: 401,
    NotFound: 404,
    Forbidden: 403,
    TooLarge: 413,
    TooSlow: 408,
    Encoded: 415,
    TooMany: 503,
    Malformed: 500,
    StoreDown: 503,
}
LONG = b"long"
"""A body that takes its time."""

READ = Get(Shape("customer", ("id",)), Key("id", 1))
WRITE = Create("customer", {}, Profile("parrot", "customer", {}))


class Parrot:
    """Everything below `/parrot`. The last part of the path says what happens."""

    name = "parrot"

    def matches(self, path: bytes) -> bool:
        return path.startswith(b"/parrot")

    def authenticate(self, request: Request) -> Credentials:
        return Token(request.headers.get(b"authorization", b"").decode())

    def route(self, request: Request) -> Route:
        if request.path.endswith(b"/nowhere"):
            raise NotFound
        body = Body(1_000) if request.method in {"POST", "PUT"} else None
        return Route(("customer",), body is not None, self._parse, body)

    def _parse(self, request: Request, principal: Principal) -> Call | Reply:
        what = request.path.rpartition(b"/")[2]
        if what == b"malformed":
            raise Malformed("no")
        if what == b"crash":
            secret = request.headers[b"authorization"]
            raise RuntimeError(secret)
        if what == b"long":
            return Reply(200, b"long " * 1_000, ((b"content-type", b"text/plain"),))
        command: Command = WRITE if request.method in {"POST", "PUT"} else READ
        return Call(command, lambda answer: Reply(200, f"{answer} {len(request.body)}".encode()))

    def fail(self, request: Request, problem: Exception) -> Reply:
        if request.path.endswith(b"/unwordable"):
            raise RuntimeError("no words")
        headers = ((b"retry-after", b"%d" % problem.retry_after),) if isinstance(problem, TooMany) else ()
        return Reply(STATUSES.get(type(problem), 500), type(problem).__name__.encode(), headers)


class StubRunner:
    """Stands in for the commands' side: tests of the way of a request need no database."""

    def __init__(self) -> None:
        self.closed = False
        self.asides = 0

    def admit_at_once(self, credentials: Credentials, front: str) -> Principal | None:
        assert isinstance(credentials, Token)
        if credentials.sha256 == "down":
            raise StoreDown("the disk is full")
        if not credentials.sha256.startswith("good"):
            raise Unauthorized("unknown")
        if credentials.sha256 == "good guest":
            return Principal(7, "guest", "guest", read_only=True)
        return Principal(7, "key", "key 3", 3, read_only=credentials.sha256.endswith("reader"))

    def is_short(self, command: Command, _principal: Principal) -> bool:
        return command is READ

    def answer(self, command: Command, principal: Principal) -> Any:
        return "read"

    async def run(self, command: Command, principal: Principal) -> Any:
        return "written"

    def is_long(self, subject: object) -> bool:
        return isinstance(subject, Request) and subject.body == LONG

    async def aside(self, function: Callable[..., Any], *arguments: Any) -> Any:
        self.asides += 1
        return function(*arguments)

    def start(self) -> None:
        pass

    async def close(self) -> None:
        self.closed = True


class Bench:
    """A server around the parrot, called without a socket."""

    def __init__(self, directory: Path, *, requests: int = 0, workers: int = 1, proxies: tuple[str, ...] = ()) -> None:
        self.clock = StandingClock(1_000_000)
        self.access, self.faults = io.BytesIO(), io.BytesIO()
        self.journal = Journal(self.access, self.faults)
        self.meters = Meters(("server", "parrot"), directory)
        self.is_up = True
        self.runner = StubRunner()
        self.pages = Pages(self.meters, metrics_from=("10.9.0.0/16",), check=self._check)
        self.app = Application(
            (Parrot(),),
            self.runner,  # type: ignore[arg-type]  # the part of it that is called
            clock=self.clock,
            origin=Origin(bind="127.0.0.1", public_url="", trusted_proxies=proxies),
            rate=Rate(requests=requests, window_s=10, workers=workers),
            journal=self.journal,
            meters=self.meters,
            pages=self.pages,
            prefix="t-",
        )

    async def _check(self) -> bool:
        return self.is_up

    def lines(self) -> list[dict[str, Any]]:
        """The access log so far; nothing can be written after this."""
        self.journal.close()
        return [msgspec.json.decode(line) for line in self.access.getvalue().splitlines()]

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: list[bytes] | None = None,
        client: str = "127.0.0.1",
        **headers: str,
    ) -> "Answer":
        """What comes back; `body` arrives in these pieces, and then no end of it if the last is `ENDLESS`."""
        pieces = Pieces(body or [])
        target = f"{path}?{query}" if query else path
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = await self.app.answer(arrival(method, target.encode(), named, client=client), pieces)
        return Answer(sent, pieces)


ENDLESS = b"\x00endless"


class Pieces:
    """A request's body on its way in: nothing of it is here before it is waited for."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.left = list(pieces)
        self.taken = 0
        self.is_whole = False
        self._here = b""

    def take(self) -> bytes:
        here, self._here = self._here, b""
        return here

    async def more(self) -> None:
        if not self.left:
            raise Disconnected
        self._here = self.left.pop(0)
        self.taken += len(self._here)
        if self._here == ENDLESS:
            await asyncio.Event().wait()
        self.is_whole = not self.left


class Answer:
    """A reply as it would leave."""

    def __init__(self, sent: Sent | None, pieces: Pieces) -> None:
        self.sent = sent
        self.pieces = pieces

    @property
    def status(self) -> int:
        assert self.sent is not None
        return self.sent[0]

    @property
    def headers(self) -> dict[bytes, bytes]:
        assert self.sent is not None
        return dict(self.sent[1])

    @property
    def body(self) -> bytes:
        assert self.sent is not None
        return self.sent[2]
