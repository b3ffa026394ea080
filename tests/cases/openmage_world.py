"""The shops that OpenMage's cases run on, and the way to them: requests are signed for the user that a case names.

`people`  the users of `world.people`, and nobody else.
`crowd`   thirteen customers beside: groups, genders, accents, cleared values; one without an e-mail address.
`ruled`   admin users may read e-mail and first name, write both names, and know nothing of addresses.
`page`, `page_json`  the customers that the published page prints.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cases.inprocess import InProcess
from tests.cases.runner import Answer, Send
from tests.dialects.openmage.world import HOST, NOON, World, people, sign_as, when
from tillstone.domain.records import Value

ADDRESS: dict[str, Value] = {
    "first_name": "Jane",
    "last_name": "Roe",
    "street1": "Main 1",
    "city": "Austin",
    "country": "US",
    "region": "Texas",
    "postcode": "78701",
    "phone": "555-1",
}


def crowd(world: World) -> None:
    people(world)
    for number in range(2, 13):
        world.clock.step(15)
        group = number % 3 + 1
        values: dict[str, Value] = {
            "gender": {4: 2, 5: 1, 6: 0}.get(number),
            "tax_number": {4: "GB4", 7: ""}.get(number),
            "birth_date": {8: "1970-12-31"}.get(number),
        }
        world.write(
            "customer",
            email=f"c{number}@example.com",
            first_name="Zoë" if number == 9 else f"First{number}",
            last_name=f"Last{number}",
            group_id=group,
            primary_group_id=group,
            **values,
        )
    world.clock.step(600)
    world.write("customer", email="late@example.com", first_name="Late", last_name="Comer")
    world.write("customer", name="Till Customer", phone="1")


def ruled(world: World) -> None:
    people(world)
    for _ in range(2):
        world.write("address", customer_id=1, **ADDRESS)
    world.attribute_rule("admin", "customer", "read", "email,firstname")
    world.attribute_rule("admin", "customer", "write", "firstname,lastname")
    for operation in ("read", "write"):
        world.attribute_rule("admin", "address", operation, "")


def page(world: World) -> None:
    """What the page prints in XML: customers 2 and 4 (seeds/004 l.37-58, l.190-200); the next one is 555 (l.154)."""
    world.at("2011-01-01T00:00:00")
    people(world)
    world.remove("customer", 1)
    seen: dict[str, Value] = {"last_login_at": 1_332_425_756}
    _printed(world, "2012-03-22T14:15:54", 2, "john", "Doe", created_in="Default Store View", disable=1, **seen)
    _printed(world, "2012-03-28T13:54:04", 4, "Earl", "Hickey", created_in="Admin", disable=0)
    world.skip_to("customer", 555)


def page_english(world: World) -> None:
    """Customer 2 as the page prints it in JSON (seeds/004 l.208-218)."""
    world.at("2011-01-01T00:00:00")
    people(world)
    _printed(world, "2012-03-22T14:15:54", 2, "john", "Doe", created_in="English", disable=1)


def page_json(world: World) -> None:
    """What the page prints in JSON: the same customers, with other values (seeds/004 l.69-104)."""
    world.at("2011-01-01T00:00:00")
    people(world)
    world.remove("customer", 1)
    cleared: dict[str, Value] = {"prefix": "", "suffix": "", "tax_number": "", "gender": 1}
    born: dict[str, Value] = {"birth_date": "2001-01-03"}
    _printed(world, "2012-03-22T14:15:54", 2, "john", "Doe", created_in="Admin", disable=1, **cleared, **born)
    born = {"birth_date": "2012-03-28", "birth_time": "13:54:04"}
    _printed(world, "2013-03-28T18:59:41", 4, "Earl", "Hickey", created_in="Admin", disable=1, **cleared, **born)


def _printed(
    world: World, moment: str, record: int, first: str, last: str, *, created_in: str, disable: int, **values: Value
) -> None:
    world.at(moment)
    world.skip_to("customer", record)
    # the page hides the addresses
    email = f"{first.lower()}@example.com"
    world.write(
        "customer",
        email=email,
        first_name=first,
        last_name=last,
        created_in=created_in,
        disable_auto_group_change=disable,
        **values,
    )


FIXTURES: dict[str, Callable[[World], None]] = {
    "people": people,
    "crowd": crowd,
    "ruled": ruled,
    "page": page,
    "page_json": page_json,
    "page_english": page_english,
}

_ORIGINALS: dict[str, Path] = {}
_HOLD = TemporaryDirectory(prefix="tillstone-openmage-")


def original(name: str) -> Path:
    """The folder of a fixture's database, made once."""
    if name not in _ORIGINALS:
        folder = Path(_HOLD.name) / name
        folder.mkdir()
        world = World(folder / "shop.db")
        FIXTURES[name](world)
        world.close()
        _ORIGINALS[name] = folder
    return _ORIGINALS[name]


@contextmanager
def open_fixture(name: str, folder: Path, settings: dict[str, str]) -> Iterator[Send]:
    """The way to an application over a copy of a fixture."""
    copy = folder / name
    shutil.copytree(original(name), copy)
    with InProcess(copy / "shop.db", at=when(NOON), settings=settings) as inner:
        yield signing(inner.send)


_NUMBERS = count(1)


def signing(send: Send) -> Send:
    """A way that signs: the header `User` (admin, if there is none) says for whom; "guest" does not sign."""

    def signed(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        named = {"Host": HOST, **headers}
        user = named.pop("User", "admin")
        if named.get("Authorization", "Basic").startswith("Basic"):
            named.pop("Authorization", None)
            if user != "guest":
                named["Authorization"] = sign_as(user, method, path, now=NOON, nonce=f"case{next(_NUMBERS)}")
        return send(method, path, named, body)

    return signed
