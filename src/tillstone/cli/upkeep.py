"""`tillstone migrate` and `tillstone check`: looking after the database."""

import os

import typer

from tillstone.cli.sentences import Sentence
from tillstone.config import load
from tillstone.store import migrate as migrate_database
from tillstone.store import versions


def migrate() -> None:
    """Bring the database up to date."""
    migrate_database(load(os.environ).database.url)
    typer.echo("The database is up to date.")


def check() -> None:
    """Verify the database: its integrity, every stamp against the feed, nothing orphaned."""
    from tillstone.store.check import findings  # only this command reads everything

    url = load(os.environ).database.url
    versions.require_current(url)
    found = list(findings(url))
    for finding in found:
        typer.echo(finding)
    if found:
        raise Sentence(f"The database has {len(found)} faults.", next="tillstone migrate, on a backup that is sound")
    typer.echo("The database is sound.")
