"""Who is let in: credentials are looked up, checked and turned into a `Principal`, or refused."""

from collections.abc import Callable

from msgspec import Struct

from tillstone.domain.access import Credentials, Login, Nobody, Principal, Signed, Token, Visit
from tillstone.domain.commands import Key
from tillstone.domain.errors import NotFound, Unauthorized
from tillstone.domain.memory import Memory
from tillstone.domain.records import Record, Shape, fold, whole
from tillstone.domain.secrets import Hasher, Seal, token_digest
from tillstone.domain.signing import WINDOW_S, Signing
from tillstone.domain.stamps import Clock
from tillstone.domain.store import Account, Snapshot, Store

FAILURES_ALLOWED = 10
"""Login failures in ten minutes, after which a login is refused without hashing."""

TOKEN_PURPOSE = "api_key.token"  # noqa: S105 - what a sealed token is sealed for

_KEY = Shape("api_key", ("id", "label", "dialects", "allow", "deny", "read_only", "mask_passwords", "expires_at"))
_LOGIN = Shape("api_key", (*_KEY.attributes, "password_hash"))


class AdmissionSettings(Struct, frozen=True):
    """`default_account` is the account of requests that name none by key or host; `signing_window_s` by how many
    seconds a signed request may be early or late."""

    default_account: str = ""
    signing_window_s: int = WINDOW_S


class Admission:
    """Lets askers in."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seal: Seal,
        hasher: Hasher,
        settings: AdmissionSettings,
        *,
        visit: Callable[[Visit], Principal],
    ) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal
        self._hasher = hasher
        self._settings = settings
        self._visit = visit
        self.signing = Signing(store, clock, seal, settings.signing_window_s)
        self._remembered: Memory[tuple[Token, str], Principal] = Memory(clock)

    def admit(self, credentials: Credentials, front: str) -> Principal:
        """The principal behind `credentials` at the dialect `front`. Raises Unauthorized; for guests NotFound if no
        account is meant."""
        if isinstance(credentials, Token):
            return self.remembered(credentials, front) or self._admit_token(credentials, front)
        if isinstance(credentials, Login):
            return self._admit_login(credentials, front)
        if isinstance(credentials, Nobody):
            with self._store.read() as snapshot:
                account = self._account_of_nobody(snapshot, credentials)
            return Principal(account.id, "guest", "guest", read_only=True)
        if isinstance(credentials, Signed):
            return self.signing.admit(credentials)
        return self._visit(credentials)

    def remembered(self, credentials: Credentials, front: str) -> Principal | None:
        """The principal of a key that was let in a moment ago; None says nothing."""
        if not isinstance(credentials, Token):
            return None
        return self._remembered.get((credentials, front))

    def _admit_token(self, token: Token, front: str) -> Principal:
        with self._store.read() as snapshot:
            found = snapshot.anywhere(_KEY, "sha256", token.sha256)
            if found is None:
                raise Unauthorized("unknown")
            account, row = found
            if token.host_account is not None:
                named = snapshot.account_named(token.host_account)
                if named is not None and named.id != account:
                    raise Unauthorized("other_account")
        principal = self._principal(account, dict(zip(_KEY.attributes, row, strict=True)), front)
        self._remembered.keep((token, front), principal)
        return principal

    def _principal(self, account: int, key: Record, front: str) -> Principal:
        expires, dialects = key["expires_at"], _names(key["dialects"])
        if isinstance(expires, int) and expires <= self._clock.now():
            raise Unauthorized("expired")
        if dialects and front not in dialects:
            raise Unauthorized("other_dialect")
        return Principal(
            account,
            "key",
            f"key {key['id']}" + (f" ({key['label']})" if key["label"] else ""),
            whole(key["id"]),
            allow=_names(key["allow"]),
            deny=_names(key["deny"]),
            read_only=bool(key["read_only"]),
            mask_passwords=bool(key["mask_passwords"]),
        )

    def _admit_login(self, login: Login, front: str) -> Principal:
        """Ten failures in ten minutes refuse a login without hashing; unknown logins count like wrong passwords."""
        with self._store.read() as snapshot:
            account = self._account_meant(snapshot, login.host_account)
            row = snapshot.one(account.id, _LOGIN, Key("login", login.name), live=True)
        name = failures_of("login", account.id, login.name)
        if self._store.volatile.failures(name) >= FAILURES_ALLOWED:
            raise Unauthorized("throttled")
        if row is None or not self._hasher.verify(str(row[-1] or ""), login.password):
            self._store.volatile.add_failure(name)
            raise Unauthorized("login")
        return self._principal(account.id, dict(zip(_LOGIN.attributes, row, strict=True)), front)

    def _account_of_nobody(self, snapshot: Snapshot, credentials: Nobody) -> Account:
        if not credentials.account:
            return self._account_meant(snapshot, credentials.host_account)
        account = snapshot.account_named(credentials.account)
        if account is None:
            raise NotFound
        return account

    def _account_meant(self, snapshot: Snapshot, host_account: str | None) -> Account:
        """The account that a request without a key means: its host's, else the default one, else the only one."""
        for name in (host_account, self._settings.default_account):
            if name and (account := snapshot.account_named(name)):
                return account
        accounts = snapshot.accounts()
        if len(accounts) != 1:
            raise NotFound
        return accounts[0]

    def token_of(self, principal: Principal) -> tuple[str, int]:
        """The token of an admitted key that carries a login, and the key's id."""
        with self._store.read() as snapshot:
            row = snapshot.one(
                principal.account, Shape("api_key", ("token_sealed",)), Key("id", principal.id), live=True
            )
        if row is None or not row[0]:
            raise NotFound
        return self._seal.open(str(row[0]), TOKEN_PURPOSE), principal.id


def failures_of(what: str, account: int, name: str) -> str:
    """What failures of one who calls themselves `name` are counted under; a name may be of any length."""
    return f"{what} {account} {token_digest(fold(name))}"


def _names(text: object) -> frozenset[str]:
    return frozenset(name.strip() for name in str(text or "").split(",") if name.strip())
