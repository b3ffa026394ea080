"""`tillstone migrate` and `tillstone check`: looking after the database."""

import os

import typer

from tillstone.cli.sentences import Sentence
from tillstone.config import load
from tillstone.server.clock import SystemClock
from tillstone.store import migrate as migrate_database
from tillstone.store import open_store


def migrate() -> None:
    """Bring the database up to date."""
    settings = load(os.environ)
    migrate_database(settings.database.url)
    typer.echo("The database is up to date.")


def check() -> None:
    """Verify the database: its integrity, every stamp against the feed, nothing orphaned."""
    from tillstone.store import check as checking

    settings = load(os.environ)
    store = open_store(settings.database.url, SystemClock())
    try:
        findings = list(checking.findings(store))
    finally:
        store.close()
    for finding in findings:
        typer.echo(str(finding))
    if findings:
        raise Sentence(f"The database has {len(findings)} faults.", next="restore a backup, and report this")
    typer.echo("The database is sound.")
