"""The server process: opens the port, starts the workers, starts another when one dies, ends them in good order.

It imports nothing of the application, so that a worker holds only what a worker needs.
"""

import json
import multiprocessing
import os
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from tillstone.config import Settings, SettingsInvalid, load
from tillstone.server.ending import ending_signals
from tillstone.server.metrics import DIRECTORY_VARIABLE
from tillstone.server.worker import BACKLOG, Listening, work

FACTORY = "tillstone.server.app:create"

PATIENCE_S = 30.0
"""How long a worker may take to end: longer than the slowest body."""

RESPAWN_S = 0.1
"""Between the end of a worker and the start of the one that replaces it,"""

RESPAWN_SLOWLY_S = 1.0
"""and between two starts, so that workers that cannot live do not keep the machine busy."""

COUNTERS = "tillstone-counters-"
"""How the directory of a server's counters is called: this, its process id, and something more."""

_FORK = multiprocessing.get_context("fork")


class CannotServe(Exception):
    """What the system refused and a server cannot do without, in words for whoever started it."""


def _sweep() -> None:
    """Remove the counters of servers that were killed before they could."""
    for left in Path(tempfile.gettempdir()).glob(f"{COUNTERS}*"):
        pid = left.name.removeprefix(COUNTERS).partition("-")[0]
        if pid.isdigit() and not _is_alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True


def _warn(text: str) -> None:
    """A line as the workers write them."""
    line = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "warning": text}
    with suppress(OSError):  # nobody may read it any more; serving matters more
        sys.stderr.write(f"{json.dumps(line, separators=(',', ':'))}\n")
        sys.stderr.flush()


def _end_on_signals() -> None:
    """A worker is born with its parent's handlers, which would swallow a signal that comes before its own are set."""
    for number in ending_signals():
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def _needed(otherwise: str, *, next: str = "") -> Iterator[None]:  # noqa: A002 - what to do next
    """Around what the system may refuse: CannotServe says `otherwise`, the reason, and what to do next."""
    try:
        yield
    except OSError as problem:
        told = f"{otherwise}: {problem.strerror or problem}."
        raise CannotServe(f"{told}\nNext: {next}" if next else told) from problem


@contextmanager
def _listening(host: str, port: int, number: int) -> Iterator[list[socket.socket]]:
    """So many sockets that share a port: the system deals new connections out evenly, and those of a worker that died
    wait for the next one.

    The first one takes the port for itself and shares it afterwards: another server, which would silently take half of
    the requests, is refused also if it begins at the same moment.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket(family, kind, protocol)) for _ in range(number)]
        for one in sockets:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(one is not sockets[0]))
            one.bind(address)
            one.listen(BACKLOG)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.setblocking(False)
        yield sockets


def _encryption(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


class _Crew:
    """The workers, one per socket."""

    def __init__(self, factory: str, sockets: list[socket.socket], encryption: ssl.SSLContext | None) -> None:
        self._encryption = encryption
        self._factory = factory
        self._sockets = sockets
        self._remedy = (
            f"allow this user more processes and memory (ulimit -a), or fewer workers: server.workers is {len(sockets)}"
        )
        self._workers: dict[int, BaseProcess] = {}
        self._started: dict[int, float] = {}
        self._due = dict.fromkeys(range(len(sockets)), 0.0)
        self._is_ending = False
        self._woken, self._waker = os.pipe()

    def run(self) -> None:
        """Until one of the signals that end a server."""
        for number in ending_signals():
            signal.signal(number, self._end)
        try:
            while not self._is_ending:
                self._start_due()
                sentinels = (worker.sentinel for worker in self._workers.values())
                self._look(wait([self._woken, *sentinels], self._patience()))
        finally:
            # once is enough: before Python ends it gives signals their old meaning back, and one said again would kill
            for number in ending_signals():
                signal.signal(number, signal.SIG_IGN)
            for one in self._sockets:
                one.close()
            self._end_all()

    def _end(self, *_: object) -> None:
        if not self._is_ending:
            self._is_ending = True
            os.write(self._waker, b"!")

    def _patience(self) -> float | None:
        return max(0.0, min(self._due.values()) - time.monotonic()) if self._due else None

    def _start_due(self) -> None:
        now = time.monotonic()
        for place in [place for place, due in self._due.items() if due <= now]:
            del self._due[place]
            mine, others = self._sockets[place], [one for one in self._sockets if one is not self._sockets[place]]
            listening = Listening(mine, others, self._encryption)
            worker = _FORK.Process(target=work, args=(self._factory, listening), name=f"worker-{place}")
            try:
                with _needed("A worker cannot be started", next=self._remedy):
                    worker.start()
            except CannotServe as refusal:
                if place not in self._started:
                    raise
                # once it served, the others go on, and what waits at this socket is answered later
                _warn(str(refusal).replace("\n", " "))
                self._due[place] = now + RESPAWN_SLOWLY_S
            else:
                self._workers[place], self._started[place] = worker, now

    def _look(self, ready: Collection[object]) -> None:
        """Whoever has ended is replaced."""
        for place, worker in list(self._workers.items()):
            if worker.sentinel in ready and not self._is_ending:
                worker.join()
                _warn(f"worker {worker.pid} ended with {worker.exitcode}; another takes its place")
                del self._workers[place]
                self._due[place] = max(time.monotonic() + RESPAWN_S, self._started[place] + RESPAWN_SLOWLY_S)

    def _end_all(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        for worker in self._workers.values():
            worker.terminate()
        for worker in self._workers.values():
            worker.join(max(0.0, deadline - time.monotonic()))
            if worker.is_alive():
                worker.kill()
                worker.join()


def serve(settings: Settings, *, factory: str = FACTORY) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP. CannotServe if there is no certificate, no port, no place for the counters
    or no worker."""
    server = settings.server
    with ExitStack() as opened:
        with _needed(
            f"Nothing can be encrypted with {server.tls_cert} and {server.tls_key}",
            next="let server.tls_cert and server.tls_key name a certificate chain and its private key, both in PEM",
        ):
            encryption = _encryption(server.tls_cert, server.tls_key) if server.tls_cert else None
        with _needed(f"Nothing can listen on {server.host}:{server.port}"):
            sockets = opened.enter_context(_listening(server.host, server.port, server.workers))
        with _needed("The counters have no place", next="let TMPDIR name a directory that can be written to"):
            _sweep()
            counters = opened.enter_context(tempfile.TemporaryDirectory(prefix=f"{COUNTERS}{os.getpid()}-"))
        os.environ[DIRECTORY_VARIABLE] = counters
        os.register_at_fork(after_in_child=_end_on_signals)
        _Crew(factory, sockets, encryption).run()


def main(*, factory: str = FACTORY) -> int:
    """Serve with the settings of the environment: what `tillstone serve` becomes."""
    try:
        settings = load(os.environ)
    except SettingsInvalid as invalid:
        sys.stderr.write("".join(f"{fault}\n" for fault in invalid.faults))
        return 2
    try:
        serve(settings, factory=factory)
    except CannotServe as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0
