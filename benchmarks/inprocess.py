"""Where the time goes: our application called in this process, without a server or a socket.

    inprocess.py                                    CPU per request of every kind
    inprocess.py --only read --profile loop         and a profile of the event loop's thread
    inprocess.py --only create --profile writer     or of the writer's, at 64 requests at once

CPU is that of all threads, the least of several rounds. A profile makes everything slower, Python most of all.
"""

import argparse
import asyncio
import cProfile
import gc
import os
import pstats
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

import client
import stand
from client import HEAD_END, REQUESTS, Job
from rounds import PARTS, Part
from tillstone.config import load
from tillstone.domain.secrets import SystemRandom
from tillstone.server.app import build
from tillstone.server.application import Application
from tillstone.server.arrival import Arrival, Disconnected
from tillstone.server.clock import SystemClock

LOOP, WRITER = "loop", "writer"
SHOWN = 45


class Exchange:
    """One request as it arrives, and what was answered."""

    is_whole = True

    def __init__(self, raw: bytes) -> None:
        head, _, self._body = raw.partition(HEAD_END)
        first, *lines = head.split(b"\r\n")
        method, target, _ = first.split(b" ")
        path, _, query = target.partition(b"?")
        headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines if line)}
        self.arrival = Arrival(method.decode(), path, query, headers, client.HOST, "http")
        self.status = 0

    def take(self) -> bytes:
        """The body."""
        return self._body

    async def more(self) -> None:
        """There is no more."""
        raise Disconnected


async def serve(application: Application, exchanges: list[Exchange], at_once: int) -> None:
    """Answer all, so many at a time."""
    waiting = iter(exchanges)

    async def one_by_one() -> None:
        for exchange in waiting:
            answer = await application.answer(exchange.arrival, exchange)
            exchange.status = answer[0] if answer else 0

    await asyncio.gather(*(one_by_one() for _ in range(at_once)))
    if refused := [exchange.status for exchange in exchanges if exchange.status != 200]:
        raise RuntimeError(f"{len(refused)} were refused, with {set(refused)}")


@contextmanager
def profiled(profile: cProfile.Profile | None) -> Iterator[None]:
    """Profile this thread meanwhile."""
    if profile is None:
        yield
        return
    profile.enable()
    try:
        yield
    finally:
        profile.disable()


def profile_writer(profile: cProfile.Profile) -> None:
    """Profile the writer's thread from its start."""

    def begin(*_: object) -> None:
        sys.setprofile(None)
        if threading.current_thread().name == WRITER:
            profile.enable()

    threading.setprofile(begin)


async def measure(
    application: Application, part: Part, wanted: argparse.Namespace, profile: Any
) -> tuple[float, float]:
    """The least CPU per request, in microseconds: of all threads, and of the event loop's."""
    job = Job(part.kind, 0, part.connections, 0, wanted.customers)
    costs: list[tuple[float, float]] = []
    for number in range(wanted.rounds):
        start = (PARTS.index(part) * 100 + number) * wanted.requests
        exchanges = [Exchange(REQUESTS[part.kind](job, start + place)) for place in range(wanted.requests)]
        with profiled(profile if wanted.profile == LOOP else None):
            before, before_here = time.process_time(), time.thread_time()
            await serve(application, exchanges, part.connections)
            costs.append((time.process_time() - before, time.thread_time() - before_here))
    everywhere, here = (min(cost) / wanted.requests * 1_000_000 for cost in zip(*costs, strict=True))
    return everywhere, here


async def run(wanted: argparse.Namespace, profile: cProfile.Profile) -> None:
    """Everything that is wanted."""
    application = build(load(os.environ), clock=SystemClock(), random=SystemRandom())
    gc.collect()
    gc.freeze()  # as a worker does
    application.start()
    for part in PARTS:
        if part.name in wanted.only:
            everywhere, here = await measure(application, part, wanted, profile)
            print(f"{part.name:9} {everywhere:8.1f} µs, {here:8.1f} of them in the event loop", flush=True)
    await application.close()


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="inprocess.py", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--only", default=",".join(part.name for part in PARTS))
    parser.add_argument("--requests", type=int, default=2_000, help="requests a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--profile", choices=(LOOP, WRITER), help="also profile one thread (Python 3.11)")
    wanted = parser.parse_args(words)
    wanted.only = wanted.only.split(",")
    return wanted


def main(words: list[str]) -> None:
    wanted, profile = arguments(words), cProfile.Profile()
    if wanted.profile == WRITER:
        profile_writer(profile)
    with stand.copied_database(wanted.customers) as environ:
        os.environ.update(environ)
        uvloop.run(run(wanted, profile))
    if wanted.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN)


if __name__ == "__main__":
    main(sys.argv[1:])
