"""What belongs to no dialect: is the server alive, is it ready, what has it counted; else a plain 404."""

from collections.abc import Awaitable, Callable

from tillstone.server.metrics import Meters
from tillstone.server.origin import LOOPBACK, Networks
from tillstone.wire.http import Reply, Request

FRONT = "server"
"""What the log and the counters call it."""

TEXT = ((b"content-type", b"text/plain; charset=utf-8"),)


def page(status: int, text: str) -> Reply:
    """A line of text."""
    return Reply(status, f"{text}\n".encode(), TEXT)


ALIVE = page(200, "alive")
READY = page(200, "ready")
NOT_READY = page(503, "not ready")
NOT_FOUND = page(404, "There is nothing here.")
URL_TOO_LONG = page(414, "The URL is too long.")
FAULT = page(500, "The server failed.")
NOT_ALLOWED = Reply(405, b"Only GET and HEAD.\n", (*TEXT, (b"allow", b"GET, HEAD")))


class Pages:
    """The server's own pages. `check` touches the database; `ready` goes False when the worker ends."""

    def __init__(self, meters: Meters, *, metrics_from: tuple[str, ...], check: Callable[[], Awaitable[bool]]) -> None:
        self._meters = meters
        self._readers = Networks(metrics_from)
        self._check = check
        self.ready = True

    async def reply(self, request: Request) -> Reply:
        """The answer to a request that no dialect wants."""
        answer = _PAGES.get(request.path)
        if answer is None:
            return NOT_FOUND
        return await answer(self, request) if request.method in {"GET", "HEAD"} else NOT_ALLOWED

    async def health(self, _request: Request) -> Reply:
        """Answered as long as the event loop turns."""
        return ALIVE

    async def readiness(self, _request: Request) -> Reply:
        """Whether requests can be served: the database answers, and the worker is not about to end."""
        return READY if self.ready and await self._check() else NOT_READY

    async def metrics(self, request: Request) -> Reply:
        """The counters, for this machine and `server.metrics_from`; nobody else learns that they exist."""
        if request.client not in LOOPBACK and request.client not in self._readers:
            return NOT_FOUND
        from tillstone.server import exposition  # prometheus-client stays out of workers that nobody scrapes

        return Reply(200, exposition.exposition(self._meters), ((b"content-type", exposition.CONTENT_TYPE),))


_PAGES: dict[bytes, Callable[[Pages, Request], Awaitable[Reply]]] = {
    b"/healthz": Pages.health,
    b"/readyz": Pages.readiness,
    b"/metrics": Pages.metrics,
}
