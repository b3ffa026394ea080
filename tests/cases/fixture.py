"""The shops that cases run on: databases with the printed ids, codes, values and times, written through the service.

`empty`     nothing but the account and its key.
`printed`   what the samples of the pages show: customer 11, supplier 53 and product 53; the next ids are the printed
ones. `seven`     seven records of each, as the printed counts say: all but the last written before April 2011, the last
            at the printed watermark; the first is deleted.
`enriched`  a customer in a group, products with taxes and prices in branches, a login.
"""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.cases.runner import TOKEN
from tests.clocks import StandingClock
from tillstone.dialects.imonggo.kinds import CUSTOMER, PRODUCT, SUPPLIER, Kind
from tillstone.domain import accounts
from tillstone.domain.access import Principal
from tillstone.domain.accounts import KeyWish
from tillstone.domain.commands import Change, Create, Key, Outcome, Remove
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import Value
from tillstone.domain.secrets import Seal
from tillstone.domain.service import Service
from tillstone.store import migrate, open_store

ACCOUNT = "test_account"
OTHER = "other"
LOGIN, PASSWORD = "owner@example.com", "open sesame"


def seconds(text: str) -> int:
    """`2011-04-21T02:38:27Z` as seconds."""
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


class Builder:
    """Writes the records of one fixture, each at a time of its own."""

    def __init__(self, file: Path) -> None:
        url = f"sqlite:///{file}"
        migrate(url)
        self.clock = StandingClock(seconds("2010-01-01T00:00:00Z"))
        self.service = Service(open_store(url, self.clock), self.clock, Seal(Path(f"{file}.key")))
        self.shop: Principal = accounts.system(accounts.create_account(self.service, ACCOUNT).id)
        self.make_key(KeyWish(token=TOKEN))
        accounts.create_account(self.service, OTHER)

    def make_key(self, wish: KeyWish) -> None:
        accounts.create_key(self.service, self.shop.account, wish)

    def at(self, moment: str) -> None:
        self.clock.step(seconds(moment) - self.clock.now())

    def skip_ids(self, resource: str, *, up_to: int) -> None:
        """Make `up_to` the next id of a resource: earlier ones were given to records that are gone."""

        def skip(tx: object) -> None:
            while tx.new_id(resource) < up_to - 1:  # type: ignore[attr-defined]
                pass

        self.service.store.write(self.shop.account, skip)

    def write(self, resource: str, profile: Profile, values: dict[str, Value]) -> int:
        outcome = self.service.run(Create(resource, values, profile), self.shop)
        assert isinstance(outcome, Outcome)
        return outcome.id

    def create(self, kind: Kind, moment: str, **fields: str) -> int:
        self.at(moment)
        return self.write(kind.table.resource, kind.compiled.profile, kind.compiled.parse(fields.items()))

    def change(self, kind: Kind, record: int, moment: str, **fields: str) -> None:
        self.at(moment)
        values = kind.compiled.parse(fields.items())
        self.service.run(Change(kind.table.resource, Key("id", record), values, kind.compiled.profile), self.shop)

    def remove(self, kind: Kind, record: int, moment: str) -> None:
        self.at(moment)
        self.service.run(Remove(kind.table.resource, Key("id", record), kind.compiled.profile), self.shop)

    def other(self, resource: str, **values: Value) -> int:
        """A record that this dialect cannot write."""
        profile = Profile("cli", resource, {name: Rule(name) for name in values})
        return self.write(resource, profile, values)


def empty(_builder: Builder) -> None:
    """Nothing."""


def printed(builder: Builder) -> None:
    """Customer 11 (seeds/000 l.92-121), supplier 53 (seeds/001 l.72-92), product 53 (seeds/002 l.226-247)."""
    builder.skip_ids("customer", up_to=11)
    builder.create(CUSTOMER, "2011-04-21T02:38:27Z", name="Customer 1")
    builder.remove(CUSTOMER, 11, "2011-04-21T02:54:55Z")
    builder.skip_ids("supplier", up_to=53)
    builder.create(
        SUPPLIER,
        "2011-04-12T10:00:00Z",
        code="2434HI",
        contact_person="Jarret Pires",
        contact_title="Mr",
        email="jpiresc@home.pl",
        name="Zoombeat",
        remark="deploy clicks-and-mortar e-commerce",
        street="7 Thompson Road",
    )
    builder.skip_ids("supplier", up_to=23_248)
    builder.skip_ids("product", up_to=53)
    builder.create(PRODUCT, "2011-04-12T10:21:50Z", name="Sample Item 1", stock_no="1", cost="90", retail_price="100")
    builder.skip_ids("product", up_to=59)


