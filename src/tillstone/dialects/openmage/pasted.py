"""A request that somebody pasted: why its signature does not match, in words. Nothing is sent, nothing is burnt."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from tillstone.dialects.openmage import explain, oauth
from tillstone.dialects.openmage.basestring import Source, rfc_pairs
from tillstone.domain.access import Secrets
from tillstone.domain.errors import Unauthorized

FORM = "application/x-www-form-urlencoded"

SecretsOf = Callable[[str, str], Secrets]
"""The secrets of a consumer's key and a token. Unauthorized if there is no such pair."""


def explained(text: str, scheme: str, secrets_of: SecretsOf) -> Iterator[str]:
    """What there is to say of a request: its first line (a path, or a whole address), then headers, then a body."""
    source = source_of(text, scheme)
    claims = oauth.claims_of([*rfc_pairs(source.query), *rfc_pairs(source.form), *source.header])
    if not claims:
        yield "There is no OAuth parameter in this request: neither in an Authorization header, nor in a form or query."
        return
    try:
        claim = oauth.read_claim(claims, secure=True, need_token=True)
        secrets = secrets_of(claim.consumer, claim.token)
    except Unauthorized as refused:
        yield f"It is refused before its signature is looked at: oauth_problem={refused.reason}"
        return
    yield explain.sentence(claim, source, secrets)
    if claim.method != oauth.PLAINTEXT:
        yield f"Base string: {explain.examine(claim, source, secrets).ours}"


def source_of(text: str, scheme: str) -> Source:
    """What of a pasted request may be signed."""
    head, _, body = text.replace("\r\n", "\n").strip("\n").partition("\n\n")
    first, *lines = head.split("\n")
    method, _, rest = first.strip().partition(" ")
    target = rest.strip().split(" ")[0]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    address = urlsplit(target)
    authorization = headers.get("authorization", "")
    return Source(
        method.upper(),
        address.scheme or scheme,
        (address.netloc or headers.get("host", ""),),
        address.path,
        address.query,
        body.strip() if headers.get("content-type", "").startswith(FORM) else "",
        oauth.header_pairs(authorization) if oauth.is_oauth(authorization) else (),
    )
