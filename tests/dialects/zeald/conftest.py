"""A shop that is asked through `/API/V3/`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clocks import StandingClock
from tests.dialects.zeald.shop import Shop
from tests.fronts import NOON, make_database, open_service
from tests.outside.fixtures import postgres_shop, serve, shop_url, sqlite_shop  # noqa: F401 - pytest finds them here
from tests.outside.serving import copy_database
from tillstone.dialects.zeald import Options
from tillstone.domain.secrets import Seal
from tillstone.domain.service import Service
from tillstone.store import open_store


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOON)


@pytest.fixture(scope="session")
def empty_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one account."""
    file = tmp_path_factory.mktemp("empty") / "shop.db"
    make_database(file)
    return file


@pytest.fixture
def service(empty_shop: Path, tmp_path: Path, clock: StandingClock) -> Iterator[Service]:
    copy_database(empty_shop, tmp_path / "shop.db")
    made = open_service(tmp_path / "shop.db", clock)
    yield made
    made.store.close()


@pytest.fixture
def either_service(shop_url: str, clock: StandingClock, tmp_path: Path) -> Iterator[Service]:  # noqa: F811 - the fixture
    """The same on both databases, one after the other."""
    made = Service(open_store(shop_url, clock), clock, Seal(tmp_path / "shop.key"))
    yield made
    made.store.close()


@pytest.fixture
def either_shop(either_service: Service) -> Shop:
    return Shop(either_service)


@pytest.fixture
def shop(service: Service) -> Shop:
    return Shop(service)


@pytest.fixture
def shop_with(service: Service) -> Callable[[Options], Shop]:
    """The same shop behind other settings."""
    return lambda options: Shop(service, options)
