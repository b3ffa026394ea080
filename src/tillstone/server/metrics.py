"""Counters of what was answered, how fast, and what went wrong, summed over all workers; `/metrics` shows them.

Each worker counts in a file of its own, which every worker may read: plain additions to mapped memory, no lock, nothing
of prometheus-client on a request's way. A worker that dies leaves its counts behind, so no counter ever steps back.
"""

import mmap
import os
import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

DIRECTORY_VARIABLE = "TILLSTONE_COUNTERS"
"""Where the workers of one server count; set by the process that starts them."""

_FINE = (200, 201, 204, 301, 302, 304)
_REFUSED = (400, 401, 403, 404, 405, 406, 408, 409, 413, 414, 415, 422, 429, 431)
STATUSES = (*_FINE, *_REFUSED, 500, 503)
OTHER = 0
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
EVENTS = ("malformed", "faults", "rate_limited", "waited_watermarks")
EVENT_HELP = {
    "malformed": "Bodies that could not be read",
    "faults": "Unexpected errors of the server itself",
    "rate_limited": "Requests refused by the rate limit",
    "waited_watermarks": "Watermark reads that had to wait for the next second",
}
MICROSECONDS = 1_000_000
CELL_BYTES = 8


class Layout:
    """Which cell counts what: of each front its statuses and durations (buckets, their sum), the events, the drift."""

    def __init__(self, fronts: Iterable[str]) -> None:
        self.fronts = tuple(fronts)
        self._width = len(STATUSES) + 1 + len(BOUNDS) + 1 + 1
        self.events = len(self.fronts) * self._width
        self.drift = self.events + len(EVENTS)
        self.cells = self.drift + 1

    def first(self, front: str) -> int:
        """The first cell of a front."""
        return self.fronts.index(front) * self._width

    @property
    def size(self) -> int:
        """Bytes of a file."""
        return self.cells * CELL_BYTES


class Meters:
    """One worker's counters."""

    def __init__(self, fronts: Iterable[str], directory: Path | None = None) -> None:
        self.layout = Layout(fronts)
        self._own = None if directory else tempfile.TemporaryDirectory(prefix="tillstone-worker-")
        self.directory = directory or Path(str(self._own and self._own.name))
        self.directory.mkdir(mode=0o700, exist_ok=True)  # what cleans up old files may have removed it
        self._map = _mapped(self.directory / f"{os.getpid()}.counters", self.layout.size)
        self._cells = memoryview(self._map).cast("q")
        self._first = {front: self.layout.first(front) for front in self.layout.fronts}
        self._status = {status: place for place, status in enumerate((OTHER, *STATUSES))}
        self._durations = len(STATUSES) + 1
        self._sum = self._durations + len(BOUNDS) + 1

    def answered(self, front: str, status: int, seconds: float) -> None:
        """Count one answer."""
        cells, first = self._cells, self._first[front]
        cells[first + self._status.get(status, 0)] += 1
        cells[first + self._durations + bisect_left(BOUNDS, seconds)] += 1
        cells[first + self._sum] += int(seconds * MICROSECONDS)

    def happened(self, event: str) -> None:
        """Count one event."""
        self._cells[self.layout.events + EVENTS.index(event)] += 1

    def drifted(self, seconds: int) -> None:
        """How far stamps run ahead of the clock, as last seen."""
        self._cells[self.layout.drift] = max(seconds, 0)

    def count(self, event: str) -> int:
        """How often an event happened, over all workers."""
        return sum(cells[self.layout.events + EVENTS.index(event)] for cells in self.everybody())

    def everybody(self) -> Iterator[tuple[int, ...]]:
        """The cells of every worker, also of those that have ended."""
        for file in sorted(self.directory.glob("*.counters")):
            content = file.read_bytes()
            if len(content) == self.layout.size:
                yield tuple(memoryview(content).cast("q"))

    def close(self) -> None:
        """Let go of the file; it stays until the server ends."""
        self._cells.release()
        self._map.close()
        if self._own is not None:
            self._own.cleanup()


def _mapped(file: Path, size: int) -> mmap.mmap:
    with file.open("a+b") as opened:
        opened.truncate(size)
        return mmap.mmap(opened.fileno(), size)


def from_environment(fronts: Iterable[str], environ: Mapping[str, str]) -> Meters:
    """The meters of this worker; without a server process above it, it counts alone."""
    directory = environ.get(DIRECTORY_VARIABLE)
    return Meters(fronts, Path(directory) if directory else None)
