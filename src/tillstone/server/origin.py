"""Where a request comes from and under which name it reached us: an `Arrival` made into a `Request`.

A proxy is believed only if its address is trusted; then X-Forwarded-For, -Proto and -Host stand for what it saw.
"""

import ipaddress
from collections.abc import Iterable

from tillstone.server.arrival import Arrival
from tillstone.wire.http import Request

NAMES_KEPT = 1_024
"""How many Host headers are remembered, so that they are taken apart once."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Networks:
    """A set of networks that addresses are looked up in; answers are remembered, up to a number."""

    def __init__(self, names: Iterable[str]) -> None:
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(name, strict=False) for name in names)
        self._known: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= NAMES_KEPT:
                self._known.clear()
            known = self._known[address] = self._look_up(address)
        return known

    def _look_up(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(mapped in network for network in self._networks)


LOOPBACK = Networks(("127.0.0.0/8", "::1/128"))


def is_loopback(address: str) -> bool:
    """Whether `address` is this machine's own."""
    return address == "localhost" or address in LOOPBACK


class Origin:
    """Makes requests of arrivals, by the server's own address, its public name and the proxies it trusts."""

    def __init__(self, *, bind: str, public_url: str, trusted_proxies: tuple[str, ...]) -> None:
        self._at_loopback = is_loopback(bind)
        self._public_url = public_url
        self._proxies = Networks(trusted_proxies)
        self._names: dict[tuple[bytes, str], tuple[str, str]] = {}

    def request(self, arrival: Arrival) -> Request:
        """The request that arrived, without its body."""
        headers, client, scheme = arrival.headers, arrival.client, arrival.scheme
        name = headers.get(b"host", b"")
        forwarded = False
        if self._proxies and client in self._proxies:
            forwarded = b"x-forwarded-proto" in headers
            client = self._client_behind(headers, client)
            scheme = headers.get(b"x-forwarded-proto", scheme.encode()).decode("latin-1").strip().lower()
            name = headers.get(b"x-forwarded-host", name).split(b",")[0].strip()
        host, base = self._names.get((name, scheme)) or self._take_apart(name, scheme)
        secure = scheme == "https" or (self._at_loopback and not forwarded and is_loopback(client))
        return Request(arrival.method, arrival.path, arrival.query, headers, b"", host, base, secure, client)

    def _client_behind(self, headers: dict[bytes, bytes], peer: str) -> str:
        """The nearest address that is no trusted proxy: what stands left of it in the list is only hearsay."""
        seen = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        addresses = [address.strip() for address in seen if address.strip()]
        return next((address for address in reversed(addresses) if address not in self._proxies), peer)

    def _take_apart(self, name: bytes, scheme: str) -> tuple[str, str]:
        authority = name.decode("latin-1").lower()
        host = authority if authority.endswith("]") else authority.rpartition(":")[0] or authority
        base = self._public_url or f"{scheme}://{authority}"
        if len(self._names) >= NAMES_KEPT:
            self._names.clear()
        self._names[name, scheme] = host, base
        return host, base
