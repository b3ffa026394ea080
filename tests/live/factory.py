"""The application of a worker in tests: the real one, on a clock that stands in a file, with one page more.

The product has no such door: this module is named by the tests alone.
"""

import os
import sys
from pathlib import Path
from typing import Any

from tests.outside.clock import FILE_VARIABLE, FileClock
from tillstone.config import load
from tillstone.domain.secrets import SystemRandom
from tillstone.server.app import build
from tillstone.server.asgi import Application

FACTORY = "tests.live.factory:create"
MODULES = b"/test/modules"


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
    clock = FileClock(Path(os.environ[FILE_VARIABLE]))
    return Watched(build(load(os.environ), clock=clock, random=SystemRandom(), environ=os.environ))
