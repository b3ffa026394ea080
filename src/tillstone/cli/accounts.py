"""`tillstone account`: shops."""

import typer

from tillstone.cli.sentences import Sentence
from tillstone.cli.session import opened, print_table
from tillstone.domain.accounts import create_account
from tillstone.domain.errors import Clash

app = typer.Typer(help="Accounts: one for each shop.")


@app.command()
def create(name: str) -> None:
    """Open an account."""
    with opened() as service:
        try:
            account = create_account(service, name)
        except Clash:
            raise Sentence(f"There is an account {name} already.", next="tillstone account list") from None
    typer.echo(f"Account {account.name} is open. Next: tillstone key create {account.name}")


@app.command("list")
def list_() -> None:
    """List the accounts."""
    with opened() as service, service.store.peek() as snapshot:
        print_table(("id", "name"), ((account.id, account.name) for account in snapshot.accounts()))
