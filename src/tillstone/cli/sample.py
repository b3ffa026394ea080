"""The shop that `tillstone demo` shows: the same every time, written through the service like any other."""

from collections.abc import Callable, Iterator
from functools import partial

from tillstone.cli.profiles import BRANCH, FRONT, GROUP, MEMBERSHIP, PRICE, TAX_RATE
from tillstone.domain.access import ALL, Principal
from tillstone.domain.accounts import KeyWish, create_account, create_key, system
from tillstone.domain.commands import Create, Key, Outcome, Remove
from tillstone.domain.consumers import ConsumerWish, TokenWish, create_admin, create_consumer, create_token
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import AMOUNT_UNIT, Value
from tillstone.domain.service import Service
from tillstone.domain.store import Transaction

ACCOUNT = "test_account"
TOKEN = "4acc660ce98b9d38d7fea10705aa1ebd7d836fe0"  # noqa: S105 - printed in the documentation: seeds/000 l.23
LOGIN = "demo@example.com"
PASSWORD = "demo"  # noqa: S105 - of a throw-away shop

ADMIN = "demo"
CONSUMER_KEY = "democonsumerkey00000000000000000"
CONSUMER_SECRET = "democonsumersecret00000000000000"  # noqa: S105 - of a throw-away shop, as the two below
ADMIN_TOKEN = "demotoken00000000000000000000000"  # noqa: S105 - see above
ADMIN_SECRET = "demotokensecret00000000000000000"  # noqa: S105 - see above

CUSTOMERS = 260
SUPPLIERS = 61
PRODUCTS = 121
LAST_ID = 599
"""The documentation deletes supplier and product 599 (seeds/001 l.156, 002 l.104)."""

DAYS = 30
DAY = 86_400

FIRST = (
    *("Ana", "Bram", "Carla", "Dario", "Elif", "Femke", "Goran", "Hanna", "Ivo", "Jana"),
    *("Kofi", "Lena", "Marco", "Nadia", "Oskar", "Pilar", "Quinn", "Rosa", "Sven", "Tara"),
)
LAST = (
    *("Alvarez", "Brandt", "Castillo", "de la Cruz", "Ek", "Fischer", "Garcia", "Holm", "Ivanova", "Jansen"),
    *(
        "Kovač",
        "Lim",
        "Meyer",
        "Novak",
        "Okafor",
        "Peeters",
        "Quist",
        "Reyes",
        "Santos",
        "Tan",
        "Ueda",
        "Vogel",
        "Wong",
    ),
)
PLACES = (
    ("Manila", "Metro Manila", "1000", "PH"),
    ("Cebu City", "Cebu", "6000", "PH"),
    ("Singapore", "", "049483", "SG"),
    ("Utrecht", "UT", "3511", "NL"),
    ("Graz", "Steiermark", "8010", "AT"),
    ("Portland", "OR", "97205", "US"),
)
STREETS = ("Harbour Road", "Mill Lane", "Market Square", "Station Street", "Garden Walk", "Old Bridge", "Church Row")
THINGS = ("Kettle", "Lamp", "Mug", "Notebook", "Scarf", "Teapot", "Towel", "Tray", "Vase", "Umbrella", "Basket")
COLOURS = ("black", "blue", "green", "grey", "orange", "red", "violet", "white", "yellow", "brown", "pink")
FIRMS = ("Trading", "Imports", "Supplies", "Wholesale", "& Sons", "Works", "Goods")
GROUPS = (("Silver", "Silver customers", 0.05), ("Gold", "Gold customers", 0.10), ("Dealers", "Dealers", 0.15))
BRANCHES = ("Main Street", "Harbour")
TAXES = (("VAT", 0.12), ("City tax", 0.01))


def _profile(resource: str, *attributes: str) -> Profile:
    return Profile(FRONT, resource, {name: Rule(name) for name in attributes})


