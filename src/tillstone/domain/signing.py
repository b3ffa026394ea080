"""Who signs: a program's requests are looked up, verified and turned into a `Principal`, or refused with the reason.

The dialect verifies (a pure function), the store remembers nonces, this module decides. A nonce is burnt only after the
signature was found right, and before the answer leaves.
"""

from msgspec import Struct

from tillstone.domain.access import Principal, Purpose, Secrets, Signed
from tillstone.domain.errors import Unauthorized
from tillstone.domain.memory import Memory
from tillstone.domain.records import Row, Shape, Value
from tillstone.domain.secrets import Seal
from tillstone.domain.stamps import Clock
from tillstone.domain.store import Snapshot, Store

WINDOW_S = 600
"""Seconds by which a request's timestamp may differ from the clock."""

REQUEST_TOKEN_S = 7_200
"""How long a request token lives (spec 7.4)."""

SECRET_PURPOSE = "oauth.secret"  # noqa: S105 - what sealed secrets are sealed for
TOKEN_LENGTH = 32
CUSTOMER_ROLE = 2
GUEST_ROLE = 1

CONSUMER = Shape("oauth_consumer", ("id", "name", "secret_sealed", "callback_url", "rejected_url"))
TOKEN = Shape(
    "oauth_token",
    (
        *("id", "secret_sealed", "verifier", "consumer_id", "kind", "admin_id", "customer_id", "callback_url"),
        *("authorized", "revoked", "created_at", "admin.username", "admin.role_id", "admin.deleted"),
        *("customer.email", "customer.deleted", "customer.inactive"),
    ),
)
_ROLE_RULES = Shape("role_rule", ("resource", "operation"))
_FIELD_RULES = Shape("attribute_rule", ("resource", "operation", "attributes"))


class Known(Struct, frozen=True):
    """What was found behind a consumer and a token."""

    secrets: Secrets
    principal: Principal


class Signing:
    """Lets in who signs."""

    def __init__(self, store: Store, clock: Clock, seal: Seal, window_s: int = WINDOW_S) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal
        self._window = window_s
        self._remembered: Memory[tuple[str, str, Purpose], Known] = Memory(clock)

    def admit(self, signed: Signed) -> Principal:
        """The principal behind a signed request. Raises Unauthorized with the OAuth problem."""
        self._require_timely(signed)
        known = self._known(signed)
        if not signed.verify(known.secrets):
            raise Unauthorized("signature_invalid", signed.explain(known.secrets) if signed.explain else "")
        self._burn_nonce(signed)
        return known.principal

    def _require_timely(self, signed: Signed) -> None:
        if signed.nonce and abs(signed.timestamp - self._clock.now()) > self._window:
            raise Unauthorized("timestamp_refused")

    def _burn_nonce(self, signed: Signed) -> None:
        if not signed.nonce:
            return
        volatile = self._store.volatile
        name = signed.consumer, signed.token, signed.timestamp, signed.nonce
        if not volatile.use_nonce(*name, 2 * self._window):
            raise Unauthorized("timestamp_refused" if signed.timestamp < volatile.born() else "nonce_used")

    def _known(self, signed: Signed) -> Known:
        name = signed.consumer, signed.token, signed.purpose
        remembered = self._remembered.get(name)
        if remembered is not None:
            return remembered
        with self._store.read() as snapshot:
            known = self._look_up(snapshot, signed)
        if signed.purpose is not Purpose.ACCESS:
            # a step of the flow is rare, and takes its token with it
            return known
        self._remembered.keep(name, known)
        return known

    def secrets_of(self, consumer: str, token: str) -> Secrets:
        """The secrets of a pair, for whoever explains a signature. Unauthorized if there is no such pair."""
        with self._store.read() as snapshot:
            found = snapshot.anywhere(CONSUMER, "key", consumer)
            if found is None:
                raise Unauthorized("consumer_key_rejected")
            known = snapshot.anywhere(TOKEN, "token", token) if token else None
            if token and (known is None or known[0] != found[0]):
                raise Unauthorized("token_rejected")
        return Secrets(self._open(_named(CONSUMER, found[1])), self._open(_named(TOKEN, known[1])) if known else "")

    def forget(self) -> None:
        """Look everybody up again."""
        self._remembered.forget()

    def _look_up(self, snapshot: Snapshot, signed: Signed) -> Known:
        found = snapshot.anywhere(CONSUMER, "key", signed.consumer)
        if found is None:
            raise Unauthorized("consumer_key_rejected")
        account, consumer = found[0], _named(CONSUMER, found[1])
        if signed.purpose is Purpose.NONE:
            return Known(Secrets(self._open(consumer), ""), program(account, consumer))
        token = self._token(snapshot, signed, account)
        refuse_if_unusable(token, signed.purpose, int(str(consumer["id"])), self._clock.now())
        principal = (
            program(account, consumer, int(str(token["id"])))
            if signed.purpose is Purpose.REQUEST
            else user(snapshot, account, token)
        )
        return Known(Secrets(self._open(consumer), self._open(token)), principal)

    def _token(self, snapshot: Snapshot, signed: Signed, account: int) -> dict[str, Value]:
        if not signed.token:
            raise Unauthorized("parameter_absent&oauth_parameters_absent=oauth_token")
        found = snapshot.anywhere(TOKEN, "token", signed.token) if len(signed.token) == TOKEN_LENGTH else None
        if found is None or found[0] != account:
            raise Unauthorized("token_rejected")
        return _named(TOKEN, found[1])

    def _open(self, record: dict[str, Value]) -> str:
        return self._seal.open(str(record["secret_sealed"]), SECRET_PURPOSE)


