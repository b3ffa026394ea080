"""A house of connections on a real socket, with an application of its own, and clients that say bytes."""

import asyncio
import inspect
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

import uvloop

from tillstone.server.arrival import Answer as Sent
from tillstone.server.arrival import Arrival, Disconnected, Incoming
from tillstone.server.connection import Connection, House

WITHIN_S = 20.0
"""How long a test may take before it fails."""

DATE = b"Thu, 01 Jan 2026 00:00:00 GMT"
LARGE = 8 * 1_048_576
"""More than the system takes of an answer that nobody reads."""

Params = ParamSpec("Params")


class Later:
    """A loop whose clock a test sets forward."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ahead = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def time(self) -> float:
        return self._loop.time() + self._ahead

    def step(self, seconds: float) -> None:
        self._ahead += seconds


class Asked:
    """One request as the application sees it."""

    def __init__(self, arrival: Arrival, incoming: Incoming) -> None:
        self.method = arrival.method
        self.path = arrival.path
        self.query = arrival.query
        self.headers = arrival.headers
        self.body = b""
        self.is_cut = False
        self._incoming = incoming

    async def part(self) -> bool:
        """Read a part; whether more will come."""
        if not self._incoming.is_whole:
            try:
                await self._incoming.more()
            except Disconnected:
                self.is_cut = True
                return False
        self.body += self._incoming.take()
        return not self._incoming.is_whole

    async def read(self) -> None:
        while await self.part():
            pass


class Parrot:
    """The application: what a path says is what happens; most paths say what was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.went: Counter[bytes] = Counter()
        self.gate = asyncio.Event()
        self.cut = asyncio.Event()
        self.began = asyncio.Event()

    def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def answer(self, arrival: Arrival, incoming: Incoming) -> Sent | None:
        asked = Asked(arrival, incoming)
        self.asked.append(asked)
        self.began.set()
        answer = await self._answer(asked)
        self.went[asked.path] += 1
        if asked.is_cut:
            self.cut.set()
            return None
        return answer

    async def _answer(self, asked: Asked) -> Sent | None:
        match asked.path.split(b"/")[1:]:
            case [b"status", number]:
                return int(number), [(b"content-length", b"0")], b"never sent" if number in {b"204", b"304"} else b""
            case [b"header", value]:
                return 200, [(b"x-echo", value.replace(b"%0D", b"\r").replace(b"%0A", b"\n"))], b"split"
            case [b"close"]:
                return 200, [(b"connection", b"close")], b"the end"
            case [b"length"]:
                return 200, [(b"content-length", b"7")], b"" if asked.method == "HEAD" else b"a whole"
            case [b"large"]:
                return 200, [], b"x" * LARGE
            case [b"unread"]:
                return 200, [], b"unread"
            case [b"raise"]:
                raise RuntimeError
            case [b"silent"]:
                return None
            case [b"gate"]:
                await self.gate.wait()
        await asked.read()
        said = (asked.method.encode(), asked.path, asked.query, asked.body)
        return 200, [], b"" if asked.method == "HEAD" else b" ".join(part for part in said if part)


class Answer:
    """What a client got."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        self.status = int(first.split()[1])
        self.line = first
        self.headers = dict(line.split(b": ", 1) for line in lines)
        self.body = body


def answers_in(data: bytes) -> list[Answer]:
    """Whole answers, one behind the other."""
    answers = []
    while data:
        head, end, data = data.partition(b"\r\n\r\n")
        assert end, f"no end of a head: {head!r}"
        answer = Answer(head + end, b"")
        length = int(answer.headers.get(b"content-length", b"0"))
        answer.body, data = data[:length], data[length:]
        assert len(answer.body) == length, f"no end of a body: {answer.body!r}"
        answers.append(answer)
    return answers


class Client:
    """One connection, seen from the other end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, *, to_head: bool = False) -> Answer:
        """The next answer, whose length its head must tell."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        answer = Answer(head, b"")
        if not to_head:
            answer.body = await self.reader.readexactly(int(answer.headers.get(b"content-length", b"0")))
        return answer

    async def ask(self, data: bytes) -> Answer:
        self.say(data)
        return await self.answer()

    async def rest(self) -> bytes:
        """What comes until the server hangs up."""
        return await self.reader.read()

    async def is_left(self) -> bool:
        """Whether the server ends the connection without another word, be it with a reset."""
        with suppress(ConnectionError):
            return await self.rest() == b""
        return True

    def reset(self) -> None:
        if self.writer.is_closing():
            return
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.writer.transport.abort()


class Heard(Connection):
    """A connection that counts what it has received."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.heard = 0

    def data_received(self, data: bytes) -> None:
        self.heard += len(data)
        super().data_received(data)


class Bench:
    """A house, its application, its clock, what it told, and its clients."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.told: list[BaseException] = []
        loop.set_exception_handler(lambda _loop, context: self.told.append(context["exception"]))
        self.clock = Later(loop)
        self.parrot = Parrot()
        self.house = House(self.parrot, cast("asyncio.AbstractEventLoop", self.clock))
        self.house.date = DATE
        self._clients: list[Client] = []

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Heard(self.house), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def client(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self._clients.append(client)
        return client

    async def talk(self, data: bytes) -> list[Answer]:
        """The answers to bytes on a connection that the server must end by itself."""
        client = await self.client()
        client.say(data)
        return answers_in(await client.rest())

    async def until(self, condition: Callable[[], Any]) -> None:
        """Let the loop turn until something is so."""
        while not condition():  # noqa: ASYNC110 - what the server knows it tells nobody
            await asyncio.sleep(0.001)

    async def connection(self) -> Heard:
        """The only one, as soon as it is here."""
        await self.until(lambda: self.house.connections)
        (one,) = self.house.connections
        assert isinstance(one, Heard)
        return one

    async def pass_time(self, seconds: float) -> None:
        """So much later, those whose time is up have been ended."""
        self.clock.step(seconds)
        self.house.sweep()
        await asyncio.sleep(0)

    async def close(self) -> None:
        self._server.close()
        self.parrot.gate.set()
        for client in self._clients:
            client.reset()
        await self.until(lambda: not self.house.connections)


def housed(test: Callable[Concatenate[Bench, Params], Awaitable[None]]) -> Callable[Params, None]:
    """A test that runs in a house of its own, on a loop of its own; whatever the house tells must be expected."""

    async def within(*args: Params.args, **kwargs: Params.kwargs) -> None:
        bench = Bench()
        await bench.open()
        try:
            async with asyncio.timeout(WITHIN_S):
                await test(bench, *args, **kwargs)
        finally:
            async with asyncio.timeout(WITHIN_S):
                await bench.close()
        assert bench.told == []

    @wraps(test)
    def run(*args: Params.args, **kwargs: Params.kwargs) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(within(*args, **kwargs))

    # the first parameter is no fixture
    asked = inspect.signature(test)
    run.__signature__ = asked.replace(parameters=list(asked.parameters.values())[1:])  # type: ignore[attr-defined]
    return run
