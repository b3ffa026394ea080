"""What can be asked of many records: pages, windows of change, filters, orders. Values only; the store answers them."""

from enum import Enum

from msgspec import Struct

from tillstone.domain.records import Shape, Value


class Slice(Struct, frozen=True):
    """`limit` records from position `offset` (0-based)."""

    offset: int
    limit: int


class Window(Struct, frozen=True):
    """Records changed in (after, to]: stamps above `after` and up to `to`; `to` None is open. Whole seconds UTC."""

    after: int = 0
    to: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no stamp can lie inside."""
        return self.to is not None and self.after >= self.to


class Operator(Enum):
    """How an attribute is compared. Text compares folded; every operator but EMPTY and NULL demands a stored value."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    NOT_IN = "not in"
    LIKE = "like"  # `%` any run, `_` any one, `\` escapes
    NOT_LIKE = "not like"
    CLEARED = "cleared"  # set once and cleared: ""
    SET = "set"  # set and not cleared
    EMPTY = "empty"  # never set or cleared
    IN_SET = "in set"  # a member of a comma separated list
    MATCHES = "matches"  # regular expression


class Filter(Struct, frozen=True):
    """One condition on one attribute (a column, or `relation.column`)."""

    attribute: str
    operator: Operator
    values: tuple[Value, ...] = ()


class AnyOf(Struct, frozen=True):
    """Holds when one of `filters` holds."""

    filters: tuple["Filter | AllOf", ...]


class AllOf(Struct, frozen=True):
    """Holds when all of `conditions` hold."""

    conditions: tuple["Filter | AnyOf", ...]


Condition = Filter | AnyOf | AllOf


class Sort(Struct, frozen=True):
    """Order by one attribute; ties are always broken by id, ascending."""

    attribute: str
    descending: bool = False


class Embed(Struct, frozen=True):
    """Records of another resource that belong to each record of a page, read with one statement for the whole page.

    They are those of `shape.resource` whose attribute `theirs` equals the parent's attribute `ours`; both stand in the
    respective shapes. `many` False: at most one. Only live records; ordered by `order` or id.
    """

    shape: Shape
    ours: str
    theirs: str
    many: bool = True
    embeds: tuple["Embed", ...] = ()
    conditions: tuple[Condition, ...] = ()
    order: str = "id"
