"""What can go wrong, as one tree.

    Problem
    ├── Refusal            the asker broke a rule; nothing was written
    │   ├── Invalid        values break rules: every fault at once
    │   ├── NotFound       no such record, or none the asker may know of
    │   ├── Clash          the record's state forbids the command (still in use, key differs)
    │   ├── Forbidden      known, but not allowed
    │   └── Unauthorized   not known: no, wrong, revoked or expired credentials
    └── Trouble            we broke the promise
        ├── StoreDown      the database cannot take or give this now; nothing is known to be written
        └── Bug            an impossible state was met

Domain errors carry no status number: each dialect keeps one table of statuses in its `fail.py`.
"""

from msgspec import Struct


class Fault(Struct, frozen=True):
    """One broken rule.

    `path` leads to the node of an `Apply` (child positions from the root, `~n` for what is written before a node; empty
    for a single record), `key` names a record that the asker did not name, `field` is the
    canonical attribute (or "" for the record as a whole), `code` names the rule, `detail` is what the wording needs
    (the limit, the refused value, the missing name).
    """

    field: str
    code: str
    detail: str = ""
    path: tuple[int, ...] = ()
    key: str = ""


class Problem(Exception):
    """Base of everything the service raises on purpose."""


class Refusal(Problem):
    """The asker broke a rule; `faults` tells all of them."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*(f"{fault.field} {fault.code} {fault.detail}".strip() for fault in faults))
        self.faults = faults


class Invalid(Refusal):
    """Values break rules."""


class NotFound(Refusal):
    """No such record, or none the asker may know of."""


class Clash(Refusal):
    """The state of the records forbids the command."""


class Forbidden(Refusal):
    """Known, but not allowed."""


class Unauthorized(Refusal):
    """Not known. `reason` is a word of the authentication in use, `note` what the operator's log should say; never a
    secret."""

    def __init__(self, reason: str = "", note: str = "") -> None:
        super().__init__()
        self.reason = reason
        self.note = note


class Trouble(Problem):
    """Our own fault."""


class StoreDown(Trouble):
    """The database cannot serve this now; nothing of it was written, unless a connection was lost while the database
    committed: whether it did is not known then."""


class Bug(Trouble):
    """An impossible state was met."""
