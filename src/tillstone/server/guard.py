"""What a request may cost before anybody looks at it: sizes, time, rates.

Raises what `dialects/base.py` names; words nothing.
"""

import asyncio

from tillstone.dialects.base import Encoded, TooLarge, TooMany, TooSlow
from tillstone.server.arrival import Disconnected, Incoming
from tillstone.wire.http import Request

Asker = tuple[int, str, int]
"""An account, what kind of asker, which of them."""

URL_LIMIT = 8_192
"""Bytes of path and query together; beyond: 414."""

DROPPED_AT_MOST = 8 * 1_048_576
"""How much of a refused body is read and dropped, so that a client that sends before it listens sees the answer."""

BODY_SECONDS = 15.0
"""How long a whole body may take."""

KEYS_KEPT = 10_000
"""How many keys' windows are remembered at most."""


def has_body(headers: dict[bytes, bytes]) -> bool:
    """Whether a body follows."""
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


class Intake:
    """The body of one request: read once, or dropped, within `BODY_SECONDS` altogether.

    `ended` says that nothing of it is left to come; `closes` that the connection cannot be used any more, because the
    body was not read to its end.
    """

    def __init__(self, request: Request, incoming: Incoming, *, seconds: float = BODY_SECONDS) -> None:
        self._headers = request.headers
        self._incoming = incoming
        self._seconds = seconds
        self._deadline: float | None = None
        self.ended = not has_body(request.headers)
        self.closes = False

    def _in_time(self) -> asyncio.Timeout:
        """Until when the body may take, from the first look at it."""
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._seconds
        return asyncio.timeout_at(self._deadline)

    async def read(self, limit: int) -> bytes:
        """The whole body, else `TooLarge`, `TooSlow` or `Encoded`; `Disconnected` if it will not come."""
        if self._is_encoded():
            raise Encoded
        if self._announced() > limit:
            raise TooLarge
        if self.ended:
            return b""
        if self._incoming.is_whole:
            return self._fitting(self._incoming.take(), limit)
        try:
            async with self._in_time():
                return await self._collect(limit)
        except TimeoutError:
            self.closes = self.ended = True
            raise TooSlow from None

    async def drop(self) -> None:
        """Read what is left of a body that has not ended, and forget it: nothing if the client waits to be told whether
        to send at all."""
        self.ended = True
        if self._incoming.is_whole:
            return
        if b"expect" in self._headers or self._announced() > DROPPED_AT_MOST:
            self.closes = True
            return
        try:
            async with self._in_time():
                self.closes = not await self._forget()
        except (TimeoutError, Disconnected):
            self.closes = True

    def _is_encoded(self) -> bool:
        """Whether the body is packed: by a Content-Encoding, or on its way in chunks (`gzip, chunked`)."""
        coding = self._headers.get(b"content-encoding", b"identity").strip().lower()
        transfer = self._headers.get(b"transfer-encoding", b"chunked").strip(b" \t,").lower()
        return coding not in {b"identity", b""} or transfer != b"chunked"

    def _announced(self) -> int:
        text = self._headers.get(b"content-length", b"")
        return int(text) if text.isdigit() else 0

    def _fitting(self, body: bytes, limit: int) -> bytes:
        self.ended = self._incoming.is_whole
        if len(body) > limit:
            raise TooLarge
        return body

    async def _collect(self, limit: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while not self.ended:
            await self._incoming.more()
            part = self._fitting(self._incoming.take(), limit - size)
            size += len(part)
            parts.append(part)
        return b"".join(parts)

    async def _forget(self) -> bool:
        size = len(self._incoming.take())
        while size <= DROPPED_AT_MOST and not self._incoming.is_whole:
            await self._incoming.more()
            size += len(self._incoming.take())
        return self._incoming.is_whole


class Rate:
    """How many requests each asker may send: so many per window, which opens with the first. Memory is bounded."""

    def __init__(self, *, requests: int, window_s: int, workers: int) -> None:
        # each worker sees its share of the requests, so it allows its share of the limit
        self._allowed = max(1, requests // workers) if requests else 0
        self._window_s = window_s
        self._windows: dict[Asker, list[int]] = {}

    @property
    def is_on(self) -> bool:
        """Whether there is a limit at all."""
        return self._allowed > 0

    def require(self, asker: Asker, now: int) -> None:
        """`TooMany` if this asker's window is used up."""
        window = self._windows.get(asker)
        if window is None or now >= window[0] + self._window_s or now < window[0]:
            window = self._open(asker, now)
        if window[1] >= self._allowed:
            raise TooMany(window[0] + self._window_s - now)
        window[1] += 1

    def _open(self, asker: Asker, now: int) -> list[int]:
        if len(self._windows) >= KEYS_KEPT:
            self._forget(now)
        window = self._windows[asker] = [now, 0]
        return window

    def _forget(self, now: int) -> None:
        current = {asker: window for asker, window in self._windows.items() if now < window[0] + self._window_s}
        if len(current) >= KEYS_KEPT:
            current.pop(next(iter(current)))
        self._windows = current
