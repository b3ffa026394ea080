"""A clock that several processes read from one file, and that a test sets: the product has no such door."""

import asyncio
import fcntl
import os
import time
from pathlib import Path

FILE_VARIABLE = "TILLSTONE_TEST_CLOCK"
"""Names the file for the factory of these tests; nothing in the package reads it."""


class FileClock:
    """The machine's time plus an offset, or standing still: `offset SECONDS` or `frozen SECONDS` in a file.

    While time stands still, a sleeper moves it on instead of waiting.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        if not file.exists():
            self._write("offset", 0.0)

    def now(self) -> int:
        return int(self.exactly())

    def exactly(self) -> float:
        mode, seconds = self._read()
        return seconds if mode == "frozen" else time.time() + seconds

    async def sleep(self, seconds: float) -> None:
        if self._read()[0] == "frozen":
            self.step(seconds)
        else:
            await asyncio.sleep(seconds)

    def freeze(self, at: float | None = None) -> float:
        """Time stands still from now on. Gives the time at which it does."""
        moment = self.exactly() if at is None else at
        self._write("frozen", moment)
        return moment

    def step(self, seconds: float) -> None:
        """Forwards or back."""
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            mode, was = self._read()
            self._write(mode, was + seconds)

    def _read(self) -> tuple[str, float]:
        mode, seconds = self._file.read_text().split()
        return mode, float(seconds)

    def _write(self, mode: str, seconds: float) -> None:
        draft = self._file.with_suffix(f".{os.getpid()}")
        draft.write_text(f"{mode} {seconds!r}")
        draft.replace(self._file)
