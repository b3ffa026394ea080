"""Real servers for tests: processes of their own on free ports of this machine."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tillstone
from tests.outside.clock import FILE_VARIABLE, FileClock
from tillstone.config import load
from tillstone.domain.accounts import KeyWish, create_account, create_key
from tillstone.domain.secrets import SystemRandom
from tillstone.domain.service import Service
from tillstone.server.app import open_service
from tillstone.server.clock import SystemClock
from tillstone.store import migrate

ROOT = Path(__file__).parents[2]
SOURCE = Path(tillstone.__file__).parents[1]
WITHIN_S = 30.0
"""How long anything is waited for before a test fails."""

TOKEN = "a" * 40
BASIC = "Basic " + b64encode(f"{TOKEN}:X".encode()).decode()
COMMAND = "import sys; from tillstone.server.process import main; sys.exit(main(factory='tests.live.factory:create'))"


def wait_until(condition: Callable[[], Any], *, what: str) -> Any:
    """What `condition` gives as soon as it is true."""
    deadline = time.monotonic() + WITHIN_S
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {WITHIN_S} s in vain: {what}")
        time.sleep(0.02)
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(url: str, directory: Path, **more: str) -> dict[str, str]:
    """What a process of Tillstone gets to know, and nothing of the machine's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TILLSTONE_")}
    FileClock(directory / "clock")
    return {
        **kept,
        "PYTHONPATH": f"{SOURCE}{os.pathsep}{ROOT}",
        "TILLSTONE_DATABASE_URL": url,
        "TILLSTONE_SERVER_KEY_FILE": str(directory / "secrets.key"),
        FILE_VARIABLE: str(directory / "clock"),
        **more,
    }


@contextmanager
def service_over(url: str) -> Iterator[Service]:
    """The service over a database, beside any server."""
    service = open_service(load({"TILLSTONE_DATABASE_URL": url}), clock=SystemClock(), random=SystemRandom())
    try:
        yield service
    finally:
        service.store.close()


def make_shop(url: str, *, name: str = "test_account", token: str = TOKEN) -> None:
    """An account with a key, in a database that is made if it is empty."""
    migrate(url)
    with service_over(url) as service:
        account = create_account(service, name)
        create_key(service, account.id, KeyWish(token=token))


class Running:
    """A server that runs."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, directory: Path) -> None:
        self.process = process
        self.port = port
        self.directory = directory

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> "Told":
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WITHIN_S)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body, {"Authorization": BASIC, **named})
            return Told(connection.getresponse())
        finally:
            connection.close()

    def raw(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=WITHIN_S)

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"the server ended: {self.faults()}"
        try:
            return self.ask("GET", "/readyz").status == 200
        except OSError:
            return False

    def log(self) -> list[dict[str, Any]]:
        """The access log, as far as it is written."""
        return [json.loads(line) for line in (self.directory / "access.log").read_text().splitlines()]

    def faults(self) -> str:
        return (self.directory / "faults.log").read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it, and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(WITHIN_S)

    def kill(self) -> None:
        """kill -9, workers and all."""
        self.process.send_signal(signal.SIGSTOP)  # or it would replace the workers
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait(WITHIN_S)


class Told:
    """An answer that was read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


@contextmanager
def running(
    url: str, directory: Path, *, workers: int = 1, wait: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A server over the database at `url`; `settings` are further environment variables."""
    port = free_port()
    environ = environment(
        url, directory, TILLSTONE_SERVER_PORT=str(port), TILLSTONE_SERVER_WORKERS=str(workers), **(settings or {})
    )
    with (directory / "access.log").open("ab") as access, (directory / "faults.log").open("ab") as faults:
        process = subprocess.Popen([sys.executable, "-c", COMMAND], env=environ, stdout=access, stderr=faults)
    server = Running(process, port, directory)
    try:
        if wait:
            wait_until(lambda: server.is_ready() and len(server.workers()) == workers, what="a server that is ready")
        yield server
    finally:
        if process.poll() is None:
            server.stop()