WATERMARK = "2011-04-13T04:37:45Z"
"""The printed watermark (seeds/000 l.360)."""


def seven(builder: Builder) -> None:
    """Seven of each (seeds/000 l.300), one of them changed after April 1, 2011 (l.326)."""
    _seven(builder, CUSTOMER, (11, 12, 13, 14, 15, 16, 17))
    _seven(builder, SUPPLIER, (52, 53, 54, 55, 56, 57, 599))
    _seven(builder, PRODUCT, (52, 53, 54, 55, 56, 57, 599))


def _seven(builder: Builder, kind: Kind, ids: tuple[int, ...]) -> None:
    before, last = ids[:-1], ids[-1]
    builder.skip_ids(kind.table.resource, up_to=before[0])
    for day, record in enumerate(before, start=3):
        assert builder.create(kind, f"2011-01-{day:02d}T09:00:00Z", **_fields(kind, record)) == record
    builder.remove(kind, before[0], "2011-01-20T09:00:00Z")
    if last > before[-1] + 1:
        builder.skip_ids(kind.table.resource, up_to=last)
    assert builder.create(kind, WATERMARK, **_fields(kind, last)) == last


def _fields(kind: Kind, record: int) -> dict[str, str]:
    named = {"name": f"{kind.table.item.capitalize()} {record}"}
    return named | {"stock_no": f"S{record}", "retail_price": "100"} if kind is PRODUCT else named


def enriched(builder: Builder) -> None:
    """Group, taxes, branches, a login."""
    builder.at("2020-01-01T00:00:00Z")
    group = builder.other("customer_group", code="silver", title="Silver & more", discount_rate=750)
    plain = builder.other("customer_group", code="plain", title="Plain")
    customer = builder.create(CUSTOMER, "2020-01-02T00:00:00Z", name="Ana de la Cruz", birthdate="1980-12-31")
    builder.other("membership", customer_id=customer, group_id=group)
    builder.service.run(Remove("customer_group", Key("id", plain), Profile("cli", "customer_group", {})), builder.shop)
    for name, kind, value in (("VAT", 1, 1_200), ("City", 1, 100), ("National", 0, 500)):
        builder.other("tax_rate", name=name, tax_rate_type=kind, value=value)
    branches = [builder.other("branch", name=name) for name in ("Main", "Harbour <East>")]
    product = builder.create(
        PRODUCT,
        "2020-01-03T00:00:00Z",
        name="Tea & <Milk>",
        stock_no="T-1",
        retail_price="299.95",
        cost="0.1234",
        tag_list="hot,drinks",
        barcode_list="123,456",
        tax_list="VAT,City,National",
    )
    for branch, price in zip(branches, (2_500_000, 2_605_000), strict=True):
        builder.other("branch_price", product_id=product, branch_id=branch, retail_price=price)
    builder.create(PRODUCT, "2020-01-04T00:00:00Z", name="Water", stock_no="W", retail_price="1")
    builder.make_key(KeyWish(token="a" * 40, label="till", login=LOGIN, password=PASSWORD))
    builder.make_key(KeyWish(token="b" * 40, read_only=True))
    builder.make_key(KeyWish(token="c" * 40, deny=("supplier",)))


FIXTURES: dict[str, Callable[[Builder], None]] = {
    "empty": empty,
    "printed": printed,
    "seven": seven,
    "enriched": enriched,
}


class Shops:
    """The databases of the fixtures, each made once and copied for every case that writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def original(self, name: str) -> Path:
        """The database of a fixture, which may only be read."""
        file = self._folder / name / "shop.db"
        if not file.exists():
            file.parent.mkdir()
            builder = Builder(file)
            FIXTURES[name](builder)
            builder.service.store.close()
        return file

    def copy(self, name: str, folder: Path) -> Path:
        """A copy of it."""
        shutil.copytree(self.original(name).parent, folder)
        return folder / "shop.db"
