"""One HTTP/1.1 connection: bytes to ASGI and back, on the event loop's own thread.

httptools reads the syntax, strictly; here stand the limits of time and size around it, one request after the other.
What a request means, and how long its body may be and take, is the application's business (`asgi.py`, `guard.py`).
The application gets those parts of ASGI that it uses, and answers each request with one head and one body.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import httptools

Message = dict[str, Any]
Header = tuple[bytes, bytes]
Application = Callable[
    [dict[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

HEAD_S = 10.0
"""How long a request's head may take from its first byte, or from the beginning of the connection."""

IDLE_S = 75.0
"""How long a connection is kept between two requests."""

STUCK_S = 60.0
"""How long a client may take nothing of an answer that waits for it."""

LINGER_S = 2.0
"""How long what still comes is read and dropped when we hang up first: a reset would take the answer away."""

HEAD_BYTES = 64 * 1024
"""Request line and headers together, and trailers likewise; beyond: 431."""

HEAD_LINES = 100
PIPELINED = 64
"""Requests that may wait behind the one that is being answered."""

BUFFERED = 64 * 1024
"""Bytes of a body that wait for somebody to want them before the client is made to wait."""

FLUSHED_S = 0.02
"""How often a worker that is about to end looks whether the system has taken what it said."""

NEVER = float("inf")

_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii") for status in HTTPStatus}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE: Header = (b"connection", b"close")
_KEEP: Header = (b"connection", b"keep-alive")
_TEXT: Header = (b"content-type", b"text/plain; charset=utf-8")
_BODILESS = frozenset({204, 304})
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_NOTED = frozenset({b"expect", b"host"})

BAD_REQUEST = 400, b"This is not HTTP/1.1.\n"
TOO_SLOW = 408, b"The request did not arrive in time.\n"
HEAD_TOO_LARGE = 431, b"The request's headers are too large.\n"
FAULT = 500, b"The server failed.\n"


