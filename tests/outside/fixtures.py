"""Fixtures of every test that speaks to a real server: each test has a database, a port and a clock of its own."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from tests.conftest import FreshPostgres, create_database, drop_database, url_of
from tests.outside.serving import LiveServer, copy_database, open_shop
from tests.outside.shop import Shop


class Serve(Protocol):
    """What the fixture `serve` gives."""

    def __call__(self, *, workers: int = 1, environ: Mapping[str, str] | None = None) -> LiveServer: ...


@pytest.fixture(scope="session")
def sqlite_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database with one account and its key, to be copied."""
    file = tmp_path_factory.mktemp("shop") / "shop.db"
    open_shop(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_shop() -> Iterator[str]:
    """The same on PostgreSQL."""
    name = create_database()
    open_shop(url_of(name))
    yield url_of(name)
    drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shop_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this test's own with one account and its key: the test runs on SQLite and on PostgreSQL."""
    if request.param == "postgres":
        fresh_postgres: FreshPostgres = request.getfixturevalue("fresh_postgres")
        return fresh_postgres(like=request.getfixturevalue("postgres_shop"))
    copy_database(request.getfixturevalue("sqlite_shop"), tmp_path / "shop.db")
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def serve(shop_url: str, tmp_path: Path) -> Iterator[Serve]:
    """Starts servers over the test's database."""
    servers: list[LiveServer] = []

    def start(*, workers: int = 1, environ: Mapping[str, str] | None = None) -> LiveServer:
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        servers.append(LiveServer(shop_url, folder, workers=workers, environ=environ))
        return servers[-1].start()

    yield start
    for server in servers:
        server.close()
        # pytest shows it if the test failed
        print(server.faults()[-4_000:])


@pytest.fixture
def server(serve: Serve) -> LiveServer:
    """One server with one worker."""
    return serve()


@pytest.fixture
def shop(server: LiveServer) -> Iterator[Shop]:
    """The customers of the test's account."""
    with server.session() as session:
        yield Shop(session)
