"""The stand: databases with the same customers, and the servers over them.

Databases are made once and kept under `build/bench`; every run works on copies.
"""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from servers import Server

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src" / "tillstone"
ROOM = HERE.parent / "build" / "bench"
READY = "/api/customers/1.xml"
LIST = "/api/customers.xml?page={page}"
RECORD = "/api/customers/{id}.xml"

DECIDING = (
    *(HERE / name for name in ("customers.py", "fill.py", "peers/drf.py")),
    *(SOURCE / name for name in ("domain/records.py", "store/schema.py")),
)
"""Files whose change makes the kept databases stale."""


class DifferentAnswersError(Exception):
    """The servers under comparison do not answer the same bytes."""


def _kept() -> Path:
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in DECIDING)).hexdigest()[:12]
    return ROOM / f"data-{digest}"


def _made(name: str, script: str, variable: str, value: str, total: int) -> Path:
    """The kept database of that name, filled by `script` if it is not there yet."""
    file = _kept() / f"{name}-{total}.db"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        work = file.with_suffix(".part")
        for stale in file.parent.glob(f"{work.name}*"):
            stale.unlink()
        print(f"filling {name} with {total:,} customers, once", file=sys.stderr)
        environ = {**os.environ, variable: value.format(file=work)}
        subprocess.run([sys.executable, HERE / script, str(total)], env=environ, check=True)
        for part in file.parent.glob(f"{work.name}*"):
            part.rename(file.parent / part.name.replace(work.name, file.name))
    return file


def _copied(file: Path, room: Path) -> Path:
    """A copy to work on, with what belongs to it."""
    for part in file.parent.glob(f"{file.name}*"):
        shutil.copy(part, room / part.name)
    return room / file.name


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _granian(interface: str, application: str, port: int, *more: str) -> list[str]:
    plain = ["--workers", "1", "--no-ws", "--http", "1", "--loop", "uvloop", "--log-level", "warning"]
    command = [sys.executable, "-m", "granian", application, "--interface", interface, "--port", str(port)]
    return [*command, "--working-dir", str(HERE / "peers"), *plain, *more]


def _settings(room: Path, total: int) -> dict[str, str]:
    file = _copied(_made("ours", "fill.py", "TILLSTONE_DATABASE_URL", "sqlite:///{file}", total), room)
    # the peers write no access log either
    return {"TILLSTONE_DATABASE_URL": f"sqlite:///{file}", "TILLSTONE_SERVER_ACCESS_LOG": "false"}


def _ours(room: Path, total: int, environ: dict[str, str]) -> Server:
    port = _port()
    settings = {"TILLSTONE_SERVER_PORT": str(port), "TILLSTONE_SERVER_WORKERS": "1", **_settings(room, total)}
    command = [sys.executable, "-m", "tillstone.server"]  # what `tillstone serve` becomes
    return Server("tillstone", command, port=port, log=room / "ours.log", environ=settings | environ)


def _drf(room: Path, total: int) -> Server:
    file, port = _copied(_made("drf", "peers/drf.py", "BENCH_PEER_DB", "{file}", total), room), _port()
    # one thread: it was quicker than four, and than gunicorn's threads
    command = _granian("wsgi", "drf:application", port, "--blocking-threads", "1", "--backpressure", "128")
    return Server("DRF", command, port=port, log=room / "drf.log", environ={"BENCH_PEER_DB": str(file)})


def _limit(room: Path, ours: Server) -> Server:
    (room / "list.xml").write_bytes(ours.ask(LIST.format(page=1)))
    (room / "record.xml").write_bytes(ours.ask(RECORD.format(id=1)))
    port = _port()
    command = _granian("asgi", "limit:application", port)
    return Server("limit", command, port=port, log=room / "limit.log", environ={"BENCH_LIMIT": str(room)})


@contextmanager
def copied_database(total: int) -> Iterator[dict[str, str]]:
    """The settings of our server over a database of its own."""
    with _room() as room:
        yield _settings(room, total)


@contextmanager
def alone(total: int, environ: dict[str, str] | None = None) -> Iterator[Server]:
    """Our server by itself."""
    with _room() as room, ExitStack() as ends:
        yield _started(_ours(room, total, environ or {}), ends)


@contextmanager
def all_three(total: int) -> Iterator[tuple[Server, Server, Server]]:
    """Ours, Django REST framework and the limit, once ours and the peer have answered the same bytes."""
    with _room() as room, ExitStack() as ends:
        ours = _started(_ours(room, total, {}), ends)
        peer = _started(_drf(room, total), ends)
        limit = _started(_limit(room, ours), ends)
        _require_same(ours, peer, total)
        yield ours, peer, limit


def _started(server: Server, ends: ExitStack) -> Server:
    ends.callback(server.stop)
    return server.wait(READY)


@contextmanager
def _room() -> Iterator[Path]:
    room = ROOM / f"run-{os.getpid()}"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _require_same(ours: Server, peer: Server, total: int) -> None:
    pages = (1, 2, max(1, total // 200))
    paths = [LIST.format(page=page) for page in pages] + [RECORD.format(id=number) for number in (1, 2, 20, 40)]
    for path in paths:
        left, right = ours.ask(path).splitlines(), peer.ask(path).splitlines()
        for number, lines in enumerate(zip(left, right, strict=False), 1):
            if lines[0] != lines[1]:
                raise DifferentAnswersError(f"{path} differs in line {number}: {lines[0]!r} and {lines[1]!r}")
        if len(left) != len(right):
            raise DifferentAnswersError(f"{path} has {len(left)} lines and {len(right)}")


def slow_disk() -> dict[str, str]:
    """The environment of a server whose every fsync takes 5 ms longer; empty without a C compiler."""
    compiler, library = shutil.which("cc"), ROOM / "slow_sync.so"
    if compiler is None:
        return {}
    ROOM.mkdir(parents=True, exist_ok=True)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, HERE / "slow_sync.c", "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}
