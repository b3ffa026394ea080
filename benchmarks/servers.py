"""A server under measurement: started, watched through /proc, ended."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen, TimeoutExpired

from client import Link

READY_WITHIN_S = 30.0
ENDS_WITHIN_S = 40.0
TICKS = os.sysconf("SC_CLK_TCK")
KIB = 1_024
MAPPED_FILES = (".db", ".db-wal", ".db-shm")


@dataclass(frozen=True)
class Memory:
    """Of the process that answers, in MiB, without what it sees of the system's own cache: the mapped database. `uss`
    is its alone, not shared with its parent."""

    rss: float
    uss: float


class Server:
    """One server process with its children. Where its words go is up to `log`."""

    def __init__(self, name: str, command: list[str], *, port: int, log: Path, environ: dict[str, str]) -> None:
        self.name = name
        self.port = port
        self._log = log
        with log.open("ab") as words:
            self._process = Popen(command, stdout=words, stderr=words, env={**os.environ, **environ})

    def wait(self, path: str) -> "Server":
        """Wait until `path` is answered."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.ask(path)
            except OSError:
                time.sleep(0.05)
            else:
                return self
        self.stop()
        raise RuntimeError(f"{self.name} does not answer; it said:\n{self._log.read_text(errors='replace')[-3_000:]}")

    def ask(self, path: str) -> bytes:
        """One answer, on a connection of its own."""
        link = Link(self.port)
        try:
            return link.ask(path)
        finally:
            link.close()

    def stop(self) -> None:
        """End it as an operator would."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(ENDS_WITHIN_S)
        except TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def processes(self) -> Iterator[int]:
        """It and all its descendants."""
        known = {self._process.pid}
        yield self._process.pid
        for child, parent in sorted(_parents()):
            if parent in known:
                known.add(child)
                yield child

    def cpu(self) -> float:
        """Seconds of processor that it and its descendants have used, dead ones included."""
        return sum(_cpu(process) for process in self.processes())

    def memory(self) -> Memory:
        """Of its largest process: the worker."""
        return max((_memory(process) for process in self.processes()), key=lambda memory: memory.uss)


def _stat(process: str) -> list[str]:
    """The fields of /proc/PID/stat behind the name, which may hold anything: field 3 comes first."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if (name := entry.name).isdigit():
            try:
                yield int(name), int(_stat(name)[1])
            except OSError:
                continue  # it ended while we looked


def _cpu(process: int) -> float:
    fields = _stat(str(process))
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS


def _memory(process: int) -> Memory:
    sizes: dict[str, int] = {"Rss": 0, "Private_Clean": 0, "Private_Dirty": 0}
    counts = True
    for line in Path(f"/proc/{process}/smaps").read_text().splitlines():
        first, *rest = line.split()
        if not first.endswith(":"):
            counts = not rest or not rest[-1].endswith(MAPPED_FILES)
        elif counts and (name := first[:-1]) in sizes:
            sizes[name] += int(rest[0])
    return Memory(sizes["Rss"] / KIB, (sizes["Private_Clean"] + sizes["Private_Dirty"]) / KIB)
