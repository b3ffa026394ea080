"""OpenMage / Magento 1 REST (`/api/rest`) and its OAuth 1.0a endpoints (`/oauth/…`, `/admin/oauth_authorize`).

Where it departs from the published page and from the product is listed in KNOWN.md.
"""

from functools import partial
from zoneinfo import ZoneInfo

from tillstone.dialects.base import Body, Route
from tillstone.dialects.openmage import flow, pages
from tillstone.dialects.openmage.attributes import FRONT, kinds
from tillstone.dialects.openmage.auth import authenticate, sends_form
from tillstone.dialects.openmage.fail import Failure
from tillstone.dialects.openmage.negotiation import choose
from tillstone.dialects.openmage.parse import Parser, header
from tillstone.dialects.openmage.routes import NoRoute, find_target, flow_step, is_api, is_ours, page_of
from tillstone.dialects.openmage.switches import BEHAVIOURS, DOCUMENTED
from tillstone.domain.access import Credentials
from tillstone.domain.secrets import Random, SystemRandom
from tillstone.wire.http import Reply, Request

FLOW_LIMIT = 65_536


class OpenMage:
    """The dialect."""

    name = FRONT

    def __init__(
        self, *, behave_as: str = DOCUMENTED.name, time_zone: str = "UTC", random: Random | None = None
    ) -> None:
        self._behaviour = BEHAVIOURS[behave_as]
        self.kinds = kinds(self._behaviour, ZoneInfo(time_zone))
        self._parser = Parser(self.kinds, self._behaviour, random or SystemRandom())
        self._failure = Failure(self.kinds, self._behaviour)

    def matches(self, path: bytes) -> bool:
        """Whether this raw path is this dialect's."""
        return is_ours(path)

    def body_first(self, request: Request) -> Body | None:
        """The flow's parameters may stand in the body, and with them who is asking; a form takes part in a signature
        (spec 7.3)."""
        has_body = request.method in {"POST", "PUT"}
        return Body(FLOW_LIMIT) if has_body and (flow_step(request.path) or sends_form(request)) else None

    def authenticate(self, request: Request) -> Credentials:
        """Who says they are asking. What the answer is to be written in is settled before (spec 1)."""
        if is_api(request.path):
            choose(header(request, b"accept"), self._behaviour)
        return authenticate(request, None)

    def route(self, request: Request) -> Route:
        """Where the request leads. Raises NoRoute, or BadMethod."""
        if page_of(request.path) is not None:
            return pages.route(request)
        if flow_step(request.path):
            return Route((), writes=False, parse=flow.parse)
        if not is_api(request.path):
            raise NoRoute
        target = find_target(request)
        return Route(
            (target.resource,),
            target.writes,
            partial(self._parser.parse, target),
            Body() if target.has_body else None,
            target.operation,
        )

    def fail(self, request: Request, problem: Exception) -> Reply:
        """The answer to a problem."""
        return self._failure.reply(request, problem)
