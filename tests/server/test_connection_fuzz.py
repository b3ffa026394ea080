"""Bytes in any pieces, and any bytes at all, on a wire that is only in memory."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.house import DATE, Parrot, answers_in
from tillstone.server.connection import HEAD_S, IDLE_S, LINGER_S, STUCK_S, Connection, House

STREAM = (
    b"GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"
    b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nGET / HTTP/\r\n"
    b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nX-T: 1\r\n\r\n"
    b"HEAD /d HTTP/1.1\r\nX-Long: " + b"y" * 300 + b"\r\n\r\n"
    b"POST /e HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold"
    b"DELETE /f HTTP/1.1\r\nConnection: close\r\n\r\n"
    b"GET /never HTTP/1.1\r\n\r\n"
)
ASKED = [
    ("GET", b"/a", b""),
    ("POST", b"/b", b"GET / HTTP/"),
    ("POST", b"/c", b"abcd"),
    ("HEAD", b"/d", b""),
    ("POST", b"/e", b"old"),
    ("DELETE", b"/f", b""),
]


class Wire(asyncio.Transport):
    """A transport in memory. What is fed while the connection does not read comes when it does."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.said = b""
        self.is_over = self.has_ended = False
        self._connection = connection
        self._queue: list[bytes] = []
        self._reads = True
        connection.connection_made(self)

    def feed(self, data: bytes) -> None:
        self._queue.append(data)
        self._deliver()

    def _deliver(self) -> None:
        while self._reads and self._queue and not self.is_over:
            self._connection.data_received(self._queue.pop(0))

    def pause_reading(self) -> None:
        self._reads = False

    def resume_reading(self) -> None:
        if not self._reads:
            self._reads = True
            asyncio.get_running_loop().call_soon(self._deliver)

    def write(self, data: Any) -> None:
        assert not self.has_ended, "nothing is said behind the end"
        self.said += data

    def write_eof(self) -> None:
        self.has_ended = True

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        if not self.is_over:
            self.is_over = self.has_ended = True
            asyncio.get_running_loop().call_soon(self._connection.connection_lost, None)

    abort = close


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner


class Clock:
    """A loop's time as a test would have it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)

    def time(self) -> float:
        return self.now


async def hear(pieces: list[bytes]) -> tuple[Parrot, Wire]:
    """What becomes of a connection that gets these pieces and then nothing more: it must end."""
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    parrot, clock = Parrot(), Clock()
    house = House(parrot, clock)  # type: ignore[arg-type]
    house.date = DATE
    connection = Connection(house)
    wire = Wire(connection)
    for piece in pieces:
        wire.feed(piece)
        for _ in range(3):
            await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    if connection.current is not None:
        # the application waits for a body, as long as it likes; it hears when the client is gone
        wire.close()
    for seconds in (IDLE_S, HEAD_S, STUCK_S, LINGER_S):
        clock.now += seconds + 1
        house.sweep()
        await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0)
    assert wire.is_over
    assert house.connections == set()
    assert connection.current is None
    assert told == []
    return parrot, wire


@settings(max_examples=150)
@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_stream_means_the_same_wherever_it_is_cut(runner: asyncio.Runner, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    parrot, wire = runner.run(hear([STREAM[start:end] for start, end in pairwise(places)]))
    assert [(asked.method, asked.path, asked.body) for asked in parrot.asked] == ASKED
    answers = answers_in(wire.said)
    assert [answer.status for answer in answers] == [200] * len(ASKED)
    assert [b"close" in answer.headers.get(b"connection", b"") for answer in answers] == [False] * 5 + [True]


WORDS = st.sampled_from(
    [
        *(
            b"GET ",
            b"POST ",
            b"CONNECT ",
            b"PRI * HTTP/2.0\r\n\r\n",
            b"/a",
            b"/silent",
            b" HTTP/1.1\r\n",
            b" HTTP/1.0\r\n",
        ),
        *(b"Host: h\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n"),
        *(
            b"Connection: upgrade\r\nUpgrade: h2c\r\n",
            b"Connection: close\r\n",
            b"\r\n",
            b"5\r\nhello\r\n",
            b"0\r\n\r\n",
        ),
        *(b"POST /a HTTP/1.1\r\n", b"GET /a HTTP/1.1\r\n\r\n", b"hello", b"\n", b"\r", b":", b" "),
    ]
)


@settings(max_examples=300)
@given(pieces=st.lists(st.one_of(WORDS, WORDS, WORDS, st.binary(max_size=20)), max_size=25))
def test_no_bytes_whatsoever_make_it_stumble_or_stay(runner: asyncio.Runner, pieces: list[bytes]) -> None:
    _, wire = runner.run(hear(pieces))
    assert wire.said == b"" or wire.said.startswith((b"HTTP/1.1 ", b"HTTP/1.1 100"))
