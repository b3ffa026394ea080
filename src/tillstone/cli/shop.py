"""`tillstone branch`, `tax-rate`, `price` and `website`: what products and customers refer to."""

from typing import Annotated

import typer

from tillstone.cli import profiles
from tillstone.cli.session import amount, opened_for, print_table, rows, shown_amount, written
from tillstone.domain.access import Principal
from tillstone.domain.commands import Change, Create, Key
from tillstone.domain.errors import Fault, NotFound
from tillstone.domain.query import Filter, Operator
from tillstone.domain.records import Shape, Value
from tillstone.domain.service import Service

branches = typer.Typer(help="Branches of a shop.")
tax_rates = typer.Typer(help="Tax rates of a shop.")
prices = typer.Typer(help="Prices of products at single branches.")
websites = typer.Typer(help="Websites of a shop.")

TaxValue = Annotated[str, typer.Option(help="A fraction: 0.12 is 12%.")]


@branches.command("create")
def create_branch(account: str, name: str) -> None:
    """Open a branch."""
    with opened_for(account) as (service, principal):
        outcome = written(service, Create("branch", {"name": name}, profiles.BRANCH), principal)
    typer.echo(f"Branch {name} has the id {outcome.id}.")


@branches.command("list")
def list_branches(account: str) -> None:
    """List the branches."""
    with opened_for(account) as (service, principal):
        print_table(("id", "name"), rows(service, Shape("branch", ("id", "name")), principal))


@tax_rates.command("create")
def create_tax_rate(account: str, name: str, value: TaxValue) -> None:
    """Make a tax rate."""
    with opened_for(account) as (service, principal):
        values: dict[str, Value] = {"name": name, "value": amount(value, "tax rate")}
        outcome = written(service, Create("tax_rate", values, profiles.TAX_RATE), principal)
    typer.echo(f"Tax rate {name} has the id {outcome.id}.")


@tax_rates.command("change")
def change_tax_rate(account: str, name: str, value: TaxValue) -> None:
    """Change a tax rate; every product that has it is stamped."""
    with opened_for(account) as (service, principal):
        values: dict[str, Value] = {"value": amount(value, "tax rate")}
        outcome = written(service, Change("tax_rate", Key("name", name), values, profiles.TAX_RATE), principal)
    typer.echo(f"Tax rate {name} is {outcome.action}.")


@tax_rates.command("list")
def list_tax_rates(account: str) -> None:
    """List the tax rates."""
    with opened_for(account) as (service, principal):
        found = rows(service, Shape("tax_rate", ("id", "name", "value")), principal)
    print_table(("id", "name", "value"), ((*row[:2], shown_amount(row[2])) for row in found))


@prices.command("set")
def set_price(account: str, stock_no: str, branch: str, price: str) -> None:
    """Set the price of a product at a branch; the product is stamped."""
    with opened_for(account) as (service, principal):
        product = _id(service, principal, "product", Key("sku", stock_no))
        place = _id(service, principal, "branch", Key("name", branch))
        cost = amount(price, "price")
        values: dict[str, Value] = {"retail_price": cost}
        found = rows(
            service,
            Shape("branch_price", ("id",)),
            principal,
            Filter("product_id", Operator.EQ, (product,)),
            Filter("branch_id", Operator.EQ, (place,)),
        )
        command: Create | Change
        if found:
            command = Change("branch_price", Key("id", found[0][0]), values, profiles.PRICE)
        else:
            command = Create("branch_price", {**values, "product_id": product, "branch_id": place}, profiles.PRICE)
        written(service, command, principal)
    typer.echo(f"{stock_no} costs {shown_amount(cost)} at {branch}.")


@websites.command("create")
def create_website(
    account: str, code: str, name: Annotated[str, typer.Option(help="Its name; without it the code.")] = ""
) -> None:
    """Add a website."""
    with opened_for(account) as (service, principal):
        values: dict[str, Value] = {"code": code, "name": name or code}
        outcome = written(service, Create("website", values, profiles.WEBSITE), principal)
    typer.echo(f"Website {code} has the id {outcome.id}.")


@websites.command("list")
def list_websites(account: str) -> None:
    """List the websites."""
    with opened_for(account) as (service, principal):
        print_table(("id", "code", "name"), rows(service, Shape("website", ("id", "code", "name")), principal))


def _id(service: Service, principal: Principal, resource: str, key: Key) -> Value:
    with service.store.peek() as snapshot:
        row = snapshot.one(principal.account, Shape(resource, ("id",)), key, live=True)
    if row is None:
        raise NotFound(Fault(key.attribute if resource == "product" else resource, "not_found", str(key.value)))
    return row[0]
