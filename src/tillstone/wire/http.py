"""Request and reply as values: what a dialect sees of HTTP."""

from msgspec import Struct


class Request(Struct, gc=False):
    """One request. `path` and `query` are the raw bytes of the request line; header names are lower case.

    `host` is the Host header without its port ("" if absent); `base` is scheme and authority for links, without a slash
    at the end; `secure` tells whether the client's connection is encrypted or ends at a loopback bind's peer; `client`
    is the peer's address.
    """

    method: str
    path: bytes
    query: bytes = b""
    headers: dict[bytes, bytes] = {}
    body: bytes = b""
    host: str = ""
    base: str = ""
    secure: bool = False
    client: str = ""


class Reply(Struct, gc=False):
    """One answer. Content-Length is added by the server; a HEAD's body is dropped there."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
