"""One worker: makes the application, listens on its socket, and ends when it is told to: what was begun is answered."""

import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import ssl
import threading
from email.utils import formatdate
from importlib import import_module
from typing import Any

import uvloop
from msgspec import Struct

from tillstone.domain.errors import StoreDown
from tillstone.server.arrival import Answering
from tillstone.server.connection import Connection, House
from tillstone.server.ending import ending_signals
from tillstone.server.journal import standard

BACKLOG = 1_024
"""How many connections may wait to be taken."""

HANDSHAKE_S = 10.0
SWEEP_S = 1.0
"""How often connections whose time is up are looked for; also how exact the Date header is."""

ANSWERS_WITHIN_S = 25.0
"""How long requests that are running when the end is near may take: less than the patience of the parent."""


class Listening(Struct):
    """Where a worker listens: its own socket, those of the others (which it closes), and how it encrypts."""

    mine: socket.socket
    others: list[socket.socket]
    encryption: ssl.SSLContext | None


def work(factory: str, listening: Listening) -> None:
    """The life of a worker whose application is made by a `module:function`."""
    for other in listening.others:
        other.close()
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    application = _made(factory)
    # what is here now stays: no collection need ever walk through it again while somebody waits
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(application, listening))


def _made(factory: str) -> Any:
    """The application. It is tried again every second while its database is away: a line each, not a traceback."""
    module, _, function = factory.partition(":")
    make = getattr(import_module(module), function)
    try:
        return make()
    except StoreDown as down:
        journal = standard(access=False)
        journal.warn(f"This worker cannot begin. {down}")
        journal.close()
        raise SystemExit(1) from None


def _end_with_parent() -> None:
    """Workers that outlive a killed parent would go on sharing the port with its successor's."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


async def _serve(application: Answering, listening: Listening) -> None:
    loop = asyncio.get_running_loop()
    journal = standard(access=False)
    loop.set_exception_handler(lambda _loop, context: _tell(journal, context))
    told = asyncio.Event()
    for number in ending_signals():
        loop.add_signal_handler(number, told.set)
    house = House(application, loop)
    application.start()
    sweeper = loop.create_task(_sweep(house))
    server = await loop.create_server(
        lambda: Connection(house),
        sock=listening.mine,
        backlog=BACKLOG,  # or the loop would set its own, a tenth of it
        ssl=listening.encryption,
        ssl_handshake_timeout=HANDSHAKE_S if listening.encryption else None,
    )
    await told.wait()
    server.close()
    await house.close(ANSWERS_WITHIN_S)
    sweeper.cancel()
    await application.close()
    journal.close()


def _tell(journal: Any, context: dict[str, Any]) -> None:
    """What goes wrong outside of the application's own care. Clients that hang up or cannot shake hands are no fault of
    ours."""
    problem = context.get("exception")
    if problem is not None and ("task" in context or not isinstance(problem, OSError)):
        journal.fault("-", problem)


async def _sweep(house: House) -> None:
    while True:
        house.date = formatdate(usegmt=True).encode("ascii")
        house.sweep()
        await asyncio.sleep(SWEEP_S)
