"""Who is asking: signed requests of the API and of the flow, visitors of the login pages, guests (spec 7.1, 7.2)."""

from msgspec import structs

from tillstone.dialects.openmage import explain, oauth
from tillstone.dialects.openmage.basestring import Pair, Source, rfc_pairs
from tillstone.dialects.openmage.routes import FLOW, flow_step, is_api, page_of
from tillstone.domain.access import Credentials, Nobody, Purpose, Signed, Visit
from tillstone.wire.http import Request

FORM = "application/x-www-form-urlencoded"
COOKIE = "tillstone_authorize"


def authenticate(request: Request, account: str | None) -> Credentials:
    """The credentials of a request. Raises Unauthorized for OAuth that is no OAuth; `account` is the one its host
    names."""
    if is_api(request.path):
        authorization = _text(request, b"authorization")
        if not oauth.is_oauth(authorization):
            return Nobody(account)
        pairs = oauth.header_pairs(authorization)
        source = source_of(request, pairs)
        # a form is signed by the rules, but some clients leave it out (recorded: ctype_form), and nothing is read of it
        sources = (source, structs.replace(source, form="")) if source.form else (source,)
        return _signed(request, oauth.claims_of(pairs), sources, Purpose.ACCESS)
    page = page_of(request.path)
    if page is not None:
        return Visit(page_token(request), page[0], cookie_of(request))
    step = flow_step(request.path)
    if step:
        return _flow(request, Purpose.NONE if step == FLOW[0] else Purpose.REQUEST)
    return Nobody(account)


def _flow(request: Request, purpose: Purpose) -> Signed:
    """Parameters come from the header, the form or the query (spec 7.4)."""
    pairs, claims = flow_claims(request)
    return _signed(request, claims, (source_of(request, pairs),), purpose)


def flow_claims(request: Request) -> tuple[tuple[Pair, ...], dict[str, str]]:
    """The header's pairs, and the OAuth parameters wherever they stand."""
    authorization = _text(request, b"authorization")
    pairs = oauth.header_pairs(authorization) if oauth.is_oauth(authorization) else ()
    query = rfc_pairs(request.query.decode("latin-1"))
    form = rfc_pairs(form_of(request))
    return pairs, oauth.claims_of([*query, *form, *pairs])


def _signed(request: Request, claims: dict[str, str], sources: tuple[Source, ...], purpose: Purpose) -> Signed:
    claim = oauth.read_claim(claims, secure=request.secure, need_token=purpose is not Purpose.NONE)
    return Signed(
        claim.consumer,
        claim.token,
        claim.timestamp,
        claim.nonce,
        oauth.verifier(claim, *sources),
        purpose=purpose,
        explain=lambda secrets: explain.sentence(claim, sources[0], secrets),
    )


def source_of(request: Request, header: tuple[Pair, ...]) -> Source:
    """What of a request may be signed. The public address counts as well as the one it was sent to."""
    scheme, _, authority = request.base.partition("://")
    named = _text(request, b"host").lower()
    return Source(
        request.method,
        scheme,
        (named, authority) if named and named != authority else (authority,),
        request.path.decode("latin-1"),
        request.query.decode("latin-1"),
        form_of(request),
        header,
    )


def form_of(request: Request) -> str:
    """The body, if it is a form's."""
    return request.body.decode("latin-1") if request.body and sends_form(request) else ""


def sends_form(request: Request) -> bool:
    """Whether the body calls itself a form."""
    return _text(request, b"content-type").partition(";")[0].strip().lower() == FORM


def page_token(request: Request) -> str:
    """The request token that a page is about: in its address, always."""
    return dict(rfc_pairs(request.query.decode("latin-1"))).get("oauth_token", "")


def cookie_of(request: Request) -> str:
    """The visitor's cookie, "" if they bring none."""
    for part in _text(request, b"cookie").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _text(request: Request, name: bytes) -> str:
    return request.headers.get(name, b"").decode("latin-1")
