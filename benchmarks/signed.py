"""What an integration of a Magento shop asks for, every request signed, and what signing costs us.

A request that is used once has to be signed while the load runs, so the generator signs with the standard library's
HMAC and nothing else.
"""

import hmac
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from urllib.parse import quote

from customers import CONSUMER_KEY, CONSUMER_SECRET, USER_SECRET, USER_TOKEN

KEY = f"{CONSUMER_SECRET}&{USER_SECRET}".encode()
ROUNDS, REPEATS = 7, 2_000


@dataclass(frozen=True)
class Costs:
    """Microseconds of CPU for checking one signature, header and all, and for burning one nonce."""

    signature: float
    nonce: float


def get(host: str, path: str, number: int) -> bytes:
    """A signed request; `number` makes its nonce."""
    header = authorization(host, path, f"n{number}", str(int(time.time())))
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/xml\r\nAuthorization: {header}\r\n\r\n".encode()


def authorization(host: str, path: str, nonce: str, timestamp: str) -> str:
    """The header of a signed GET. `path` may have a query of plain pairs."""
    bare, _, query = path.partition("?")
    claims = (
        f"oauth_consumer_key={CONSUMER_KEY}&oauth_nonce={nonce}&oauth_signature_method=HMAC-SHA1"
        f"&oauth_timestamp={timestamp}&oauth_token={USER_TOKEN}"
    )
    parameters = "&".join(sorted(f"{claims}&{query}".split("&"))) if query else claims
    base = f"GET&{quote(f'http://{host}{bare}', safe='')}&{quote(parameters, safe='')}"
    signature = quote(b64encode(hmac.digest(KEY, base.encode(), "sha1")), safe="")
    return (
        f'OAuth oauth_consumer_key="{CONSUMER_KEY}",oauth_nonce="{nonce}",oauth_signature="{signature}",'
        f'oauth_signature_method="HMAC-SHA1",oauth_timestamp="{timestamp}",oauth_token="{USER_TOKEN}"'
    )


def costs() -> Costs:
    """Both, in this process, in the least disturbed of several rounds."""
    return Costs(_signature(), _nonce())


def _signature() -> float:
    from tillstone.dialects.openmage.auth import authenticate
    from tillstone.domain.access import Secrets, Signed
    from tillstone.wire.http import Request

    path, host = "/api/rest/customers/1", "127.0.0.1:8080"
    header = authorization(host, path, "n", str(int(time.time()))).encode()
    secrets = Secrets(CONSUMER_SECRET, USER_SECRET)
    headers = {b"authorization": header, b"host": host.encode()}
    request = Request("GET", path.encode(), b"", headers, b"", "127.0.0.1", f"http://{host}", secure=True)

    def once(_: int) -> None:
        credentials = authenticate(request, None)
        if not (isinstance(credentials, Signed) and credentials.verify(secrets)):
            raise RuntimeError("our own signature is refused")

    return _least(once)


def _nonce() -> float:
    from tillstone.server.clock import SystemClock
    from tillstone.store.volatile import SqliteVolatileConnection, VolatileStore

    with TemporaryDirectory() as room:
        volatile = VolatileStore(SqliteVolatileConnection(Path(room) / "volatile"), SystemClock(), boot="boot")
        now = int(time.time())

        def once(number: int) -> None:
            volatile.use_nonce(CONSUMER_KEY, USER_TOKEN, now, f"n{number}", 1_200)

        try:
            return _least(once)
        finally:
            volatile.close()


def _least(once: Callable[[int], None]) -> float:
    """Microseconds of one, in the median of the better half of the rounds."""
    rounds = []
    for turn in range(ROUNDS):
        begin = process_time()
        for number in range(REPEATS):
            once(turn * REPEATS + number)
        rounds.append((process_time() - begin) / REPEATS * 1_000_000)
    return median(sorted(rounds)[: ROUNDS // 2 + 1])
