"""Paths and methods: which resource a request means, and what it wants of it (spec 1.1, 1.2)."""

import re
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from tillstone.domain.errors import NotFound, Refusal
from tillstone.wire.http import Request

API = b"/api/rest"
FLOW = (b"/oauth/initiate", b"/oauth/token")
PAGES = {b"/oauth/authorize": "customer", b"/admin/oauth_authorize": "admin"}
"""Where people log in, and as what."""

OPERATIONS = {"GET": "retrieve", "POST": "create", "PUT": "update", "DELETE": "delete"}

_LEADING_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,18})").match


class NoRoute(NotFound):
    """No resource has this path."""


class BadMethod(Refusal):
    """A method that stands for no operation."""


class NotImplementedYet(Refusal):
    """The resource has no such operation (405)."""


class NotSupported(Refusal):
    """The operation is refused on purpose; `status` says how."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


class Target(Struct, frozen=True):
    """What a path means: `id` of one record, or the records that belong to `owner`, or all of them."""

    resource: str
    operation: str
    id: str | None = None
    owner: str | None = None

    @property
    def is_item(self) -> bool:
        """Whether one record is meant."""
        return self.id is not None

    @property
    def writes(self) -> bool:
        """Whether the operation changes anything."""
        return self.operation != "retrieve"

    @property
    def has_body(self) -> bool:
        """Whether the operation is there and reads a body (405 comes before the body, spec 4)."""
        return self.operation == ("update" if self.is_item else "create") or self.is_refused_update

    @property
    def is_refused_update(self) -> bool:
        """A PUT of all customers, which is refused in words of its own once it says anything."""
        return self.resource == "customer" and not self.is_item and self.operation == "update"


def is_ours(path: bytes) -> bool:
    """Whether a raw path is this dialect's."""
    return _within(path, API) or path.startswith((b"/oauth/", b"/admin/oauth_authorize"))


def _within(path: bytes, base: bytes) -> bool:
    return path == base or path.startswith(base + b"/")


def is_api(path: bytes) -> bool:
    """Whether a path is a resource's, and not a step of the flow."""
    return _within(path, API)


def find_target(request: Request) -> Target:
    """What an API request means. NoRoute, then BadMethod."""
    segments = [decode_segment(part) for part in request.path[len(API) :].strip(b"/").split(b"/")]
    target = _match(segments, OPERATIONS.get(request.method, ""))
    if target is None:
        raise NoRoute
    if not target.operation:
        raise BadMethod
    return target


def decode_segment(raw: bytes) -> str:
    """One segment of a path, percent-decoded."""
    return unquote_to_bytes(raw).decode("utf-8", "replace")


def _match(segments: list[str], operation: str) -> Target | None:
    match segments:
        case ["customers"]:
            return Target("customer", operation)
        case ["customers", "addresses", address] if address:
            return Target("address", operation, id=address)
        case ["customers", customer, "addresses"] if customer:
            return Target("address", operation, owner=customer)
        case ["customers", customer] if customer:
            return Target("customer", operation, id=customer)
    return None


def number_of(text: str) -> int:
    """An id as the reference's database reads it: the number a text begins with, else 0 (spec 1.1)."""
    leading = _LEADING_NUMBER(text)
    return int(leading[1]) if leading else 0


def flow_step(path: bytes) -> bytes:
    """Which endpoint of the flow a path is, "" if none; a slash behind it is tolerated."""
    bare = path.rstrip(b"/")
    return bare if bare in FLOW else b""


def page_of(path: bytes) -> tuple[str, str] | None:
    """As whom a person logs in on a page, and what its address ends with ("" for the page itself)."""
    for base, kind in PAGES.items():
        if _within(path, base):
            return kind, path[len(base) :].strip(b"/").decode("latin-1")
    return None
