"""How much a connection may cost, how long it may take, and how it ends, from either side."""

import asyncio
import gc
import weakref
from functools import partial

import pytest

from tests.server.house import LARGE, Bench, Client, Heard, housed
from tillstone.server.connection import HEAD_BYTES, HEAD_LINES, HEAD_S, IDLE_S, LINGER_S, STUCK_S, Connection
from tillstone.server.exchange import BUFFERED

GET = b"GET /%b HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /%b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
BODY = 4 * 1_048_576
"""More than the system keeps for a server that does not read."""


# sizes


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * HEAD_BYTES + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * HEAD_BYTES + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"y" * HEAD_BYTES + b": x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * (HEAD_LINES + 1) + b"\r\n",
        b"GET / HTTP/1.1\r\n" + (b"X: " + b"y" * 999 + b"\r\n") * 70 + b"\r\n",
    ],
)
@housed
async def test_large_head_is_refused(bench: Bench, head: bytes) -> None:
    (answer,) = await bench.talk(head)
    assert (answer.status, answer.headers[b"connection"]) == (431, b"close")
    assert bench.parrot.asked == []


@housed
async def test_head_within_the_limits_is_not_refused(bench: Bench) -> None:
    client = await bench.client()
    head = b"GET / HTTP/1.1\r\n" + (b"X: " + b"y" * 600 + b"\r\n") * HEAD_LINES
    await drip(bench, client, head + b"\r\n")
    assert (await client.answer()).status == 200


@pytest.mark.parametrize(
    "begin, endless",
    [
        (b"", b"GET /" + b"x" * 3 * HEAD_BYTES),
        (b"GET / HTTP/1.1\r\n", b"X: " + b"y" * 3 * HEAD_BYTES),
        (b"GET / HTTP/1.1\r\n", b"y" * 3 * HEAD_BYTES),
        (CHUNKED, b"5\r\nhello\r\n0\r\nX: " + b"y" * 3 * HEAD_BYTES),
        (CHUNKED, b"5\r\nhello\r\n0\r\n" + b"X: yyyyyy\r\n" * HEAD_BYTES),
        (CHUNKED, b"5;" + b"y" * 3 * HEAD_BYTES),
    ],
)
@housed
async def test_head_or_trailer_without_end_is_refused_though_it_comes_in_drips(
    bench: Bench, begin: bytes, endless: bytes
) -> None:
    """The parser would keep a header that has no end for as long as it comes."""
    client = await bench.client()
    await drip(bench, client, begin + endless)
    assert (await client.answer()).status == 431
    assert await client.is_left()
    assert all(asked.is_cut for asked in bench.parrot.asked)


@housed
async def test_large_trailer_is_refused_at_once(bench: Bench) -> None:
    (answer,) = await bench.talk(CHUNKED + b"0\r\nX: " + b"y" * HEAD_BYTES + b"\r\n\r\n")
    assert answer.status == 431


@housed
async def test_body_of_many_small_chunks_is_no_large_head(bench: Bench) -> None:
    client = await bench.client()
    await drip(bench, client, CHUNKED + b"1\r\nx\r\n" * 40_000 + b"0\r\n\r\n")
    assert len((await client.answer()).body) == len(b"POST /a ") + 40_000


async def drip(bench: Bench, client: Client, data: bytes) -> None:
    """Say it in pieces, each of which the server gets for itself, until it has had enough."""
    connection = await bench.connection()
    for start in range(0, len(data), 5_000):
        client.say(data[start : start + 5_000])
        await bench.until(partial(has_heard, connection, min(start + 5_000, len(data))))
        if connection._is_deaf:
            return


def has_heard(connection: Heard, size: int) -> bool:
    return connection._is_deaf or connection.heard >= size


@housed
async def test_body_that_nobody_reads_is_not_taken_until_somebody_does(bench: Bench) -> None:
    client = await bench.client()
    client.say(POST % (b"gate", 2 * BODY))
    await bench.parrot.began.wait()
    connection = await bench.connection()
    exchange = connection.current
    assert exchange is not None
    client.say(b"x" * 2 * BODY)
    await bench.until(lambda: not connection._transport.is_reading())
    assert BUFFERED < exchange._size < BODY
    bench.parrot.gate.set()
    assert len((await client.answer()).body) == len(b"POST /gate ") + 2 * BODY


