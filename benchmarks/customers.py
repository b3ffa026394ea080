"""The customers that every server holds: the same ones, made from their numbers, as the wire shows them.

How a server stores them is its own business; `fill.py` and `peers/drf.py` know.
"""

from collections.abc import Iterator

Wire = dict[str, str]
"""What a customer has, by element name; what is not there was never set."""

ACCOUNT = "bench"
TOKEN = "b0a710ad0b0a710ad0b0a710ad0b0a710ad0b0a7"
CONSUMER_KEY, CONSUMER_SECRET = "benchconsumer".ljust(32, "0"), "benchconsumersecret".ljust(32, "0")
USER_TOKEN, USER_SECRET = "benchtoken".ljust(32, "0"), "benchtokensecret".ljust(32, "0")
"""What an OpenMage client signs with, for an admin user."""

GROUPS = (("SILVER", "Silver", 200), ("GOLD", "Gold & more", 500))
"""Code, title and discount (in 1/10,000) of the groups; every `GROUPED`th customer is in one."""

FIRST_GROUP_ID = 2
GROUPED = 10

FIRST = ("Ana", "Bram", "Carla", "Dario", "Elif", "Femke", "Goran", "Hanna", "Ivo", "Jana", "Kofi", "Lena", "Marco")
LAST = ("Alvarez", "Brandt", "Castillo", "Ek", "Fischer", "Garcia", "Holm", "Ivanova", "Lim", "Meyer", "Novak")
CITIES = (("Manila", "NCR", "1000", "PH"), ("Utrecht", "UT", "3511", "NL"), ("Graz", "", "8010", "AT"))

BATCH = 2_000
"""Customers a transaction while the database is filled: what an import commits at a time."""

EPOCH = 1_704_067_200  # 2024-01-01T00:00:00Z
BATCH_SECONDS = 60


def stamp(number: int) -> int:
    """When that customer was written: every batch a minute later."""
    return EPOCH + (number - 1) // BATCH * BATCH_SECONDS


def group(number: int) -> int | None:
    """The group that customer is in, by its place in `GROUPS`."""
    return number // GROUPED % len(GROUPS) if number % GROUPED == 0 else None


def customer(number: int) -> Wire:
    """The customer of that number. Every 40th has something to escape in its name."""
    first, last = FIRST[number % len(FIRST)], LAST[number * 7 % len(LAST)]
    city, state, zipcode, country = CITIES[number % len(CITIES)]
    values = {
        "name": f"{first} {last}",
        "alternate_code": f"A{number:07d}",
        "email": f"{first}.{last}.{number}@example.com".lower(),
        "telephone": f"555-{number % 10_000:04d}",
        "street": f"{number % 90 + 1} Mill Lane",
        "city": city,
        "state": state,
        "zipcode": zipcode,
        "country": country,
    }
    if number % 2 == 0:
        values["birthdate"] = f"{1950 + number % 50}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
    if number % 5 == 0:
        values["company_name"] = f"{last} & Sons" if number % 40 == 0 else f"{last} Trading"
    return values


def customers(total: int) -> Iterator[tuple[int, Wire]]:
    """All of them with their numbers, from 1."""
    for number in range(1, total + 1):
        yield number, customer(number)
