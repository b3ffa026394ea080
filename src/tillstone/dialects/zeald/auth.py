"""Who is asking: an API key as the user of HTTP Basic, or `_key` in the query. Sources: D-AUTH, C-JS, spec 2.2."""

import base64
import binascii

from tillstone.dialects.zeald.problems import HttpsRequired
from tillstone.domain.access import Credentials, Token
from tillstone.domain.errors import Unauthorized
from tillstone.domain.secrets import token_digest
from tillstone.wire.http import Request
from tillstone.wire.querystring import read_pairs


def authenticate(request: Request, *, https: bool) -> Credentials:
    """The credentials of a request. An unusable header is not rescued by `_key`. Raises HttpsRequired if the connection
    must be encrypted and is not, Unauthorized if there is no key."""
    if https and not request.secure:
        raise HttpsRequired
    header = request.headers.get(b"authorization")
    token = _user(header) if header is not None else dict(read_pairs(request.query)).get("_key", "").strip()
    if not token:
        raise Unauthorized("missing")
    return Token(token_digest(token))


def _user(header: bytes) -> str:
    """The user's name of a Basic header; any password is accepted and not looked at."""
    scheme, _, encoded = header.strip().partition(b" ")
    if scheme.lower() != b"basic":
        raise Unauthorized("unsupported")
    try:
        pair = base64.b64decode(b"".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unauthorized("unreadable") from error
    return pair.partition(b":")[0].decode("utf-8", "replace").strip()
