"""The application of a worker in tests: the real one, on a clock whose offset stands in a file, with one page more.

The product has no such door: this module is named by the tests alone.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

from tillstone.config import load
from tillstone.domain.secrets import SystemRandom
from tillstone.server.app import build
from tillstone.server.asgi import Application

OFFSET_VARIABLE = "TILLSTONE_TEST_CLOCK_OFFSET"
MODULES = b"/test/modules"


class OffsetClock:
    """The machine's time, moved by the seconds that stand in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> int:
        return int(time.time() + float(self._file.read_text() or 0))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Watched:
    """The application, and a page that lists what its worker has imported."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope.get("raw_path") != MODULES:
            await self._inner(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": "\n".join(sys.modules).encode()})


def create() -> Watched:
    clock = OffsetClock(Path(os.environ[OFFSET_VARIABLE]))
    return Watched(build(load(os.environ), clock=clock, random=SystemRandom(), environ=os.environ))
