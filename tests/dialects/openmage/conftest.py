"""Shops to ask: made once, copied for every test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.dialects.openmage.world import Shop, World, people

Open = Callable[..., Shop]


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of `people`, which is copied and never written."""
    folder = tmp_path_factory.mktemp("openmage") / "shop"
    folder.mkdir()
    world = World(folder / "shop.db")
    people(world)
    world.close()
    return folder


@pytest.fixture
def opened(original: Path, tmp_path: Path) -> Iterator[Open]:
    """Opens the application over a copy of the shop; `settings` are those of OpenMage."""
    with ExitStack() as stack:
        file = tmp_path / "shop"

        def open_shop(**settings: str) -> Shop:
            if not file.exists():
                shutil.copytree(original, file)
            return stack.enter_context(Shop(file / "shop.db", settings=settings))

        yield open_shop


@pytest.fixture
def shop(opened: Open) -> Shop:
    """The shop as documented."""
    return opened()


@pytest.fixture
def product(opened: Open) -> Shop:
    """The shop as the product of version 20.18 is."""
    return opened(behave_as="20.18")
