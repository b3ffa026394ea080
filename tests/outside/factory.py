"""The application of a worker in tests: the real one, on a clock that stands in a file, with one page more.

The product has no such door: this module is named by the tests alone.
"""

import os
import sys
from pathlib import Path

from tests.outside.clock import FILE_VARIABLE, FileClock
from tillstone.config import load
from tillstone.domain.secrets import SystemRandom
from tillstone.server.app import build
from tillstone.server.application import Application
from tillstone.server.arrival import Answer, Arrival, Incoming

FACTORY = "tests.outside.factory:create"
MODULES = b"/test/modules"


class Watched:
    """The application, and a page that lists what its worker has imported."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    def start(self) -> None:
        self._inner.start()

    async def answer(self, arrival: Arrival, incoming: Incoming) -> Answer | None:
        if arrival.path == MODULES:
            return 200, [], "\n".join(sys.modules).encode()
        return await self._inner.answer(arrival, incoming)

    async def close(self) -> None:
        await self._inner.close()


def create() -> Watched:
    clock = FileClock(Path(os.environ[FILE_VARIABLE]))
    return Watched(build(load(os.environ), clock=clock, random=SystemRandom(), environ=os.environ))
