"""Stores of all three kinds, each with a clock that stands still and an account of its own for every test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import StandingClock
from tests.store.model import ModelStore
from tests.store.shop import NOON, Shop
from tillstone.domain.store import Store
from tillstone.store import migrate, open_store

KINDS = ["model", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOON)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "shop.db")
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> str:
    """One database for all tests of the session; they keep apart by their accounts."""
    migrate(postgres_url)
    return postgres_url


def url_of(kind: str, request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "migrated_postgres")
    return url


@pytest.fixture(params=KINDS[1:])
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database of either kind."""
    return url_of(request.param, request)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, clock: StandingClock) -> Iterator[Store]:
    """A store of each kind, the dictionaries among them."""
    if request.param == "model":
        yield ModelStore(clock)  # type: ignore[misc]  # its volatile store keeps marks only
        return
    store = open_store(url_of(request.param, request), clock)
    yield store
    store.close()


@pytest.fixture
def shop(store: Store, clock: StandingClock) -> Shop:
    return Shop.opened(store, clock)
