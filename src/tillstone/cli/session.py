"""What a command works with: the settings, the service over the database they name, and tables to print."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar

import typer
from rich.console import Console
from rich.table import Table

from tillstone.cli.sentences import Sentence
from tillstone.config import Settings, load
from tillstone.domain.access import Principal
from tillstone.domain.accounts import account_named, system
from tillstone.domain.commands import Found, List, Outcome, Write
from tillstone.domain.query import Condition, Slice
from tillstone.domain.records import AMOUNT_UNIT, Row, Shape, Value
from tillstone.domain.secrets import SystemRandom
from tillstone.domain.service import Service
from tillstone.server.app import open_service
from tillstone.server.clock import SystemClock
from tillstone.store import migrate, versions

LISTED_AT_MOST = 100_000

Kind = TypeVar("Kind")


@contextmanager
def opened() -> Iterator[Service]:
    """The service over the database of the settings, which is made if it is empty."""
    settings: Settings = load(os.environ)
    if versions.version(settings.database.url) is None:
        migrate(settings.database.url)
    service = open_service(settings, clock=SystemClock(), random=SystemRandom())
    try:
        yield service
    finally:
        service.store.close()


@contextmanager
def opened_for(account: str) -> Iterator[tuple[Service, Principal]]:
    """The service, and the command line's own principal in `account`."""
    with opened() as service:
        yield service, system(account_named(service, account).id)


def written(service: Service, command: Write, principal: Principal) -> Outcome:
    """What became of one record."""
    outcome = service.run(command, principal)
    assert isinstance(outcome, Outcome)  # noqa: S101 - what a command on one record answers
    return outcome


def rows(service: Service, shape: Shape, principal: Principal, *conditions: Condition) -> list[Row]:
    """Every live record in `shape`, by id."""
    found = service.run(List(shape, Slice(0, LISTED_AT_MOST), live=True, conditions=conditions), principal)
    assert isinstance(found, Found)  # noqa: S101 - what a List answers
    return found.rows


def print_table(columns: Iterable[str], lines: Iterable[Iterable[object]]) -> None:
    """Print a table; without a terminal, plain columns parted by tabs."""
    console = Console()
    if not console.is_terminal:
        typer.echo("\t".join(columns))
        for line in lines:
            typer.echo("\t".join("" if cell is None else str(cell) for cell in line))
        return
    table = Table(*columns)
    for line in lines:
        table.add_row(*("" if cell is None else str(cell) for cell in line))
    console.print(table)


LARGEST_EXPONENT = 13
"""Amounts below a hundred million million fit their columns."""


def amount(text: str, name: str) -> int:
    """An amount as typed, in 1/10,000."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value.adjusted() > LARGEST_EXPONENT:
        raise Sentence(f"{text} cannot be the {name}: write a number such as 12.50.")
    return int((value * AMOUNT_UNIT).quantize(Decimal(1), ROUND_HALF_UP))


def shown_amount(value: Value) -> str:
    """An amount as it is printed."""
    return "" if value is None else f"{(Decimal(int(str(value))) / AMOUNT_UNIT).normalize():f}"


def names(text: str) -> tuple[str, ...]:
    """Names parted by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
