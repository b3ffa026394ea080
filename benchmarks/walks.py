"""What a client does in the course of a day: synchronises, walks a plain list, counts, reads while others write."""

from dataclasses import dataclass
from statistics import median
from time import perf_counter

import client
from client import Job, Link, Result
from servers import Server

CUSTOMERS = "/api/customers.xml"
PAGE = 100
SAMPLE = 10
"""So many pages at either end are timed for the cost of one."""

WRITERS = 64


@dataclass(frozen=True)
class Synchronisation:
    """A first synchronisation by the documented loop. Seconds; pages in milliseconds."""

    customers: int
    seconds: float
    first: float
    last: float


@dataclass(frozen=True)
class Walk:
    """A plain list walked in order: milliseconds of a page at its beginning, and of `page` at its end."""

    page: int
    first: float
    last: float


@dataclass(frozen=True)
class Counts:
    """Milliseconds of `q=count`: of everything, of a walk's slots the first time, and again."""

    everything: float
    slots: float
    remembered: float


def _timed(link: Link, path: str) -> tuple[float, bytes]:
    begin = perf_counter()
    body = link.ask(path)
    return (perf_counter() - begin) * 1_000, body


def newest(link: Link) -> str:
    """The watermark, as it is fed back."""
    body = link.ask(f"{CUSTOMERS}?q=last_updated_at").decode()
    return body.partition("<last-updated-at>")[2].partition("<")[0].replace(" ", "%20")


def synchronise(server: Server, customers: int) -> Synchronisation:
    """The documented loop from nothing: the watermark, then pages up to it until one is empty."""
    link = Link(server.port)
    times: list[float] = []
    begin = perf_counter()
    until, seen, page = newest(link), 0, 1
    while True:
        took, body = _timed(link, f"{CUSTOMERS}?after=&to={until}&page={page}")
        found = body.count(b"</customer>")
        if not found:
            break
        times.append(took)
        seen, page = seen + found, page + 1
    seconds = perf_counter() - begin
    link.close()
    if seen < customers:
        raise RuntimeError(f"a first synchronisation gave {seen} of {customers} customers")
    return Synchronisation(seen, seconds, median(times[:SAMPLE]), median(times[-SAMPLE:]))


def walk(server: Server, pages: int) -> Walk:
    """Pages of a plain list, one after the other."""
    link = Link(server.port)
    times = [_timed(link, f"{CUSTOMERS}?page={page}")[0] for page in range(1, pages + 1)]
    link.close()
    return Walk(pages, median(times[:SAMPLE]), median(times[-SAMPLE:]))


def count(server: Server) -> Counts:
    """Counts on a server that has not counted yet."""
    link = Link(server.port)
    until = newest(link)
    slots = f"{CUSTOMERS}?q=count&after=2000-01-01&to={until}"
    everything = min(_timed(link, f"{CUSTOMERS}?q=count")[0] for _ in range(SAMPLE))
    first = _timed(link, slots)[0]
    again = min(_timed(link, slots)[0] for _ in range(SAMPLE))
    link.close()
    return Counts(everything, first, again)


def beside(server: Server, *, seconds: float, customers: int) -> tuple[Result, Result]:
    """One reader while `WRITERS` connections create: the reads, and the writes."""
    writers = client.start(Job("create", server.port, WRITERS, seconds + 1, customers, start=900_000_000))
    readers = client.start(Job("read", server.port, 1, seconds, customers))
    return client.finish(readers), client.finish(writers)


SIGNERS = 8
"""Connections of an integration that is in a hurry."""


def signed(server: Server, *, seconds: float, customers: int) -> dict[str, float]:
    """Signed requests a second, by kind."""
    rates = {}
    for place, kind in enumerate(("signed list", "signed read")):
        # numbered apart: no nonce comes twice
        for turn, length in enumerate((0.5, seconds)):
            start = (place * 2 + turn + 1) * 10_000_000
            result = client.finish(client.start(Job(kind, server.port, SIGNERS, length, customers, start)))
        if result.refused:
            raise RuntimeError(f"{server.name} refused {result.refused} of {result.requests} signed requests")
        rates[kind] = result.requests / result.seconds
    return rates
