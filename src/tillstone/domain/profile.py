"""What one dialect demands of a write, per attribute. Dialect tables compile to a `Profile`; the service applies it."""

from collections.abc import Callable, Mapping
from enum import Enum

from msgspec import Struct

from tillstone.domain.errors import Fault
from tillstone.domain.records import Record, Value


class Unreadable(Struct, frozen=True):
    """A sent value that its codec could not read: the check of that attribute fails with `code`. Without a code it is
    passed over: something was said, and it changes nothing."""

    code: str
    text: str = ""


class OnLong(Enum):
    """What happens to text longer than its width."""

    TRUNCATE = "truncate"
    REFUSE = "refuse"


Check = Callable[[Value], str | None]
"""Gives the code of the broken rule, or None."""


Exempt = Callable[[Mapping[str, object]], bool]
"""Whether a record, as it would be, need not have an attribute that is otherwise required."""

Settle = Callable[[Record, frozenset[str]], tuple[Record, tuple[Fault, ...]]]
"""Looks at a record as it would be stored, and at the names of what differs: gives corrections and faults."""


class Rule(Struct, frozen=True):
    """One attribute's demands.

    `required` may not be blank in a new record nor be made blank; `max` is a width for text (in characters) and a limit
    for numbers, `min` likewise; `check` sees what is neither null nor cut. `create_only` values are ignored on a
    change.
    `explicit` ones must be sent with a new record even where there is a default; `exempt` frees from `required`.
    An attribute `relation.column` names another record: it must exist, unless `creates` lets it come into being with
    a warning. Values that `alike` maps to the same are the same to this dialect: what it cannot show, or does not tell
    apart, is no change either.
    """

    attribute: str
    required: bool = False
    min: int | None = None
    max: int | None = None
    on_long: OnLong = OnLong.REFUSE
    blank_is_null: bool = True
    create_only: bool = False
    creates: bool = False
    explicit: bool = False
    exempt: Exempt | None = None
    check: Check | None = None
    alike: Callable[[Value], Value] | None = None


class Profile(Struct, frozen=True, eq=False):
    """A dialect's demands on one resource, in the order in which it reports faults.

    `front` is the dialect's name as the history shows it; `unique` are further attribute groups that this dialect wants
    unique among live records; `settle` is asked once no single attribute breaks a rule. Two profiles are the same only
    if they are one object.
    """

    front: str
    resource: str
    rules: Mapping[str, Rule]
    unique: tuple[tuple[str, ...], ...] = ()
    settle: Settle | None = None
