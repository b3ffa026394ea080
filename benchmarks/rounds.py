"""The comparison: requests of one kind at a time, in interleaved rounds, ours beside its peers."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

import client
from client import Job, Result
from servers import Memory, Server

WARM_UP_S = 0.5
NUMBERS = 1_000_000
"""Requests of one round are numbered from a place of their own, so that no two records are created alike."""


@dataclass(frozen=True)
class Part:
    """One line of the comparison, and what it has to reach: DRF's CPU per request over ours, and the limit's."""

    name: str
    title: str
    kind: str
    connections: int
    times_drf: float
    share_of_limit: float | None = None


PARTS = (
    Part("list", "list of 100", "list", 8, 12, 0.07),
    Part("read", "read one", "read", 8, 15, 0.40),
    Part("create", "create, durable", "create", 8, 9),
    Part("create64", "create, durable", "create", 64, 17),
    Part("update", "update, durable", "update", 8, 9),
    Part("update64", "update, durable", "update", 64, 18),
)


@dataclass
class Figures:
    """What one server did in all rounds of a part. CPU in microseconds per request."""

    cpu: list[float] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    memory: Memory | None = None

    @property
    def cost(self) -> float:
        """CPU per request in the round that was disturbed least."""
        return min(self.cpu)

    @property
    def rate(self) -> float:
        """Requests a second in the best round."""
        return max(result.requests / result.seconds for result in self.results)

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return median(result.p50 for result in self.results)

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return median(result.p99 for result in self.results)


@dataclass(frozen=True)
class Effort:
    """How long, how often, over how many customers."""

    seconds: float
    rounds: int
    customers: int


Comparison = dict[str, Figures]
"""By the server's name."""


def compare(part: Part, servers: Sequence[Server], effort: Effort) -> Comparison:
    """Run one part: every server warms up, then they take turns."""
    comparison = {server.name: Figures() for server in servers}
    place = _place(part)
    for server in servers:
        _burst(part, server, effort, start=place, seconds=WARM_UP_S)
    for number in range(1, effort.rounds + 1):
        for server in servers:
            _round(part, server, effort, place=place + number, figures=comparison[server.name])
    for server in servers:
        comparison[server.name].memory = server.memory()
    return comparison


def _place(part: Part) -> int:
    """Where this part's numbers begin, in units of `NUMBERS`."""
    return (PARTS.index(part) + 1) * 100


def _round(part: Part, server: Server, effort: Effort, *, place: int, figures: Figures) -> None:
    before = server.cpu()
    result = _burst(part, server, effort, start=place, seconds=effort.seconds)
    figures.cpu.append((server.cpu() - before) / result.requests * 1_000_000)
    figures.results.append(result)
    if result.refused:
        raise RuntimeError(f"{server.name} refused {result.refused} of {result.requests} requests of {part.name}")
    _say(f"{part.name:9} {server.name:10} {figures.cpu[-1]:8.0f} µs  {result.requests / result.seconds:8.0f}/s")


def _burst(part: Part, server: Server, effort: Effort, *, start: int, seconds: float) -> Result:
    job = Job(part.kind, server.port, part.connections, seconds, effort.customers, start * NUMBERS)
    return client.finish(client.start(job))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def chosen(names: Iterable[str]) -> list[Part]:
    """The parts of those names, in order."""
    wanted = set(names)
    return [part for part in PARTS if part.name in wanted]
