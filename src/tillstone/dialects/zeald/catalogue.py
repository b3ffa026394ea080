"""Which resources there are, how they may be spelled, what relates to what; and a specification made into a plan.

Sources: seeds/003 for the customer's resources, spec 3.2 and 3.3 for names and relations.
"""

from typing import Final

from msgspec import Struct

from tillstone.dialects.zeald.problems import NoSuchPlace
from tillstone.dialects.zeald.spec import Spec
from tillstone.domain.query import Condition, Filter, Operator


class Join(Struct, frozen=True):
    """A relation as one resource sees it.

    `ours` and `theirs` are canonical attributes that are equal; `refers` is the wire field that holds the other side's
    key: the joined record's field if there may be `many`, else our own.
    """

    resource: str
    many: bool
    ours: str
    theirs: str
    refers: str


class Kind(Struct, frozen=True):
    """A resource of this API: its name in paths, its element, its class in identifiers, and its canonical resource.

    `key` is the wire name of its key and `name` the canonical attribute behind it; `natural` is what else identifies a
    record among its siblings; `conditions` always hold; `order` is how it is ordered inside another.
    """

    name: str
    element: str
    model: str
    resource: str
    key: str
    attribute: str
    aliases: tuple[str, ...] = ()
    natural: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    order: str = "id"
    joins: tuple[Join, ...] = ()

    def join(self, other: str) -> Join | None:
        """The relation to the resource called `other`, if there is one."""
        return next((join for join in self.joins if join.resource == other), None)


# memberships stay attached to a deleted customer, and go with it here
_OF_LIVE_CUSTOMERS: Final = (Filter("customer.deleted", Operator.EMPTY),)
# system groups are hidden: spec 14.4
_NOT_SYSTEM: Final = (Filter("is_system", Operator.EQ, (0,)),)

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            *("Customer", "Customer", "Userdb", "customer", "username", "username"),
            aliases=("User", "Userdb"),
            order="username",
            joins=(
                Join("UserCustomerGroups", many=True, ours="id", theirs="customer_id", refers="username"),
                Join("Order", many=True, ours="id", theirs="customer_id", refers="username"),
            ),
        ),
        Kind(
            *("UserCustomerGroups", "UserCustomerGroup", "UserCustomerGroups", "membership", "code", "id"),
            natural=("customer_id", "group_id"),
            conditions=_OF_LIVE_CUSTOMERS,
            joins=(
                Join("Customer", many=False, ours="customer_id", theirs="id", refers="username"),
                Join("UserGroups", many=False, ours="group_id", theirs="id", refers="group_code"),
            ),
        ),
        Kind(
            *("UserGroups", "UserGroup", "UserGroups", "customer_group", "code", "code"),
            conditions=_NOT_SYSTEM,
            order="code",
            joins=(Join("UserCustomerGroups", many=True, ours="id", theirs="group_id", refers="group_code"),),
        ),
        Kind(
            *("Order", "Order", "Transactions", "order", "order_number", "order_number"),
            aliases=("Transaction",),
            order="order_number",
            joins=(
                Join("Orderlines", many=True, ours="id", theirs="order_id", refers="order_number"),
                Join("Customer", many=False, ours="customer_id", theirs="id", refers="username"),
            ),
        ),
        Kind(
            *("Orderlines", "Orderline", "Orderline", "order_line", "code", "code"),
            natural=("order_id", "position"),
            order="position",
            joins=(Join("Order", many=False, ours="order_id", theirs="id", refers="order_number"),),
        ),
    )
}
"""Every built resource by its name. Product, Inventory, Shipping and Webhooks are not built: KNOWN.md 1."""


def singular(name: str) -> str:
    """`name` as it is looked up: lower case, without its plural ending."""
    name = name.lower()
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


_BY_SPELLING: Final = {
    singular(spelling): kind for kind in KINDS.values() for spelling in (kind.name, kind.element, *kind.aliases)
}


def kind_called(name: str) -> Kind | None:
    """The resource that `name` spells, in any case, singular or plural."""
    return _BY_SPELLING.get(singular(name))


class Plan(Struct, frozen=True):
    """A specification whose names are known: the resource, its element, how it is joined, and what is joined to it."""

    kind: Kind
    spelled: str
    element: str
    join: Join | None = None
    members: tuple["Plan", ...] = ()

    @property
    def spec(self) -> Spec:
        """The specification in force, as it was spelled, without what is ignored."""
        return Spec(self.spelled, tuple(member.spec for member in self.members))

    def member(self, name: str) -> "Plan | None":
        """The joined resource that `name` spells, if it is joined here."""
        kind = kind_called(name)
        return next((member for member in self.members if member.kind is kind), None)

    def all(self) -> tuple["Plan", ...]:
        """This plan and everything joined, outermost first."""
        return (self, *(inner for member in self.members for inner in member.all()))


def plan_of(spec: Spec) -> tuple[Plan, tuple[str, ...]]:
    """The plan, and the names that were ignored: misspelt, or unrelated to the head of their level (spec 3.1).
    NoSuchPlace for an unknown primary resource."""
    kind = kind_called(spec.name)
    if kind is None:
        raise NoSuchPlace(f"There is no resource {spec.name}")
    ignored: list[str] = []
    return _planned(spec, kind, None, ignored), tuple(dict.fromkeys(ignored))


def _planned(spec: Spec, kind: Kind, join: Join | None, ignored: list[str]) -> Plan:
    # the same resource twice on one level counts once
    merged: dict[str, Spec] = {}
    for member in spec.members:
        other = kind_called(member.name)
        if other is None or kind.join(other.name) is None:
            ignored.append(member.name)
        else:
            first = merged.get(other.name, Spec(member.name))
            merged[other.name] = Spec(first.name, (*first.members, *member.members))
    members = tuple(_planned(member, KINDS[name], kind.join(name), ignored) for name, member in merged.items())
    return Plan(kind, spec.name, _element(spec.name, kind), join, members)


def _element(spelled: str, kind: Kind) -> str:
    """Order lines are `<OrderLine>` to whoever spells them so (spec 3.2)."""
    return "OrderLine" if spelled in {"OrderLine", "OrderLines"} else kind.element
