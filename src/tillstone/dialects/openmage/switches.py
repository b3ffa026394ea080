"""Where the published page and the running product differ: one table of switches, and nothing else differs."""

from msgspec import Struct


class Behaviour(Struct, frozen=True):
    """What `openmage.behave_as` chooses."""

    name: str
    xml_by_default: bool
    """No `Accept`, or `*/*`: XML. Else a missing one is refused and `*/*` is JSON."""

    not_acceptable: int
    """Status of a request none of whose formats is served: 406 with an error document, 500 with plain words."""

    takes_password: bool
    """`password` is required on a create, at least seven characters, stored hashed. Else it is dropped."""

    iso_created_at: bool
    """`created_at` of a single item is ISO 8601 in the store's time zone. Else UTC as everywhere."""

    repeats_last_page: bool
    """A page past the end is the last page again. Else it is empty."""

    unlimited: bool
    """`limit=0` gives all rows, at most `MOST_ROWS`. Else it is refused."""

    clash_is_ours: bool
    """An e-mail address that is taken answers 500 with two entries. Else 400."""

    shows_confirmation: bool
    """New customers bear a confirmation key and show it."""


DOCUMENTED = Behaviour(
    name="documented",
    xml_by_default=True,
    not_acceptable=406,
    takes_password=True,
    iso_created_at=False,
    repeats_last_page=False,
    unlimited=False,
    clash_is_ours=False,
    shows_confirmation=False,
)

AS_20_18 = Behaviour(
    name="20.18",
    xml_by_default=False,
    not_acceptable=500,
    takes_password=False,
    iso_created_at=True,
    repeats_last_page=True,
    unlimited=True,
    clash_is_ours=True,
    shows_confirmation=True,
)

BEHAVIOURS = {behaviour.name: behaviour for behaviour in (DOCUMENTED, AS_20_18)}

MOST_ROWS = 1_000
"""Where `limit=0` ends."""
