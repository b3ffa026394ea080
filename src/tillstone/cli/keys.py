"""`tillstone key`: who may ask, and for what."""

import os
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from tillstone.cli.sentences import Sentence
from tillstone.cli.session import names, opened_for, print_table
from tillstone.config import load
from tillstone.domain.accounts import KEY_SHAPE, KeyWish, create_key, list_keys, revoke_key
from tillstone.domain.errors import NotFound
from tillstone.domain.records import Value
from tillstone.server.app import FRONTS, is_embedded

app = typer.Typer(help="API keys of an account.")


@app.command()
def create(
    account: str,
    token: Annotated[str, typer.Option(help="40 hexadecimal digits; without it one is made.")] = "",
    label: Annotated[str, typer.Option(help="What the history calls it.")] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="It may not write.")] = False,  # noqa: FBT002
    mask_passwords: Annotated[bool, typer.Option("--mask-passwords", help="It is shown no hashes.")] = False,  # noqa: FBT002
    dialects: Annotated[str | None, typer.Option(help="Only these, parted by commas; without it all.")] = None,
    allow: Annotated[str | None, typer.Option(help="Only these resources, parted by commas; without it all.")] = None,
    deny: Annotated[str | None, typer.Option(help="Not these resources, parted by commas.")] = None,
    expires: Annotated[
        str | None, typer.Option(help="The first day (YYYY-MM-DD, UTC) on which it opens nothing.")
    ] = None,
    login: Annotated[str, typer.Option(help="An e-mail that may fetch the token with a password.")] = "",
    password: Annotated[str, typer.Option(help="That password; without it you are asked.")] = "",
) -> None:
    """Make a key. Its token is shown once and stored as a digest only."""
    if login:
        _require_key_file()
    wish = KeyWish(
        token=token,
        label=label,
        read_only=read_only,
        mask_passwords=mask_passwords,
        dialects=_fronts(dialects),
        allow=_given(allow, "--allow"),
        deny=_given(deny, "--deny"),
        expires_at=_day(expires) if expires is not None else None,
        login=login,
        password=password or (typer.prompt("Password", hide_input=True, confirmation_prompt=True) if login else ""),
    )
    with opened_for(account) as (service, principal):
        key_id, made = create_key(service, principal.account, wish)
    typer.echo(f"Key {key_id} of {account}: {made}")


@app.command("list")
def list_(account: str) -> None:
    """List the keys of an account, revoked ones too."""
    columns = KEY_SHAPE.attributes
    with opened_for(account) as (service, principal):
        keys = [dict(zip(columns, row, strict=True)) for row in list_keys(service, principal.account)]
    print_table(
        ("id", "label", "may", "dialects", "allow", "deny", "login", "state"),
        (
            (
                *(key["id"], key["label"], _may(key)),
                *(key["dialects"] or "all", key["allow"] or "all", key["deny"], key["login"], _state(key)),
            )
            for key in keys
        ),
    )


@app.command()
def revoke(account: str, key_id: int) -> None:
    """Let a key in no longer; running servers may remember it for two seconds."""
    with opened_for(account) as (service, principal):
        try:
            revoke_key(service, principal.account, key_id)
        except NotFound:
            raise Sentence(f"{account} has no key {key_id}.", next=f"tillstone key list {account}") from None
    typer.echo(f"Key {key_id} of {account} is revoked.")


def _require_key_file() -> None:
    """The token of a login is sealed; on a database that several machines share, each must seal with the same key."""
    settings = load(os.environ)
    if not is_embedded(settings) and not settings.server.key_file:
        raise Sentence(
            "With PostgreSQL a key with a login needs server.key_file.",
            next="export TILLSTONE_SERVER_KEY_FILE=/path/to/tillstone.key, and the same again",
        )


def _may(key: dict[str, Value]) -> str:
    may = "read" if key["read_only"] else "read and write"
    return f"{may}, no hashes" if key["mask_passwords"] else may


def _state(key: dict[str, Value]) -> str:
    expires = key["expires_at"]
    if key["deleted"] is not None:
        return "revoked"
    if not isinstance(expires, int):
        return "in force"
    day = datetime.fromtimestamp(expires, UTC).date()
    return f"expired {day}" if expires <= time.time() else f"expires {day}"


def _day(text: str) -> int:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Sentence(f"{text or 'Nothing'} is not a date: write it as 2031-12-31.") from None
    return int(day.timestamp())


def _given(text: str | None, option: str) -> tuple[str, ...]:
    """The names of an option. One that is there and names nothing, a variable that was not set say, would give a key
    that may more than was meant."""
    if text is None:
        return ()
    if not (found := names(text)):
        raise Sentence(f"{option} names nothing.", next=f"the same again, with names or without {option}")
    return found


def _fronts(text: str | None) -> tuple[str, ...]:
    wanted = _given(text, "--dialects")
    if unknown := [name for name in wanted if name not in FRONTS]:
        raise Sentence(f"There is no dialect {', '.join(unknown)}: choose from {', '.join(FRONTS)}.")
    return wanted
