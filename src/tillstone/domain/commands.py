"""What any front can ask for, and what it gets back. Values only: `service.py` carries them out."""

from msgspec import Struct

from tillstone.domain.errors import Fault
from tillstone.domain.profile import Profile
from tillstone.domain.query import Condition, Embed, Slice, Sort, Window
from tillstone.domain.records import Row, Shape, Value


class Key(Struct, frozen=True):
    """How one record is named: an attribute that identifies, and its value."""

    attribute: str
    value: Value


class Get(Struct, frozen=True):
    """Read one record. `live` refuses deleted ones; `conditions` must hold as well. Answer: `Found` with one row."""

    shape: Shape
    key: Key
    live: bool = True
    embeds: tuple[Embed, ...] = ()
    conditions: tuple[Condition, ...] = ()


class List(Struct, frozen=True):
    """Read a page of records.

    With a `window` the order and the slots are those of rule P; without, the order is `sort`, then id. `live` leaves
    deleted records
    out; `mark` (a key's id or another name of the asker) lets an unfiltered live walk continue behind what it was
    answered last. `last_if_past` answers a page past the end with the last one. `total` asks for the number of records
    over all pages. Answer: `Found`.
    """

    shape: Shape
    slice: Slice
    window: Window | None = None
    live: bool = False
    conditions: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()
    embeds: tuple[Embed, ...] = ()
    mark: str = ""
    total: bool = False
    last_if_past: bool = False


class Count(Struct, frozen=True):
    """How many records the same `List` has over all pages. Answer: an int."""

    resource: str
    window: Window | None = None
    live: bool = False
    conditions: tuple[Condition, ...] = ()


class NewestStamp(Struct, frozen=True):
    """The watermark of a resource: nothing will ever be stamped at or before it again. Answer: an int, or None if
    nothing was ever written."""

    resource: str


class Create(Struct, frozen=True):
    """Write a new record. Answer: `Outcome`, with the row in `shape` if one is given, and what `embeds` ask for.
    `along` are the records that will be written below it, for rules that add them up."""

    resource: str
    values: dict[str, Value]
    profile: Profile
    shape: Shape | None = None
    embeds: tuple[Embed, ...] = ()
    along: tuple["Node", ...] = ()


class Change(Struct, frozen=True):
    """Change the sent attributes of one record. `live` refuses deleted ones, `must` those with another value of that
    attribute. Answer: `Outcome`."""

    resource: str
    key: Key
    values: dict[str, Value]
    profile: Profile
    shape: Shape | None = None
    live: bool = True
    embeds: tuple[Embed, ...] = ()
    must: Key | None = None


class Remove(Struct, frozen=True):
    """Mark one record deleted. `live` refuses those that are already, `must` those with another value of that
    attribute. Answer: `Outcome`."""

    resource: str
    key: Key
    profile: Profile
    shape: Shape | None = None
    live: bool = True
    embeds: tuple[Embed, ...] = ()
    must: Key | None = None


class RemoveAll(Struct, frozen=True):
    """Mark every live record deleted that meets `conditions` (at least one), at most `limit`. `demanded` are values of
    `name` that must all be met: then they are removed in that order. Answer: `Outcome` per record, as a tuple."""

    resource: str
    conditions: tuple[Condition, ...]
    profile: Profile
    limit: int
    name: str = "id"
    demanded: tuple[Value, ...] = ()


class Brood(Struct, frozen=True):
    """The records of `resource` that name a node's record in `link`; `name` and `profile` as in a `Node` of theirs."""

    resource: str
    link: str
    profile: Profile
    name: str = "id"


