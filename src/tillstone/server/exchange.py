"""One request on its way through the application, and its body as it comes."""

import asyncio
from typing import Protocol

from tillstone.server.arrival import Answering, Arrival, Disconnected, Header

BUFFERED = 64 * 1024
"""Bytes of a body that wait for somebody to want them before the client is made to wait."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
BAD_REQUEST = 400, b"This is not HTTP/1.1, or its method is not known here.\n"
FAULT = 500, b"The server failed.\n"


class _House(Protocol):
    application: Answering
    loop: asyncio.AbstractEventLoop


class _Connection(Protocol):
    """What an exchange wants of its connection."""

    @property
    def house(self) -> _House: ...

    current: "Exchange | None"

    def write(self, data: bytes) -> None: ...

    def listen(self, *, on: bool) -> None: ...

    def answer(self, exchange: "Exchange", status: int, headers: list[Header], body: bytes) -> None: ...

    def refuse(self, status: int, text: bytes) -> None: ...


class Exchange:
    """`arrival.Incoming`. `keeps` says that the connection may go on afterwards, `is_old` that its client speaks
    HTTP/1.0."""

    __slots__ = (
        *("_connection", "_is_cut", "_parts", "_size", "_waiter"),
        *("arrival", "expects", "is_old", "is_whole", "keeps", "task"),
    )

    def __init__(self, connection: _Connection, arrival: Arrival, *, expects: bool, keeps: bool, is_old: bool) -> None:
        self.arrival = arrival
        self.expects = expects
        self.keeps = keeps
        self.is_old = is_old
        self.is_whole = False
        self.task: asyncio.Task[None] | None = None
        self._connection = connection
        self._is_cut = False
        self._parts: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None

    # the connection's side

    def feed(self, data: bytes) -> None:
        """A part of the body."""
        self._parts.append(data)
        self._size += len(data)
        if self._waiter is not None:
            self._wake()
        elif self._size > BUFFERED:
            self._connection.listen(on=False)

    def end(self) -> None:
        """The body is whole."""
        self.is_whole = True
        self._wake()

    def cut(self) -> None:
        """Nothing more will come, and nobody listens."""
        self._is_cut = True
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def run(self) -> None:
        """Have the application answer."""
        connection = self._connection
        house = connection.house
        try:
            # what was refused before it began, for what came behind its head, shall not be done
            if self.is_whole or not self._is_cut:
                answer = await house.application.answer(self.arrival, self)
                if answer is not None:
                    connection.answer(self, *answer)
        except Exception as problem:  # noqa: BLE001 - told at once: a task keeps it until somebody collects garbage
            house.loop.call_exception_handler({"message": "fault", "exception": problem, "task": self.task})
        finally:
            # the application words every fault; this is for one of its own frame
            if connection.current is self:
                connection.refuse(*(BAD_REQUEST if self._is_cut else FAULT))

    # the application's side

    def take(self) -> bytes:
        """What has come since the last time."""
        parts, self._parts, self._size = self._parts, [], 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def more(self) -> None:
        """Wait for more of the body, having asked for it if the client wants to be asked. Raises Disconnected."""
        while not (self._parts or self.is_whole or self._is_cut):
            if self.expects:
                self.expects = False
                self._connection.write(CONTINUE)
            self._connection.listen(on=True)
            self._waiter = self._connection.house.loop.create_future()
            await self._waiter
        if self._is_cut:
            raise Disconnected
