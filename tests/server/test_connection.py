"""What is HTTP/1.1 and what is not: requests in, answers out, in order, with ends that everybody sees alike.

What llhttp's strict reading refuses stands here too: were it ever less strict, what is said here would no longer hold.
"""

import pytest

from tests.server.house import DATE, Answer, Bench, housed
from tillstone.server.connection import PIPELINED

GET = b"GET /%b HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: h\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


def bodies(answers: list[Answer]) -> list[bytes]:
    return [answer.body for answer in answers]


# answers


@housed
async def test_connection_is_kept_for_the_next_request(bench: Bench) -> None:
    client = await bench.client()
    first = await client.ask(GET % b"a?b=1")
    assert (first.line, first.body) == (b"HTTP/1.1 200 OK", b"GET /a b=1")
    assert first.headers == {b"content-length": b"10", b"date": DATE}
    assert (await client.ask(GET % b"c")).body == b"GET /c"


@housed
async def test_client_that_asks_for_the_end_gets_it(bench: Bench) -> None:
    (answer,) = await bench.talk(LAST)
    assert (answer.body, answer.headers[b"connection"]) == (b"GET /last", b"close")


@housed
async def test_application_that_asks_for_the_end_gets_it(bench: Bench) -> None:
    first, last = await bench.talk(GET % b"a" + GET % b"close" + GET % b"never")
    assert (first.body, last.body, last.headers[b"connection"]) == (b"GET /a", b"the end", b"close")
    assert bench.parrot.went[b"/never"] == 0


@housed
async def test_http_1_0_ends_with_the_answer(bench: Bench) -> None:
    (answer,) = await bench.talk(b"GET /a HTTP/1.0\r\n\r\n")
    assert (answer.line, answer.headers[b"connection"]) == (b"HTTP/1.1 200 OK", b"close")


