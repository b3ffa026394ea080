"""What every test may ask for: databases of its own, and how long a property is tried.

TILLSTONE_TEST_POSTGRES_URL names a PostgreSQL server, by a database that may be connected to and a role that may create
others; without it the tests marked `postgres` are skipped and the run says so, and with TILLSTONE_REQUIRE_POSTGRES=1
there is no run at all. TORTURE=long asks for the long forms.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

POSTGRES_SERVER = os.environ.get("TILLSTONE_TEST_POSTGRES_URL", "")
POSTGRES_REQUIRED = os.environ.get("TILLSTONE_REQUIRE_POSTGRES", "") not in {"", "0"}
LONG_FORMS = os.environ.get("TORTURE", "") == "long"
NO_POSTGRES = "PostgreSQL is not tested: TILLSTONE_TEST_POSTGRES_URL names no server"


class FreshPostgres(Protocol):
    """What the fixture `fresh_postgres` gives."""

    def __call__(self, *, like: str = "") -> str: ...


settings.register_profile(
    "short", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "long",
    max_examples=5_000,
    stateful_step_count=200,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("long" if LONG_FORMS else "short")


def pytest_configure() -> None:
    if POSTGRES_REQUIRED and not POSTGRES_SERVER:
        message = f"{NO_POSTGRES}, and TILLSTONE_REQUIRE_POSTGRES demands one"
        raise pytest.UsageError(message)


def pytest_report_header() -> list[str]:
    # host and port only: the rest of the URL may hold a password
    server = urlsplit(POSTGRES_SERVER).netloc.rpartition("@")[2]
    tested = f"PostgreSQL is tested at {server}" if POSTGRES_SERVER else NO_POSTGRES
    return [tested, f"forms: {'long' if LONG_FORMS else 'short'}"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs PostgreSQL is marked so, and skipped where there is none."""
    for item in items:
        if {"fresh_postgres", "postgres_url"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("postgres")
        if not POSTGRES_SERVER and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason=NO_POSTGRES))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = sum(NO_POSTGRES in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if skipped:
        terminalreporter.write_line(f"{NO_POSTGRES}; {skipped} tests were skipped for it", yellow=True, bold=True)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The PostgreSQL database of this test process: empty at first, shared by its tests, dropped at the end."""
    name = create_database()
    yield url_of(name)
    drop_database(name)


@pytest.fixture
def fresh_postgres() -> Iterator[FreshPostgres]:
    """Makes new databases, dropped when the test is over: `fresh_postgres()` is the URL of an empty one.

    `fresh_postgres(like=url)` copies one that nobody is connected to, which is quicker than migrating again.
    """
    made: list[str] = []

    def fresh(*, like: str = "") -> str:
        made.append(create_database(like=like))
        return url_of(made[-1])

    yield fresh
    for name in made:
        drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty database, as `TILLSTONE_DATABASE_URL` names it: the test runs on SQLite and on PostgreSQL."""
    if request.param == "postgres":
        fresh_postgres: FreshPostgres = request.getfixturevalue("fresh_postgres")
        return fresh_postgres()
    return f"sqlite:///{tmp_path / 'tillstone.db'}"


def create_database(*, like: str = "") -> str:
    """A name of its own for each, so that processes and runs beside this one never meet."""
    name = f"tillstone_test_{uuid4().hex}"
    template = urlsplit(like).path.lstrip("/") or "template0"
    tell_server(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def drop_database(name: str) -> None:
    """FORCE: a test that failed may have left a worker connected."""
    tell_server(f"DROP DATABASE {name} WITH (FORCE)")


def tell_server(statement: str) -> None:
    # imported here: whoever tests SQLite alone needs no driver
    import psycopg

    with psycopg.connect(POSTGRES_SERVER, autocommit=True, connect_timeout=10) as connection:
        connection.execute(statement)


def url_of(database: str) -> str:
    return urlunsplit(urlsplit(POSTGRES_SERVER)._replace(path=f"/{database}"))
