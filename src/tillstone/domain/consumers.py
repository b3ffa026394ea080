"""Programs that sign, the tokens they were given, and admin users with their roles: what the command line does with
them."""

import re

from msgspec import Struct

from tillstone.domain import writing
from tillstone.domain.access import ALL
from tillstone.domain.accounts import system
from tillstone.domain.commands import Change, Command, Create, Found, Granted, Key, List, Outcome, Remove
from tillstone.domain.errors import Clash, Fault, Invalid, NotFound
from tillstone.domain.grants import TOKEN_PROFILE
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.query import Filter, Operator, Slice
from tillstone.domain.records import RESOURCES, Record, Row, Shape
from tillstone.domain.service import Service
from tillstone.domain.signing import SECRET_PURPOSE, TOKEN_LENGTH

OPERATIONS = ("retrieve", "create", "update", "delete")
ROLE_RESOURCES = ("customer", "address")
LISTED_AT_MOST = 10_000

CONSUMERS = Shape("oauth_consumer", ("id", "name", "key", "callback_url", "created_at", "deleted"))
TOKENS = Shape(
    "oauth_token",
    (
        *("id", "consumer_id", "kind", "admin_id", "admin.username", "customer_id", "customer.email"),
        *("authorized", "revoked", "created_at", "deleted"),
    ),
)
ADMINS = Shape("admin_user", ("id", "username", "role_id", "role.name", "created_at"))
ROLES = Shape("role", ("id", "name"))

_WORD = re.compile(r"[0-9A-Za-z]{32}").fullmatch
_URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE).fullmatch


def _profile(resource: str) -> Profile:
    names = RESOURCES[resource].attributes[5:]
    return Profile("cli", resource, {name: Rule(name, required=name == "name") for name in names})


_PROFILES = {name: _profile(name) for name in ("oauth_consumer", "admin_user", "role", "role_rule", "attribute_rule")}


class ConsumerWish(Struct, frozen=True):
    """What a new consumer shall be. Without `key` and `secret` they are made."""

    name: str
    key: str = ""
    secret: str = ""
    callback_url: str = ""
    rejected_url: str = ""

    def __repr__(self) -> str:
        return f"ConsumerWish({self.name!r})"


class TokenWish(Struct, frozen=True):
    """What a new access token shall be: of a consumer, for an admin user or a customer."""

    consumer: str
    admin: str = ""
    customer: int = 0
    token: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return f"TokenWish({self.consumer!r})"


def create_consumer(service: Service, account: int, wish: ConsumerWish) -> Granted:
    """A new consumer: its key and secret. Raises Invalid, or Clash for a key that exists."""
    faults = [
        Fault(field, "malformed") for field in ("key", "secret") if (text := getattr(wish, field)) and not _WORD(text)
    ]
    faults += [
        Fault(field, "malformed")
        for field in ("callback_url", "rejected_url")
        if (text := getattr(wish, field)) and not _URL(text)
    ]
    if faults:
        raise Invalid(*faults)
    pair = _pair(service, wish.key, wish.secret)
    _refuse_if_known(service, "oauth_consumer", "key", pair.token)
    values: Record = {
        "key": pair.token,
        "secret_sealed": service.seal.close_over(pair.secret, SECRET_PURPOSE),
        "name": wish.name,
        "callback_url": wish.callback_url or None,
        "rejected_url": wish.rejected_url or None,
    }
    _written(service, account, Create("oauth_consumer", values, _PROFILES["oauth_consumer"]))
    return pair


def create_token(service: Service, account: int, wish: TokenWish) -> Granted:
    """A new access token: the token and its secret. NotFound if its consumer, admin user or customer does not exist."""
    if bool(wish.admin) == bool(wish.customer):
        raise Invalid(Fault("user", "blank"))
    faults = [
        Fault(field, "malformed") for field in ("token", "secret") if (text := getattr(wish, field)) and not _WORD(text)
    ]
    if faults:
        raise Invalid(*faults)
    pair = _pair(service, wish.token, wish.secret)
    _refuse_if_known(service, "oauth_token", "token", pair.token)
    values: Record = {
        "token": pair.token,
        "secret_sealed": service.seal.close_over(pair.secret, SECRET_PURPOSE),
        "consumer_id": find(service, account, "oauth_consumer", Key("key", wish.consumer)),
        "kind": "access",
        "authorized": 1,
    }
    if wish.admin:
        values["admin_id"] = find(service, account, "admin_user", Key("username", wish.admin))
    else:
        values["customer_id"] = find(service, account, "customer", Key("id", wish.customer))
    _written(service, account, Create("oauth_token", values, TOKEN_PROFILE))
    return pair


