"""A command line for tests: each test has a directory and a database of its own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tillstone.cli.commands import app

Type = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a command; what comes back has `exit_code`, `stdout` and `stderr`."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TILLSTONE_")]:
        monkeypatch.delenv(name)
    runner = CliRunner()

    def type_(*words: str, keyboard: str = "") -> Result:
        return runner.invoke(app, list(words), input=keyboard, prog_name="tillstone")

    return type_


@pytest.fixture
def shop(typed: Type) -> Type:
    """The same, with an account `shop`."""
    assert typed("account", "create", "shop").exit_code == 0
    return typed