@housed
async def test_request_behind_the_running_one_makes_the_client_wait(bench: Bench) -> None:
    client = await bench.client()
    client.say(GET % b"gate" + POST % (b"b", BODY))
    await bench.parrot.began.wait()
    client.say(b"x" * BODY)
    connection = await bench.connection()
    await bench.until(lambda: not connection._transport.is_reading())
    bench.parrot.gate.set()
    assert (await client.answer()).body == b"GET /gate"
    assert len((await client.answer()).body) == len(b"POST /b ") + BODY


# time


@pytest.mark.parametrize("begun", [b"GET / HT", b"GET / HTTP/1.1\r\nX: y"])
@housed
async def test_head_that_takes_too_long_is_refused(bench: Bench, begun: bytes) -> None:
    client = await bench.client()
    client.say(begun)
    connection = await bench.connection()
    await bench.until(lambda: connection._in_head)
    await bench.pass_time(HEAD_S - 1)
    client.say(b"x")
    assert not connection._is_deaf
    await bench.pass_time(2)
    assert (await client.answer()).status == 408
    assert await client.is_left()


@housed
async def test_next_head_may_not_take_longer_than_the_first(bench: Bench) -> None:
    client = await bench.client()
    await client.ask(GET % b"a")
    connection = await bench.connection()
    client.say(b"GET / HT")
    await bench.until(lambda: connection._in_head)
    await bench.pass_time(HEAD_S + 1)
    assert (await client.answer()).status == 408


@housed
async def test_client_that_never_says_anything_is_left_without_a_word(bench: Bench) -> None:
    client = await bench.client()
    await bench.connection()
    await bench.pass_time(HEAD_S + 1)
    assert await client.is_left()


@housed
async def test_idle_connection_is_kept_for_a_while(bench: Bench) -> None:
    client = await bench.client()
    await client.ask(GET % b"a")
    await bench.pass_time(IDLE_S - 1)
    assert (await client.ask(GET % b"b")).body == b"GET /b"
    await bench.pass_time(IDLE_S + 1)
    assert await client.is_left()


@housed
async def test_empty_lines_do_not_keep_a_connection(bench: Bench) -> None:
    client = await bench.client()
    connection = await bench.connection()
    client.say(b"\r\n\r\n")
    await bench.pass_time(HEAD_S - 1)
    client.say(b"\r\n")
    await bench.pass_time(2)
    assert await client.is_left()
    assert not connection._in_head


@housed
async def test_running_request_may_take_as_long_as_the_application_likes(bench: Bench) -> None:
    client = await bench.client()
    client.say(GET % b"gate")
    await bench.parrot.began.wait()
    await bench.pass_time(100 * IDLE_S)
    bench.parrot.gate.set()
    assert (await client.answer()).body == b"GET /gate"


async def stuck(bench: Bench, said: bytes) -> tuple[Client, Connection]:
    """A client that takes nothing of what it asked for, once the system has taken all it will."""
    client = await bench.client()
    client.say(said)
    connection = await bench.connection()
    await bench.until(lambda: connection._is_stuck)
    await settle(connection)
    return client, connection


async def settle(connection: Connection) -> None:
    before = -1
    while (unsent := connection.unsent()) != before:
        before = unsent
        await asyncio.sleep(0.02)


@housed
async def test_client_that_takes_nothing_is_cut_off(bench: Bench) -> None:
    _, connection = await stuck(bench, GET % b"large" + GET % b"never")
    await bench.pass_time(STUCK_S - 1)
    assert connection in bench.house.connections
    for _ in range(2):  # what the system took at first counts as progress
        await bench.pass_time(STUCK_S + 1)
    await bench.until(lambda: connection not in bench.house.connections)
    assert bench.parrot.went[b"/never"] == 0


@housed
async def test_client_that_takes_nothing_gets_nothing_more_done(bench: Bench) -> None:
    client, connection = await stuck(bench, GET % b"large")
    client.say(GET % b"b")
    await bench.until(lambda: connection._waiting)
    assert (bench.parrot.went[b"/b"], connection.current) == (0, None)
    assert len((await client.answer()).body) == LARGE
    assert (await client.answer()).body == b"GET /b"