def create_admin(service: Service, account: int, username: str, password: str, role: str) -> int:
    """A new admin user; `role` "" gives none, and such a user may do nothing."""
    if not username.strip() or username != username.strip():
        raise Invalid(Fault("username", "malformed"))
    _refuse_if_taken(service, account, "admin_user", Key("username", username))
    values: Record = {
        "username": username,
        "password_hash": service.hasher.hash(password) if password else None,
        "role_id": find(service, account, "role", Key("name", role)) if role else None,
    }
    return _written(service, account, Create("admin_user", values, _PROFILES["admin_user"])).id


def create_role(service: Service, account: int, name: str, rules: tuple[tuple[str, str], ...]) -> int:
    """A new role for admin users. Each rule is a resource and an operation, or "all" for every operation."""
    unknown = [
        f"{resource}:{operation}"
        for resource, operation in rules
        if (resource, operation) != (ALL, ALL)
        and (resource not in ROLE_RESOURCES or operation not in (*OPERATIONS, ALL))
    ]
    if unknown:
        raise Invalid(Fault("rule", "unknown", ", ".join(unknown)))
    _refuse_if_taken(service, account, "role", Key("name", name))
    role = _written(service, account, Create("role", {"name": name}, _PROFILES["role"])).id
    for resource, operation in dict.fromkeys(rules):
        values: Record = {"role_id": role, "resource": resource, "operation": operation}
        _written(service, account, Create("role_rule", values, _PROFILES["role_rule"]))
    return role


def set_attributes(service: Service, account: int, rule: tuple[str, str, str], attributes: str) -> None:
    """Which attributes users of a kind may read or write: `rule` is the kind, the resource, and "read" or "write"."""
    shape = Shape("attribute_rule", ("id", "user_type", "resource", "operation"))
    known = next((row[0] for row in listed(service, account, shape) if row[1:] == rule), None)
    profile = _PROFILES["attribute_rule"]
    if known is not None:
        _written(service, account, Change("attribute_rule", Key("id", known), {"attributes": attributes}, profile))
        return
    values: Record = {**dict(zip(shape.attributes[1:], rule, strict=True)), "attributes": attributes}
    _written(service, account, Create("attribute_rule", values, profile))


def role_rules(service: Service, account: int, role: int) -> list[tuple[str, str]]:
    """Pairs of resource and operation that a role allows."""
    shape = Shape("role_rule", ("resource", "operation"))
    rows = _listed(
        service,
        account,
        List(shape, Slice(0, LISTED_AT_MOST), live=True, conditions=(Filter("role_id", Operator.EQ, (role,)),)),
    )
    return [(str(resource), str(operation)) for resource, operation in rows]


def listed(service: Service, account: int, shape: Shape) -> list[Row]:
    """Every record in `shape`, revoked ones too, by id. Never a secret."""
    return _listed(service, account, List(shape, Slice(0, LISTED_AT_MOST)))


def revoke_consumer(service: Service, account: int, key: str) -> None:
    """Let a consumer in no longer, nor any of its tokens (workers may remember them for two seconds)."""
    number = find(service, account, "oauth_consumer", Key("key", key))
    remove = Remove("oauth_consumer", Key("id", number), _PROFILES["oauth_consumer"])
    service.store.write(account, lambda tx: writing.remove(tx, remove, system(account).actor))


def revoke_token(service: Service, account: int, number: int) -> None:
    """Let a token in no longer; requests with it are told that it is revoked."""
    find(service, account, "oauth_token", Key("id", number))
    _written(service, account, Change("oauth_token", Key("id", number), {"revoked": 1}, TOKEN_PROFILE))


def find(service: Service, account: int, resource: str, key: Key) -> int:
    """The id of a live record; NotFound."""
    with service.store.peek() as snapshot:
        row = snapshot.one(account, Shape(resource, ("id",)), key, live=True)
    if row is None:
        raise NotFound(Fault(resource, "not_found", str(key.value)))
    return int(str(row[0]))


def _pair(service: Service, token: str, secret: str) -> Granted:
    return Granted(
        token or service.random.hexadecimal(TOKEN_LENGTH), secret or service.random.hexadecimal(TOKEN_LENGTH)
    )


def _refuse_if_known(service: Service, resource: str, column: str, value: str) -> None:
    with service.store.peek() as snapshot:
        if snapshot.anywhere(Shape(resource, ("id",)), column, value):
            raise Clash(Fault(column, "taken"))


def _refuse_if_taken(service: Service, account: int, resource: str, key: Key) -> None:
    with service.store.peek() as snapshot:
        if snapshot.one(account, Shape(resource, ("id",)), key, live=True):
            raise Clash(Fault(key.attribute, "taken", str(key.value)))


def _written(service: Service, account: int, command: Command) -> Outcome:
    outcome = service.run(command, system(account))
    assert isinstance(outcome, Outcome)  # noqa: S101 - what a write of one record answers
    return outcome


def _listed(service: Service, account: int, listing: List) -> list[Row]:
    found = service.run(listing, system(account))
    assert isinstance(found, Found)  # noqa: S101 - what a List answers
    return found.rows
