"""`tillstone admin` and `tillstone role`: users who act through programs, and what they may do."""

from typing import Annotated

import typer

from tillstone.cli.sentences import Sentence
from tillstone.cli.session import names, opened_for, print_table
from tillstone.dialects.openmage.tables import NAMES, PASSWORD, TABLES
from tillstone.domain import consumers
from tillstone.domain.access import ALL

admins = typer.Typer(help="Admin users: they let programs in, and programs act for them.")
roles = typer.Typer(help="Roles of admin users, and which attributes users see.")


@admins.command("create")
def create_admin(
    account: str,
    username: str,
    password: Annotated[str, typer.Option(help="With it they can log in on the authorize page.")] = "",
    role: Annotated[str, typer.Option(help="What they may do: all, or a role of your own.")] = ALL,
) -> None:
    """Make an admin user."""
    with opened_for(account) as (service, principal):
        number = consumers.create_admin(service, principal.account, username, password, role)
    typer.echo(f"Admin user {username} has the id {number}.")


@admins.command("list")
def list_admins(account: str) -> None:
    """List the admin users."""
    with opened_for(account) as (service, principal):
        rows = consumers.listed(service, principal.account, consumers.ADMINS)
    print_table(("id", "user", "role"), ((row[0], row[1], row[3]) for row in rows))


@roles.command("create")
def create_role(
    account: str,
    name: str,
    allow: Annotated[
        list[str], typer.Option(help="RESOURCE:OPERATION, such as customer:retrieve or customer_address:all; or all.")
    ],
) -> None:
    """Make a role. Resources are customer and customer_address; operations retrieve, create, update, delete and all."""
    rules = tuple(_rule(text) for text in allow)
    with opened_for(account) as (service, principal):
        consumers.create_role(service, principal.account, name, rules)
    typer.echo(f"Role {name} is made.")


@roles.command("list")
def list_roles(account: str) -> None:
    """List the roles and what they allow."""
    wires = {resource: wire for wire, resource in NAMES.items()}
    with opened_for(account) as (service, principal):
        found = [
            (number, name, consumers.role_rules(service, principal.account, int(str(number))))
            for number, name in consumers.listed(service, principal.account, consumers.ROLES)
        ]
    lines = ((number, name, _shown(rules, wires)) for number, name, rules in found)
    print_table(("id", "role", "allows"), lines)


@roles.command("attributes")
def set_attributes(
    account: str,
    kind: Annotated[str, typer.Argument(help="admin or customer.")],
    resource: Annotated[str, typer.Argument(help="customer or customer_address.")],
    operation: Annotated[str, typer.Argument(help="read or write.")],
    attributes: Annotated[str, typer.Argument(help="Names parted by commas; all; or nothing at all.")],
) -> None:
    """Say which attributes users of a kind may read or write."""
    if kind not in {"admin", "customer"} or resource not in NAMES or operation not in {"read", "write"}:
        raise Sentence(
            f"There is no rule for {kind} {resource} {operation}.",
            next="tillstone role attributes ACCOUNT customer customer read firstname,lastname",
        )
    wanted = names(attributes)
    known = (*(field.wire for field in TABLES[NAMES[resource]].fields), PASSWORD.wire, ALL)
    if unknown := [name for name in wanted if name not in known]:
        raise Sentence(f"A {resource} has no attribute {', '.join(unknown)}: choose from {', '.join(known)}.")
    with opened_for(account) as (service, principal):
        rule = (kind, NAMES[resource], operation)
        consumers.set_attributes(service, principal.account, rule, ",".join(wanted))
    typer.echo(f"{kind} users {operation} of {resource}: {attributes or 'nothing'}.")


def _rule(text: str) -> tuple[str, str]:
    resource, _, operation = text.partition(":")
    if resource == ALL and operation in {"", ALL}:
        return ALL, ALL
    return NAMES.get(resource, resource), operation or ALL


def _shown(rules: list[tuple[str, str]], wires: dict[str, str]) -> str:
    texts = [ALL if rule == (ALL, ALL) else f"{wires.get(rule[0], rule[0])}:{rule[1]}" for rule in rules]
    return ", ".join(sorted(texts))
