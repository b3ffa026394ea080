"""One HTTP/1.1 connection: bytes to requests and answers to bytes, on the event loop's own thread.

httptools reads the syntax, strictly; here stand the limits of time and size around it, one request after the other.
What a request means, and how long its body may be and take, is the application's business: `application.py`.
"""

import asyncio
import re
from collections import deque
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import httptools

from tillstone.server.arrival import Answering, Arrival, Header
from tillstone.server.exchange import BAD_REQUEST, Exchange

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

AT_ONCE = 64 * 1024
"""Bytes of an answer that are sent in one piece with its head."""

FLUSHED_S = 0.02
"""How often a worker that is about to end looks whether the system has taken what it said."""

NEVER = float("inf")

_HIGH = re.compile(b"[\x80-\xff]")
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii") for status in HTTPStatus}
_CLOSE: Header = (b"connection", b"close")
_KEEP: Header = (b"connection", b"keep-alive")
_TEXT: Header = (b"content-type", b"text/plain; charset=utf-8")
_BODILESS = frozenset({204, 304})
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})

TOO_SLOW = 408, b"The request did not arrive in time.\n"
HEAD_TOO_LARGE = 431, b"The request's headers are too large.\n"


class House:
    """What the connections of a worker share: the application, the time, and that it may be about to close."""

    def __init__(self, application: Answering, loop: asyncio.AbstractEventLoop) -> None:
        self.application = application
        self.loop = loop
        self.connections: set[Connection] = set()
        self._abandoned: set[asyncio.Task[None]] = set()
        self.closing = False
        self.date = b""

    def sweep(self) -> None:
        """End every connection whose time is up."""
        now = self.loop.time()
        for connection in [one for one in self.connections if one.deadline < now]:
            connection.expire()

    def abandon(self, exchange: Exchange) -> None:
        """Nobody waits for the answer to a request any more. It may have begun to write: it is ended all the same."""
        exchange.cut()
        if exchange.task is not None:
            self._abandoned.add(exchange.task)
            exchange.task.add_done_callback(self._abandoned.discard)

    async def close(self, seconds: float) -> None:
        """Take no further request; return when those that are running have ended, or after that many seconds."""
        self.closing = True
        until = self.loop.time() + seconds
        for connection in list(self.connections):
            connection.close()
        while (left := until - self.loop.time()) > 0:
            answered = [one.current.task for one in self.connections if one.current and one.current.task]
            if running := [*answered, *self._abandoned]:
                await asyncio.wait(running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            elif any(one.unsent() for one in self.connections):
                await asyncio.sleep(min(left, FLUSHED_S))
            else:
                return


def _spelled_out(data: bytes) -> bytes:
    """The beginning of a request, with bytes above ASCII in its target percent-encoded: browsers do so, and many
    programs do not."""
    line, end, rest = data.partition(b"\n")
    return data if line.isascii() else _HIGH.sub(lambda high: b"%%%02X" % high[0][0], line) + end + rest


class Connection(asyncio.Protocol):
    """One client. Requests are answered one after the other, in the order in which they came."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.deadline = NEVER
        self.current: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        # the request whose body is coming in
        self._reading: Exchange | None = None
        self._refusal = BAD_REQUEST
        self._is_lost = False
        self._is_deaf = False
        self._is_stuck = False
        self._unsent = 0
        self._held = 0
        self._in_head = False
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._lines = 0
        self._size = 0
        self._parser = httptools.HttpRequestParser(self)

    # what asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client is here."""
        self._transport: Any = transport
        peer = transport.get_extra_info("peername")
        self._client = str(peer[0]) if peer else ""
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self.deadline = self.house.loop.time() + HEAD_S
        self.house.connections.add(self)
        if self.house.closing:
            self._hang_up()  # it was accepted in the last moment: nobody would answer it

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client is gone."""
        self._is_lost = self._is_deaf = True
        self.house.connections.discard(self)
        self._waiting.clear()
        if self.current is not None:
            self.house.abandon(self.current)
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
            elif not data.isascii():
                data = _spelled_out(data)
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
        framing = exchange and [b"%b: %b\r\n" % one for one in exchange.arrival.headers.items() if one[0] in _FRAMING]
        if exchange is None or not framing or exchange.arrival.method == "CONNECT":
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
        self._url, self._headers, self._in_head = b"", {}, True
        self._size = self._lines = self._held = 0
        if self.current is None:
            self.deadline = self.house.loop.time() + HEAD_S

    def on_url(self, url: bytes) -> None:
        """Its target, or a part of it."""
        self._url += url
        self._size += len(url)
        if self._size > HEAD_BYTES:
            self._overflow()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which nobody wants."""
        self._lines += 1
        self._size += len(name) + len(value)
        if self._size > HEAD_BYTES or self._lines > HEAD_LINES:
            self._overflow()
        if self._in_head:
            name = name.lower()
            if name == b"host" and name in self._headers:
                raise ValueError  # whoever stands between us may have gone by the other name
            self._headers[name] = value.rstrip(b" \t")

    def on_headers_complete(self) -> None:
        """The head is whole: the application may begin."""
        self._in_head, self._size, self._lines = False, 0, 0
        path, _, query = self._target().partition(b"?")
        parser, headers = self._parser, self._headers
        is_old = parser.get_http_version() == "1.0"
        method = parser.get_method().decode("ascii")
        # HTTP/1.0 knows no chunks: who stands between us may see the end of such a request elsewhere
        self._reading = exchange = Exchange(
            self,
            Arrival(method, path, query, headers, self._client, self._scheme),
            expects=b"expect" in headers and not is_old,
            keeps=parser.should_keep_alive() and not (is_old and b"transfer-encoding" in headers),
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

    def _overflow(self) -> None:
        """End the parser's work: `_fail` comes next."""
        self._refusal = HEAD_TOO_LARGE
        raise ValueError

    # the way of a request

    def _start(self, exchange: Exchange) -> None:
        self.current = exchange
        self.deadline = NEVER
        exchange.task = self.house.loop.create_task(exchange.run())

    def answer(self, exchange: Exchange, status: int, headers: list[Header], body: bytes) -> None:
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
        if len(body) < AT_ONCE:
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
        is_head = self.current is not None and self.current.arrival.method == "HEAD"
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
            self.house.abandon(current)

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
