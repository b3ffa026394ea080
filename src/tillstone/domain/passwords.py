"""Passwords on their way into a customer's record: prepared outside the transaction, accepted inside it.

Hashing is slow, so `prepare` runs before the account is locked: it compares the plain text with the hash that is stored
then, and hashes it anew. Inside, a text that verified against the hash still stored changes nothing; otherwise the new
hash wins.
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from tillstone.domain.records import Value
from tillstone.domain.secrets import Hasher

if TYPE_CHECKING:
    from tillstone.domain.draft import Draft

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


def prepare(hasher: Hasher, plain: str, stored: str | None) -> Password:
    """`plain` ready to be written over `stored`."""
    if stored and (plain == stored or hasher.verify(stored, plain)):
        return Password(stored, len(plain), stored)
    return Password(hasher.hash(plain), len(plain))


def accept(draft: "Draft") -> None:
    """Put the new hash into the record, or say what is wrong with the password."""
    password, rule = draft.sent[ATTRIBUTE], draft.profile.rules[ATTRIBUTE]
    if not isinstance(password, Password):
        return
    if rule.min is not None and password.length < rule.min:
        draft.fault(ATTRIBUTE, "too_short", str(rule.min))
    elif rule.max is not None and password.length > rule.max:
        draft.fault(ATTRIBUTE, "too_long", str(rule.max))
    else:
        draft.record["password_hash"] = password.hash
