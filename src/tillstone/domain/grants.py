"""The three-legged flow: a program asks, a person logs in and decides in the browser, the program gets its token.

A page's form bears a key that is made of the visitor's cookie and the request token, so that no other site can send it.
The session is a cookie sealed with the key file; nothing of it is stored.
"""

import hmac
import re
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from tillstone.domain import writing
from tillstone.domain.access import Principal, Purpose, Visit
from tillstone.domain.admission import failures_of
from tillstone.domain.commands import (
    Asked,
    AskGrant,
    Change,
    Create,
    Decided,
    DecideGrant,
    ExchangeGrant,
    Form,
    Granted,
    Key,
    List,
    LogIn,
    Remove,
    StartGrant,
)
from tillstone.domain.errors import Forbidden, Unauthorized
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.query import Filter, Operator, Slice
from tillstone.domain.records import RESOURCES, Record, Shape, Value
from tillstone.domain.secrets import Hasher, Random, Seal
from tillstone.domain.signing import CONSUMER, REQUEST_TOKEN_S, SECRET_PURPOSE, TOKEN, TOKEN_LENGTH
from tillstone.domain.stamps import Clock
from tillstone.domain.store import Snapshot, Store, Transaction

OUT_OF_BAND = "oob"
SESSION_S = 1_800
SESSION_PURPOSE = "oauth.session"
FAILURES_ALLOWED = 10
"""Failed logins in ten minutes, per name and per address, after which no password is looked at."""

CANDIDATES = 5
"""How many customers with the same e-mail address are tried."""

KINDS = ("customer", "admin")

TOKEN_PROFILE = Profile(
    "openmage", "oauth_token", {name: Rule(name) for name in RESOURCES["oauth_token"].attributes[5:]}
)
_LOGGED_IN = Profile("openmage", "customer", {"last_login_at": Rule("last_login_at")})
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f]")
"""What no address holds as it is; in a header it would be the end of it."""

_URL = re.compile(r"https?://[^\s/?#]+(?:[/?#]\S*)?", re.IGNORECASE).fullmatch
_PEOPLE = {
    "customer": Shape("customer", ("id", "password_hash", "email", "username", "inactive")),
    "admin": Shape("admin_user", ("id", "password_hash", "username")),
}
_NOBODY = "visitor"


class Session(Struct, frozen=True):
    """What a visitor's cookie holds. Without an `id` nobody is logged in yet."""

    account: int
    kind: str
    expires: int
    id: int = 0
    person: str = ""
    salt: str = ""


