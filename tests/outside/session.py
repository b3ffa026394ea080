"""HTTP to a base URL: what every client and writer of these tests speaks through."""

import base64
from http.client import HTTPConnection
from types import TracebackType
from typing import NamedTuple, Protocol, Self
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

TOKEN = "9d8a5bf5d39b9ac2a9e4ba8d5f7f7d1f2bb2a911"
"""The key of the account that the live tests work in."""

PATIENCE_S = 60
"""After this long without an answer a test has failed; nothing is waited for that long when all is well."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def xml(self) -> ET.Element:
        return ET.fromstring(self.body)


class Session(Protocol):
    """Sends one request and waits for its answer."""

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer: ...


def credentials(token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{token}:X".encode()).decode()}


class HttpSession:
    """Over a socket. `keep` False opens one for each request, so that several workers all get their share."""

    def __init__(self, base: str, *, token: str = TOKEN, keep: bool = True) -> None:
        address = urlsplit(base)
        assert address.hostname is not None
        self._host, self._port = address.hostname, address.port
        self._headers = credentials(token) if token else {}
        self._keep = keep
        self._connection: HTTPConnection | None = None

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """OSError or HTTPException if there is no whole answer; the next request begins anew."""
        connection = self._connection or HTTPConnection(self._host, self._port, timeout=PATIENCE_S)
        self._connection = None
        try:
            connection.request(method, path, body, self._headers | (headers or {}))
            reply = connection.getresponse()
            answer = Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        except BaseException:
            connection.close()
            raise
        if self._keep and not reply.will_close:
            self._connection = connection
        else:
            connection.close()
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
