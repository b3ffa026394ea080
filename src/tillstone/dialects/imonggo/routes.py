"""Paths: which resource, which record, which format."""

import re

from msgspec import Struct

from tillstone.dialects.base import MethodNotAllowed
from tillstone.dialects.imonggo.kinds import NAMES, Kind
from tillstone.domain.errors import NotFound
from tillstone.domain.records import LARGEST
from tillstone.wire.http import Request
from tillstone.wire.querystring import decode_part

PREFIX = b"/api/"
API_URL = b"/system/api_url"
TOKENS = re.compile(rb"/api/tokens(?:\.(?:xml|json))?")

XML, JSON = "xml", "json"

_PATH = re.compile(r"/api/([a-z_]+)(?:/([0-9]+|new))?(?:\.(xml|json))?")

READS = ("GET", "HEAD")
CHANGES = ("PUT", "PATCH")
"""An update, by its documented method and the later one of the same meaning."""


class Target(Struct, frozen=True):
    """What a path names: a kind, one of its records or a blank one, or all of them."""

    kind: Kind
    id: int | None = None
    is_new: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        """What may be done there."""
        verbs = self.kind.table.verbs
        if self.is_new:
            return READS
        if self.id is None:
            return (*READS, "POST") if "create" in verbs else READS
        return (*READS, *CHANGES, "DELETE") if "update" in verbs else READS


def is_ours(path: bytes) -> bool:
    """Whether a raw path is of this dialect."""
    return path.startswith(PREFIX) or path == API_URL


def is_tokens(path: bytes) -> bool:
    """Whether a raw path asks for the token of a login."""
    return TOKENS.fullmatch(path) is not None


def find_target(request: Request) -> Target:
    """What the path names. Raises NotFound, or MethodNotAllowed."""
    match = _PATH.fullmatch(decode_part(request.path))
    kind = NAMES.get(match[1]) if match else None
    if match is None or kind is None:
        raise NotFound
    target = _target(kind, match[2])
    if request.method not in target.methods:
        raise MethodNotAllowed(*target.methods)
    return target


def _target(kind: Kind, name: str | None) -> Target:
    if name is None:
        return Target(kind)
    if name == "new":
        if "create" not in kind.table.verbs:
            raise NotFound
        return Target(kind, is_new=True)
    # an id that no column holds is no record's (spec 1)
    if len(name) > len(str(LARGEST)) or int(name) > LARGEST:
        raise NotFound
    return Target(kind, int(name))


def format_of(request: Request) -> str:
    """The format of the answer: by the extension, whatever `Accept` says; without one JSON if `Accept` asks for it,
    else XML."""
    path = request.path
    if path.endswith(b".json"):
        return JSON
    if path.endswith(b".xml"):
        return XML
    accept = request.headers.get(b"accept", b"").lower()
    return JSON if b"application/json" in accept and b"xml" not in accept.partition(b"application/json")[0] else XML
