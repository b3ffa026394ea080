"""Real servers: the product's own process and workers on a port of their own, which can be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

from tests.outside.clock import FILE_VARIABLE, FileClock
from tests.outside.session import PATIENCE_S, TOKEN, HttpSession
from tillstone.config import Database, Server, Settings
from tillstone.domain import accounts
from tillstone.domain.secrets import SystemRandom
from tillstone.domain.service import Service
from tillstone.domain.stamps import Clock
from tillstone.server.app import open_service
from tillstone.server.clock import SystemClock
from tillstone.store import migrate

ROOT = Path(__file__).parents[2]
ACCOUNT = "shop"


def wait_until(condition: Callable[[], Any], *, what: str) -> Any:
    """What `condition` gives as soon as it is true."""
    deadline = monotonic() + PATIENCE_S
    while not (value := condition()):
        assert monotonic() < deadline, f"waited {PATIENCE_S} s in vain: {what}"
        sleep(0.02)
    return value


@contextmanager
def service_over(url: str, clock: Clock | None = None, *, key_file: str = "") -> Iterator[Service]:
    """The service of a second process over the same database."""
    settings = Settings(database=Database(url=url), server=Server(key_file=key_file))
    service = open_service(settings, clock=clock or SystemClock(), random=SystemRandom())
    try:
        yield service
    finally:
        service.store.close()


def open_shop(url: str, *, name: str = ACCOUNT, token: str = TOKEN) -> None:
    """Bring the database up to date, and open an account with a key."""
    migrate(url)
    with service_over(url) as service:
        account = accounts.create_account(service, name)
        accounts.create_key(service, account.id, accounts.KeyWish(token=token))


def copy_database(source: Path, target: Path) -> None:
    """A SQLite database that nobody has open."""
    for file in source.parent.glob(f"{source.name}*"):
        shutil.copy(file, target.with_name(file.name.replace(source.name, target.name, 1)))


def key_file(folder: Path) -> Path:
    """What the servers of a folder seal with."""
    return folder / "secrets.key"


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    """What a process of Tillstone gets to know, and nothing of the machine's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TILLSTONE_")}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        "TILLSTONE_DATABASE_URL": url,
        "TILLSTONE_SERVER_KEY_FILE": str(key_file(folder)),
        FILE_VARIABLE: str(folder / "clock"),
        **more,
    }


class LiveServer:
    """One server process and its workers."""

    process: "subprocess.Popen[bytes]"

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        workers: int = 1,
        environ: Mapping[str, str] | None = None,
        module: str = "tests.outside",
    ) -> None:
        self.url = url
        self.folder = folder
        self.clock = FileClock(folder / "clock")
        self._reserved, self.port = _reserve()
        self.base = f"http://127.0.0.1:{self.port}"
        named = {"PORT": str(self.port), "WORKERS": str(workers), "ACCESS_LOG": "false"}
        settings = {f"TILLSTONE_SERVER_{name}": value for name, value in named.items()}
        self._environ = environment(url, folder, **(settings | dict(environ or {})))
        self._module = module
        self._number = workers

    def launch(self) -> None:
        """It answers some time later."""
        command = [sys.executable, "-m", self._module]
        with (self.folder / "access.log").open("ab") as access, (self.folder / "faults.log").open("ab") as faults:
            self.process = subprocess.Popen(
                command, env=self._environ, cwd=ROOT, stdout=access, stderr=faults, start_new_session=True
            )

    def start(self) -> Self:
        """Returns when it answers."""
        self.launch()
        self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.is_ready() and len(self.workers()) == self._number, what="a server that is ready")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"the server ended:\n{self.faults()[-4_000:]}"
        try:
            with HttpSession(self.base, token="", keep=False) as session:
                return session.request("GET", "/readyz").status == 200
        except (OSError, HTTPException):
            return False

    def kill(self) -> None:
        """kill -9, the workers too: nobody gets to finish anything."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """In good order. Gives the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """At the end of a test, whatever state it is in."""
        if self.process.poll() is None:
            self.kill()
        self._reserved.close()

    def workers(self) -> list[int]:
        """Their process ids."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def faults(self) -> str:
        """What it wrote beside the access log."""
        return (self.folder / "faults.log").read_text()

    def session(self, *, token: str = TOKEN, keep: bool = True) -> HttpSession:
        return HttpSession(self.base, token=token, keep=keep)


def _reserve() -> tuple[socket.socket, int]:
    """A port that nobody else is given while the socket stays open; the server can listen on it all the same."""
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        reserved.setsockopt(socket.SOL_SOCKET, option, 1)
    return reserved, reserved.getsockname()[1]
