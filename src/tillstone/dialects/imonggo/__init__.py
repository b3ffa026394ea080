"""The Imonggo API: customers, suppliers, products and customer types, in XML and JSON, as `{account}.imonggo.com`
answered it.

What is peculiar to it, and where it departs from the published pages, is listed in KNOWN.md.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from tillstone.dialects.base import Body, Call, MethodNotAllowed, Route
from tillstone.dialects.imonggo import render
from tillstone.dialects.imonggo.auth import authenticate
from tillstone.dialects.imonggo.fail import fail
from tillstone.dialects.imonggo.kinds import FRONT, Kind
from tillstone.dialects.imonggo.parse import command_of
from tillstone.dialects.imonggo.routes import API_URL, JSON, READS, Target, find_target, format_of, is_ours, is_tokens
from tillstone.domain.access import Credentials, Principal
from tillstone.domain.commands import Command, Count, Create, List, NewestStamp, Remove, TokenOf
from tillstone.wire.http import Reply, Request

DOCUMENTED, TYPED = "documented", "typed"
"""How an empty list looks: `<suppliers/>`, as printed (seeds/001 l.31), or with `type="array"`, as generic clients need
it."""


class Imonggo:
    """The dialect. `domain` is the name under which accounts have hosts of their own, besides imonggo.com's."""

    name = FRONT

    def __init__(self, *, empty_list: str = DOCUMENTED, domain: str = "") -> None:
        self._is_typed = empty_list == TYPED
        self._domain = domain

    def matches(self, path: bytes) -> bool:
        """Whether this raw path is this dialect's."""
        return is_ours(path)

    def authenticate(self, request: Request) -> Credentials:
        """Who says they are asking."""
        return authenticate(request, self._domain)

    def route(self, request: Request) -> Route:
        """Where the request leads. Raises NotFound, or MethodNotAllowed."""
        if request.path == API_URL or is_tokens(request.path):
            if request.method not in READS:
                raise MethodNotAllowed(*READS)
            return Route((), writes=False, parse=_api_url if request.path == API_URL else _token)
        target = find_target(request)
        writes = request.method not in READS
        has_body = writes and request.method != "DELETE"
        return Route(
            (target.kind.table.resource,),
            writes,
            partial(self._parse, target),
            Body() if has_body else None,
        )

    def fail(self, request: Request, problem: Exception) -> Reply:
        """The answer to a problem."""
        return fail(request, problem)

    def _parse(self, target: Target, request: Request, principal: Principal) -> Call | Reply:
        form = format_of(request)
        if target.is_new:
            return render.blank(target.kind, form)
        command = command_of(target, request, principal, shows=form == JSON)
        return Call(command, self._renderer(target.kind, command, request, form))

    def _renderer(self, kind: Kind, command: Command, request: Request, form: str) -> Callable[[Any], Reply]:
        """How the answer to `command` is put into words."""
        if isinstance(command, List):
            empty = f'<{kind.root} type="array"/>\n' if self._is_typed else f"<{kind.root}/>\n"
            return lambda found: render.records(kind, found.rows, found.joined, form, empty=empty)
        if isinstance(command, Count):
            return lambda number: render.count(number, form)
        if isinstance(command, NewestStamp):
            return lambda stamp: render.watermark(stamp, form)
        if isinstance(command, Create):
            return lambda outcome: _created(kind, outcome, request, form)
        if isinstance(command, Remove) and command.shape is None:
            return lambda _outcome: render.removed()
        return lambda answer: _shown(kind, answer, form)


def _shown(kind: Kind, answer: Any, form: str) -> Reply:
    row = answer.rows[0] if hasattr(answer, "rows") else answer.row
    return render.record(kind, row, answer.joined, form)


def _created(kind: Kind, outcome: Any, request: Request, form: str) -> Reply:
    """A new record with its address, although the status is 200: some clients learn its id only there."""
    location = f"{request.base}/api/{kind.table.plural}/{outcome.id}.{form}".encode()
    headers = ((b"location", location),)
    if kind.creates_id:
        return render.created_id(outcome.id, form, headers=headers)
    return render.record(kind, outcome.row, outcome.joined, form, headers=headers)


def _token(request: Request, _principal: Principal) -> Call:
    form = format_of(request)
    return Call(TokenOf(), lambda answer: render.token(answer[0], answer[1], form))


def _api_url(request: Request, _principal: Principal) -> Reply:
    return render.address(request.base)
