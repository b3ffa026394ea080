"""What a connection and the application tell each other: a request as it arrived, its body as it comes, the answer.

No ASGI between the two: they live in one process, and every dict and message that is not made is time for the shop.
"""

from typing import Protocol

from msgspec import Struct

Header = tuple[bytes, bytes]

Answer = tuple[int, list[Header], bytes]
"""Status, headers, body. A HEAD's body is empty, and its Content-Length is that of a GET."""


class Disconnected(Exception):
    """The client went away before its request was whole: there is nobody to answer."""


class Arrival(Struct, gc=False):
    """The head of a request. `path` and `query` are raw bytes; header names are lower case, and of what comes twice the
    last counts; `client` is the peer's address ("" if it has none), `scheme` http or https."""

    method: str
    path: bytes
    query: bytes
    headers: dict[bytes, bytes]
    client: str
    scheme: str


class Incoming(Protocol):
    """A body on its way in. Mostly it is here already."""

    is_whole: bool

    def take(self) -> bytes:
        """What has come since the last time."""

    async def more(self) -> None:
        """Wait until there is something to take, or the body is whole. Raises Disconnected."""


class Answering(Protocol):
    """The application: what answers requests, between `start` and `close`."""

    def start(self) -> None:
        """Begin, on the running event loop."""

    async def answer(self, arrival: Arrival, incoming: Incoming) -> Answer | None:
        """The answer to one request; None if nobody waits for it any more."""

    async def close(self) -> None:
        """End; every request is answered."""
