"""`/oauth/initiate` and `/oauth/token`: tokens for programs (spec 7.4). The pages between them stand in `pages.py`."""

from tillstone.dialects.base import Call
from tillstone.dialects.openmage import oauth, render
from tillstone.dialects.openmage.auth import flow_claims
from tillstone.dialects.openmage.routes import FLOW, flow_step
from tillstone.domain.access import Principal
from tillstone.domain.commands import ExchangeGrant, Granted, StartGrant
from tillstone.domain.errors import Unauthorized
from tillstone.wire.http import Reply, Request

VERIFIER_LENGTH = 32


def parse(request: Request, _principal: Principal) -> Call:
    """The step that a request asks for."""
    _, claims = flow_claims(request)
    if flow_step(request.path) == FLOW[0]:
        callback = claims.get("oauth_callback")
        if not callback:
            raise oauth.absent("oauth_callback")
        return Call(StartGrant(callback), _started)
    verifier = claims.get("oauth_verifier")
    if not verifier:
        raise oauth.absent("oauth_verifier")
    if len(verifier) != VERIFIER_LENGTH:
        raise Unauthorized("verifier_invalid")
    return Call(ExchangeGrant(verifier), _exchanged)


def _started(granted: Granted) -> Reply:
    pairs = {"oauth_token": granted.token, "oauth_token_secret": granted.secret, "oauth_callback_confirmed": "true"}
    return render.form_encoded(pairs)


def _exchanged(granted: Granted) -> Reply:
    return render.form_encoded({"oauth_token": granted.token, "oauth_token_secret": granted.secret})