class Grants:
    """Carries out the commands of the flow."""

    def __init__(self, store: Store, clock: Clock, seal: Seal, hasher: Hasher, random: Random) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal
        self._hasher = hasher
        self._random = random

    # who visits

    def admit(self, visit: Visit) -> Principal:
        """The visitor that a request token leads here. Unauthorized if there is no such token waiting for an answer."""
        with self._store.read() as snapshot:
            found = snapshot.anywhere(TOKEN, "token", visit.token) if len(visit.token) == TOKEN_LENGTH else None
        if found is None:
            raise Unauthorized("token_rejected")
        account, token = found[0], dict(zip(TOKEN.attributes, found[1], strict=True))
        self._require_waiting(token)
        session = self._session(visit.session)
        grant, consumer = int(str(token["id"])), int(str(token["consumer_id"]))
        if session is None or not session.id or (session.account, session.kind) != (account, visit.kind):
            return Principal(account, _NOBODY, f"{_NOBODY} as {visit.kind}", consumer=consumer, grant=grant)
        actor = f"{visit.kind} {session.id} ({session.person})"
        return Principal(account, visit.kind, actor, session.id, consumer=consumer, grant=grant)

    def _require_waiting(self, token: dict[str, Value]) -> None:
        expired = int(str(token["created_at"])) + REQUEST_TOKEN_S < self._clock.now()
        if token["kind"] != "request" or token["authorized"] or token["revoked"] or expired:
            raise Unauthorized("token_rejected")

    def _session(self, sealed: str) -> Session | None:
        try:
            session = msgspec.json.decode(self._seal.open(sealed, SESSION_PURPOSE), type=Session) if sealed else None
        except ValueError:
            return None
        return session if session is not None and session.expires > self._clock.now() else None

    def _sealed(self, session: Session) -> str:
        return self._seal.close_over(msgspec.json.encode(session).decode(), SESSION_PURPOSE)

    # the page

    def ask(self, query: AskGrant, principal: Principal) -> Asked:
        """What the page says, with the key of its form."""
        with self._store.read() as snapshot:
            row = snapshot.one(principal.account, CONSUMER, Key("id", principal.consumer), live=True)
        if row is None:
            raise Unauthorized("consumer_key_rejected")
        cookie = query.cookie
        if principal.kind == _NOBODY and self._session(cookie) is None:
            expires = self._clock.now() + SESSION_S
            cookie = self._sealed(Session(principal.account, _NOBODY, expires, salt=self._random.hexadecimal(32)))
        person = "" if principal.kind == _NOBODY else principal.actor.partition("(")[2].rstrip(")")
        return Asked(str(row[1] or ""), person, self._form_key(cookie, query.token), cookie)

    def _form_key(self, cookie: str, token: str) -> str:
        return hmac.new(self._seal.key(), f"form\0{cookie}\0{token}".encode(), "sha256").hexdigest()

    def _require_own_form(self, form: Form) -> None:
        own = self._form_key(form.cookie, form.token)
        if self._session(form.cookie) is None or not hmac.compare_digest(own.encode(), form.key.encode()):
            raise Forbidden

    def log_in(self, command: LogIn, principal: Principal) -> str:
        """The session of a person whose password is right. Slow; Unauthorized otherwise, with the same words for every
        reason."""
        self._require_own_form(command.form)
        kind = principal.actor.rpartition(" ")[2] if principal.kind == _NOBODY else principal.kind
        counters = (
            failures_of(f"authorize {kind}", principal.account, command.name),
            f"authorize from {command.client}",
        )
        volatile = self._store.volatile
        if any(volatile.failures(counter) >= FAILURES_ALLOWED for counter in counters):
            raise Unauthorized("login")
        person = self._person(principal.account, kind, command)
        if person is None:
            for counter in counters:
                volatile.add_failure(counter)
            raise Unauthorized("login")
        if kind == "customer":
            self._store.write(principal.account, lambda tx: self._note_login(tx, person))
        expires = self._clock.now() + SESSION_S
        salt = self._random.hexadecimal(32)
        return self._sealed(Session(principal.account, kind, expires, person, command.name, salt))

    def _person(self, account: int, kind: str, command: LogIn) -> int | None:
        with self._store.read() as snapshot:
            candidates = self._candidates(snapshot, account, kind, command.name)
        if not candidates:
            # as slow as a wrong password, so that nobody learns who exists
            self._hasher.hash(command.password)
        for person, stored in candidates:
            if self._hasher.verify(stored, command.password):
                return person
        return None

    def _candidates(self, snapshot: Snapshot, account: int, kind: str, name: str) -> list[tuple[int, str]]:
        """Live people of that name who have a password: at most five, by id."""
        shape = _PEOPLE[kind]
        names = ("email", "username") if kind == "customer" else ("username",)
        found: dict[int, str] = {}
        for attribute in names:
            same = Filter(attribute, Operator.EQ, (name,))
            for row in snapshot.page(account, List(shape, Slice(0, 100), live=True, conditions=(same,))):
                if row[1] and not (kind == "customer" and row[4]):
                    found[int(str(row[0]))] = str(row[1])
        return sorted(found.items())[:CANDIDATES]

    def _note_login(self, tx: Transaction, customer: int) -> None:
        values: Record = {"last_login_at": tx.now}
        writing.change(tx, Change("customer", Key("id", customer), values, _LOGGED_IN), f"customer {customer}")

    # writes

    def perform(
        self, tx: Transaction, command: StartGrant | DecideGrant | ExchangeGrant, principal: Principal
    ) -> Granted | Decided:
        """One step of the flow, in its transaction."""
        if isinstance(command, StartGrant):
            return self._start(tx, command, principal)
        if isinstance(command, ExchangeGrant):
            return self._exchange(tx, command, principal)
        return self._decide(tx, command, principal)

    def _start(self, tx: Transaction, command: StartGrant, principal: Principal) -> Granted:
        consumer = self._consumer(tx, principal)
        registered = str(consumer["callback_url"] or "")
        callback = command.callback
        if callback == OUT_OF_BAND:
            callback = registered or OUT_OF_BAND
        elif _UNSAFE.search(callback) or (not _URL(callback) and not (registered and callback.startswith(registered))):
            raise Unauthorized("parameter_rejected&message=oauth_callback")
        granted = self._new_pair()
        values = self._secret_values(granted) | {"consumer_id": principal.consumer, "callback_url": callback}
        writing.create(tx, Create("oauth_token", values, TOKEN_PROFILE), principal.actor)
        return granted

    def _exchange(self, tx: Transaction, command: ExchangeGrant, principal: Principal) -> Granted:
        token = self._token(tx, principal)
        if token["kind"] != Purpose.REQUEST.value:
            # of two exchanges at once, the other was first
            raise Unauthorized("token_rejected")
        verifier = str(token["verifier"] or "")
        right = hmac.compare_digest(verifier.encode(), command.verifier.encode("utf-8", "surrogateescape"))
        if not (token["authorized"] and verifier and right):
            raise Unauthorized("verifier_invalid")
        granted = self._new_pair()
        values = self._secret_values(granted) | {"kind": "access", "verifier": None}
        writing.change(tx, Change("oauth_token", Key("id", principal.grant), values, TOKEN_PROFILE), principal.actor)
        return granted

    def _decide(self, tx: Transaction, command: DecideGrant, principal: Principal) -> Decided:
        self._require_own_form(command.form)
        if principal.kind not in KINDS:
            raise Unauthorized("login")
        token, consumer = self._token(tx, principal), self._consumer(tx, principal)
        self._require_waiting(token)
        callback = str(token["callback_url"] or OUT_OF_BAND)
        if not command.confirm:
            rejected = str(consumer["rejected_url"] or "") or callback
            return Decided(_with(rejected, oauth_token=command.form.token, rejected="1"), "")
        verifier = self._random.hexadecimal(TOKEN_LENGTH)
        self._drop_others(tx, principal)
        values: Record = {"verifier": verifier, "authorized": 1, f"{principal.kind}_id": principal.id}
        writing.change(tx, Change("oauth_token", Key("id", principal.grant), values, TOKEN_PROFILE), principal.actor)
        return Decided(_with(callback, oauth_token=command.form.token, oauth_verifier=verifier), verifier)

    def _drop_others(self, tx: Transaction, principal: Principal) -> None:
        """Every earlier authorized token of the same program and user is gone (spec 7.4)."""
        shape = Shape("oauth_token", ("id", "authorized", f"{principal.kind}_id"))
        for number, authorized, person in tx.rows(tx.account, shape, "consumer_id", (principal.consumer,)):
            if authorized and person == principal.id and number != principal.grant:
                writing.remove(tx, Remove("oauth_token", Key("id", number), TOKEN_PROFILE), principal.actor)

    def _token(self, tx: Transaction, principal: Principal) -> dict[str, Value]:
        row = tx.one(tx.account, TOKEN, Key("id", principal.grant), live=True)
        if row is None:
            raise Unauthorized("token_rejected")
        return dict(zip(TOKEN.attributes, row, strict=True))

    def _consumer(self, tx: Transaction, principal: Principal) -> dict[str, Value]:
        row = tx.one(tx.account, CONSUMER, Key("id", principal.consumer), live=True)
        if row is None:
            raise Unauthorized("consumer_key_rejected")
        return dict(zip(CONSUMER.attributes, row, strict=True))

    def _new_pair(self) -> Granted:
        return Granted(self._random.hexadecimal(TOKEN_LENGTH), self._random.hexadecimal(TOKEN_LENGTH))

    def _secret_values(self, granted: Granted) -> Record:
        return {"token": granted.token, "secret_sealed": self._seal.close_over(granted.secret, SECRET_PURPOSE)}


def _with(address: str, **parameters: str) -> str:
    """`address` with parameters added; nothing for a program that has none."""
    if address == OUT_OF_BAND:
        return ""
    bare, hash_sign, fragment = address.partition("#")
    return f"{bare}{'&' if '?' in bare else '?'}{urlencode(parameters)}{hash_sign}{fragment}"
