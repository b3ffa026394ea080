"""Who is asking, and what they may do. Values and decisions only; `service.py` looks the asker up."""

from collections.abc import Callable

from msgspec import Struct

from tillstone.domain.errors import Fault, Forbidden


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


class Signed(Struct, frozen=True):
    """A signed request. `verify` is a pure function of the dialect; the nonce is burnt only after it said yes."""

    consumer: str
    token: str
    timestamp: int
    nonce: str
    verify: Callable[[Secrets], bool]
    host_account: str | None = None


class Nobody(Struct, frozen=True):
    """No credentials. `required` says whether the dialect serves guests at all."""

    host_account: str | None = None


Credentials = Token | Login | Signed | Nobody


class Principal(Struct, frozen=True):
    """An admitted asker.

    `kind` is key, admin, customer, guest or system (the command line); `actor` is how the history names them; `id` is
    the key's, the admin's or the customer's id. `allow` and `deny` are canonical resources (empty `allow`: all).
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