class Node(Struct, frozen=True):
    """One record of an `Apply` tree.

    `name` is the attribute that identifies the record on the wire: a live record that bears its value is changed, else
    one is created. Without that value `natural` attributes identify it (a child among its siblings, once `link` is
    filled). `link` is the attribute that takes the id of the parent node's record. `before` are nodes written first;
    each fills the attribute named beside it with its record's id. Records of `replaces` that are no children here are
    removed.
    """

    resource: str
    values: dict[str, Value]
    profile: Profile
    name: str = "id"
    link: str = ""
    natural: tuple[str, ...] = ()
    before: tuple[tuple[str, "Node"], ...] = ()
    children: tuple["Node", ...] = ()
    replaces: tuple[Brood, ...] = ()


class Apply(Struct, frozen=True):
    """Write a forest of records in one savepoint, all or nothing. `update` only changes roots that exist. Answer: a
    tuple of `Outcome`, one per node."""

    nodes: tuple[Node, ...]
    update: bool = False


class TokenOf(Struct, frozen=True):
    """The token of the key that the admitted login belongs to. Answer: (token, key id)."""


class StartGrant(Struct, frozen=True):
    """A signed program asks for a request token. `callback` is where the person goes afterwards, or "oob". Answer:
    `Granted`."""

    callback: str


class ExchangeGrant(Struct, frozen=True):
    """A signed program turns its authorized request token into an access token. Answer: `Granted`."""

    verifier: str

    def __repr__(self) -> str:
        return "ExchangeGrant()"


class AskGrant(Struct, frozen=True):
    """What a visitor is asked to allow. `cookie` ties the page's form to their browser. Answer: `Asked`."""

    token: str
    cookie: str

    def __repr__(self) -> str:
        return "AskGrant()"


class LogIn(Struct, frozen=True):
    """A visitor says who they are; `client` is the address they come from. Answer: the sealed session."""

    form: "Form"
    name: str
    password: str
    client: str

    def __repr__(self) -> str:
        return f"LogIn({self.name!r})"


class DecideGrant(Struct, frozen=True):
    """A visitor who is logged in confirms or rejects. Answer: `Decided`."""

    form: "Form"
    confirm: bool


class Form(Struct, frozen=True):
    """A form that came back: the request token it was about, the browser's cookie, and the key that the page gave
    it."""

    token: str
    cookie: str
    key: str

    def __repr__(self) -> str:
        return "Form()"


Query = Get | List | Count | NewestStamp | TokenOf | AskGrant | LogIn
Write = Create | Change | Remove | RemoveAll | Apply | StartGrant | DecideGrant | ExchangeGrant
Command = Query | Write


class Granted(Struct, frozen=True):
    """A token and its secret, told once."""

    token: str
    secret: str

    def __repr__(self) -> str:
        return "Granted()"


class Asked(Struct, frozen=True):
    """What the page says: which program asks, who is logged in ("" if nobody is), and the key of its form."""

    program: str
    person: str
    key: str
    cookie: str

    def __repr__(self) -> str:
        return f"Asked({self.program!r})"


class Decided(Struct, frozen=True):
    """Where the person goes now ("" if nowhere: then `verifier` is shown), with what is to be added to the address."""

    address: str
    verifier: str

    def __repr__(self) -> str:
        return f"Decided({self.address!r})"


class Joined(Struct, frozen=True):
    """Embedded records of a page, by the parent's key value; `joined` follow the embeds of the embed."""

    rows: dict[Value, list[Row]]
    joined: tuple["Joined", ...] = ()


class Found(Struct, frozen=True):
    """Rows in the asked shape, embedded records in the order of the embeds, and the total if it was asked for."""

    rows: list[Row]
    joined: tuple[Joined, ...] = ()
    total: int | None = None


class Outcome(Struct, frozen=True):
    """What became of one record. `action` is created, changed, unchanged or removed; `key` the value of the node's
    name; `joined` what was asked to be embedded, in the order of the embeds."""

    action: str
    resource: str
    id: int
    row: Row | None = None
    key: Value = None
    warnings: tuple[Fault, ...] = ()
    children: tuple["Outcome", ...] = ()
    joined: tuple[Joined, ...] = ()