CUSTOMER = _profile(
    "customer",
    *("name", "email", "company", "phone", "mobile", "tax_number", "birth_date", "remark", "tax_exempt"),
    *("billing.street1", "billing.city", "billing.region", "billing.postcode", "billing.country"),
)
SUPPLIER = _profile(
    "supplier",
    *("code", "name", "contact_person", "contact_position", "street", "city", "state", "zipcode", "country"),
    *("telephone", "email", "remark"),
)
PRODUCT = _profile(
    "product",
    *("sku", "name", "description", "cost", "retail_price", "tags", "barcodes", "disable_discount", "tax_names"),
)

Values = dict[str, Value]


class PastClock:
    """A clock that begins a month ago and is moved on by hand, so that the sample looks lived in."""

    def __init__(self, now: int) -> None:
        self.moment = now - DAYS * DAY

    def now(self) -> int:
        """Where it stands."""
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.moment += int(seconds)


def fill(service: Service, clock: PastClock) -> None:
    """Open the account with the documented token, and put everything into it: a transaction for each day."""
    account = create_account(service, ACCOUNT)
    create_key(service, account.id, KeyWish(token=TOKEN, label="demo", login=LOGIN, password=PASSWORD))
    _let_program_in(service, account.id)
    loader = Loader(service, system(account.id))
    service.store.write(account.id, loader.basics)
    for day in range(DAYS):
        service.store.write(account.id, partial(loader.day, day))
        clock.moment += DAY
    service.store.write(account.id, loader.last)


def _let_program_in(service: Service, account: int) -> None:
    """An OAuth consumer with a token for an admin user, who can also log in on the authorize page."""
    create_admin(service, account, ADMIN, PASSWORD, ALL)
    create_consumer(service, account, ConsumerWish("Demo program", CONSUMER_KEY, CONSUMER_SECRET))
    create_token(service, account, TokenWish(CONSUMER_KEY, ADMIN, token=ADMIN_TOKEN, secret=ADMIN_SECRET))


