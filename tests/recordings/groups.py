"""The shop that each group of recordings meets, written from what its answers and those of earlier groups show."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from tests.dialects.openmage.world import World, people
from tillstone.domain.records import Value

JANES_KEY = "0123456789abcdef0123456789abcdef"
ADDRESS = {
    "first_name": "Jane",
    "last_name": "Roe",
    "street1": "Main 1",
    "street2": "Flat 2",
    "city": "Austin",
    "country": "US",
    "region": "Texas",
    "postcode": "78701",
    "phone": "555-1",
}

COLUMNS = {
    "email": "email",
    "prefix": "prefix",
    "firstname": "first_name",
    "middlename": "middle_name",
    "lastname": "last_name",
    "suffix": "suffix",
    "taxvat": "tax_number",
    "created_in": "created_in",
    "confirmation": "confirmation",
}
NUMBERS = {"website_id": "website_id", "disable_auto_group_change": "disable_auto_group_change", "gender": "gender"}

Build = Callable[[World, dict[str, Any]], None]


def unconfirmed(world: World, next_customer: int = 16) -> None:
    """Jane, who has not confirmed her address yet."""
    people(world, confirmation=JANES_KEY)
    world.skip_to("customer", next_customer)


def customer_of(world: World, item: ET.Element) -> None:
    """A customer as a recorded list shows it."""
    said = {child.tag: child.text or "" for child in item}
    values: dict[str, Value] = {COLUMNS[tag]: text for tag, text in said.items() if tag in COLUMNS}
    values |= {NUMBERS[tag]: int(text) for tag, text in said.items() if tag in NUMBERS}
    if "dob" in said:
        values["birth_date"] = said["dob"][:10]
    if said["group_id"] != "1":
        values["group_id"] = values["primary_group_id"] = int(said["group_id"])
    world.skip_to("customer", int(said["entity_id"]))
    world.write("customer", **values)


def listed(case: str) -> Build:
    """Jane, and the other customers of a recorded list."""

    def build(world: World, cases: dict[str, Any]) -> None:
        unconfirmed(world)
        for item in list(ET.fromstring(cases[case]["response"]["body"]))[1:]:
            customer_of(world, item)
            world.clock.step(1)

    return build


def crud(world: World, _cases: dict[str, Any]) -> None:
    unconfirmed(world)


def negotiation(world: World, _cases: dict[str, Any]) -> None:
    unconfirmed(world, 29)


def addresses(world: World, _cases: dict[str, Any]) -> None:
    unconfirmed(world)
    world.customer("earl2@example.com", "Earl3", "Hickey2", group_id=2, primary_group_id=2)


def confirmed(world: World, _cases: dict[str, Any]) -> None:
    people(world)
    world.skip_to("customer", 41)


def attribute_acl(world: World, _cases: dict[str, Any]) -> None:
    """Admin users may read e-mail and first name, write both names, and know nothing of addresses."""
    unconfirmed(world, 36)
    world.customer("c514@example.com", "Val", "x")
    customer = 1
    for _ in range(10):
        world.write("address", customer_id=customer, **ADDRESS)
    rules = {("customer", "read"): "email,firstname", ("customer", "write"): "firstname,lastname"}
    for resource in ("customer", "address"):
        for operation in ("read", "write"):
            world.attribute_rule("admin", resource, operation, rules.get((resource, operation), ""))


def misc(world: World, _cases: dict[str, Any]) -> None:
    """Three customers are left of many; the second of them was changed last."""
    people(world)
    world.clock.step(60)
    for number, group, first in ((43, 2, 0), (44, 3, 60)):
        world.skip_to("customer", number)
        world.customer(f"load{number}@example.com", "Load", str(number), group_id=group, primary_group_id=group)
        world.clock.step(first)
    world.change("customer", 43, first_name="Loaded")
    world.skip_to("customer", 5_547)


GROUPS: dict[str, Build] = {
    "acl": crud,
    "addresses": addresses,
    "attribute_acl": attribute_acl,
    "collection": listed("limit_100"),
    "customers_crud": crud,
    "misc": misc,
    "negotiation": negotiation,
    "oauth_admin_flow": confirmed,
    "oauth_extra": confirmed,
    "oauth_flow": confirmed,
    "oauth_resource": confirmed,
    "routing": listed("trailing_slash"),
    "timezone": confirmed,
    "transport": confirmed,
}

MOMENTS = {
    "oauth_resource": 1_795_286_173,
    "oauth_extra": 1_795_287_307,
    "oauth_flow": 1_795_286_174,
    "oauth_admin_flow": 1_795_286_725,
}
"""When the requests that bring their own signatures were sent; a clock that stands there finds them timely."""

ZONES = {"timezone": "America/Los_Angeles"}
