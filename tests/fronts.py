"""A dialect asked in this process, without a server: what the server does with a request, in one call."""

import base64
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.clocks import StandingClock
from tillstone.dialects.base import Dialect, TooLarge
from tillstone.domain import accounts
from tillstone.domain.access import require
from tillstone.domain.accounts import KeyWish
from tillstone.domain.secrets import Seal
from tillstone.domain.service import Service
from tillstone.domain.stamps import Clock
from tillstone.store import migrate, open_store
from tillstone.wire.http import Reply, Request

NOON = 1_795_285_249  # 2026-11-21 18:20:49 UTC
BASE = "https://shop.example"


def make_database(file: Path) -> None:
    """A new SQLite database with the account `shop`, to be copied: that is quicker than migrating again."""
    migrate(f"sqlite:///{file}")
    clock = StandingClock(NOON)
    service = open_service(file, clock)
    accounts.create_account(service, "shop")
    service.store.close()


def open_service(file: Path, clock: Clock) -> Service:
    """A service over a database. Close its store when done."""
    return Service(open_store(f"sqlite:///{file}", clock), clock, Seal(file.with_suffix(".key")))


def make_key(service: Service, name: str = "shop", wish: KeyWish | None = None) -> str:
    """The token of a new key."""
    account = accounts.account_named(service, name)
    return accounts.create_key(service, account.id, wish or KeyWish())[1]


class Front:
    """One dialect over a service, with a key. Problems come back as its answers; faults of ours are raised."""

    def __init__(self, dialect: Dialect, service: Service, token: str, *, content_type: str = "text/xml") -> None:
        self.dialect = dialect
        self.service = service
        self._headers = {
            b"authorization": b"Basic " + base64.b64encode(f"{token}:X".encode()),
            b"content-type": content_type.encode(),
        }

    def ask(
        self,
        method: str,
        target: str,
        body: str | bytes = b"",
        headers: dict[bytes, bytes] | None = None,
        *,
        secure: bool = True,
    ) -> Reply:
        path, _, query = target.partition("?")
        sent = body.encode() if isinstance(body, str) else body
        named = {name: value for name, value in (self._headers | (headers or {})).items() if value}
        request = Request(
            method, path.encode(), query.encode(), named, b"", "shop.example", BASE, secure=secure, client="127.0.0.1"
        )
        try:
            return self._answer(request, sent)
        except Exception as problem:
            reply = self.dialect.fail(request, problem)
            if reply.status == 500:
                raise
            return reply

    def _answer(self, request: Request, body: bytes) -> Reply:
        principal = self.service.admit(self.dialect.authenticate(request), self.dialect.name)
        route = self.dialect.route(request)
        require(principal, route.resources, writes=route.writes)
        if route.body is not None:
            if len(body) > route.body.limit:
                raise TooLarge
            request.body = body
        call = route.parse(request, principal)
        if isinstance(call, Reply):
            return call
        return call.render(self.service.run(call.command, principal))


def root_of(reply: Reply) -> ET.Element:
    """The answer's document, without its namespace."""
    root = ET.fromstring(reply.body)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root
