"""A shop with programs, tokens and users whose keys everybody knows, and requests signed with them.

The signing is oauthlib's, so that our own code is never its own witness.
"""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from oauthlib.oauth1 import Client

from tests.cases.inprocess import InProcess
from tests.clocks import StandingClock
from tillstone.domain import accounts, consumers
from tillstone.domain.access import Principal
from tillstone.domain.commands import Change, Create, Key, Outcome, Remove
from tillstone.domain.consumers import ConsumerWish, TokenWish
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import Shape, Value
from tillstone.domain.secrets import Hasher, Seal
from tillstone.domain.service import Service
from tillstone.domain.store import Transaction
from tillstone.store import migrate, open_store

HOST = "127.0.0.1:18080"
NOON = 1_795_286_400
"""2026-11-21 18:40:00 UTC: near to when the recordings were made."""

EARLIER = 1_795_285_617
"""2026-11-21 18:26:57 UTC: when the recordings' first customer was made."""

XML, JSON, TEXT = "application/xml", "application/json", "text/plain"


def pad(text: str) -> str:
    return text.rjust(32, "0")


class World:
    """A database in the making."""

    def __init__(self, file: Path, *, begun: int = EARLIER, url: str = "") -> None:
        url = url or f"sqlite:///{file}"
        migrate(url)
        self.clock = StandingClock(begun)
        self._given: dict[str, int] = {}
        self.service = Service(open_store(url, self.clock), self.clock, Seal(file.with_suffix(".db.key")))
        self.account = accounts.create_account(self.service, "shop").id
        self.system: Principal = accounts.system(self.account)

    def write(self, resource: str, **values: Value) -> int:
        """A record as nobody's front would write it."""
        profile = Profile("test", resource, {name: Rule(name, blank_is_null=False) for name in values})
        outcome = self.service.run(Create(resource, values, profile), self.system)
        assert isinstance(outcome, Outcome)
        self._given[resource] = outcome.id
        return outcome.id

    def change(self, resource: str, record: int, **values: Value) -> None:
        """Change a record likewise."""
        profile = Profile("test", resource, {name: Rule(name, blank_is_null=False) for name in values})
        self.service.run(Change(resource, Key("id", record), values, profile), self.system)

    def remove(self, resource: str, record: int) -> None:
        """Delete a record."""
        self.service.run(Remove(resource, Key("id", record), Profile("test", resource, {})), self.system)

    def at(self, moment: str) -> None:
        """Turn the clock to a moment UTC."""
        self.clock.step(int(datetime.fromisoformat(f"{moment}+00:00").timestamp()) - self.clock.now())

    def attribute_rule(self, user_type: str, resource: str, operation: str, attributes: str) -> None:
        """What users of a kind may read or write."""
        rules = consumers.listed(
            self.service, self.account, Shape("attribute_rule", ("id", "user_type", "resource", "operation"))
        )
        number = next(int(str(row[0])) for row in rules if row[1:] == (user_type, resource, operation))
        self.change("attribute_rule", number, attributes=attributes)

    def customer(self, email: str, first: str = "Jane", last: str = "Roe", **values: Value) -> int:
        return self.write("customer", email=email, first_name=first, last_name=last, **values)

    def consumer(self, number: int, **wish: str) -> None:
        key, secret = pad(f"c0nsumerkey{number}"), pad(f"c0nsumersecret{number}")
        consumers.create_consumer(self.service, self.account, ConsumerWish(f"Program {number}", key, secret, **wish))

    def token(self, name: str, *, consumer: int = 1, admin: str = "", customer: int = 0) -> None:
        wish = TokenWish(pad(f"c0nsumerkey{consumer}"), admin, customer, pad(f"t0ken{name}"), pad(f"t0kensecret{name}"))
        consumers.create_token(self.service, self.account, wish)

    def skip_to(self, resource: str, record: int) -> None:
        """Make `record` the next id: earlier ones were given to records that are gone."""

        def skip(tx: Transaction) -> None:
            while self._given.get(resource, 0) < record - 1:
                self._given[resource] = tx.new_id(resource)

        self.service.store.write(self.account, skip)

    def close(self) -> None:
        self.service.store.close()


