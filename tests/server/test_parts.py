"""The server's small parts: networks and proxies, rates, the journal."""

import io
import threading
from collections import deque
from typing import IO, cast

import pytest

from tests.asking import arrival
from tillstone.dialects.base import TooMany
from tillstone.server import guard, journal
from tillstone.server.guard import Rate
from tillstone.server.journal import Lines
from tillstone.server.origin import Origin
from tillstone.wire.http import Request

ASKER = (1, "key", 1)


def request(origin: Origin, *, client: str = "203.0.113.9", scheme: str = "http", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return origin.request(arrival("GET", b"/", named, client=client, scheme=scheme))


def origin(*, bind: str = "0.0.0.0", public_url: str = "", proxies: tuple[str, ...] = ()) -> Origin:
    return Origin(bind=bind, public_url=public_url, trusted_proxies=proxies)


@pytest.mark.parametrize(
    "name, host, base",
    [
        ("Test_Account.imonggo.com", "test_account.imonggo.com", "http://test_account.imonggo.com"),
        ("127.0.0.1:8080", "127.0.0.1", "http://127.0.0.1:8080"),
        ("[::1]:8080", "[::1]", "http://[::1]:8080"),
        ("[::1]", "[::1]", "http://[::1]"),
    ],
)
def test_host_is_known_without_its_port_and_links_keep_it(name: str, host: str, base: str) -> None:
    made = request(origin(), host=name)
    assert (made.host, made.base) == (host, base)


def test_public_url_stands_in_links() -> None:
    assert request(origin(public_url="https://shop.example"), host="10.0.0.1").base == "https://shop.example"


def test_proxy_that_is_trusted_is_believed() -> None:
    made = request(
        origin(proxies=("10.0.0.0/8",)),
        client="10.0.0.1",
        host="inner",
        x_forwarded_host="shop.example",
        x_forwarded_proto="https",
        x_forwarded_for="6.6.6.6, 198.51.100.7, 10.0.0.2",
    )
    assert (made.base, made.secure, made.client) == ("https://shop.example", True, "198.51.100.7")


def test_anybody_else_is_not() -> None:
    made = request(origin(proxies=("10.0.0.0/8",)), host="h", x_forwarded_proto="https", x_forwarded_for="1.1.1.1")
    assert (made.base, made.secure, made.client) == ("http://h", False, "203.0.113.9")


@pytest.mark.parametrize(
    "bind, client, scheme",
    [("127.0.0.1", "127.0.0.1", "http"), ("0.0.0.0", "203.0.113.9", "https")],
)
def test_connection_is_secure_when_encrypted_or_inside_this_machine(bind: str, client: str, scheme: str) -> None:
    assert request(origin(bind=bind), client=client, scheme=scheme).secure


@pytest.mark.parametrize("bind, client", [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "203.0.113.9")])
def test_plain_connection_from_outside_is_not(bind: str, client: str) -> None:
    assert not request(origin(bind=bind), client=client).secure


def test_proxy_on_this_machine_that_speaks_plainly_is_not_secure() -> None:
    inside = origin(bind="127.0.0.1", proxies=("127.0.0.1",))
    assert not request(inside, client="127.0.0.1", x_forwarded_proto="http").secure


def test_names_that_are_remembered_do_not_pile_up() -> None:
    made = origin()
    for number in range(3_000):
        request(made, host=f"h{number}", client=f"10.0.{number % 250}.{number % 200}")
    assert len(made._names) <= 1_024


def test_each_worker_allows_its_share() -> None:
    rate = Rate(requests=40, window_s=10, workers=4)
    for _ in range(10):
        rate.require(ASKER, 100)
    with pytest.raises(TooMany) as refused:
        rate.require(ASKER, 103)
    assert refused.value.retry_after == 7


def test_each_asker_has_a_window_of_its_own() -> None:
    rate = Rate(requests=1, window_s=10, workers=1)
    rate.require(ASKER, 100)
    rate.require((1, "key", 2), 100)
    rate.require((2, "key", 1), 100)


def test_clock_that_steps_back_opens_a_new_window() -> None:
    rate = Rate(requests=1, window_s=10, workers=1)
    rate.require(ASKER, 100)
    rate.require(ASKER, 50)


def test_windows_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "KEYS_KEPT", 10)
    rate = Rate(requests=1, window_s=10, workers=1)
    for number in range(50):
        rate.require((1, "key", number), 100)
    assert len(rate._windows) <= 10
    rate.require((1, "key", 100), 200)
    assert len(rate._windows) == 1


class Stuck(io.BytesIO):
    """A reader of the log that does not read."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.released = threading.Event()

    def write(self, data: object) -> int:
        self.reached.set()
        self.released.wait(5)
        return super().write(cast("bytes", data))


def test_reader_of_the_log_that_is_stuck_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "LINES_KEPT", 11)
    monkeypatch.setattr(journal, "LINGER_S", 0)
    stream = Stuck()
    lines = Lines(cast("IO[bytes]", stream))
    lines.write(b"first")
    assert stream.reached.wait(5)
    for _ in range(100):
        lines.write(b"0123456789")
    stream.released.set()
    lines.close()
    written = stream.getvalue().splitlines()
    assert written[0] == b"first"
    assert written.count(b"0123456789") == 11
    assert written[-1] == b'{"dropped":89}'


class Overtaken(deque[bytes]):
    """Lines that wait: while the first is taken out, another comes."""

    lines: Lines

    def popleft(self) -> bytes:
        if self[0] == b"first":
            self.lines.write(b"second")
        return super().popleft()


class Heard(io.BytesIO):
    def __init__(self) -> None:
        super().__init__()
        self.second = threading.Event()

    def write(self, data: object) -> int:
        if b"second" in cast("bytes", data):
            self.second.set()
        return super().write(cast("bytes", data))


def test_line_that_comes_while_others_are_written_is_written_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was the first of many that waited for nothing, until they were dropped."""
    monkeypatch.setattr(journal, "LINGER_S", 0)
    stream = Heard()
    lines = Lines(stream)
    lines._waiting = waiting = Overtaken()
    waiting.lines = lines
    lines.write(b"first")
    is_written = stream.second.wait(5)
    lines.close()
    assert is_written


def test_reader_of_the_log_that_went_away_stops_nobody() -> None:
    stream = io.BytesIO()
    lines = Lines(stream)
    stream.close()
    lines.write(b"x")
    lines.close()
