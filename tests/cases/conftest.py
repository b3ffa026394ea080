"""The databases that cases run on, and how a case reaches the application."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cases.fixture import Shops
from tests.cases.inprocess import InProcess
from tests.cases.runner import Case, Send


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Shops:
    """The databases of the fixtures."""
    return Shops(tmp_path_factory.mktemp("shops"))


@pytest.fixture
def served(shops: Shops, tmp_path: Path) -> Iterator[Callable[[Case], Send]]:
    """Gives the way to an application over a copy of a case's fixture."""
    with ExitStack() as stack:

        def serve(case: Case) -> Send:
            file = shops.copy(case.fixture, tmp_path / case.fixture)
            return stack.enter_context(InProcess(file, at=case.at, settings=case.settings)).send

        yield serve
