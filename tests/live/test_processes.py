"""Workers and their ends: nothing acknowledged is lost, nobody else notices."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.servers import BASIC, Running, free_port, running
from tests.outside.serving import ACCOUNT, environment, service_over, wait_until
from tillstone.domain.accounts import account_named, system
from tillstone.domain.commands import Found, List
from tillstone.domain.query import Slice
from tillstone.domain.records import Shape

CUSTOMERS = "/api/customers.xml"


class Writers:
    """Clients that create customers as fast as they can, and remember which creations were acknowledged."""

    def __init__(self, server: Running, number: int) -> None:
        self.acknowledged: list[str] = []
        self.refused: list[int] = []
        self._server = server
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(name,)) for name in range(number)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _write(self, writer: int) -> None:
        count = 0
        while not self._stop.is_set():
            count += 1
            self._create(f"Writer{writer} No{count}")

    def _create(self, name: str) -> None:
        # what happens to a request without an answer, nobody can know
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer = self._server.ask(
                "POST", CUSTOMERS, f"<customer><name>{name}</name></customer>".encode(), Content_Type="application/xml"
            )
            if answer.status == 200:
                self.acknowledged.append(name)
            else:
                self.refused.append(answer.status)


@contextmanager
def writing(server: Running, number: int) -> Iterator[Writers]:
    writers = Writers(server, number)
    writers.start()
    try:
        wait_until(lambda: len(writers.acknowledged) >= 20, what="some customers to be created")
        yield writers
    finally:
        writers.stop()


def names_in(url: str) -> list[str]:
    """The names of every customer that the database holds."""
    with service_over(url) as service:
        account = account_named(service, ACCOUNT).id
        found = service.run(List(Shape("customer", ("name",)), Slice(0, 1_000_000)), system(account))
    assert isinstance(found, Found)
    return [str(row[0]) for row in found.rows]


def assert_kept(url: str, writers: Writers) -> None:
    kept = names_in(url)
    assert set(writers.acknowledged) <= set(kept), "an acknowledged write was lost"
    assert len(kept) == len(set(kept)), "a write was done twice"


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_under_load_loses_no_acknowledged_write(shop_url: str, tmp_path: Path, workers: int) -> None:
    with running(shop_url, tmp_path, workers=workers) as server, writing(server, 4) as writers:
        assert server.stop() == 0
        writers.stop()
        assert set(writers.refused) <= {503}
    assert_kept(shop_url, writers)
    assert "fault" not in server.faults()


def test_signal_that_is_said_again_and_again_ends_it_in_no_other_way(server: Running) -> None:
    while server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
    assert server.process.wait() == 0


def test_sigterm_lets_a_running_request_end(server: Running) -> None:
    body = b"<customer><name>Slow Sender</name></customer>"
    with server.raw() as connection:
        connection.sendall(
            f"POST {CUSTOMERS} HTTP/1.1\r\nHost: h\r\nAuthorization: {BASIC}\r\nContent-Type: application/xml\r\n"
            f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 100"), "the request is running"
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(server), what="the server to take nobody else")
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert server.stop() == 0


def refuses(server: Running) -> bool:
    try:
        server.raw().close()
    except OSError:
        return True
    return False


def test_killed_worker_takes_nobody_with_it_and_is_replaced(shop_url: str, tmp_path: Path) -> None:
    with running(shop_url, tmp_path, workers=2) as server, writing(server, 4) as writers:
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        seen = len(writers.acknowledged)
        wait_until(lambda: len(writers.acknowledged) >= seen + 20, what="the other worker to go on")
        wait_until(lambda: len(set(server.workers()) - set(before)) == 1, what="a new worker")
        assert before[1] in server.workers()
        wait_until(server.is_ready, what="the new worker")
        writers.stop()
        assert set(writers.refused) <= {503}
    assert_kept(shop_url, writers)


def test_kill_nine_of_everything_loses_no_acknowledged_write(shop_url: str, tmp_path: Path) -> None:
    with running(shop_url, tmp_path, workers=2) as server, writing(server, 4) as writers:
        server.kill()
    assert_kept(shop_url, writers)
    with running(shop_url, tmp_path) as again:
        count = again.ask("GET", f"{CUSTOMERS}?q=count").body.decode()
    assert re.search(r">(\d+)<", count), count


def test_workers_end_when_their_parent_is_killed(shop_url: str, tmp_path: Path) -> None:
    with running(shop_url, tmp_path, workers=2) as server:
        server.process.kill()
        server.process.wait(30)
        wait_until(lambda: refuses(server), what="the workers to end")


def test_counters_of_a_killed_server_are_swept_by_the_next(shop_url: str, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with running(shop_url, tmp_path, settings={"TMPDIR": str(scratch)}) as server:
        server.kill()
    left = list(scratch.glob("tillstone-counters-*"))
    assert len(left) == 1
    with running(shop_url, tmp_path, settings={"TMPDIR": str(scratch)}):
        now = list(scratch.glob("tillstone-counters-*"))
        assert len(now) == 1
        assert now != left
    assert list(scratch.iterdir()) == []


UNUSED_BY_WORKERS = {"alembic", "mako", "typer", "click", "rich", "prometheus_client", "argon2"}


def test_worker_imports_neither_migrations_nor_command_line_nor_the_other_driver(
    server: Running, shop_url: str
) -> None:
    own, other = ("sqlite3", "psycopg") if shop_url.startswith("sqlite") else ("psycopg", "sqlite3")
    made = server.ask("POST", CUSTOMERS, b"<customer><name>A B</name></customer>", Content_Type="application/xml")
    assert (made.status, server.ask("GET", CUSTOMERS).body.count(b"<customer>")) == (200, 1)
    modules = {name.partition(".")[0] for name in server.ask("GET", "/test/modules").body.decode().split()}
    assert {"tillstone", own} <= modules
    assert modules & {*UNUSED_BY_WORKERS, other} == set()


def test_counters_are_those_of_all_workers(shop_url: str, tmp_path: Path) -> None:
    with running(shop_url, tmp_path, workers=2) as server:
        for _ in range(30):
            server.ask("GET", CUSTOMERS)
        shown = {
            server.ask("GET", "/metrics").body.decode().count('{front="imonggo",status="200"} 30.0') for _ in range(8)
        }
    assert shown == {1}


def test_rate_limit_holds_over_all_workers(shop_url: str, tmp_path: Path) -> None:
    limits = {"TILLSTONE_LIMIT_REQUESTS": "10", "TILLSTONE_LIMIT_WINDOW_S": "3600"}
    with running(shop_url, tmp_path, workers=2, settings=limits) as server:
        answers = [server.ask("GET", CUSTOMERS) for _ in range(30)]
        assert server.ask("GET", "/healthz").status == 200
    allowed = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status == 503]
    assert 5 <= len(allowed) <= 10
    assert len(allowed) + len(refused) == 30
    assert all(0 < int(answer.headers["Retry-After"]) <= 3_600 for answer in refused)


def test_worker_is_replaced_though_the_counters_are_gone_and_nobody_hears(shop_url: str, tmp_path: Path) -> None:
    """What cleans /tmp takes what is old, and who read the log may have left."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    log = tmp_path / "faults.log"
    os.mkfifo(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    with running(shop_url, tmp_path, wait=False, settings={"TMPDIR": str(scratch)}) as server:
        wait_until(lambda: server.is_ready() if server.process.poll() is None else True, what="the server")
        [counters] = scratch.glob("tillstone-counters-*")
        shutil.rmtree(counters)
        os.close(reader)
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        assert server.ask("GET", CUSTOMERS).status == 200
        assert set(server.workers()).isdisjoint(before)


def test_worker_that_cannot_start_is_tried_again_slowly_and_the_server_still_ends(tmp_path: Path) -> None:
    """Its database was never made."""
    with running(f"sqlite:///{tmp_path / 'nothing' / 'x.db'}", tmp_path, wait=False) as server:
        wait_until(lambda: server.faults().count("another takes its place") >= 3, what="three starts")
        assert len({line["time"] for line in warnings(server)}) >= 2, "there is a second between two starts"
        assert any("This worker cannot begin." in line["warning"] for line in warnings(server))
        assert "Traceback" not in server.faults()
        assert server.stop() == 0


def warnings(server: Running) -> list[dict[str, str]]:
    return [
        json.loads(line) for line in server.faults().splitlines() if line.startswith('{"time"') and '"warning"' in line
    ]


SECOND_IS_REFUSED = """
import errno, itertools, os
fork, number = os.fork, itertools.count(1)
def unreliable():
    if next(number) == 2:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()
os.fork = unreliable
"""

NO_MORE_PROCESSES = """
import errno, os
def fork():
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
os.fork = fork
"""
"""The limit itself means nothing to root, as whom tests may run."""


def test_address_that_somebody_has_ends_the_server_with_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = ended_at_once(tmp_path, TILLSTONE_SERVER_PORT=str(port))
    assert ended.returncode == 1
    assert ended.stderr == f"Nothing can listen on 127.0.0.1:{port}: Address already in use.\n".encode()


def test_address_that_another_server_has_is_not_shared_with_it(shop_url: str, tmp_path: Path) -> None:
    with running(shop_url, tmp_path, workers=2) as server:
        ended = ended_at_once(tmp_path, TILLSTONE_SERVER_PORT=str(server.port), TILLSTONE_SERVER_WORKERS="2")
    assert ended.returncode == 1
    assert ended.stderr == f"Nothing can listen on 127.0.0.1:{server.port}: Address already in use.\n".encode()


def test_worker_that_cannot_be_born_ends_the_server_with_a_sentence(tmp_path: Path) -> None:
    ended = ended_at_once(tmp_path, before=NO_MORE_PROCESSES, TILLSTONE_SERVER_PORT=str(free_port()))
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines() == [
        "A worker cannot be started: Resource temporarily unavailable.",
        "Next: allow this user more processes and memory (ulimit -a), or fewer workers: server.workers is 1",
    ]


def test_worker_that_cannot_be_replaced_at_once_is_replaced_later(shop_url: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SECOND_IS_REFUSED)
    path = os.pathsep.join((str(tmp_path), environment(shop_url, tmp_path)["PYTHONPATH"]))
    with running(shop_url, tmp_path, settings={"PYTHONPATH": path}) as server:
        [worker] = server.workers()
        os.kill(worker, signal.SIGKILL)
        assert server.ask("GET", "/api/customers.xml").status == 200
        told = [line["warning"] for line in warnings(server)]
    assert told[0] == f"worker {worker} ended with -9; another takes its place"
    assert told[1].startswith("A worker cannot be started: Resource temporarily unavailable. Next: ")
    assert len(told) == 2


def test_counters_without_a_place_end_the_server_with_a_sentence(tmp_path: Path) -> None:
    nowhere = f"import tempfile; tempfile.tempdir = {str(tmp_path / 'nowhere')!r}"
    ended = ended_at_once(tmp_path, before=nowhere, TILLSTONE_SERVER_PORT=str(free_port()))
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines() == [
        "The counters have no place: No such file or directory.",
        "Next: let TMPDIR name a directory that can be written to",
    ]


def test_settings_that_cannot_be_used_end_the_server_with_a_sentence(tmp_path: Path) -> None:
    ended = ended_at_once(tmp_path, TILLSTONE_SERVER_WORKERS="many")
    assert ended.returncode == 2
    assert ended.stderr == b"server.workers in the environment: must be a whole number from 1 to 64\n"


def ended_at_once(tmp_path: Path, *, before: str = "", **settings: str) -> "subprocess.CompletedProcess[bytes]":
    """The server, on a machine of which `before` is true."""
    environ = environment("sqlite:///x.db", tmp_path, **settings)
    command = f"{before}\nfrom runpy import run_module\nrun_module('tests.outside', run_name='__main__')"
    return subprocess.run([sys.executable, "-c", command], env=environ, capture_output=True, check=False, timeout=30)
