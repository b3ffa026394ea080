"""`tillstone group`: customer groups and their members."""

from typing import Annotated

import typer

from tillstone.cli import profiles
from tillstone.cli.session import amount, opened_for, print_table, rows, shown_amount, written
from tillstone.domain.access import Principal
from tillstone.domain.commands import Change, Create, Key, Remove
from tillstone.domain.errors import Fault, NotFound
from tillstone.domain.query import Filter, Operator
from tillstone.domain.records import Shape, Value
from tillstone.domain.service import Service

app = typer.Typer(help="Customer groups and their members.")

Title = Annotated[str | None, typer.Option(help="The name that is shown.")]
Discount = Annotated[str | None, typer.Option(help="A fraction: 0.05 is 5%.")]


def _values(title: str | None, discount_rate: str | None) -> dict[str, Value]:
    values: dict[str, Value] = {}
    if title is not None:
        values["title"] = title
    if discount_rate is not None:
        values["discount_rate"] = amount(discount_rate, "discount rate")
    return values


@app.command()
def create(account: str, code: str, title: Title = None, discount_rate: Discount = None) -> None:
    """Make a group."""
    with opened_for(account) as (service, principal):
        values = {"code": code, **_values(title, discount_rate)}
        outcome = written(service, Create("customer_group", values, profiles.GROUP), principal)
    typer.echo(f"Group {code} has the id {outcome.id}.")


@app.command()
def change(account: str, code: str, title: Title = None, discount_rate: Discount = None) -> None:
    """Change a group; every customer that shows it is stamped."""
    with opened_for(account) as (service, principal):
        values = _values(title, discount_rate)
        outcome = written(service, Change("customer_group", Key("code", code), values, profiles.GROUP), principal)
    typer.echo(f"Group {code} is {outcome.action}.")


@app.command()
def delete(account: str, code: str) -> None:
    """Delete a group that has no members."""
    with opened_for(account) as (service, principal):
        written(service, Remove("customer_group", Key("code", code), profiles.GROUP), principal)
    typer.echo(f"Group {code} is deleted.")


@app.command("list")
def list_(account: str) -> None:
    """List the groups, without those of the system."""
    shape = Shape("customer_group", ("id", "code", "title", "discount_rate"))
    with opened_for(account) as (service, principal):
        found = rows(service, shape, principal)
    print_table(("id", "code", "title", "discount rate"), ((*row[:3], shown_amount(row[3])) for row in found))


@app.command()
def add(account: str, code: str, customer_id: int) -> None:
    """Put a customer into a group."""
    with opened_for(account) as (service, principal):
        _require_customer(service, principal, customer_id)
        values: dict[str, Value] = {"customer_id": customer_id, "group_id": _group_id(service, principal, code)}
        written(service, Create("membership", values, profiles.MEMBERSHIP), principal)
    typer.echo(f"Customer {customer_id} is in group {code}.")


@app.command()
def remove(account: str, code: str, customer_id: int) -> None:
    """Take a customer out of a group."""
    with opened_for(account) as (service, principal):
        group = _group_id(service, principal, code)
        found = rows(
            service,
            Shape("membership", ("id",)),
            principal,
            Filter("customer_id", Operator.EQ, (customer_id,)),
            Filter("group_id", Operator.EQ, (group,)),
        )
        if not found:
            raise NotFound(Fault("customer_id", "not_found", f"{customer_id} in group {code}"))
        written(service, Remove("membership", Key("id", found[0][0]), profiles.MEMBERSHIP), principal)
    typer.echo(f"Customer {customer_id} is no longer in group {code}.")


def _group_id(service: Service, principal: Principal, code: str) -> Value:
    return _found(service, principal, Shape("customer_group", ("id",)), Key("code", code))


def _require_customer(service: Service, principal: Principal, customer_id: int) -> None:
    _found(service, principal, Shape("customer", ("id",)), Key("id", customer_id))


def _found(service: Service, principal: Principal, shape: Shape, key: Key) -> Value:
    with service.store.peek() as snapshot:
        row = snapshot.one(principal.account, shape, key, live=True)
    if row is None:
        field = "customer_id" if shape.resource == "customer" else key.attribute
        raise NotFound(Fault(field, "not_found", str(key.value)))
    return row[0]
