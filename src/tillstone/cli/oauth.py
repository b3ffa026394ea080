"""`tillstone oauth`: programs that sign their requests, the tokens they use, and why a signature does not match."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tillstone.cli.sentences import Sentence
from tillstone.cli.session import opened, opened_for, print_table
from tillstone.domain import consumers
from tillstone.domain.consumers import ConsumerWish, TokenWish
from tillstone.domain.records import Shape, Value

app = typer.Typer(help="OAuth 1.0a: programs, tokens, and why a signature does not match.", no_args_is_help=True)
consumer_app = typer.Typer(help="Programs that sign their requests.", no_args_is_help=True)
token_app = typer.Typer(help="Access tokens of programs.", no_args_is_help=True)
app.add_typer(consumer_app, name="consumer")
app.add_typer(token_app, name="token")


@consumer_app.command("create")
def create_consumer(
    account: str,
    name: Annotated[str, typer.Option(help="What people are asked to let in.")],
    key: Annotated[str, typer.Option(help="32 letters and digits; without it one is made.")] = "",
    secret: Annotated[str, typer.Option(help="32 letters and digits; without it one is made.")] = "",
    callback: Annotated[str, typer.Option(help="Where people go after they let it in.")] = "",
    rejected: Annotated[str, typer.Option(help="Where people go who do not; without it to the callback.")] = "",
) -> None:
    """Make a consumer. Its secret is shown once."""
    with opened_for(account) as (service, principal):
        wish = ConsumerWish(name, key, secret, callback, rejected)
        made = consumers.create_consumer(service, principal.account, wish)
    typer.echo(f"consumer key     {made.token}\nconsumer secret  {made.secret}")


@consumer_app.command("list")
def list_consumers(account: str) -> None:
    """List the consumers of an account, revoked ones too."""
    rows = _listed(account, consumers.CONSUMERS)
    print_table(
        ("id", "name", "key", "callback", "state"),
        ((row["id"], row["name"], row["key"], row["callback_url"], _state(row)) for row in rows),
    )


@consumer_app.command("revoke")
def revoke_consumer(account: str, key: str) -> None:
    """Let a consumer in no longer, with all its tokens; running servers may remember it for two seconds."""
    with opened_for(account) as (service, principal):
        consumers.revoke_consumer(service, principal.account, key)
    typer.echo(f"Consumer {key} of {account} is revoked.")


@token_app.command("create")
def create_token(
    account: str,
    consumer: Annotated[str, typer.Option(help="The consumer's key.")],
    admin: Annotated[str, typer.Option(help="The admin user it acts for.")] = "",
    customer: Annotated[int, typer.Option(help="The id of the customer it acts for.")] = 0,
    token: Annotated[str, typer.Option(help="32 letters and digits; without it one is made.")] = "",
    secret: Annotated[str, typer.Option(help="32 letters and digits; without it one is made.")] = "",
) -> None:
    """Make an access token without a browser. Its secret is shown once."""
    with opened_for(account) as (service, principal):
        wish = TokenWish(consumer, admin, customer, token, secret)
        made = consumers.create_token(service, principal.account, wish)
    typer.echo(f"token         {made.token}\ntoken secret  {made.secret}")


@token_app.command("list")
def list_tokens(account: str) -> None:
    """List the tokens of an account, revoked ones too."""
    rows = _listed(account, consumers.TOKENS)
    print_table(
        ("id", "consumer", "kind", "acts for", "state"),
        ((row["id"], row["consumer_id"], row["kind"], _person(row), _state(row)) for row in rows),
    )


@token_app.command("revoke")
def revoke_token(account: str, token_id: int) -> None:
    """Let a token in no longer; running servers may remember it for two seconds."""
    with opened_for(account) as (service, principal):
        consumers.revoke_token(service, principal.account, token_id)
    typer.echo(f"Token {token_id} of {account} is revoked.")


@app.command()
def explain(
    file: Annotated[Path | None, typer.Argument(help="The request as it was sent; without it, standard input.")] = None,
    scheme: Annotated[str, typer.Option(help="How it was sent: http or https.")] = "http",
) -> None:
    """Say why the signature of a request does not match: paste its first line, its Host and its Authorization.

    Whether the request comes too late or for a second time is not looked at.
    """
    from tillstone.dialects.openmage.pasted import explained

    if file is None and sys.stdin.isatty():
        typer.echo("Paste the request, then press Ctrl-D:", err=True)
    try:
        text = (sys.stdin.buffer.read() if file is None else file.read_bytes()).decode()
    except UnicodeDecodeError:
        raise Sentence("The request is not text in UTF-8: paste its head alone.") from None
    if scheme not in {"http", "https"}:
        raise Sentence(f"{scheme} is neither http nor https.")
    with opened() as service:
        for line in explained(text, scheme, service.admission.signing.secrets_of):
            typer.echo(line)


def _listed(account: str, shape: Shape) -> list[dict[str, Value]]:
    with opened_for(account) as (service, principal):
        rows = consumers.listed(service, principal.account, shape)
    return [dict(zip(shape.attributes, row, strict=True)) for row in rows]


def _person(row: dict[str, Value]) -> str:
    for kind, name in (("admin", "admin.username"), ("customer", "customer.email")):
        if row[f"{kind}_id"] is not None:
            return f"{kind} {row[f'{kind}_id']}" + (f" ({row[name]})" if row[name] else "")
    return "nobody yet"


def _state(row: dict[str, Value]) -> str:
    if row["deleted"] is not None or row.get("revoked"):
        return "revoked"
    return "in force" if row.get("kind", "access") == "access" else "waiting"
