"""A desk to write at: short names for commands, through a profile that allows every attribute."""

from tillstone.domain.access import Principal
from tillstone.domain.commands import Change, Count, Create, Found, Get, Key, Outcome, Remove
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import RESOURCES, Row, Shape
from tillstone.domain.service import Service
from tillstone.domain.views import VIEWS

_PARTS = [f"{side}.{part}" for side in ("billing", "shipping") for part in RESOURCES["address"].attributes[6:]]


def _everything(resource: str, *more: str) -> Profile:
    names = (*RESOURCES[resource].attributes[5:], *VIEWS.get(resource, {}), *more)
    return Profile("test", resource, {name: Rule(name, required=name == "name") for name in names})


CUSTOMER = _everything("customer", *_PARTS, "password")
PROFILES = {
    "customer": CUSTOMER,
    "address": Profile(
        "test",
        "address",
        {name: Rule(name, blank_is_null=False) for name in (*RESOURCES["address"].attributes[5:], *VIEWS["address"])},
    ),
    "customer_group": Profile(
        "test", "customer_group", {name: Rule(name) for name in RESOURCES["customer_group"].attributes[5:]}
    ),
    "membership": Profile(
        "test",
        "membership",
        {name: Rule(name) for name in (*RESOURCES["membership"].attributes[5:], "group.code", "customer.username")},
    ),
    "product": _everything("product", "tax_names"),
    "branch": _everything("branch"),
    "tax_rate": _everything("tax_rate"),
    "branch_price": Profile(
        "test", "branch_price", {name: Rule(name) for name in RESOURCES["branch_price"].attributes[5:]}
    ),
}


class Desk:
    """Writes and reads one resource of one account."""

    def __init__(self, service: Service, shop: Principal, resource: str = "customer") -> None:
        self.service = service
        self.shop = shop
        self.resource = resource

    def at(self, resource: str) -> "Desk":
        return Desk(self.service, self.shop, resource)

    def shape(self, *attributes: str) -> Shape:
        return Shape(self.resource, attributes)

    def create_outcome(self, profile: Profile, values: dict[str, object], shape: Shape | None = None) -> Outcome:
        outcome = self.service.run(Create(self.resource, values, profile, shape), self.shop)  # type: ignore[arg-type]
        assert isinstance(outcome, Outcome)
        return outcome

    def create(self, **values: object) -> int:
        return self.create_outcome(PROFILES[self.resource], values).id

    def create_through(self, profile: Profile, **values: object) -> int:
        return self.create_outcome(profile, values).id

    def change_as(self, profile: Profile, record: int, values: dict[str, object], *, live: bool) -> Outcome:
        outcome = self.service.run(
            Change(self.resource, Key("id", record), values, profile, live=live),  # type: ignore[arg-type]
            self.shop,
        )
        assert isinstance(outcome, Outcome)
        return outcome

    def change_through(self, profile: Profile, record: int, **values: object) -> Outcome:
        return self.change_as(profile, record, values, live=True)

    def change(self, record: int, **values: object) -> Outcome:
        return self.change_through(PROFILES[self.resource], record, **values)

    def change_deleted(self, record: int, **values: object) -> Outcome:
        return self.change_as(PROFILES[self.resource], record, values, live=False)

    def remove(self, record: int, *, live: bool = False) -> Outcome:
        outcome = self.service.run(
            Remove(self.resource, Key("id", record), PROFILES[self.resource], live=live), self.shop
        )
        assert isinstance(outcome, Outcome)
        return outcome

    def read(self, record: int, *attributes: str) -> Row:
        found = self.service.run(Get(self.shape(*attributes), Key("id", record), live=False), self.shop)
        assert isinstance(found, Found)
        return found.rows[0]

    def count(self) -> int:
        count = self.service.run(Count(self.resource), self.shop)
        assert isinstance(count, int)
        return count

    def last(self) -> int:
        with self.service.store.peek() as snapshot:
            return snapshot.clock(self.shop.account, self.resource).last
