"""A `Reply` made into what is sent: its length, its name in the log, gzip if the client asked for it."""

import zlib

from tillstone.server.arrival import Answer
from tillstone.wire.http import Reply, Request

WORTH_PACKING = 1_000
"""Bytes from which gzip pays."""

PACKING_LEVEL = 1
"""The cheap one: a list of a hundred records shrinks to a tenth already."""

GZIP_WINDOW = 31  # zlib's word for a gzip wrapper around the largest window
CLOSE = (b"connection", b"close")
PACKED = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))
VARIES = (b"vary", b"accept-encoding")


def sent(request: Request, reply: Reply, name: str, *, closes: bool) -> Answer:
    """What leaves. A HEAD has the length of what a GET would have."""
    body = reply.body
    headers = [*reply.headers, (b"x-request-id", name.encode())]
    if len(body) >= WORTH_PACKING:
        if accepts_gzip(request.headers.get(b"accept-encoding", b"")):
            body = packed(body)
            headers += PACKED
        else:
            headers.append(VARIES)
    headers.append((b"content-length", b"%d" % len(body)))
    if closes:
        headers.append(CLOSE)
    return reply.status, headers, b"" if request.method == "HEAD" else body


def packed(body: bytes) -> bytes:
    """`body` in gzip."""
    packer = zlib.compressobj(PACKING_LEVEL, zlib.DEFLATED, GZIP_WINDOW)
    return packer.compress(body) + packer.flush()


def accepts_gzip(header: bytes) -> bool:
    """Whether an Accept-Encoding names gzip (or everything) and does not rule it out."""
    if b"gzip" not in header and b"*" not in header:
        return False
    wishes = dict(_wish(part) for part in header.lower().split(b","))
    return wishes.get(b"gzip", wishes.get(b"*", False))


def _wish(part: bytes) -> tuple[bytes, bool]:
    name, _, weight = part.partition(b";")
    value = weight.replace(b" ", b"").removeprefix(b"q=")
    return name.strip(), not value or value.strip(b"0.") != b""
