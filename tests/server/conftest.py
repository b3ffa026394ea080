"""What tests of the server share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.parrot import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A server around the parrot."""
    made = Bench(tmp_path)
    yield made
    made.journal.close()
    made.meters.close()
