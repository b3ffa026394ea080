"""What live tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.servers import Running, make_shop, running


@pytest.fixture
def shop_url(database_url: str) -> str:
    """A database with the account `test_account` and its key: the test runs on SQLite and on PostgreSQL."""
    make_shop(database_url)
    return database_url


@pytest.fixture
def server(shop_url: str, tmp_path: Path) -> Iterator[Running]:
    """A server with one worker."""
    with running(shop_url, tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with one worker for tests that do each other no harm."""
    directory = tmp_path_factory.mktemp("shared")
    url = f"sqlite:///{directory / 'shop.db'}"
    make_shop(url)
    with running(url, directory) as started:
        yield started
