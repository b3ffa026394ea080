"""The ground that every test stands on, tried by running pytest on a small file with this project's own settings."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from tests.conftest import FreshPostgres

ROOT = Path(__file__).parents[2]
NO_POSTGRES = "PostgreSQL is not tested"

PROBE = """
import socket
import warnings

import pytest
from hypothesis import settings

def test_on_both(database_url): assert database_url.startswith("sqlite:///")
def test_on_postgres(postgres_url): raise AssertionError

@pytest.mark.postgres
def test_marked(): raise AssertionError

def test_warning(): warnings.warn("old")

@pytest.mark.xfail
def test_xfail_that_passes(): pass

# 192.0.2.1 is for documentation (RFC 5737): nobody would answer anyway
def test_beyond_loopback(): socket.create_connection(("192.0.2.1", 80), timeout=1)

def test_on_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()

def test_short_forms(): assert settings.default.max_examples <= 100 and settings.default.derandomize
"""


class RunPytest:
    """Runs the source of one test file by itself; `environ` is all it knows of PostgreSQL and of long forms."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "tests" / "conftest.py", folder)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def __call__(self, source: str, *arguments: str, **environ: str) -> tuple[int, str]:
        (self.folder / "test_probe.py").write_text(source)
        ours = ("TILLSTONE_", "TORTURE", "PYTEST_", "COV_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, "test_probe.py"],
            cwd=self.folder,
            env=inherited | environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def run_pytest(tmp_path: Path) -> RunPytest:
    return RunPytest(tmp_path)


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of PROBE where there is no PostgreSQL."""
    return RunPytest(tmp_path_factory.mktemp("probe"))(PROBE, "-v")[1]


def verdict(output: str, test: str) -> str:
    """PASSED, FAILED or SKIPPED, as `pytest -v` prints it."""
    found = re.search(rf"^test_probe\.py::{re.escape(test)} (\w+)", output, re.MULTILINE)
    assert found, output
    return found[1]


@pytest.mark.parametrize("test", ["test_on_both[postgres]", "test_on_postgres", "test_marked"])
def test_without_a_server_what_needs_postgres_is_skipped(probe: str, test: str) -> None:
    assert verdict(probe, test) == "SKIPPED"


def test_without_a_server_the_run_says_so_first_and_last(probe: str) -> None:
    assert probe.index(NO_POSTGRES) < probe.index("collected ")
    assert "\nPostgreSQL is not tested: TILLSTONE_TEST_POSTGRES_URL names no server; 3 tests were skipped" in probe


def test_sqlite_is_tested_without_a_server(probe: str) -> None:
    assert verdict(probe, "test_on_both[sqlite]") == "PASSED"


def test_a_required_postgres_that_is_not_there_stops_the_run(run_pytest: RunPytest) -> None:
    status, output = run_pytest(PROBE, TILLSTONE_REQUIRE_POSTGRES="1")

    assert status == pytest.ExitCode.USAGE_ERROR
    assert f"{NO_POSTGRES}: " in output


def test_a_server_that_does_not_answer_is_a_failure_and_no_skip(run_pytest: RunPytest) -> None:
    nobody = "postgresql://somebody:opensesame@127.0.0.1:1/postgres"
    status, output = run_pytest(PROBE, "-k", "test_on_both", "--tb=line", TILLSTONE_TEST_POSTGRES_URL=nobody)

    assert status == pytest.ExitCode.TESTS_FAILED
    assert "1 passed, 7 deselected, 1 error" in output
    assert "PostgreSQL is tested at 127.0.0.1:1" in output
    assert "opensesame" not in output


def test_a_connection_beyond_loopback_is_refused(probe: str) -> None:
    assert verdict(probe, "test_beyond_loopback") == "FAILED"
    assert 'SocketConnectBlockedError: A test tried to use socket.socket.connect() with host "192.0.2.1"' in probe


def test_a_connection_on_loopback_is_made(probe: str) -> None:
    assert verdict(probe, "test_on_loopback") == "PASSED"


def test_a_warning_is_a_failure(probe: str) -> None:
    assert verdict(probe, "test_warning") == "FAILED"


def test_a_known_failure_that_passes_is_a_failure(probe: str) -> None:
    assert verdict(probe, "test_xfail_that_passes") == "FAILED"


def test_an_unknown_mark_is_a_failure(run_pytest: RunPytest) -> None:
    status, output = run_pytest("import pytest\n@pytest.mark.slwo\ndef test_it(): pass")

    assert status == pytest.ExitCode.INTERRUPTED
    assert "'slwo' not found in `markers`" in output


def test_the_order_is_random(run_pytest: RunPytest) -> None:
    source = "import pytest\n@pytest.mark.parametrize('n', range(30))\ndef test_it(n): pass"
    one, other = (
        re.findall(r"test_it\[\d+\] PASSED", run_pytest(source, "-v", "-p", "randomly", f"--randomly-seed={seed}")[1])
        for seed in (1, 2)
    )

    assert len(one) == 30
    assert one != other
    assert sorted(one) == sorted(other)


def test_properties_are_tried_on_the_same_examples_each_time(probe: str) -> None:
    assert verdict(probe, "test_short_forms") == "PASSED"


def test_long_forms_are_tried_on_more(run_pytest: RunPytest) -> None:
    _, output = run_pytest(PROBE, "-v", "-k", "short_forms", TORTURE="long")

    assert verdict(output, "test_short_forms") == "FAILED"


@pytest.mark.postgres
class TestPostgres:
    """Against the real server: what is made is new, apart from the others, and gone afterwards."""

    def test_fresh_databases_are_empty_and_apart(self, fresh_postgres: FreshPostgres) -> None:
        first, second = fresh_postgres(), fresh_postgres()
        execute(first, "CREATE TABLE mine (n int)")

        assert tables(first) == ["mine"]
        assert tables(second) == []

    def test_a_fresh_database_can_be_a_copy(self, fresh_postgres: FreshPostgres) -> None:
        original = fresh_postgres()
        execute(original, "CREATE TABLE mine (n int)")

        assert tables(fresh_postgres(like=original)) == ["mine"]

    def test_nothing_is_left_behind(self, run_pytest: RunPytest) -> None:
        source = """
from pathlib import Path
def test_it(postgres_url, fresh_postgres): Path("made").write_text(f"{postgres_url} {fresh_postgres()}")
"""
        server = os.environ["TILLSTONE_TEST_POSTGRES_URL"]
        status, output = run_pytest(source, TILLSTONE_TEST_POSTGRES_URL=server)
        made = {url.rpartition("/")[2] for url in (run_pytest.folder / "made").read_text().split()}

        assert status == 0, output
        assert len(made) == 2
        assert not made & set(column(server, "SELECT datname FROM pg_database"))


def execute(url: str, statement: LiteralString) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def column(url: str, query: LiteralString) -> list[str]:
    with psycopg.connect(url) as connection:
        return [value for (value,) in connection.execute(query)]


def tables(url: str) -> list[str]:
    return column(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
