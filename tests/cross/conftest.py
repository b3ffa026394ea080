"""A shop on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import StandingClock
from tests.fronts import NOON
from tillstone.domain import accounts
from tillstone.domain.secrets import Seal
from tillstone.domain.service import Service
from tillstone.store import migrate, open_store


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    migrate(database_url)
    clock = StandingClock(NOON)
    service = Service(open_store(database_url, clock), clock, Seal(tmp_path / "shop.key"))
    accounts.create_account(service, "shop")
    yield service
    service.store.close()
