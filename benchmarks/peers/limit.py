"""The limit: an ASGI application that answers constant bytes. Nothing in Python can be faster on this server.

Its answers are what Tillstone answered to the same requests; the benchmark leaves them in `$BENCH_LIMIT`.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

ANSWERS = Path(os.environ["BENCH_LIMIT"])
LIST_PATH = "/api/customers.xml"


def _messages(body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    headers = [(b"content-type", b"application/xml; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    return (
        {"type": "http.response.start", "status": 200, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


LIST = _messages((ANSWERS / "list.xml").read_bytes())
RECORD = _messages((ANSWERS / "record.xml").read_bytes())


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        return
    writes = scope["method"] in {"POST", "PUT"}
    while writes and (await receive()).get("more_body"):
        pass
    start, body = LIST if scope["path"] == LIST_PATH and not writes else RECORD
    await send(start)
    await send(body)
