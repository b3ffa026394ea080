"""What only a real socket can show: limits, early ends, encodings, what the log and the counters make of it."""

import gzip
import http.client
import socket

import pytest

from tests.live.servers import BASIC, Running
from tests.outside.serving import wait_until
from tests.outside.session import TOKEN

CUSTOMERS = "/api/customers.xml"
CUSTOMER = b"<customer><name>Ana Lim</name></customer>"
XML = {"Content_Type": "application/xml"}


def test_record_goes_in_and_comes_out(shared: Running) -> None:
    made = shared.ask("POST", CUSTOMERS, CUSTOMER, **XML)
    assert made.status == 200
    location = made.headers["Location"]
    assert location.startswith(f"{shared.base}/api/customers/")
    assert b"<name>Ana Lim</name>" in shared.ask("GET", location.removeprefix(shared.base)).body


def test_every_answer_bears_a_name_that_the_log_knows(shared: Running) -> None:
    answers = [shared.ask("GET", CUSTOMERS).headers["X-Request-Id"] for _ in range(3)]
    assert len(set(answers)) == 3
    wait_until(
        lambda: {entry["request"] for entry in shared.log()} >= set(answers), what="the log to tell of the requests"
    )


def test_large_body_is_refused_after_it_was_sent(shared: Running) -> None:
    """A client that sends first and listens later must not be cut off before it sees the answer."""
    answer = shared.ask("POST", CUSTOMERS, b"x" * 5_000_000, **XML)
    assert answer.status == 413


def test_large_body_of_unknown_length_is_refused_too(shared: Running) -> None:
    with shared.raw() as connection:
        connection.sendall(
            f"POST {CUSTOMERS} HTTP/1.1\r\nHost: h\r\nAuthorization: {BASIC}\r\n"
            "Content-Type: application/xml\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        for _ in range(40):
            connection.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        assert status_of(connection) == 413


def test_body_of_a_stranger_is_read_before_he_is_refused(shared: Running) -> None:
    assert shared.ask("POST", CUSTOMERS, b"x" * 3_000_000, Authorization="Basic eDp4").status == 401


def test_connection_is_still_good_after_a_refused_body(shared: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared.port)
    headers = {"Authorization": BASIC, "Content-Type": "application/xml"}
    connection.request("POST", CUSTOMERS, b"x" * 2_000_000, headers)
    refused = connection.getresponse()
    assert (refused.status, bool(refused.read())) == (413, True)
    connection.request("GET", CUSTOMERS, headers=headers)
    assert connection.getresponse().status == 200
    connection.close()


def test_packed_body_is_refused(shared: Running) -> None:
    answer = shared.ask("POST", CUSTOMERS, gzip.compress(CUSTOMER), Content_Encoding="gzip", **XML)
    assert answer.status == 415


def test_long_answer_is_packed_on_request(shared: Running) -> None:
    for _ in range(3):
        shared.ask("POST", CUSTOMERS, CUSTOMER, **XML)
    plain = shared.ask("GET", CUSTOMERS + "?page=1&per_page=3")
    packed = shared.ask("GET", CUSTOMERS + "?page=1&per_page=3", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


def test_long_url_is_refused(shared: Running) -> None:
    assert shared.ask("GET", CUSTOMERS + "?x=" + "y" * 9_000).status == 414


@pytest.mark.parametrize("header", [b"x: " + b"y" * 100_000, b"\r\n".join(b"x%d: y" % n for n in range(200))])
def test_large_or_many_headers_are_refused(shared: Running, header: bytes) -> None:
    with shared.raw() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n" + header + b"\r\n\r\n")
        assert status_of(connection) == 431


def test_garbage_is_refused_and_the_server_lives_on(shared: Running) -> None:
    with shared.raw() as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert status_of(connection) == 400
    assert shared.ask("GET", "/healthz").status == 200


def test_client_that_waits_to_be_asked_is_refused_before_it_sends(shared: Running) -> None:
    with shared.raw() as connection:
        connection.sendall(
            f"POST {CUSTOMERS} HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert status_of(connection) == 401


def test_client_that_waits_to_be_asked_is_asked(shared: Running) -> None:
    with shared.raw() as connection:
        connection.sendall(
            f"POST {CUSTOMERS} HTTP/1.1\r\nHost: h\r\nAuthorization: {BASIC}\r\nContent-Type: application/xml\r\n"
            f"Content-Length: {len(CUSTOMER)}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert status_of(connection) == 100
        connection.sendall(CUSTOMER)
        assert status_of(connection) == 200


def test_delete_whose_client_leaves_after_the_headers_is_no_fault(shared: Running) -> None:
    """seeds/000 l.266: curl -I … -X DELETE stops after the headers and closes."""
    made = shared.ask("POST", CUSTOMERS, CUSTOMER, **XML).headers["Location"].removeprefix(shared.base)
    with shared.raw() as connection:
        connection.sendall(f"DELETE {made} HTTP/1.1\r\nHost: h\r\nAuthorization: {BASIC}\r\n\r\n".encode())
        assert status_of(connection) == 200
        # closed at once, with a reset
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    assert b"<status>D</status>" in shared.ask("GET", made).body
    assert "fault" not in shared.faults()


def test_client_that_leaves_in_the_middle_of_its_body_is_no_fault(shared: Running) -> None:
    with shared.raw() as connection:
        connection.sendall(
            f"POST {CUSTOMERS} HTTP/1.1\r\nHost: h\r\nAuthorization: {BASIC}\r\nContent-Type: application/xml\r\n"
            "Content-Length: 5000\r\n\r\n<customer>".encode()
        )
    assert shared.ask("GET", "/healthz").status == 200
    assert "fault" not in shared.faults()


def test_head_has_the_length_of_the_answer(shared: Running) -> None:
    head, get = shared.ask("HEAD", CUSTOMERS), shared.ask("GET", CUSTOMERS)
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(get.body)


def test_slashes_in_a_path_stay_escaped(shared: Running) -> None:
    assert shared.ask("GET", "/api%2Fcustomers.xml", Authorization="").status == 404


def test_log_holds_no_secret(shared: Running) -> None:
    name = shared.ask("GET", "/api/tokens.xml?email=a%40b.c&password=hush-hush").headers["X-Request-Id"]
    shared.ask("GET", CUSTOMERS + "?oauth_token=hush-hush&_key=hush-hush")
    shared.ask("POST", CUSTOMERS, b"<customer><name>hush-hush", **XML)
    last = shared.ask("GET", "/healthz").headers["X-Request-Id"]
    wait_until(lambda: last in {entry["request"] for entry in shared.log()}, what="the log")
    written = (shared.folder / "access.log").read_text() + shared.faults()
    assert "hush" not in written
    assert TOKEN not in written
    assert BASIC.split()[1] not in written
    shown = next(entry["path"] for entry in shared.log() if entry["request"] == name)
    assert shown == "/api/tokens.xml?email=a%40b.c&password=-"


def test_counters_tell_malformed_bodies_from_faults(shared: Running) -> None:
    before = counted(shared, "tillstone_malformed_total")
    assert shared.ask("POST", CUSTOMERS, b"<customer>", **XML).status == 500
    assert counted(shared, "tillstone_malformed_total") == before + 1
    assert counted(shared, "tillstone_faults_total") == 0


def counted(server: Running, name: str) -> float:
    lines = server.ask("GET", "/metrics").body.decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def status_of(connection: socket.socket) -> int:
    """The status of the next answer; its headers are read, its body is not."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, "the connection was closed without an answer"
        head += byte
    return int(head.split()[1])
