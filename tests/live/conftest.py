"""What live tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.servers import Running, running
from tests.outside.fixtures import postgres_shop, shop_url, sqlite_shop  # noqa: F401 - pytest finds them here
from tests.outside.serving import copy_database


@pytest.fixture
def server(shop_url: str, tmp_path: Path) -> Iterator[Running]:  # noqa: F811 - the fixture above
    """A server with one worker."""
    with running(shop_url, tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def shared(sqlite_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:  # noqa: F811 - see above
    """A server with one worker for tests that do each other no harm."""
    directory = tmp_path_factory.mktemp("shared")
    copy_database(sqlite_shop, directory / "shop.db")
    with running(f"sqlite:///{directory / 'shop.db'}", directory) as started:
        yield started
