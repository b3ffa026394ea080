"""Passwords on their way into a customer's record: prepared outside the transaction, accepted inside it.

Hashing is slow, so `prepare` runs before the account is locked: it compares the plain text with the hash that is stored
then, and hashes it anew. Inside, a text that verified against the hash still stored changes nothing; otherwise the new
hash wins.
"""

import re

from msgspec import Struct

from tillstone.domain.records import Value
from tillstone.domain.secrets import Hasher

ATTRIBUTE = "password"


class Password(Struct, frozen=True):
    """A sent password, no longer in plain text. `length` is that of the text; `matched` the stored hash it verified
    against."""

    hash: str
    length: int
    matched: str | None = None

    def echoes(self, stored: Value) -> bool:
        """Whether writing this changes nothing."""
        return stored is not None and stored in (self.hash, self.matched)

    def __repr__(self) -> str:
        return "Password()"


_STORED = re.compile(
    r"\$scrypt\$ln=(?P<ln>[0-9]{1,2}),r=(?P<r>[0-9]{1,2}),p=(?P<p>[0-9]{1,2})\$[A-Za-z0-9+/]{8,64}\$[A-Za-z0-9+/]{22,86}"
    r"|\$argon2id\$v=19\$m=(?P<m>[0-9]{1,7}),t=(?P<t>[0-9]{1,3}),p=(?P<lanes>[0-9]{1,3})"
    r"\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{22,86}"
    r"|\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53}"
)

COSTS = {"ln": (1, 15), "r": (1, 8), "p": (1, 1), "m": (8, 64 * 1024), "t": (1, 4), "lanes": (1, 4), "cost": (4, 12)}
"""Least and most that a hash made elsewhere may cost to verify."""


def is_stored_form(text: str) -> bool:
    """Whether `text` is a complete hash of a kind that is not mistaken for a passphrase."""
    return _STORED.fullmatch(text) is not None


def check_stored(text: Value) -> str | None:
    """A hash made elsewhere is taken over if it is complete, and no dearer to verify than our own might become."""
    match = _STORED.fullmatch(str(text))
    if match is None:
        return "not_a_hash"
    costs = {name: int(value) for name, value in match.groupdict().items() if value is not None}
    return None if all(COSTS[name][0] <= cost <= COSTS[name][1] for name, cost in costs.items()) else "too_costly"


def prepare(hasher: Hasher, plain: str, stored: str | None) -> Password:
    """`plain` ready to be written over `stored`."""
    if stored and (plain == stored or hasher.verify(stored, plain)):
        return Password(stored, len(plain), stored)
    return Password(hasher.hash(plain), len(plain))