@housed
async def test_http_1_0_is_kept_on_request_and_told_so(bench: Bench) -> None:
    client = await bench.client()
    old = await client.ask(b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert old.headers[b"connection"] == b"keep-alive"
    assert (await client.ask(GET % b"b")).body == b"GET /b"


@pytest.mark.parametrize("line", [b"GET /a HTTP/2.0", b"GET /a HTTP/0.9", b"GET /a"])
@housed
async def test_other_versions_are_answered_once(bench: Bench, line: bytes) -> None:
    (answer,) = await bench.talk(line + b"\r\n\r\n")
    assert (answer.line, answer.headers[b"connection"]) == (b"HTTP/1.1 200 OK", b"close")


@housed
async def test_head_has_the_length_and_no_body(bench: Bench) -> None:
    client = await bench.client()
    client.say(b"HEAD /length HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (await client.answer(to_head=True)).headers[b"content-length"] == b"7"
    assert (await client.ask(GET % b"length")).body == b"a whole"


@housed
async def test_fault_of_a_head_has_no_body(bench: Bench) -> None:
    client = await bench.client()
    client.say(b"HEAD /silent HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (await client.answer(to_head=True)).status == 500
    assert await client.rest() == b""


@pytest.mark.parametrize("status", [204, 304])
@housed
async def test_answers_without_a_body_have_no_length_either(bench: Bench, status: int) -> None:
    client = await bench.client()
    answer = await client.ask(GET % (b"status/%d" % status))
    assert (answer.status, answer.headers) == (status, {b"date": DATE})
    assert (await client.ask(GET % b"b")).body == b"GET /b"


# one after the other


@housed
async def test_requests_of_one_packet_are_answered_in_order(bench: Bench) -> None:
    asked = b"".join(GET % (b"%d" % number) for number in range(20))
    assert bodies(await bench.talk(asked + LAST)) == [*(b"GET /%d" % number for number in range(20)), b"GET /last"]


@housed
async def test_requests_are_begun_one_at_a_time(bench: Bench) -> None:
    client = await bench.client()
    client.say(GET % b"gate" + GET % b"b" + LAST)
    await bench.until(lambda: bench.parrot.asked)
    connection = await bench.connection()
    assert len(connection._waiting) == 2
    assert [asked.path for asked in bench.parrot.asked] == [b"/gate"]
    bench.parrot.gate.set()
    assert [(await client.answer()).body for _ in range(3)] == [b"GET /gate", b"GET /b", b"GET /last"]


@housed
async def test_bodies_stay_with_their_requests(bench: Bench) -> None:
    asked = POST + b"Content-Length: 5\r\n\r\nfirst" + CHUNKED + b"\r\n6\r\nsecond\r\n0\r\n\r\n"
    answers = await bench.talk(asked + b"POST /c HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + LAST)
    assert bodies(answers) == [b"POST /a first", b"POST /a second", b"POST /c", b"GET /last"]


@housed
async def test_single_bytes_are_the_same_request(bench: Bench) -> None:
    client = await bench.client()
    for byte in POST + b"Content-Length: 5\r\n\r\nhello" + CHUNKED + b"\r\n" + CHUNKS:
        client.say(bytes([byte]))
        await bench.until(lambda: client.writer.transport.get_write_buffer_size() == 0)
    assert [(await client.answer()).body for _ in range(2)] == [b"POST /a hello"] * 2


@housed
async def test_body_that_comes_slowly_is_read_to_its_end(bench: Bench) -> None:
    client = await bench.client()
    client.say(POST + b"Content-Length: 3\r\n\r\n")
    await bench.parrot.began.wait()
    (asked,) = bench.parrot.asked
    client.say(b"a")
    await bench.until(lambda: asked.body == b"a")
    client.say(b"b")
    await bench.until(lambda: asked.body == b"ab")
    client.say(b"c")
    assert (await client.answer()).body == b"POST /a abc"


@housed
async def test_those_that_wait_are_answered_before_too_many_end_the_connection(bench: Bench) -> None:
    answers = await bench.talk(GET % b"a" * (PIPELINED + 10))
    assert [answer.status for answer in answers] == [200] * (PIPELINED + 1)
    assert [b"connection" in answer.headers for answer in answers] == [False] * PIPELINED + [True]


@housed
async def test_what_came_before_garbage_is_answered(bench: Bench) -> None:
    answers = await bench.talk(GET % b"a" + GET % b"b" + b"\x16\x03\x01 what?\r\n\r\n")
    assert bodies(answers) == [b"GET /a", b"GET /b"]
    assert answers[-1].headers[b"connection"] == b"close"


@housed
async def test_request_that_waits_and_turns_out_broken_is_not_begun(bench: Bench) -> None:
    answers = await bench.talk(GET % b"a" + CHUNKED + b"\r\nXYZ\r\n")
    assert (bodies(answers), len(bench.parrot.asked)) == ([b"GET /a"], 1)


@housed
async def test_garbage_alone_is_told_so(bench: Bench) -> None:
    (answer,) = await bench.talk(b"\x16\x03\x01 hello\r\n\r\n")
    assert (answer.status, answer.headers[b"connection"]) == (400, b"close")


@housed
async def test_empty_lines_between_requests_are_nothing(bench: Bench) -> None:
    answers = await bench.talk(b"\r\n" + POST + b"Content-Length: 5\r\n\r\nhello\r\n\r\n" + LAST)
    assert bodies(answers) == [b"POST /a hello", b"GET /last"]


# where a body ends


@pytest.mark.parametrize(
    "chunks, body",
    [
        (CHUNKS, b"hello"),
        (b'5;name=value;other="quoted"\r\nhello\r\n0;last\r\n\r\n', b"hello"),
        (b"00000A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
        (b"2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n", b"hello"),
    ],
)
@housed
async def test_chunks_are_put_together(bench: Bench, chunks: bytes, body: bytes) -> None:
    answers = await bench.talk(CHUNKED + b"\r\n" + chunks + LAST)
    assert bodies(answers) == [b"POST /a " + body, b"GET /last"]
    assert list(bench.parrot.asked[0].headers) == [b"host", b"transfer-encoding"], "a trailer is no header"


@pytest.mark.parametrize(
    "chunks",
    [
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"5 ;a=b\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5;a\nhello\r\n0\r\n\r\n",
        b"5;a\rb\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"\r\nhello\r\n0\r\n\r\n",
        b"10000000000000005\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhell\r\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello\r\n0\n\n",
        b"5\r\nhello\r\n0\r\n\n",
        b"5\r\nhello\r\n0\r\nX: y\nZ: a\r\n\r\n",
        b"5\r\nhello\r\n0\r\nX: y\r\n folded\r\n\r\n",
        b"5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n",
        b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
@housed
async def test_broken_chunks_are_refused_and_nothing_behind_them_is_done(
    bench: Bench, chunks: bytes, *, at_once: bool
) -> None:
    client = await bench.client()
    client.say(CHUNKED + b"\r\n")
    if not at_once:
        await bench.until(lambda: bench.parrot.asked)
    client.say(chunks + LAST)
    answer = await client.answer()
    assert (answer.status, answer.headers[b"connection"]) == (400, b"close")
    assert await client.is_left()
    if not at_once:
        await bench.parrot.cut.wait()
    assert all(asked.is_cut for asked in bench.parrot.asked)
    assert bench.parrot.went[b"/last"] == 0


SMUGGLED = {
    "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + CHUNKS,
    "two lengths": b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nhello",
    "one length twice": b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "list of lengths": b"Content-Length: 5, 5\r\n\r\nhello",
    "length with a sign": b"Content-Length: +5\r\n\r\nhello",
    "length below nothing": b"Content-Length: -5\r\n\r\nhello",
    "length in hexadecimal": b"Content-Length: 0x5\r\n\r\nhello",
    "length with a space": b"Content-Length: 1 2\r\n\r\nhello",
    "length with an underscore": b"Content-Length: 1_0\r\n\r\nhello",
    "empty length": b"Content-Length:\r\n\r\nhello",
    "length beyond 64 bits": b"Content-Length: 18446744073709551617\r\n\r\nhello",
    "folded header": b"X: a\r\n b\r\n\r\n",
    "folded encoding": b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS,
    "space before the colon": b"Content-Length : 5\r\n\r\nhello",
    "tab before the colon": b"Transfer-Encoding\t: chunked\r\n\r\n" + CHUNKS,
    "header without a colon": b"Content-Length\r\n\r\n",
    "header without a name": b": 5\r\n\r\n",
    "LF behind a header": b"X: a\nContent-Length: 5\r\n\r\nhello",
    "CR behind a header": b"X: a\rContent-Length: 5\r\n\r\nhello",
    "LF behind the head": b"X: a\r\n\nhello",
    "NUL in a header": b"X: a\0b\r\n\r\n",
    "control character before the encoding": b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKS,
    "encoding identity": b"Transfer-Encoding: identity\r\n\r\n",
    "encoding without chunks": b"Transfer-Encoding: gzip\r\n\r\nhello",
    "chunks inside": b"Transfer-Encoding: chunked, gzip\r\n\r\n" + CHUNKS,
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "chunks, then something else": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + CHUNKS,
    "another word for chunks": b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS,
    "chunks in quotes": b'Transfer-Encoding: "chunked"\r\n\r\n' + CHUNKS,
    "chunks with a parameter": b"Transfer-Encoding: chunked;a=b\r\n\r\n" + CHUNKS,
    "chunks with spaces behind": b"Transfer-Encoding: chunked \t\r\n\r\n" + CHUNKS,
    "chunks and a comma": b"Transfer-Encoding: chunked,\r\n\r\n" + CHUNKS,
    "empty encoding": b"Transfer-Encoding:\r\n\r\n" + CHUNKS,
    "empty encoding and length": b"Transfer-Encoding:\r\nContent-Length: 5\r\n\r\nhello",
    "two hosts": b"Host: other\r\n\r\n",
}


@pytest.mark.parametrize("what", SMUGGLED)
@housed
async def test_request_whose_end_is_in_doubt_is_refused_and_not_done(bench: Bench, what: str) -> None:
    """`DELETE` to a path that reads no body: whoever begins before he has understood has done it."""
    head = b"DELETE /unread HTTP/1.1\r\nHost: h\r\n"
    (answer,) = await bench.talk(head + SMUGGLED[what] + LAST)
    assert (answer.status, answer.headers[b"connection"]) == (400, b"close")
    assert bench.parrot.asked == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\nHost: h\n\n",
        b"GET / HTTP/1.1\r\n X: a\r\n\r\n",
        b"GET / HTTP/1.1 \r\n\r\n",
        b"GET / HTTP/1.11\r\n\r\n",
        b"GET / http/1.1\r\n\r\n",
        b"GET\t/ HTTP/1.1\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET /a\x01 HTTP/1.1\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"FETCH / HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
@housed
async def test_line_that_is_no_requests_is_refused(bench: Bench, head: bytes) -> None:
    (answer,) = await bench.talk(head + LAST)
    assert (answer.status, bench.parrot.asked) == (400, [])


@pytest.mark.parametrize(
    "more, body",
    [
        (b"Content-Length: 0005\r\n\r\nhello", b"hello"),
        (b"Transfer-Encoding: CHUNKED\r\n\r\n" + CHUNKS, b"hello"),
        (b"Transfer-Encoding: ,chunked\r\n\r\n" + CHUNKS, b"hello"),
        (b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS, b"hello"),
        (b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
    ],
)
@housed
async def test_request_whose_end_is_odd_but_certain_is_answered(bench: Bench, more: bytes, body: bytes) -> None:
    assert bodies(await bench.talk(POST + more + LAST)) == [b"POST /a " + body, b"GET /last"]


@housed
async def test_chunks_of_http_1_0_end_the_connection(bench: Bench) -> None:
    """RFC 9112, 6.1: that version knows no chunks, so whoever stands between may see another end."""
    head = b"POST /a HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
    (answer,) = await bench.talk(head + CHUNKS + LAST)
    assert (answer.body, answer.headers[b"connection"]) == (b"POST /a hello", b"close")


@housed
async def test_nothing_is_read_behind_the_last_request(bench: Bench) -> None:
    assert bodies(await bench.talk(LAST + GET % b"more")) == [b"GET /last"]
    assert bench.parrot.went[b"/more"] == 0


# targets


@pytest.mark.parametrize(
    "target, path, query",
    [
        (b"/a%2Fb", b"/a%2Fb", b""),
        (b"/a?b=c?d", b"/a", b"b=c?d"),
        (b"/a?x=http://b/c", b"/a", b"x=http://b/c"),
        (b"/a?", b"/a", b""),
        (b"/a#b?c", b"/a", b""),
        (b"/a?b#c", b"/a", b"b"),
        (b"//b/c", b"//b/c", b""),
        (b"http://h:1/a?b", b"/a", b"b"),
        (b"http://h", b"/", b""),
        (b"http://h?b=/c", b"/", b"b=/c"),
        (b"http://u:p@h/a/b", b"/a/b", b""),
        (b"*", b"*", b""),
        ("/a/josé?b=Ün%25".encode(), b"/a/jos%C3%A9", b"b=%C3%9Cn%25"),
    ],
)
@housed
async def test_target_is_a_path_and_a_query(bench: Bench, target: bytes, path: bytes, query: bytes) -> None:
    await bench.talk(b"OPTIONS %b HTTP/1.1\r\nConnection: close\r\n\r\n" % target)
    (asked,) = bench.parrot.asked
    assert (asked.method, asked.path, asked.query) == ("OPTIONS", path, query)


@pytest.mark.parametrize("line", ["GET b HTTP/1.1", "GËT /b HTTP/1.1", "GET /b HTTP/ä"])
@housed
async def test_target_that_is_none_is_refused(bench: Bench, line: str) -> None:
    (answer,) = await bench.talk(b"%b\r\n\r\n" % line.encode())
    assert (answer.status, bench.parrot.asked) == (400, [])


@housed
async def test_headers_arrive_with_small_names_and_without_space_around_and_the_last_counts(bench: Bench) -> None:
    await bench.talk("GET /a HTTP/1.1\r\nX-B: 1 \t\r\nx-a:\t2\r\nX-B: ä\r\nConnection: close\r\n\r\n".encode())
    headers = bench.parrot.asked[0].headers
    assert headers == {b"x-b": "ä".encode(), b"x-a": b"2", b"connection": b"close"}


# other protocols


@housed
async def test_tunnel_is_not_dug(bench: Bench) -> None:
    (answer,) = await bench.talk(b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + LAST)
    assert (answer.body, answer.headers[b"connection"]) == (b"CONNECT a:443", b"close")


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"


@pytest.mark.parametrize("first", [b"", GET % b"first"])
@pytest.mark.parametrize(
    "more, body",
    [
        (b"\r\n", b""),
        (b"Content-Length: 5\r\n\r\nhello", b" hello"),
        (b"Content-Length: 0\r\n\r\n", b""),
        (b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS, b" hello"),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", b""),
    ],
)
@housed
async def test_client_that_would_rather_speak_http_2_is_answered_once(
    bench: Bench, first: bytes, more: bytes, body: bytes
) -> None:
    """java.net.http asks so with its first request, be it a POST."""
    *_, answer = await bench.talk(first + POST + UPGRADE + more + LAST)
    assert (answer.status, answer.body, answer.headers[b"connection"]) == (200, b"POST /a" + body, b"close")
    assert bench.parrot.went[b"/last"] == 0


@housed
async def test_body_behind_a_wish_for_http_2_may_come_in_pieces(bench: Bench) -> None:
    client = await bench.client()
    client.say(POST + UPGRADE + b"Content-Length: 5\r\n\r\nhe")
    await bench.until(lambda: bench.parrot.asked and bench.parrot.asked[0].body)
    client.say(b"llo")
    assert (await client.answer()).body == b"POST /a hello"
    assert await client.is_left()


@housed
async def test_broken_body_behind_a_wish_for_http_2_is_refused(bench: Bench) -> None:
    (answer,) = await bench.talk(CHUNKED + UPGRADE + b"\r\nXYZ\r\n")
    assert (answer.status, bench.parrot.asked) == (400, [])


@housed
async def test_upgrade_that_the_connection_does_not_name_is_nothing(bench: Bench) -> None:
    answers = await bench.talk(b"GET /a HTTP/1.1\r\nUpgrade: h2c\r\n\r\n" + LAST)
    assert bodies(answers) == [b"GET /a", b"GET /last"]


# clients that wait to be asked

EXPECTS = b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"


@housed
async def test_client_that_waits_is_asked_once_and_only_when_its_body_is_wanted(bench: Bench) -> None:
    client = await bench.client()
    client.say(b"POST /gate HTTP/1.1\r\n" + EXPECTS)
    await bench.parrot.began.wait()
    connection = await bench.connection()
    assert connection.current is not None
    assert connection.current.expects, "nobody has asked yet"
    bench.parrot.gate.set()
    assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.say(b"he")
    await bench.until(lambda: bench.parrot.asked[0].body == b"he")
    client.say(b"llo")
    assert (await client.answer()).body == b"POST /gate hello"
    assert (await client.ask(GET % b"b")).body == b"GET /b"


@housed
async def test_client_that_waits_is_not_asked_for_what_nobody_wants(bench: Bench) -> None:
    (answer,) = await bench.talk(b"POST /unread HTTP/1.1\r\n" + EXPECTS)
    assert (answer.status, answer.body, answer.headers[b"connection"]) == (200, b"unread", b"close")


@pytest.mark.parametrize("head", [POST + EXPECTS, b"POST /a HTTP/1.0\r\nConnection: close\r\n" + EXPECTS])
@housed
async def test_client_that_does_not_wait_after_all_is_not_asked(bench: Bench, head: bytes) -> None:
    client = await bench.client()
    client.say(head + b"hello")
    assert (await client.answer()).body == b"POST /a hello"


@housed
async def test_http_1_0_is_never_asked(bench: Bench) -> None:
    client = await bench.client()
    client.say(b"POST /a HTTP/1.0\r\n" + EXPECTS)
    await bench.parrot.began.wait()
    client.say(b"hello")
    assert (await client.answer()).body == b"POST /a hello"


# faults


@pytest.mark.parametrize("value", [b"a%0D%0Ax-other:b", b"a%0Ab", b"a%0Db", b"%0D%0A%0D%0Abody", b"a%0A%0Db"])
@housed
async def test_line_end_in_a_header_never_leaves(bench: Bench, value: bytes) -> None:
    (answer,) = await bench.talk(GET % (b"header/" + value) + GET % b"never")
    assert (answer.status, answer.headers[b"connection"]) == (500, b"close")
    assert not {b"x-echo", b"x-other"} & answer.headers.keys()
    assert b"split" not in answer.body
    assert isinstance(bench.told.pop(), ValueError)
    assert bench.parrot.went[b"/never"] == 0


@housed
async def test_status_that_does_not_exist_is_a_fault(bench: Bench) -> None:
    (answer,) = await bench.talk(GET % b"status/299")
    assert answer.status == 500
    assert isinstance(bench.told.pop(), KeyError)


@housed
async def test_application_that_fails_is_told_and_answered_for(bench: Bench) -> None:
    (answer,) = await bench.talk(GET % b"raise" + GET % b"never")
    assert (answer.status, answer.headers[b"connection"]) == (500, b"close")
    assert isinstance(bench.told.pop(), RuntimeError)
    assert bench.parrot.went[b"/never"] == 0


@housed
async def test_application_that_says_nothing_is_answered_for(bench: Bench) -> None:
    (answer,) = await bench.talk(GET % b"silent" + GET % b"never")
    assert (answer.status, answer.headers[b"connection"]) == (500, b"close")
