"""Countries and their regions, by ISO 3166. Twelve countries have regions that an address must name (spec 10).

The names and codes are those of `pycountry`; where the reference's differ is listed in KNOWN.md.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tillstone.domain.records import fold

WITH_REGIONS = frozenset({"US", "CA", "DE", "FR", "AT", "CH", "ES", "RO", "FI", "EE", "LV", "LT"})
"""Countries whose addresses need a region that exists."""

WITHOUT_POSTCODES = frozenset({"HK", "IE", "MO", "PA"})
"""Countries whose addresses need no postcode."""


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    import pycountry  # a worker that writes no address needs none of it

    return frozenset(country.alpha_2 for country in pycountry.countries)


def is_country(code: str) -> bool:
    """Whether `code` is a country: two upper-case letters."""
    return code in _countries()


@lru_cache(maxsize=16)
def regions_of(country: str) -> Mapping[str, str]:
    """The names of a country's regions, by folded name and by folded code; nothing for countries without any."""
    if country not in WITH_REGIONS:
        return {}
    import pycountry  # see _countries

    found: list[Any] = pycountry.subdivisions.get(country_code=country)  # type: ignore[no-untyped-call]
    by_code = {fold(region.code.partition("-")[2]): region.name for region in found}
    return by_code | {fold(region.name): region.name for region in found}
