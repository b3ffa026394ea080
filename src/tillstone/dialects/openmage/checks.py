"""What single values must be like, and what an address must be as a whole (spec 9, 10)."""

import re
from collections.abc import Mapping

from tillstone.dialects.openmage.regions import WITHOUT_POSTCODES, is_country, regions_of
from tillstone.domain.errors import Fault
from tillstone.domain.records import Record, Value, fold

WIDEST = 255

_EMAIL = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])",
    re.IGNORECASE,
).fullmatch


def within_255(value: Value) -> str | None:
    """Text, or each line of it, is no wider than the product's columns; blanks around it do not count."""
    lines = value if isinstance(value, tuple) else (str(value),)
    return "too_long" if any(len(line.strip()) > WIDEST for line in lines) else None


def is_email(value: Value) -> str | None:
    """An address as mail is sent to it."""
    text = str(value)
    return within_255(text) or (None if _EMAIL(text) and len(text.partition("@")[0]) <= 64 else "malformed")


def is_gender(value: Value) -> str | None:
    """1 male, 2 female; 0 is cleared."""
    return None if value in (0, 1, 2) else "unknown"


def is_country_code(value: Value) -> str | None:
    """Two upper-case letters of a country that exists."""
    return None if is_country(str(value)) else "unknown"


def needs_no_postcode(values: Mapping[str, object]) -> bool:
    """Whether an address of that country may do without one."""
    return values.get("country") in WITHOUT_POSTCODES


def settle_region(record: Record, changed: frozenset[str]) -> tuple[Record, tuple[Fault, ...]]:
    """Where a country's regions are known, a new country or region names one of them; its name is what is stored."""
    known = regions_of(str(record["country"] or "")) if changed & {"country", "region"} else {}
    if not known:
        return {}, ()
    region = str(record["region"] or "")
    # a country that moves takes no region along (recorded: put_country_only)
    if not region or "region" not in changed:
        return {}, (Fault("region", "blank"),)
    name = known.get(fold(region))
    if name is None:
        return {}, (Fault("region", "unknown", region),)
    return {"region": name}, ()
