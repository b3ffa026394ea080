"""The application of a worker under test: the product's own, by a clock that the test sets."""

import os
from pathlib import Path

from tests.outside.clock import FILE_VARIABLE, FileClock
from tillstone.config import load
from tillstone.domain.secrets import SystemRandom
from tillstone.server.app import build
from tillstone.server.asgi import Application

FACTORY = "tests.outside.factory:create"


def create() -> Application:
    """What `serve` makes in each worker."""
    clock = FileClock(Path(os.environ[FILE_VARIABLE]))
    return build(load(os.environ), clock=clock, random=SystemRandom(), environ=os.environ)
