"""Real servers: the product's own process and workers on a port of their own, which can be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from time import monotonic, sleep

from tests.outside.clock import FILE_VARIABLE, FileClock
from tests.outside.session import TOKEN, HttpSession
from tillstone.config import Database, Server, Settings, to_environment
from tillstone.domain import accounts
from tillstone.domain.secrets import SystemRandom
from tillstone.domain.service import Service
from tillstone.domain.stamps import Clock
from tillstone.server.app import open_service
from tillstone.server.clock import SystemClock
from tillstone.store import migrate

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 60
"""A server that is not ready by then never will be."""

ACCOUNT = "shop"


def service_over(url: str, clock: Clock | None = None, *, key_file: str = "") -> Service:
    """The service of a second process over the same database. Close its store when done."""
    settings = Settings(database=Database(url=url), server=Server(key_file=key_file))
    return open_service(settings, clock=clock or SystemClock(), random=SystemRandom())


def open_shop(url: str, *, name: str = ACCOUNT, token: str = TOKEN) -> None:
    """Bring the database up to date, and open an account with a key."""
    migrate(url)
    service = service_over(url)
    try:
        account = accounts.create_account(service, name)
        accounts.create_key(service, account.id, accounts.KeyWish(token=token))
    finally:
        service.store.close()


def copy_database(source: Path, target: Path) -> None:
    """A SQLite database that nobody has open."""
    for file in source.parent.glob(f"{source.name}*"):
        shutil.copy(file, target.with_name(file.name.replace(source.name, target.name, 1)))


class LiveServer:
    """One server process and its workers."""

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
        self.clock = FileClock(folder / "clock")
        self.log = folder / "server.log"
        self.key_file = folder / "seal.key"
        self._reserved, self.port = _reserve()
        self.base = f"http://127.0.0.1:{self.port}"
        settings = to_environment(Settings(database=Database(url=url)))
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TILLSTONE_")},
            **settings,
            "TILLSTONE_SERVER_PORT": str(self.port),
            "TILLSTONE_SERVER_WORKERS": str(workers),
            "TILLSTONE_SERVER_ACCESS_LOG": "false",
            "TILLSTONE_SERVER_KEY_FILE": str(self.key_file),
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
            FILE_VARIABLE: str(folder / "clock"),
            **(environ or {}),
        }
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "LiveServer":
        """Returns when it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                env=self._environ,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = monotonic() + READY_WITHIN_S
        while not self._is_ready():
            ended = self._process.poll() is not None
            assert not ended, f"the server ended:\n{self.log.read_text()[-4_000:]}"
            assert monotonic() < deadline, f"the server is not ready:\n{self.log.read_text()[-4_000:]}"
            sleep(0.02)
        return self

    def kill(self) -> None:
        """kill -9, the workers too: nobody gets to finish anything."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """In good order."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(READY_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._process = None

    def close(self) -> None:
        """At the end of a test, whatever state it is in."""
        if self._process is not None:
            self.kill()
        self._reserved.close()

    def workers(self) -> set[int]:
        """Their process ids."""
        assert self._process is not None
        pid = self._process.pid
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def session(self, *, token: str = TOKEN, keep: bool = True) -> HttpSession:
        return HttpSession(self.base, token=token, keep=keep)

    def _is_ready(self) -> bool:
        try:
            with HttpSession(self.base, token="", keep=False) as session:
                return session.request("GET", "/readyz").status == 200
        except (OSError, HTTPException):
            return False


def _reserve() -> tuple[socket.socket, int]:
    """A port that nobody else is given while the socket stays open; the server can listen on it all the same."""
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return reserved, reserved.getsockname()[1]