def refuse_if_unusable(token: dict[str, Value], purpose: Purpose, consumer: int, now: int) -> None:
    """Refuse a token that is of another kind, revoked, another consumer's, or whose user is gone (spec 7.2, 8)."""
    if token["kind"] != purpose.value:
        raise Unauthorized("token_used" if purpose is Purpose.REQUEST else "token_rejected")
    if token["revoked"]:
        raise Unauthorized("token_revoked")
    expired = purpose is Purpose.REQUEST and int(str(token["created_at"])) + REQUEST_TOKEN_S < now
    gone = token["admin.deleted"] is not None or token["customer.deleted"] is not None or token["customer.inactive"]
    if token["consumer_id"] != consumer or expired or gone:
        raise Unauthorized("token_rejected")


def program(account: int, consumer: dict[str, Value], grant: int = 0) -> Principal:
    """The program itself, before anybody allowed it anything."""
    number = int(str(consumer["id"]))
    return Principal(account, "program", f"consumer {number}", number, consumer=number, grant=grant)


def user(snapshot: Snapshot, account: int, token: dict[str, Value]) -> Principal:
    """The user on whose behalf the program signs, with the rules of their role."""
    kind = "customer" if token["admin_id"] is None else "admin"
    number = int(str(token[f"{kind}_id"]))
    role = CUSTOMER_ROLE if kind == "customer" else token["admin.role_id"]
    name = token["customer.email" if kind == "customer" else "admin.username"]
    return Principal(
        account,
        kind,
        f"{kind} {number}" + (f" ({name})" if name else ""),
        number,
        rules=role_rules(snapshot, account, role),
        fields=field_rules(snapshot, account, kind),
        role=role if isinstance(role, int) else None,
        consumer=int(str(token["consumer_id"])),
        grant=int(str(token["id"])),
    )


def role_rules(snapshot: Snapshot, account: int, role: Value) -> frozenset[tuple[str, str]]:
    """Pairs of resource and operation that a role allows."""
    rows: list[Row] = snapshot.rows(account, _ROLE_RULES, "role_id", (role,)) if role is not None else []
    return frozenset((str(resource), str(operation)) for resource, operation in rows)


def field_rules(snapshot: Snapshot, account: int, kind: str) -> dict[tuple[str, str], frozenset[str]]:
    """Which attributes a kind of user may read or write, by resource and "read" or "write"."""
    rows = snapshot.rows(account, _FIELD_RULES, "user_type", (kind,))
    return {
        (str(resource), str(operation)): frozenset(name.strip() for name in str(attributes or "").split(","))
        for resource, operation, attributes in rows
    }


def _named(shape: Shape, row: Row) -> dict[str, Value]:
    return dict(zip(shape.attributes, row, strict=True))
