"""The printed page: what was measured, on which machine, and whether it reaches the lines."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from client import PAGES, Result
from rounds import Comparison, Effort, Part
from servers import Memory
from signed import Costs
from trees import LISTED, POSTED, Trees
from walks import WRITERS, Counts, Synchronisation, Walk

HEAD = """# Speed

Made by `make bench`; the programs and the peers are in `benchmarks/`. One worker each, interleaved rounds, the same
{customers} customers on SQLite (WAL, `synchronous=FULL`), the load generator on the same machine.

- **Tillstone**: `tillstone serve --workers 1`, with a key on every request, feed and history written, no access log.
- **DRF**: Django REST framework and djangorestframework-xml on granian (WSGI, one thread: quicker here than more of
  them, and than gunicorn), without authentication, history, feed or tombstones. It answers the same bytes, which is
  checked first.
- **limit**: an ASGI application on granian that answers constant bytes of the same length.

CPU per request is user and system time of a server and its children, in the least disturbed of {rounds} rounds of
{seconds:g} s; rates are of the best round, latencies medians over the rounds. Lists are the first {pages} pages in
turn.
"""


def machine() -> str:
    """One sentence on where this was measured."""
    models = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    model = next(models, ":" + platform.processor()).partition(":")[2].strip()
    return (
        f"Machine: {model}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {datetime.now(UTC):%Y-%m-%d}."
    )


def head(effort: Effort) -> str:
    """What stands above the figures."""
    text = HEAD.format(customers=f"{effort.customers:,}", rounds=effort.rounds, seconds=effort.seconds, pages=PAGES)
    return f"{text}\n{machine()}\n"


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(titles), *map(tuple, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "".join(_line(line, widths) for line in lines)


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |\n"


def verdict(*, reached: bool) -> str:
    """One word."""
    return "yes" if reached else "**no**"


def compared(comparisons: list[tuple[Part, Comparison]]) -> str:
    """Both tables of the comparison."""
    figures = _table(
        ("one worker", "connections", "server", "CPU µs", "requests/s", "p50 ms", "p99 ms", "RSS MiB"),
        (row for part, comparison in comparisons for row in _figures(part, comparison)),
    )
    ratios = _table(
        ("one worker", "connections", "vs DRF (CPU)", "line", "vs DRF (rate)", "of the limit", "line", "reached"),
        (_ratios(part, comparison) for part, comparison in comparisons if len(comparison) > 1),
    )
    return f"\n## Requests\n\n{figures}\n{ratios}"


def _figures(part: Part, comparison: Comparison) -> Iterator[tuple[str, ...]]:
    for name, figures in comparison.items():
        memory = figures.memory or Memory(0, 0)
        numbers = (f"{figures.cost:,.0f}", f"{figures.rate:,.0f}", f"{figures.p50:.2f}", f"{figures.p99:.2f}")
        yield (part.title, str(part.connections), name, *numbers, f"{memory.rss:.0f}")


def _ratios(part: Part, comparison: Comparison) -> tuple[str, ...]:
    ours, peer, limit = comparison.values()
    times, share = peer.cost / ours.cost, limit.cost / ours.cost
    reached = times >= part.times_drf and (part.share_of_limit is None or share >= part.share_of_limit)
    line = "" if part.share_of_limit is None else f"{part.share_of_limit:.0%}"
    return (
        *(part.title, str(part.connections), f"{times:.1f} ×", f"{part.times_drf:g} ×"),
        *(f"{ours.rate / peer.rate:.1f} ×", f"{share:.0%}", line, verdict(reached=reached)),
    )


class Lines:
    """Single figures, each with its line."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, str, str]] = []

    def add(self, what: str, figure: float, line: float, unit: str) -> None:
        """One figure, which should not exceed its line."""
        self._rows.append(
            (what, f"{_number(figure)} {unit}", f"{_number(line)} {unit}", verdict(reached=figure <= line))
        )

    def synchronised(self, synchronisation: Synchronisation) -> None:
        """A first synchronisation."""
        customers = synchronisation.customers
        line = 2.5 if customers <= 100_000 else 20 * customers / 1_000_000
        self.add(f"first synchronisation, {customers:,} customers", synchronisation.seconds, line, "s")
        ends = f"last page {synchronisation.last:.2f} ms, first {synchronisation.first:.2f} ms"
        self.add(f"its last page beside its first ({ends})", synchronisation.last / synchronisation.first, 2, "×")

    def walked(self, walk: Walk) -> None:
        """A plain list."""
        what = f"page {walk.page:,} of a plain list beside page 1 ({walk.last:.2f} ms, {walk.first:.2f} ms)"
        self.add(what, walk.last / walk.first, 2, "×")

    def counted(self, counts: Counts, customers: int) -> None:
        """Counts."""
        self.add(f"count of {customers:,}", counts.everything, 50, "ms")
        self.add(f"count of a walk's {customers:,} slots, the first time", counts.slots, 700, "ms")
        self.add("the same, remembered", counts.remembered, 50, "ms")

    def nested(self, trees: Trees) -> None:
        """Trees of records."""
        rate = trees.megabytes / trees.listed * 1_000
        self.add(f"POST of {POSTED} customers with two groups each", trees.posted, 1_500, "ms")
        what = f"list of {LISTED:,} customers with joined groups ({trees.megabytes:.1f} MB, {rate:.0f} MB/s)"
        self.add(what, trees.listed, 400, "ms")

    def signed(self, rates: dict[str, float], costs: Costs) -> None:
        """What an OpenMage client gets, beside OpenMage itself on two cores of this kind."""
        for what, rate, theirs, times in (
            ("list of 100", rates["signed list"], 117, 10),
            ("read one", rates["signed read"], 139, 20),
        ):
            told = f"OpenMage {what}, signed, two workers ({rate:,.0f}/s; OpenMage itself {theirs}/s), times theirs"
            reached = verdict(reached=rate >= theirs * times)
            self._rows.append((told, f"{rate / theirs:.1f} ×", f"{times} ×", reached))
        self.add("one HMAC-SHA1 signature checked", costs.signature, 20, "µs")
        self.add("one nonce burnt", costs.nonce, 40, "µs")

    def read_beside(self, reads: Result, writes: Result, *, slow: bool) -> None:
        """Reads beside writers."""
        disk = "that wait 5 ms longer for every fsync" if slow else "on this machine's disk"
        rate = writes.requests / writes.seconds
        self.add(f"p99 of reads beside {WRITERS} writers {disk} ({rate:,.0f} creates/s)", reads.p99, 3, "ms")

    def held(self, when: str, memory: Memory) -> None:
        """Memory of a worker."""
        what = f"memory of a worker {when} (RSS but for the mapped database; {memory.uss:.0f} MiB its own)"
        self.add(what, memory.rss, 80, "MiB")

    def __str__(self) -> str:
        return "\n## Figures\n\n" + _table(("what", "measured", "line", "reached"), self._rows) if self._rows else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