@housed
async def test_client_that_takes_slowly_is_not_cut_off(bench: Bench) -> None:
    client, connection = await stuck(bench, GET % b"large" + GET % b"b")
    await client.reader.readuntil(b"\r\n\r\n")
    taken = 0
    while connection._is_stuck:
        left = connection.unsent()
        while connection.unsent() == left:
            taken += len(await client.reader.readexactly(65_536))
            await asyncio.sleep(0)
        await bench.pass_time(STUCK_S + 1)
        assert connection in bench.house.connections
    await client.reader.readexactly(LARGE - taken)
    assert (await client.answer()).body == b"GET /b"


class Counted:
    """A transport with so many bytes unsent."""

    def __init__(self, transport: asyncio.Transport, unsent: int) -> None:
        self._transport = transport
        self._unsent = unsent

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)

    def get_write_buffer_size(self) -> int:
        return self._unsent


@housed
async def test_client_that_leaves_the_last_bytes_is_cut_off_too(bench: Bench) -> None:
    """Less than what makes a connection stuck: no deadline but the idle one holds, and closing would wait for ever."""
    client, connection = await stuck(bench, GET % b"large")
    await client.answer()
    await bench.until(lambda: not connection._is_stuck)
    connection._transport = Counted(connection._transport, 1_000)
    for _ in range(2):
        await bench.pass_time(IDLE_S + 1)
    await bench.until(lambda: connection not in bench.house.connections)


@housed
async def test_client_that_goes_on_sending_when_we_hang_up_is_not_listened_to_for_long(bench: Bench) -> None:
    client = await bench.client()
    answer = await client.ask(POST % (b"unread", BODY))
    assert answer.headers[b"connection"] == b"close"
    connection = await bench.connection()
    client.say(b"x" * 1_000)
    await bench.pass_time(LINGER_S - 1)
    assert connection in bench.house.connections
    await bench.pass_time(2)
    await bench.until(lambda: connection not in bench.house.connections)


@housed
async def test_answer_reaches_a_client_that_sends_before_it_listens(bench: Bench) -> None:
    client = await bench.client()
    client.say(POST % (b"unread", BODY) + b"x" * BODY)
    await client.writer.drain()
    assert (await client.answer()).body == b"unread"
    assert await client.rest() == b""


# ends


@housed
async def test_client_that_says_no_more_gets_what_it_asked_for(bench: Bench) -> None:
    client = await bench.client()
    client.say(GET % b"gate")
    client.writer.write_eof()
    connection = await bench.connection()
    await bench.until(lambda: connection._is_deaf)
    bench.parrot.gate.set()
    answer = await client.answer()
    assert (answer.body, answer.headers[b"connection"]) == (b"GET /gate", b"close")
    assert await client.rest() == b""


@housed
async def test_client_that_says_no_more_and_listens_late_gets_all_it_asked_for(bench: Bench) -> None:
    client, _ = await stuck(bench, GET % b"large" + GET % b"b" + GET % b"large")
    client.writer.write_eof()
    assert [len((await client.answer()).body) for _ in range(3)] == [LARGE, len(b"GET /b"), LARGE]
    assert await client.rest() == b""


@housed
async def test_garbage_behind_an_answer_that_is_not_taken_is_told_in_its_turn(bench: Bench) -> None:
    client, connection = await stuck(bench, GET % b"large")
    client.say(GET % b"b" + b"garbage\r\n\r\n")
    await bench.until(lambda: connection._is_deaf)
    assert len((await client.answer()).body) == LARGE
    last = await client.answer()
    assert (last.body, last.headers[b"connection"]) == (b"GET /b", b"close")


@housed
async def test_broken_request_behind_an_answer_that_is_not_taken_is_refused_in_its_turn(bench: Bench) -> None:
    client, connection = await stuck(bench, GET % b"large")
    client.say(CHUNKED + b"XYZ\r\n")
    await bench.until(lambda: connection._is_deaf)
    assert len((await client.answer()).body) == LARGE
    assert (await client.answer()).status == 400
    assert await client.rest() == b""


@housed
async def test_client_that_ends_in_the_middle_of_its_body_is_no_fault_of_ours(bench: Bench) -> None:
    client = await bench.client()
    client.say(POST % (b"a", 5_000) + b"x")
    await bench.parrot.began.wait()
    client.writer.write_eof()
    assert (await client.answer()).status == 400
    assert await client.rest() == b""
    assert bench.parrot.cut.is_set()


@pytest.mark.parametrize("begun", [b"GET / HT", b""])
@housed
async def test_client_that_ends_before_its_request_gets_no_answer(bench: Bench, begun: bytes) -> None:
    client = await bench.client()
    await client.ask(GET % b"a")
    client.say(begun)
    client.writer.write_eof()
    assert await client.rest() == b""


