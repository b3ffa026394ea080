"""A service over a new SQLite store with one account, a clock that stands still, and a profile to write through."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import StandingClock
from tillstone.domain import accounts
from tillstone.domain.access import Principal
from tillstone.domain.secrets import Seal
from tillstone.domain.service import Service
from tillstone.store import migrate, open_store

NOON = 1_790_000_000


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOON)


@pytest.fixture
def service(tmp_path: Path, clock: StandingClock) -> Iterator[Service]:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    migrate(url)
    store = open_store(url, clock)
    yield Service(store, clock, Seal(tmp_path / "shop.key"))
    store.close()


@pytest.fixture
def shop(service: Service) -> Principal:
    return accounts.system(accounts.create_account(service, "shop").id)