def people(world: World, **jane_has: Value) -> None:
    """The users of the recordings (their README): two websites, three groups, five users and their tokens."""
    world.write("website", code="site2", name="Second")
    for code in ("Wholesale", "Retailer"):
        world.write("customer_group", code=code, title=code)
    password = Hasher().hash("secret123")
    values: dict[str, Value] = {"created_in": "Default Store View", "password_hash": password, **jane_has}
    jane = world.write("customer", email="jane@example.com", first_name="Jane", last_name="Roe", **values)
    full = tuple(
        (resource, operation)
        for resource, operations in (
            ("customer", ("retrieve", "update", "delete")),
            ("address", ("create", "retrieve", "update", "delete")),
        )
        for operation in operations
    )
    consumers.create_role(world.service, world.account, "limited", (("customer", "retrieve"),))
    consumers.create_role(world.service, world.account, "uifull", full)
    for name, role in (("admin", "all"), ("limited", "limited"), ("norole", ""), ("uifull", "uifull")):
        consumers.create_admin(world.service, world.account, name, "admin pass" if name == "admin" else "", role)
    world.consumer(1)
    world.consumer(2, callback_url="http://client.example.com/cb")
    for name in ("admin", "limited", "norole", "uifull"):
        world.token(name, admin=name)
    world.token("jane", customer=jane)
    world.token("revoked", admin="admin")
    revoked = max(int(str(row[0])) for row in consumers.listed(world.service, world.account, consumers.TOKENS))
    consumers.revoke_token(world.service, world.account, revoked)
    world.token("cons2", consumer=2, admin="admin")
    sealed = world.service.seal.close_over(pad("t0kensecretreqtype"), "oauth.secret")
    world.write("oauth_token", token=pad("t0kenreqtype"), secret_sealed=sealed, consumer_id=1, kind="request")


class Reply:
    """An answer."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body.decode()

    def __repr__(self) -> str:
        return f"{self.status} {self.headers.get('content-type')} {self.body[:600]!r}"


class Shop:
    """An application over such a database, asked by its users."""

    _numbers = count(1)

    def __init__(self, file: Path, *, now: int = NOON, settings: dict[str, str] | None = None) -> None:
        self.now = now
        named = {f"openmage.{name}": value for name, value in (settings or {}).items()}
        at = when(now)
        self.inner = InProcess(file, at=at, settings=named)

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inner.__exit__(kind, error, trace)

    def forget(self) -> None:
        """Let the worker look every token up again, as it would two seconds later."""
        self.inner.application._runner._service.admission.signing.forget()

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, body: str = "") -> Reply:
        """A request as it stands."""
        return Reply(*self.inner.send(method, path, {"Host": HOST, **(headers or {})}, body.encode()))

    def ask(
        self,
        method: str,
        path: str,
        body: str = "",
        *,
        user: str = "admin",
        accept: str | None = XML,
        content_type: str | None = None,
        consumer: int = 1,
        **headers: str,
    ) -> Reply:
        """A request signed for a user; "guest" does not sign."""
        named = {} if accept is None else {"Accept": accept}
        if body and content_type != "":
            named["Content-Type"] = content_type or (JSON if body.lstrip()[:1] in "{[" else XML)
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        if user != "guest":
            named["Authorization"] = self.sign(method, path, user, consumer)
        return self.send(method, path, named, body)

    def sign(self, method: str, path: str, user: str, consumer: int = 1) -> str:
        """An Authorization header of one of the users, with a nonce of its own."""
        return sign_as(user, method, path, now=self.now, nonce=f"n{next(self._numbers)}", consumer=consumer)


def when(seconds: int) -> str:
    """A moment as settings of tests write it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def sign_as(user: str, method: str, path: str, *, now: int, nonce: str, consumer: int = 1) -> str:
    """An Authorization header of one of the users."""
    client = Client(
        pad(f"c0nsumerkey{consumer}"),
        client_secret=pad(f"c0nsumersecret{consumer}"),
        resource_owner_key=pad(f"t0ken{user}"),
        resource_owner_secret=pad(f"t0kensecret{user}"),
        timestamp=str(now),
        nonce=nonce,
    )
    return sign_with(client, method, path)


def sign_with(client: Client, method: str, path: str) -> str:
    """An Authorization header by oauthlib, which is stricter about queries than browsers and shops are."""
    bare, mark, query = path.partition("?")
    safe = query
    for letter in "[]@^ (":
        safe = safe.replace(letter, f"%{ord(letter):02X}")
    verb: Any = method
    _, headers, _ = client.sign(f"http://{HOST}{bare}{mark}{safe}", http_method=verb)
    return str(headers["Authorization"])