class House:
    """What the connections of a worker share: the application, the time, and that it may be about to close."""

    def __init__(self, application: Application, loop: asyncio.AbstractEventLoop) -> None:
        self.application = application
        self.loop = loop
        self.connections: set[Connection] = set()
        self.closing = False
        self.date = b""

    def sweep(self) -> None:
        """End every connection whose time is up."""
        now = self.loop.time()
        for connection in [one for one in self.connections if one.deadline < now]:
            connection.expire()

    async def close(self, seconds: float) -> None:
        """Take no further request; return when those that are running are answered, or after that many seconds."""
        self.closing = True
        until = self.loop.time() + seconds
        for connection in list(self.connections):
            connection.close()
        while (left := until - self.loop.time()) > 0:
            running = [one.current.task for one in self.connections if one.current and one.current.task]
            if running:
                await asyncio.wait(running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            elif any(one.unsent() for one in self.connections):
                await asyncio.sleep(min(left, FLUSHED_S))
            else:
                return


class _Exchange:
    """One request on its way through the application, and the body as it comes."""

    __slots__ = (
        *("_connection", "_expects", "_head", "_is_cut", "_parts", "_size", "_waiter"),
        *("is_old", "is_whole", "keeps", "scope", "task"),
    )

    def __init__(
        self, connection: "Connection", scope: dict[str, Any], *, expects: bool, keeps: bool, is_old: bool
    ) -> None:
        self._connection = connection
        self._expects = expects
        self._head: Message | None = None
        self._is_cut = False
        self._parts: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self.scope = scope
        self.keeps = keeps
        self.is_old = is_old
        self.is_whole = False
        self.task: asyncio.Task[None] | None = None

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

    async def receive(self) -> Message:
        """ASGI's: the next part of the body, or that the client is gone."""
        while not (self._parts or self.is_whole or self._is_cut):
            await self._more()
        if self._is_cut:
            return {"type": "http.disconnect"}
        parts, self._parts, self._size = self._parts, [], 0
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        return {"type": "http.request", "body": body, "more_body": not self.is_whole}

    async def _more(self) -> None:
        connection = self._connection
        if self._expects:
            self._expects = False
            connection.write(_CONTINUE)
        connection.listen(on=True)
        self._waiter = connection.house.loop.create_future()
        await self._waiter

    async def send(self, message: Message) -> None:
        """ASGI's: the head is kept until the body comes, so that both leave in one packet."""
        if message["type"] == "http.response.start":
            self._head = message
        elif self._head is not None:
            head, self._head = self._head, None
            self._connection.answer(self, head["status"], head["headers"], message["body"])

    async def run(self) -> None:
        """Have the application answer."""
        connection = self._connection
        house = connection.house
        try:
            # what was refused before it began, for what came behind its head, shall not be done
            if not self._is_cut or self.is_whole:
                await house.application(self.scope, self.receive, self.send)
        except Exception as problem:  # noqa: BLE001 - told at once: a task keeps it until somebody collects garbage
            house.loop.call_exception_handler({"message": "fault", "exception": problem, "task": self.task})
        finally:
            # the application words every fault; this is for one of its own frame
            if connection.current is self:
                connection.refuse(*(BAD_REQUEST if self._is_cut else FAULT))


class Connection(asyncio.Protocol):
    """One client. Requests are answered one after the other, in the order in which they came."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.deadline = NEVER
        self.current: _Exchange | None = None
        self._waiting: deque[_Exchange] = deque()
        # the request whose body is coming in
        self._reading: _Exchange | None = None
        self._refusal = BAD_REQUEST
        self._is_lost = False
        self._is_deaf = False
        self._is_stuck = False
        self._unsent = 0
        self._held = 0
        self._in_head = False
        self._is_named = False
        self._url = b""
        self._headers: list[Header] = []
        self._expects = False
        self._size = 0
        self._parser = httptools.HttpRequestParser(self)

    # what asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client is here."""
        self._transport: Any = transport
        peer = transport.get_extra_info("peername")
        self._client = peer[:2] if peer else None
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self.deadline = self.house.loop.time() + HEAD_S
        self.house.connections.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client is gone."""
        self._is_lost = self._is_deaf = True
        self.house.connections.discard(self)
        self._waiting.clear()
        if self.current is not None:
            self.current.cut()
        del self._parser  # it knows us: a circle that only a collection would free

    def eof_received(self) -> bool:
        """The client says no more; it may still listen for what it asked."""
        self._end_after_last()
        return self.current is not None and self._scheme == "http"

    def pause_writing(self) -> None:
        """The client does not take what it asked for."""
        self._is_stuck = True
        self._unsent = self.unsent()
        self.deadline = self.house.loop.time() + STUCK_S

    def resume_writing(self) -> None:
        """It does again."""
        self._is_stuck = False
        self.deadline = self.house.loop.time() + LINGER_S if self._is_deaf else NEVER
        if self.current is None:
            self._go_on()

    def data_received(self, data: bytes) -> None:
        """Something came."""
        if self._is_deaf:
            return
        try:
            if self._in_head or self._reading is not None:
                self._hold(len(data))
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except (httptools.HttpParserError, ValueError):
            self._fail()

    def _hold(self, size: int) -> None:
        """The parser keeps what it cannot tell yet, a long header say: it shall not keep more and more."""
        if self._held > HEAD_BYTES:
            self._overflow()
        self._held += size

    def _stay(self, rest: bytes) -> None:
        """We change to no other protocol, but the parser takes it for granted: a body is read by another one."""
        exchange = self._waiting[-1] if self._waiting else self.current
        framing = exchange and [b"%b: %b\r\n" % one for one in exchange.scope["headers"] if one[0] in _FRAMING]
        if exchange is None or not framing or exchange.scope["method"] == "CONNECT":
            self._end_after_last()
            return
        exchange.keeps = exchange.is_whole = False
        self._reading = exchange
        told = SimpleNamespace(
            on_header=self.on_header, on_body=self.on_body, on_message_complete=self.on_message_complete
        )
        self._parser = httptools.HttpRequestParser(told)
        self.data_received(b"POST / HTTP/1.1\r\nConnection: close\r\n%b\r\n%b" % (b"".join(framing), rest))

    # what httptools tells

    def on_message_begin(self) -> None:
        """A request begins."""
        if len(self._waiting) >= PIPELINED:
            raise ValueError
        self._url, self._headers, self._size, self._held = b"", [], 0, 0
        self._in_head, self._expects, self._is_named = True, False, False
        if self.current is None:
            self.deadline = self.house.loop.time() + HEAD_S

    def on_url(self, url: bytes) -> None:
        """Its target, or a part of it."""
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which nobody wants."""
        self._count(len(name) + len(value))
        if self._in_head:
            name = name.lower()
            self._headers.append((name, value.rstrip(b" \t")))
            if name in _NOTED:
                self._note(name)
            if len(self._headers) > HEAD_LINES:
                self._overflow()

    def _note(self, name: bytes) -> None:
        if name == b"expect":
            self._expects = True
        elif self._is_named:
            raise ValueError  # whoever stands between us may have gone by the other name
        else:
            self._is_named = True

    def on_headers_complete(self) -> None:
        """The head is whole: the application may begin."""
        self._in_head, self._size = False, 0
        path, _, query = self._target().partition(b"?")
        parser = self._parser
        is_old = parser.get_http_version() == "1.0"
        scope = {
            "type": "http",
            "method": parser.get_method().decode("ascii"),
            "scheme": self._scheme,
            "raw_path": path,
            "query_string": query,
            "headers": self._headers,
            "client": self._client,
        }
        self._reading = exchange = _Exchange(
            self,
            scope,
            expects=self._expects and not is_old,
            keeps=parser.should_keep_alive() and not (is_old and self._is_chunked()),
            is_old=is_old,
        )
        if self.current is None and not self._is_stuck:
            self._start(exchange)
        else:
            self._waiting.append(exchange)
            self.listen(on=False)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._reading is not None:
            self._held = 0
            self._reading.feed(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._reading is not None:
            self._reading.end()
            self._reading = None

    def _target(self) -> bytes:
        """The request's target as path and query; some clients send the whole address, as to a proxy."""
        target = self._url.partition(b"#")[0]
        if target.startswith(b"/"):
            return target
        _, scheme, rest = target.partition(b"://")
        place, mark, query = rest.partition(b"?")
        return b"/" + place.partition(b"/")[2] + mark + query if scheme else target

    def _is_chunked(self) -> bool:
        """What HTTP/1.0 does not know: who stands between us may see the end of such a request elsewhere."""
        return any(name == b"transfer-encoding" for name, _ in self._headers)

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > HEAD_BYTES:
            self._overflow()

    def _overflow(self) -> None:
        """End the parser's work: `_fail` comes next."""
        self._refusal = HEAD_TOO_LARGE
        raise ValueError

    # the way of a request

    def _start(self, exchange: _Exchange) -> None:
        self.current = exchange
        self.deadline = NEVER
        exchange.task = self.house.loop.create_task(exchange.run())

    def answer(self, exchange: _Exchange, status: int, headers: list[Header], body: bytes) -> None:
        """Send the answer of the request that is being answered, and go on to the next one."""
        if exchange is not self.current:
            return
        known = dict(headers)
        closes = not (exchange.keeps and exchange.is_whole) or b"connection" in known or self.house.closing
        if status in _BODILESS:
            headers, body = [header for header in headers if header[0] != b"content-length"], b""
        elif b"content-length" not in known:
            headers = [*headers, (b"content-length", b"%d" % len(body))]
        if b"connection" not in known and (closes or exchange.is_old):
            headers = [*headers, _CLOSE if closes else _KEEP]
        self._say(status, headers, body)
        if closes:
            self._hang_up()
        else:
            self._go_on()

    def _say(self, status: int, headers: list[Header], body: bytes) -> None:
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        if not lines.count(b"\n") == lines.count(b"\r") == len(headers):
            # it would be two headers, or the end of the head: never an answer of ours
            message = "a header with a line end in it"
            raise ValueError(message)
        head = b"%b%bdate: %b\r\n\r\n" % (_STATUS[status], lines, self.house.date)
        self.current = None  # not before: if the above fails, the request is still to be answered
        if len(body) < BUFFERED:
            self.write(head + body)
        else:
            self.write(head)
            self.write(body)

    def _go_on(self) -> None:
        """The next request, if it is here and this client takes its answers."""
        if self._is_stuck or (self._is_deaf and not self._waiting):
            return
        if self._waiting:
            self._start(self._waiting.popleft())
        else:
            self.deadline = self.house.loop.time() + IDLE_S
        if not self._waiting:
            self.listen(on=True)

    def refuse(self, status: int, text: bytes) -> None:
        """An answer that is not the application's, and the end."""
        headers = [_TEXT, (b"content-length", b"%d" % len(text)), _CLOSE]
        is_head = self.current is not None and self.current.scope["method"] == "HEAD"
        self._say(status, headers, b"" if is_head else text)
        self._hang_up()

    def _fail(self) -> None:
        """What comes from now on cannot be understood; what came before is answered."""
        current, reading, self._reading = self.current, self._reading, None
        if reading is not None and reading is not current:
            self._waiting.pop()
        if self._waiting or (current is not None and reading is not current):
            self._end_after_last()
            return
        self.refuse(*self._refusal)
        if current is not None:
            current.cut()

    def _end_after_last(self) -> None:
        """Nothing more will be read; what was asked is answered."""
        self._is_deaf = True
        last = self._waiting[-1] if self._waiting else self.current
        if last is not None:
            last.keeps = False
            if not last.is_whole:
                last.cut()

    # the transport

    def write(self, data: bytes) -> None:
        """Send bytes, if anybody is there."""
        if not self._is_lost:
            self._transport.write(data)

    def listen(self, *, on: bool) -> None:
        """Take what comes, or make the client wait with it."""
        if self._is_lost or self._transport.is_closing():
            return
        if on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def expire(self) -> None:
        """The time is up, unless some of the answer has left meanwhile."""
        unsent = self.unsent()
        if unsent and unsent != self._unsent:
            self._unsent = unsent
            self.deadline = self.house.loop.time() + STUCK_S
        elif unsent or self._is_deaf:
            self._transport.abort()
        elif self._in_head:
            self.refuse(*TOO_SLOW)
        else:
            self._transport.close()

    def unsent(self) -> int:
        """How many bytes the system has not taken yet."""
        size: int = self._transport.get_write_buffer_size()
        return size

    def close(self) -> None:
        """Hang up if nothing is being answered; what is, is answered first."""
        if self.current is None:
            self._hang_up()

    def _hang_up(self) -> None:
        """Say that nothing more will be said; drop what still comes for a while, then close."""
        self._is_deaf = True
        self._waiting.clear()
        if self._is_lost or self._transport.is_closing() or not self._transport.can_write_eof():
            self._transport.close()
            return
        self.listen(on=True)
        self._transport.write_eof()
        if not self._is_stuck:
            self.deadline = self.house.loop.time() + LINGER_S
