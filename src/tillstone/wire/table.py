"""The vocabulary of the dialect tables: one `Field` per wire field, one `Table` per resource and dialect.

Row order is wire order. From a table come the request parser, the renderer, the `Profile` that the service applies, the
reference page and an example; see `compile.py`.
"""

from collections.abc import Callable
from enum import Enum

from msgspec import Struct

from tillstone.domain.profile import Check, OnLong
from tillstone.domain.records import Value


class Access(Enum):
    """Who may do what with a field."""

    READ = "read"
    WRITE = "write"  # read and write
    CREATE = "create"  # read; written on a create only
    WRITE_ONLY = "write-only"

    @property
    def reads(self) -> bool:
        """Whether the field is shown."""
        return self is not Access.WRITE_ONLY

    @property
    def writes(self) -> bool:
        """Whether the field is taken."""
        return self is not Access.READ


class Absent(Enum):
    """How a value that was never set (or is shown empty) is written."""

    NIL = "nil"  # <city nil="true"></city>, JSON null
    EMPTY = "empty"  # <state></state>
    OMIT = "omit"  # no element


class Codec(Struct, frozen=True):
    """A value's text on the wire and back. `decode` gives the value or an `Unreadable`; neither cuts, checks or
    derives.

    `encode` gives text for XML (`str` itself where formatting alone does it), `native` the JSON value (None: the value
    as it is). `escapes`: the text may hold characters that need escaping; `markup`: the text is XML itself. `gather`
    decodes a sent list; without it a list is not taken. `keeps_empty`: an empty text is a value of its own, not null.
    `type` names the wire type and `sample` shows one, for reference pages and schemas.
    """

    type: str
    encode: Callable[[Value], str]
    decode: Callable[[str], object]
    native: Callable[[Value], object] | None = None
    escapes: bool = False
    markup: bool = False
    gather: Callable[[tuple[str, ...]], object] | None = None
    keeps_empty: bool = False
    sample: str = ""


class Field(Struct, frozen=True):
    """One wire field: its name there, the canonical attribute or view it stands for, and what the dialect demands of
    it.

    `blank` is what a sent null, or an empty text of a codec that does not keep it, means.
    """

    wire: str
    attr: str
    codec: Codec
    absent: Absent = Absent.NIL
    access: Access = Access.WRITE
    required: bool = False
    min: int | None = None
    max: int | None = None
    on_long: OnLong = OnLong.REFUSE
    check: Check | None = None
    blank: Value = None
    blank_is_null: bool = True
    creates: bool = False  # see `profile.Rule`
    label: str = ""  # the field's name in messages; "" derives it from `wire`
    roles: tuple[str, ...] = ()  # user types that may see it; none: everybody
    source: str = ""  # document and line
    note: str = ""

    @property
    def title(self) -> str:
        """The field's name in messages."""
        return self.label or self.wire.replace("_", " ").capitalize()


class Table(Struct, frozen=True):
    """One resource of a dialect: tags, key field, page sizes, verbs, fields.

    Faults are reported in the order of the fields, except that those of the attributes `faults_first` come before.
    """

    resource: str  # canonical
    item: str
    plural: str
    fields: tuple[Field, ...]
    key: str = "id"  # wire name of the key field
    page_default: int = 50
    page_max: int = 50
    verbs: frozenset[str] = frozenset({"list", "read", "create", "update", "delete"})
    unique: tuple[tuple[str, ...], ...] = ()  # further attribute groups unique among live records in this dialect
    faults_first: tuple[str, ...] = ()
