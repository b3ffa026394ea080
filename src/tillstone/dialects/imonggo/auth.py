"""Who is asking: HTTP Basic with the token as the user's name, or the login of a request for a token."""

import base64
import binascii
import re
from functools import lru_cache

from tillstone.dialects.imonggo.routes import API_URL, READS, is_tokens
from tillstone.domain.access import Credentials, Login, Nobody, Token
from tillstone.domain.errors import Unauthorized
from tillstone.domain.secrets import token_digest
from tillstone.wire.http import Request
from tillstone.wire.querystring import read_pairs

_IMONGGO_HOST = re.compile(r"([a-z0-9_-]+)(?:\.c[0-9]+)?\.imonggo\.com")
_LABEL = re.compile(r"[a-z0-9_-]+")


def authenticate(request: Request, domain: str) -> Credentials:
    """The credentials of a request. Raises Unauthorized if there are none that can be read.

    A login asks for its token (spec 1: tokens need no key), and anybody for the address of an account's API.
    """
    host_account = account_of(request.host, domain)
    if request.path == API_URL:
        asked = dict(read_pairs(request.query)).get("account_id", "").strip().lower()
        return Nobody(host_account, asked)
    if is_tokens(request.path) and request.method in READS:
        sent = dict(read_pairs(request.query))
        return Login(sent.get("email", ""), sent.get("password", ""), host_account)
    return Token(_digest(request.headers.get(b"authorization", b"")), host_account)


@lru_cache(maxsize=1_024)
def _digest(header: bytes) -> str:
    """What is stored of the token in a Basic header: a key sends the same one again and again."""
    return token_digest(_user(header))


def _user(header: bytes) -> str:
    """The user's name of a Basic header; the password is not looked at (seeds/000 l.23 sends `X`)."""
    scheme, _, encoded = header.strip().partition(b" ")
    if scheme.lower() != b"basic":
        raise Unauthorized("missing")
    try:
        pair = base64.b64decode(b"".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unauthorized("unreadable") from error
    user = pair.partition(b":")[0].decode("utf-8", "replace").strip()
    if not user:
        raise Unauthorized("missing")
    return user


@lru_cache(maxsize=1_024)
def account_of(host: str, domain: str) -> str | None:
    """The account that a host names: `{account}.imonggo.com`, `{account}.c{n}.imonggo.com`, or `{account}.{domain}`;
    None if it names none."""
    host = host.lower().rstrip(".")
    match = _IMONGGO_HOST.fullmatch(host)
    if match:
        return match[1]
    label, dot, rest = host.partition(".")
    return label if domain and dot and rest == domain.lower() and _LABEL.fullmatch(label) else None