@housed
async def test_application_sees_that_the_client_is_gone(bench: Bench) -> None:
    client = await bench.client()
    client.say(POST % (b"a", 5_000) + b"x")
    await bench.parrot.began.wait()
    client.reset()
    await bench.parrot.cut.wait()


@housed
async def test_client_may_leave_in_the_middle_of_an_answer(bench: Bench) -> None:
    client, connection = await stuck(bench, GET % b"large")
    client.reset()
    await bench.until(lambda: connection not in bench.house.connections)


@housed
async def test_connection_leaves_no_circle_behind(bench: Bench) -> None:
    client = await bench.client()
    await client.ask(GET % b"a")
    seen = weakref.ref(await bench.connection())
    bench.parrot.asked.clear()  # they know what they were asked through
    gc.disable()
    try:
        client.reset()
        await bench.until(lambda: seen() is None)
    finally:
        gc.enable()


# the house


@housed
async def test_house_that_closes_hangs_up_where_nothing_runs(bench: Bench) -> None:
    idle, new, half = await bench.client(), await bench.client(), await bench.client()
    await idle.ask(GET % b"a")
    half.say(b"GET / HT")
    await bench.until(lambda: sum(one._in_head for one in bench.house.connections) == 1)
    await bench.until(lambda: len(bench.house.connections) == 3)
    await bench.house.close(WAITS_S)
    assert [await client.rest() for client in (idle, new, half)] == [b""] * 3
    await bench.pass_time(LINGER_S + 1)
    await bench.until(lambda: not bench.house.connections)


WAITS_S = 15.0
"""Longer than anything here takes."""


@housed
async def test_house_that_closes_answers_what_runs_and_nothing_more(bench: Bench) -> None:
    client = await bench.client()
    client.say(GET % b"gate" + GET % b"never")
    await bench.parrot.began.wait()
    closing = asyncio.ensure_future(bench.house.close(WAITS_S))
    await asyncio.sleep(0)
    assert not closing.done()
    bench.parrot.gate.set()
    await closing
    answer = await client.answer()
    assert (answer.body, answer.headers[b"connection"]) == (b"GET /gate", b"close")
    assert await client.rest() == b""
    assert bench.parrot.went[b"/never"] == 0


@pytest.mark.parametrize("broken", [b"", b"XYZ\r\n"])
@housed
async def test_house_that_closes_waits_for_what_nobody_waits_for_any_more(bench: Bench, broken: bytes) -> None:
    """A client that left, or was refused for what came behind the head, may have begun a write: it must find the store
    open."""
    client = await bench.client()
    client.say(CHUNKED.replace(b"/a", b"/gate") if broken else GET % b"gate")
    await bench.parrot.began.wait()
    connection = await bench.connection()
    if broken:
        client.say(broken)
        assert (await client.answer()).status == 400
    else:
        client.reset()
        await bench.until(lambda: connection not in bench.house.connections)
    closing = asyncio.ensure_future(bench.house.close(WAITS_S))
    await asyncio.sleep(0.01)
    assert not closing.done()
    bench.parrot.gate.set()
    await closing
    assert bench.parrot.went[b"/gate"] == 1


@housed
async def test_house_that_closes_waits_until_answers_have_left(bench: Bench) -> None:
    """What the system has not taken ends with the process."""
    client, _ = await stuck(bench, GET % b"large" + GET % b"never")
    closing = asyncio.ensure_future(bench.house.close(WAITS_S))
    await asyncio.sleep(0)
    assert not closing.done()
    assert len((await client.answer()).body) == LARGE
    await closing
    assert await client.rest() == b""
    assert bench.parrot.went[b"/never"] == 0


@pytest.mark.parametrize("path", [b"gate", b"large"])
@housed
async def test_house_has_no_more_patience_than_it_says(bench: Bench, path: bytes) -> None:
    client = await bench.client()
    client.say(GET % path)
    connection = await bench.connection()
    await bench.until(lambda: connection._is_stuck or connection.current is not None)
    await bench.house.close(0.05)
    assert connection in bench.house.connections


@housed
async def test_connection_that_comes_while_the_worker_ends_is_begun_by_nobody(bench: Bench) -> None:
    bench.house.closing = True
    assert await bench.talk(b"GET /late HTTP/1.1\r\n\r\n") == []
    assert bench.parrot.asked == []
