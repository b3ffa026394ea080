"""The server process: starts the workers, starts another when one dies, ends them in good order.

It imports nothing of the application, so that a worker holds only what a worker needs.
"""

import gc
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from granian.constants import Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from tillstone.config import Settings, SettingsInvalid, load
from tillstone.server.metrics import DIRECTORY_VARIABLE

FACTORY = "tillstone.server.app:create"
HEADER_MILLISECONDS = 10_000
HEADER_BYTES = 64 * 1024
"""Request line and headers together; beyond: 431."""

PATIENCE_S = 30
"""How long a worker may take to end: longer than the slowest body."""

SWITCH_S = 0.000_5
"""How long the writer may keep a reader waiting for the interpreter; Python's own 5 ms would be felt."""

RESPAWN_S = 0.1
"""Between the start of a worker and the end of the one it replaces."""

COUNTERS = "tillstone-counters-"
"""How the directory of a server's counters is called: this, its process id, and something more."""


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


def application(factory: str) -> Any:
    """The ASGI application of a worker, made in the worker by a `module:function`."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    module, _, function = factory.partition(":")
    made = getattr(import_module(module), function)()
    # what is here now stays: no collection need ever walk through it again while somebody waits
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_S)
    return made


def _end_with_parent() -> None:
    """Workers that outlive a killed parent would go on sharing the port with its successor's."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _end_on_signals() -> None:
    """A worker is born with its parent's handlers, which would swallow a signal that comes before its own are set."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def serve(settings: Settings, *, factory: str = FACTORY) -> None:
    """Serve until SIGTERM or SIGINT."""
    _sweep()
    with tempfile.TemporaryDirectory(prefix=f"{COUNTERS}{os.getpid()}-") as counters:
        os.environ[DIRECTORY_VARIABLE] = counters
        os.register_at_fork(after_in_child=_end_on_signals)
        cert, key = settings.server.tls_cert, settings.server.tls_key
        Server(
            factory,
            address=settings.server.host,
            port=settings.server.port,
            interface=Interfaces.ASGI,
            workers=settings.server.workers,
            loop=Loops.uvloop,
            websockets=False,
            http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=HEADER_BYTES),
            log_level=LogLevels.warning,
            ssl_cert=Path(cert) if cert else None,
            ssl_key=Path(key) if key else None,
            respawn_failed_workers=True,
            respawn_interval=RESPAWN_S,
            workers_kill_timeout=PATIENCE_S,
        ).serve(target_loader=application)


def main(*, factory: str = FACTORY) -> int:
    """Serve with the settings of the environment: what `tillstone serve` becomes."""
    try:
        settings = load(os.environ)
    except SettingsInvalid as invalid:
        sys.stderr.write("".join(f"{fault}\n" for fault in invalid.faults))
        return 2
    serve(settings, factory=factory)
    return 0
