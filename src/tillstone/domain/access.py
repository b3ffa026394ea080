"""Who is asking, and what they may do. Values and decisions only; `service.py` looks the asker up."""

from collections.abc import Callable, Mapping
from enum import Enum

from msgspec import Struct

from tillstone.domain.errors import Fault, Forbidden
from tillstone.domain.query import Filter, Operator


class Token(Struct, frozen=True):
    """An API key, named by the SHA-256 (hex) of its token; `host_account` is the account the request's host names, if
    it names one."""

    sha256: str
    host_account: str | None = None


class Login(Struct, frozen=True):
    """A name and a password, of the account the host names, else the default one, else the only one."""

    name: str
    password: str
    host_account: str | None = None

    def __repr__(self) -> str:
        return f"Login({self.name!r})"


class Secrets(Struct, frozen=True):
    """What signs a request: the consumer's secret and the token's ("" before there is one)."""

    consumer: str
    token: str

    def __repr__(self) -> str:
        return "Secrets()"


class Purpose(Enum):
    """What a signed request is sent with."""

    ACCESS = "access"  # an access token, for a user's records
    REQUEST = "request"  # a request token, to exchange it
    NONE = "none"  # no token yet


class Signed(Struct, frozen=True):
    """A signed request. `verify` is a pure function of the dialect; the nonce is burnt only after it said yes.

    Without a `nonce` (a method that has none) neither the time nor a repetition is looked at. `explain` says for the
    operator's log, without a secret, why a signature may not match.
    """

    consumer: str
    token: str
    timestamp: int
    nonce: str
    verify: Callable[[Secrets], bool]
    host_account: str | None = None
    purpose: Purpose = Purpose.ACCESS
    explain: Callable[[Secrets], str] | None = None


class Visit(Struct, frozen=True):
    """A person in a browser, led here by a request token; `session` is the cookie they bring, `kind` what they log in
    as."""

    token: str
    kind: str
    session: str = ""

    def __repr__(self) -> str:
        return f"Visit({self.kind!r})"


class Nobody(Struct, frozen=True):
    """No credentials. `account` is the one that is asked for by name."""

    host_account: str | None = None
    account: str = ""


Credentials = Token | Login | Signed | Visit | Nobody


class Principal(Struct, frozen=True):
    """An admitted asker.

    `kind` is key, admin, customer, guest or system (the command line); `actor` is how the history names them; `id` is
    the key's, the admin's or the customer's id. `allow` and `deny` are canonical resources (empty `allow`: all).
    `mask_passwords`: no password's hash is shown to it.
    Users who sign have `rules` instead, pairs of resource and operation, and `fields`: which attributes they may
    "read" or "write" of a resource, in the words of their front. `consumer` is the program that signs for them,
    `grant` the token it uses.
    """

    account: int
    kind: str
    actor: str
    id: int = 0
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    read_only: bool = False
    rules: frozenset[tuple[str, str]] = frozenset()
    mask_passwords: bool = False
    fields: Mapping[tuple[str, str], frozenset[str]] = {}
    role: int | None = None
    consumer: int = 0
    grant: int = 0


SIGNERS = frozenset({"admin", "customer", "guest"})
"""Kinds of users whose rules name operations."""

ALL = "all"
"""Stands for every resource and operation in a rule, and for every attribute."""

OWN = {"customer": "id", "address": "customer_id"}
"""By which attribute a customer knows its own records."""


def require_operation(principal: Principal, resources: tuple[str, ...], operation: str) -> None:
    """Forbidden unless the user's role allows `operation` on each of `resources`. Who comes with a key is judged by
    `require`."""
    if principal.kind not in SIGNERS or (ALL, ALL) in principal.rules:
        return
    if principal.kind == "admin" and principal.role is None:
        raise Forbidden(Fault("role", "missing", str(principal.id)))
    refused = [name for name in resources if not {(name, operation), (name, ALL)} & principal.rules]
    if refused:
        raise Forbidden(*(Fault(name, "forbidden", operation) for name in refused))


def own_condition(principal: Principal, resource: str) -> Filter | None:
    """What must hold of a record that this user may know of; None: nothing."""
    if principal.kind != "customer" or resource not in OWN:
        return None
    return Filter(OWN[resource], Operator.EQ, (principal.id,))


def require(principal: Principal, resources: tuple[str, ...], *, writes: bool) -> None:
    """Forbidden, with one fault per refused resource, unless the asker may read (or write) all of `resources`. Deny
    beats allow."""
    refused = [
        name
        for name in resources
        if name in principal.deny
        or (principal.allow and name not in principal.allow)
        or (writes and principal.read_only)
    ]
    if refused:
        raise Forbidden(*(Fault(name, "forbidden", "write" if writes else "read") for name in refused))
