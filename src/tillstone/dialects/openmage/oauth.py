"""OAuth 1.0a signatures: what a request claims, in which order the claims are refused, and whether a signature is
right.

Pure functions of the request; who the consumer is and whether the nonce was used before is the service's business.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping

from msgspec import Struct

from tillstone.dialects.openmage.basestring import Pair, Source, base_strings, decode, encode
from tillstone.domain.access import Secrets
from tillstone.domain.errors import Unauthorized

HASHES = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
"""The signed methods. SHA-256 is an extension; RSA-SHA1 is advertised by the reference but never worked there."""

PLAINTEXT = "PLAINTEXT"
KEY_LENGTH = 32
REALM = "realm"


class Claim(Struct, frozen=True):
    """The OAuth parameters of a request, complete and well-formed."""

    consumer: str
    method: str
    signature: str
    token: str = ""
    timestamp: int = 0
    nonce: str = ""
    callback: str | None = None
    verifier: str | None = None


def is_oauth(authorization: str) -> bool:
    """Whether an Authorization header chooses OAuth; anything else is a guest (spec 7.1)."""
    return authorization[:5].lower() == "oauth"


def header_pairs(authorization: str) -> tuple[Pair, ...]:
    """The pairs of an OAuth header, decoded, in order, without `realm`: scheme off, split at commas (spec 7.2, 1)."""
    pairs = []
    for part in authorization[6:].split(","):
        name, equals, value = part.strip().partition("=")
        if equals and name != REALM:
            pairs.append((decode(name), decode(value.strip('"'))))
    return tuple(pairs)


def claims_of(pairs: tuple[Pair, ...] | list[Pair]) -> dict[str, str]:
    """The OAuth parameters among `pairs`."""
    return {name: value for name, value in pairs if "oauth_" in name}


def read_claim(claims: Mapping[str, str], *, secure: bool, need_token: bool) -> Claim:
    """The claim, or Unauthorized with the first thing that is wrong with it (the order of spec 7.2)."""
    _refuse_if_version_differs(claims)
    for name in ("oauth_consumer_key", "oauth_signature_method", "oauth_signature"):
        _require(claims, name)
    if len(claims["oauth_consumer_key"]) != KEY_LENGTH:
        raise Unauthorized("consumer_key_rejected")
    method = claims["oauth_signature_method"]
    _refuse_if_method_unknown(method, secure=secure)
    timestamp = 0
    if method != PLAINTEXT:
        _require(claims, "oauth_nonce")
        _require(claims, "oauth_timestamp")
        timestamp = _read_timestamp(claims["oauth_timestamp"])
    return Claim(
        consumer=claims["oauth_consumer_key"],
        method=method,
        signature=claims["oauth_signature"],
        token=claims.get("oauth_token", "") if need_token else "",
        timestamp=timestamp,
        nonce="" if method == PLAINTEXT else claims["oauth_nonce"],
        callback=claims.get("oauth_callback"),
        verifier=claims.get("oauth_verifier"),
    )


def _refuse_if_version_differs(claims: Mapping[str, str]) -> None:
    if claims.get("oauth_version", "1.0") != "1.0":
        raise Unauthorized("version_rejected")


def absent(name: str) -> Unauthorized:
    """The refusal of a request without a parameter it needs."""
    return Unauthorized(f"parameter_absent&oauth_parameters_absent={name}")


def _require(claims: Mapping[str, str], name: str) -> None:
    # "0" counts as absent, as everything that PHP calls empty (spec 7.2, 6)
    if claims.get(name, "") in {"", "0"}:
        raise absent(name)


def _refuse_if_method_unknown(method: str, *, secure: bool) -> None:
    if method not in HASHES and not (method == PLAINTEXT and secure):
        raise Unauthorized("signature_method_rejected")


def _read_timestamp(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Unauthorized("timestamp_refused")
    return int(text)


# -- signatures ------------------------------------------------------------------------------------------------------


def signing_key(secrets: Secrets) -> bytes:
    """Both secrets, joined as RFC 5849 3.4.2 says."""
    return f"{encode(secrets.consumer)}&{encode(secrets.token)}".encode()


def sign(method: str, base_string: str, secrets: Secrets) -> str:
    """The signature of a base string."""
    if method == PLAINTEXT:
        return signing_key(secrets).decode()
    return b64encode(hmac.digest(signing_key(secrets), base_string.encode(), HASHES[method])).decode()


def is_valid(claim: Claim, source: Source, secrets: Secrets) -> bool:
    """Whether the signature matches one of the accepted base strings. Compares in constant time."""
    given = claim.signature.encode("utf-8", "surrogateescape")
    if claim.method == PLAINTEXT:
        return hmac.compare_digest(given, signing_key(secrets))
    key, name = signing_key(secrets), HASHES[claim.method]
    return any(
        hmac.compare_digest(given, b64encode(hmac.digest(key, base_string.encode(), name)))
        for base_string in base_strings(source)
    )


def verifier(claim: Claim, *sources: Source) -> Callable[[Secrets], bool]:
    """What the service calls with the secrets it found; `sources` are the ways in which the request may have been
    signed."""
    return lambda secrets: any(is_valid(claim, source, secrets) for source in sources)
