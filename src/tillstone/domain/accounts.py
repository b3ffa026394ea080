"""Opening accounts and handing out keys: what the command line does before any front can ask for anything."""

import re
from collections.abc import Iterator

from msgspec import Struct

from tillstone.domain import writing
from tillstone.domain.access import ALL, Principal
from tillstone.domain.admission import TOKEN_PURPOSE
from tillstone.domain.commands import Create, Found, Key, List, Outcome, Remove
from tillstone.domain.errors import Clash, Fault, Invalid, NotFound
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.query import Slice
from tillstone.domain.records import RESOURCES, Record, Row, Shape, Value
from tillstone.domain.secrets import token_digest
from tillstone.domain.service import Service
from tillstone.domain.signing import CUSTOMER_ROLE, GUEST_ROLE
from tillstone.domain.store import Account, Transaction

TOKEN_DIGITS = 40
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TOKEN = re.compile(r"[0-9a-f]{40}")

ADMIN_ROLE = 3
"""The role of admin users who may do everything."""

ROLE_RULES: tuple[tuple[Value, ...], ...] = (
    (ADMIN_ROLE, ALL, ALL),
    *((CUSTOMER_ROLE, "customer", operation) for operation in ("retrieve", "update")),
    *((CUSTOMER_ROLE, "address", operation) for operation in ("create", "retrieve", "update", "delete")),
)
"""What admin users may do, and customers with records of their own."""

ATTRIBUTE_RULES: tuple[tuple[Value, ...], ...] = tuple(
    (kind, resource, operation, ALL)
    for kind in ("admin", "customer")
    for resource in ("customer", "address")
    for operation in ("read", "write")
)
"""Every kind of user may see and say all that its kind knows, until a rule says less."""


def _numbered(
    resource: str, rows: tuple[tuple[Value, ...], ...], columns: tuple[str, ...]
) -> Iterator[tuple[str, Record]]:
    """Records of `resource` with ids from 1."""
    for number, row in enumerate(rows, 1):
        yield resource, {"id": number, **dict(zip(columns, row, strict=True))}


SEEDS: tuple[tuple[str, Record], ...] = (
    ("website", {"id": 0, "code": "admin", "name": "Admin"}),
    ("website", {"id": 1, "code": "base", "name": "Main Website"}),
    ("customer_group", {"id": 0, "code": "NOT LOGGED IN", "title": "NOT LOGGED IN", "is_system": 1}),
    ("customer_group", {"id": 1, "code": "General", "title": "General", "is_system": 1}),
    ("role", {"id": GUEST_ROLE, "name": "Guest"}),
    ("role", {"id": CUSTOMER_ROLE, "name": "Customer"}),
    ("role", {"id": ADMIN_ROLE, "name": ALL}),
    *_numbered("role_rule", ROLE_RULES, ("role_id", "resource", "operation")),
    *_numbered("attribute_rule", ATTRIBUTE_RULES, ("user_type", "resource", "operation", "attributes")),
)
"""What every account has from the start. System groups have no feed entry and are not counted."""

KEY_PROFILE = Profile(
    "cli",
    "api_key",
    {
        name: Rule(name)
        for name in (
            *("sha256", "label", "dialects", "allow", "deny"),
            *("read_only", "mask_passwords", "expires_at", "login", "password_hash", "token_sealed"),
        )
    },
)
KEY_SHAPE = Shape(
    "api_key",
    (
        *("id", "label", "dialects", "allow", "deny", "read_only", "mask_passwords", "expires_at", "login"),
        *("created_at", "deleted"),
    ),
)


class KeyWish(Struct, frozen=True):
    """What a new API key shall be. Without a `token` one is made; `login` and `password` go together."""

    token: str = ""
    label: str = ""
    read_only: bool = False
    mask_passwords: bool = False
    dialects: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    expires_at: int | None = None
    login: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"KeyWish({self.label!r})"


def system(account: int) -> Principal:
    """The command line itself, which may do everything in `account`."""
    return Principal(account, "system", "command line")


def account_named(service: Service, name: str) -> Account:
    """The account of that name; NotFound if there is none."""
    with service.store.peek() as snapshot:
        account = snapshot.account_named(name)
    if account is None:
        raise NotFound(Fault("account", "not_found", name))
    return account


def create_account(service: Service, name: str) -> Account:
    """A new account with its websites and system groups. Invalid for a name that cannot stand in a host, Clash for
    one that is taken."""
    if not _NAME.fullmatch(name):
        raise Invalid(Fault("account", "malformed", name))
    account = service.store.add_account(name)
    service.store.write(account.id, _seed)
    return account


def _seed(tx: Transaction) -> None:
    for resource, values in SEEDS:
        if not tx.rows(tx.account, Shape(resource, ("id",)), "id", (values["id"],)):
            stamps: Record = {"stamp": tx.now, "created_at": tx.now, "version": 1}
            tx.insert(resource, RESOURCES[resource].blank() | values | stamps)


def create_key(service: Service, account: int, wish: KeyWish) -> tuple[int, str]:
    """A new API key: (its id, its token). Only the token's SHA-256 is stored, and for a key with a login the token
    sealed."""
    faults = []
    if wish.token and not _TOKEN.fullmatch(wish.token):
        faults.append(Fault("token", "malformed"))
    if bool(wish.login) != bool(wish.password):
        faults.append(Fault("login", "blank"))
    if unknown := [name for name in (*wish.allow, *wish.deny) if name not in RESOURCES]:
        faults.append(Fault("allow", "unknown", ", ".join(unknown)))
    if faults:
        raise Invalid(*faults)
    token = wish.token or service.random.hexadecimal(TOKEN_DIGITS)
    with service.store.peek() as snapshot:
        if snapshot.anywhere(Shape("api_key", ("id",)), "sha256", token_digest(token)):
            raise Clash(Fault("token", "taken"))
    outcome = service.run(Create("api_key", _key_values(service, wish, token), KEY_PROFILE), system(account))
    assert isinstance(outcome, Outcome)  # noqa: S101 - what a Create answers
    return outcome.id, token


def _key_values(service: Service, wish: KeyWish, token: str) -> dict[str, Value]:
    values: dict[str, Value] = {
        "sha256": token_digest(token),
        "label": wish.label or None,
        "dialects": ",".join(wish.dialects) or None,
        "allow": ",".join(wish.allow) or None,
        "deny": ",".join(wish.deny) or None,
        "read_only": int(wish.read_only),
        "mask_passwords": int(wish.mask_passwords),
        "expires_at": wish.expires_at,
    }
    if wish.login:
        values["login"] = wish.login
        values["password_hash"] = service.hasher.hash(wish.password)
        values["token_sealed"] = service.seal.close_over(token, TOKEN_PURPOSE)
    return values


def list_keys(service: Service, account: int) -> list[Row]:
    """Every key of the account in `KEY_SHAPE`, revoked ones too, by id. Never a token."""
    found = service.run(List(KEY_SHAPE, Slice(0, 10_000)), system(account))
    assert isinstance(found, Found)  # noqa: S101 - what a List answers
    return found.rows


def revoke_key(service: Service, account: int, key_id: int) -> None:
    """No longer let a key in (workers may remember it for two seconds). NotFound if there is no such key."""
    actor = system(account).actor
    service.store.write(
        account, lambda tx: writing.remove(tx, Remove("api_key", Key("id", key_id), KEY_PROFILE), actor)
    )
