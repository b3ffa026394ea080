"""What the server writes down: a line of JSON per request on standard output, one per fault on standard error.

No secret gets here: query parameters that bear one are masked, and neither headers nor bodies are written, nor the
messages of errors that are not our own (they may quote a value).
"""

import re
import sys
import threading
import time
import traceback
from collections import deque
from contextlib import suppress
from typing import IO
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import Struct

from tillstone.domain.errors import Problem
from tillstone.wire.http import Request

_SECRET = re.compile(rb"password|token|secret|oauth_|\A_?(api_)?key\Z")
"""In the name of a parameter that bears a secret, wherever it stands: user[password] is one too."""

LINGER_S = 0.2
"""How long a line waits for company."""

LINES_KEPT = 10_000
"""What may wait to be written when the reader of the log is stuck; later lines are dropped, and counted."""


class Entry(Struct):
    """One request, as it is written."""

    time: str
    request: str
    front: str
    account: int | None
    actor: str
    client: str
    method: str
    path: str
    status: int
    ms: float


class FaultEntry(Struct):
    """One fault of ours, as it is written."""

    time: str
    request: str
    fault: str
    trace: list[str]


class Lines:
    """Lines on their way to a stream, written by a thread of their own: a slow reader of the log stops nobody."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._waiting: deque[bytes] = deque()
        self._dropped = self._told = 0
        self._some = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Write one line soon."""
        if len(self._waiting) >= LINES_KEPT:
            self._dropped += 1
            return
        self._waiting.append(line)
        if not self._some.is_set():
            self._some.set()

    def close(self) -> None:
        """Write what waits, then stop. A stuck reader gets a second."""
        self._stopping.set()
        self._some.set()
        self._thread.join(1.0)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._some.wait()
            self._stopping.wait(LINGER_S)
            self._some.clear()
            self._flush()
        self._flush()

    def _flush(self) -> None:
        lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
        dropped = self._dropped
        if dropped > self._told:
            lines.append(b'{"dropped":%d}' % (dropped - self._told))
            self._told = dropped
        if not lines:
            return
        with suppress(OSError, ValueError):  # the reader went away; serving matters more
            self._stream.write(b"\n".join(lines) + b"\n")
            self._stream.flush()


class Journal:
    """The access log and the log of faults."""

    def __init__(self, access: IO[bytes] | None, faults: IO[bytes]) -> None:
        self._access = Lines(access) if access else None
        self._faults = Lines(faults)
        self._encode = msgspec.json.Encoder().encode
        self._second = 0
        self._time = ""

    def request(
        self, request: Request, *, name: str, front: str, account: int | None, actor: str, status: int, seconds: float
    ) -> None:
        """Write down an answered request."""
        if self._access is not None:
            path, ms = _shown_path(request), round(seconds * 1_000, 2)
            entry = Entry(self._now(), name, front, account, actor, request.client, request.method, path, status, ms)
            self._access.write(self._encode(entry))

    def fault(self, name: str, problem: BaseException) -> None:
        """Write down a fault of ours: where it happened, and its message if the message is ours."""
        message = f"{type(problem).__name__}: {problem}" if isinstance(problem, Problem) else type(problem).__name__
        trace = [line.strip() for line in traceback.format_tb(problem.__traceback__)]
        self._faults.write(self._encode(FaultEntry(self._now(), name, message, trace)))

    def note(self, name: str, text: str) -> None:
        """Write down what an operator may want to know of a refused request."""
        self._faults.write(self._encode({"time": self._now(), "request": name, "note": text}))

    def warn(self, text: str) -> None:
        """Write down a sentence for the operator."""
        self._faults.write(self._encode({"time": self._now(), "warning": text}))

    def close(self) -> None:
        """Write what waits."""
        for lines in (self._access, self._faults):
            if lines is not None:
                lines.close()

    def _now(self) -> str:
        second = int(time.time())
        if second != self._second:
            self._second, self._time = second, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
        return self._time


def standard(*, access: bool) -> Journal:
    """The journal of a server process: standard output and standard error."""
    return Journal(sys.stdout.buffer if access else None, sys.stderr.buffer)


def _shown_path(request: Request) -> str:
    path = request.path.decode("latin-1")
    return f"{path}?{shown_query(request.query)}" if request.query else path


def shown_query(query: bytes) -> str:
    """The query with the values of secrets masked."""
    return b"&".join(map(_masked, query.split(b"&"))).decode("latin-1")


def _masked(pair: bytes) -> bytes:
    raw, equals, _ = pair.partition(b"=")
    name = unquote_to_bytes(raw.replace(b"+", b" ")).strip().lower() if b"%" in raw or b"+" in raw else raw.lower()
    return raw + equals + b"-" if _SECRET.search(name) else pair