class Loader:
    """Writes the sample."""

    def __init__(self, service: Service, principal: Principal) -> None:
        self._service = service
        self._principal = principal
        self._groups: list[int] = []
        self._branches: list[int] = []

    def basics(self, tx: Transaction) -> None:
        """Groups, branches and tax rates."""
        for code, title, rate in GROUPS:
            values: Values = {"code": code, "title": title, "discount_rate": round(rate * AMOUNT_UNIT)}
            self._groups.append(self._create(tx, GROUP, values))
        self._branches = [self._create(tx, BRANCH, {"name": name}) for name in BRANCHES]
        for name, rate in TAXES:
            self._create(tx, TAX_RATE, {"name": name, "value": round(rate * AMOUNT_UNIT)})

    def day(self, day: int, tx: Transaction) -> None:
        """What came into being on one day of the month, and what was deleted."""
        for number in _share(day, CUSTOMERS):
            self._customer(tx, number)
        for number in _share(day, SUPPLIERS - 1):
            self._create(tx, SUPPLIER, supplier(number))
        for number in _share(day, PRODUCTS - 1):
            self._product(tx, number)

    def last(self, tx: Transaction) -> None:
        """Some records go, and those with the documentation's number come."""
        for profile, ids in ((CUSTOMER, range(25, CUSTOMERS, 25)), (SUPPLIER, (20, 40)), (PRODUCT, (40, 80, 120))):
            for number in ids:
                self._service.perform(tx, Remove(profile.resource, Key("id", number), profile), self._principal)
        for profile, values in ((SUPPLIER, supplier(LAST_ID)), (PRODUCT, product(LAST_ID))):
            while tx.new_id(profile.resource) < LAST_ID - 1:
                pass  # ids are given in order and never again: skip up to the documentation's
            self._create(tx, profile, values)

    def _customer(self, tx: Transaction, number: int) -> None:
        made = self._create(tx, CUSTOMER, customer(number))
        if number % 4 == 0:
            group = self._groups[number // 4 % len(self._groups)]
            self._create(tx, MEMBERSHIP, {"customer_id": made, "group_id": group})

    def _product(self, tx: Transaction, number: int) -> None:
        made = self._create(tx, PRODUCT, product(number))
        if number % 6 == 0:
            branch = self._branches[number // 6 % len(self._branches)]
            price = (number % 40 + 9) * AMOUNT_UNIT
            self._create(tx, PRICE, {"product_id": made, "branch_id": branch, "retail_price": price})

    def _create(self, tx: Transaction, profile: Profile, values: Values) -> int:
        outcome = self._service.perform(tx, Create(profile.resource, values, profile), self._principal)
        assert isinstance(outcome, Outcome)  # noqa: S101 - what a Create answers
        return outcome.id


def _share(day: int, total: int) -> Iterator[int]:
    """The numbers, from 1, that fall on a day."""
    yield from range(day * total // DAYS + 1, (day + 1) * total // DAYS + 1)


def _of(words: tuple[str, ...], number: int, stride: int = 1) -> str:
    return words[number * stride % len(words)]


def _when(condition: bool, make: Callable[[], Value]) -> Value:  # noqa: FBT001 - reads as a sentence
    return make() if condition else None


def customer(number: int) -> Values:
    """The customer of that number."""
    first, last = _of(FIRST, number), _of(LAST, number, 7)
    city, region, postcode, country = PLACES[number % len(PLACES)]
    return {
        "name": f"{first} {last}",
        "email": f"{first}.{last.split()[-1]}.{number}@example.com".lower().replace("č", "c"),
        "company": _when(number % 5 == 0, lambda: f"{last} {_of(FIRMS, number)}"),
        "phone": f"555-{number:04d}",
        "mobile": _when(number % 3 == 0, lambda: f"0917 555 {number:04d}"),
        "birth_date": _when(
            number % 2 == 0, lambda: f"19{50 + number % 50}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        ),
        "remark": _when(number % 11 == 0, lambda: "Prefers to be called & served in the morning"),
        "tax_exempt": int(number % 13 == 0),
        "billing.street1": f"{number % 90 + 1} {_of(STREETS, number)}",
        "billing.city": city,
        "billing.region": region or None,
        "billing.postcode": postcode,
        "billing.country": country,
    }


def supplier(number: int) -> Values:
    """The supplier of that number."""
    city, state, zipcode, country = PLACES[number % len(PLACES)]
    return {
        "code": f"S{number:04d}",
        "name": f"{_of(LAST, number, 5)} {_of(FIRMS, number, 3)} {number}",
        "contact_person": f"{_of(FIRST, number, 3)} {_of(LAST, number, 5)}",
        "contact_position": _when(number % 2 == 0, lambda: "Sales"),
        "street": f"{number % 90 + 1} {_of(STREETS, number, 3)}",
        "city": city,
        "state": state or None,
        "zipcode": zipcode,
        "country": country,
        "telephone": f"555-{9000 - number:04d}",
        "email": f"orders{number}@example.org",
    }


def product(number: int) -> Values:
    """The product of that number."""
    thing, colour = _of(THINGS, number), _of(COLOURS, number // len(THINGS) + number)
    price = (number % 40 + 10) * AMOUNT_UNIT - AMOUNT_UNIT // 20
    return {
        "sku": f"P-{number:04d}",
        "name": f"{colour.capitalize()} {thing.lower()} {number}",
        "description": _when(number % 3 == 0, lambda: f"A {colour} {thing.lower()} for every day."),
        "cost": price * 6 // 10,
        "retail_price": price,
        "tags": _when(number % 2 == 0, lambda: f"{thing.lower()}, {colour}"),
        "barcodes": f"48{number:010d}",
        "disable_discount": int(number % 10 == 0),
        "tax_names": (TAXES[0][0],) if number % 3 else (TAXES[0][0], TAXES[1][0]),
    }
