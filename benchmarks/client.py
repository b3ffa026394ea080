"""The load generator: a process of its own with so many connections, each sending its next request when answered.

Raw sockets and epoll, nothing else: it must cost less than the fastest server. `python client.py` reads one `Job` as
JSON from its standard input and writes one `Result` to its standard output. Bounded in time, and in requests.
"""

import json
import select
import socket
import sys
from array import array
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from time import perf_counter

import signed
from customers import TOKEN

HOST = "127.0.0.1"
PAGES = 50
"""Lists are asked for in order, the first so many pages of 100, over and over."""

STRIDE = 7_919
"""Records are read and updated in an order that no cache foresees: a prime apart."""

PATIENCE_S = 20.0
"""How long to wait for one answer before giving up."""

ANSWER_BYTES = 262_144
HEAD_END = b"\r\n\r\n"
CREDENTIALS = b64encode(f"{TOKEN}:X".encode()).decode()


@dataclass(frozen=True)
class Job:
    """What to send: requests of one kind, numbered from `start`, until `seconds` are over or `at_most` are sent."""

    kind: str
    port: int
    connections: int
    seconds: float
    customers: int
    start: int = 0
    at_most: int = 2_000_000


@dataclass(frozen=True)
class Result:
    """What came back; times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    worst: float
    refused: int


def _head(method: str, path: str, body: bytes = b"") -> bytes:
    length = f"Content-Type: application/xml\r\nContent-Length: {len(body)}\r\n" if body else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Basic {CREDENTIALS}\r\n{length}\r\n".encode()
        + body
    )


def get(path: str) -> bytes:
    """A request for `path`."""
    return _head("GET", path)


def post(path: str, body: bytes) -> bytes:
    """A request that posts `body` there."""
    return _head("POST", path, body)


def _list(job: Job, number: int) -> bytes:
    pages = min(PAGES, max(1, job.customers // 100))
    return get(f"/api/customers.xml?page={number % pages + 1}")


def _id(job: Job, number: int) -> int:
    return number * STRIDE % job.customers + 1


def _read(job: Job, number: int) -> bytes:
    return get(f"/api/customers/{_id(job, number)}.xml")


def _create(_: Job, number: int) -> bytes:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<customer>\n'
        f"  <alternate_code>N{number}</alternate_code>\n  <name>Nina Newman {number}</name>\n"
        f"  <email>nina.{number}@example.com</email>\n  <telephone>555-{number % 10_000:04d}</telephone>\n"
        f"  <street>{number % 90} New Street</street>\n  <city>Manila</city>\n  <zipcode>1000</zipcode>\n"
        "  <country>PH</country>\n</customer>\n"
    )
    return _head("POST", "/api/customers.xml", body.encode())


def _update(job: Job, number: int) -> bytes:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<customer>\n'
        f"  <telephone>556-{number}</telephone>\n  <remark>Moved, says call {number}</remark>\n"
        f"  <city>Cebu {number}</city>\n</customer>\n"
    )
    return _head("PUT", f"/api/customers/{_id(job, number)}.xml", body.encode())


def _signed_list(job: Job, number: int) -> bytes:
    pages = min(PAGES, max(1, job.customers // 100))
    path = f"/api/rest/customers?limit=100&page={number % pages + 1}"
    return signed.get(f"{HOST}:{job.port}", path, number)


def _signed_read(job: Job, number: int) -> bytes:
    return signed.get(f"{HOST}:{job.port}", f"/api/rest/customers/{_id(job, number)}", number)


REQUESTS: dict[str, Callable[[Job, int], bytes]] = {
    "list": _list,
    "read": _read,
    "create": _create,
    "update": _update,
    "signed list": _signed_list,
    "signed read": _signed_read,
}


class Link:
    """One connection: what it sent last, and what has come back of the answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._parts: list[bytes] = []
        self._missing = 0
        self.sent_at = 0.0
        self.status = 0

    def send(self, request: bytes) -> None:
        """Send a request."""
        self._parts.clear()
        self._missing = 0
        self.sent_at = perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come; whether the answer is whole."""
        data = self.socket.recv(ANSWER_BYTES)
        if not data:
            raise ConnectionError("the server closed a connection in the middle of the benchmark")
        self._parts.append(data)
        if self._missing:
            self._missing -= len(data)
        else:
            self._begin()
        return self._missing == 0 and self.status > 0

    def _begin(self) -> None:
        data = b"".join(self._parts)
        end = data.find(HEAD_END)
        self.status = 0
        if end < 0:
            return
        head = data[:end].lower()
        at = head.index(b"content-length:") + 15
        stop = head.find(b"\r", at)
        self.status = int(head[9:12])
        self._missing = int(head[at : stop if stop >= 0 else len(head)]) + end + len(HEAD_END) - len(data)

    def body(self) -> bytes:
        """The body of the answer."""
        return b"".join(self._parts).partition(HEAD_END)[2]

    def ask(self, path: str) -> bytes:
        """GET `path` and wait for the body; anything but 200 is an error."""
        return self.exchange(get(path))

    def exchange(self, request: bytes) -> bytes:
        """Send a request and wait for the body; anything but 200 is an error."""
        self.send(request)
        while not self.receive():
            pass
        if self.status != 200:
            line = request.partition(b"\r")[0].decode()
            raise ConnectionError(f"{line} answered {self.status}: {self.body()[:200]!r}")
        return self.body()

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def run(job: Job) -> Result:
    """Do the job."""
    make, number = REQUESTS[job.kind], job.start
    last = job.start + job.at_most
    links = {link.socket.fileno(): link for link in (Link(job.port) for _ in range(job.connections))}
    times, refused = array("d"), 0
    poll = select.epoll()
    begin = perf_counter()
    until = begin + job.seconds
    for file, link in links.items():
        poll.register(file, select.EPOLLIN)
        link.send(make(job, number))
        number += 1
    running = len(links)
    while running:
        events = poll.poll(PATIENCE_S)
        if not events:
            raise TimeoutError(f"no answer within {PATIENCE_S:.0f} s")
        for file, _ in events:
            link = links[file]
            if not link.receive():
                continue
            now = perf_counter()
            times.append(now - link.sent_at)
            refused += link.status not in {200, 201}
            if now < until and number < last:
                link.send(make(job, number))
                number += 1
            else:
                running -= 1
    seconds = perf_counter() - begin
    for link in links.values():
        link.close()
    return _result(times, seconds, refused)


def _result(times: "array[float]", seconds: float, refused: int) -> Result:
    ordered = sorted(times)
    at = (len(ordered) // 2, min(len(ordered) - 1, len(ordered) * 99 // 100), -1)
    p50, p99, worst = (ordered[place] * 1_000 for place in at)
    return Result(len(ordered), seconds, p50, p99, worst, refused)


def start(job: Job) -> "Popen[str]":
    """Begin the job in a process of its own."""
    process = Popen([sys.executable, Path(__file__)], stdin=PIPE, stdout=PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(job)))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: "Popen[str]") -> Result:
    """What came of it."""
    text, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("the load generator failed; its reason stands above")
    return Result(**json.loads(text))


if __name__ == "__main__":
    print(json.dumps(asdict(run(Job(**json.loads(sys.stdin.read()))))))
