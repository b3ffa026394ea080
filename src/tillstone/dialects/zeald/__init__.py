"""The Zeald "ZEST Data API": customers, groups and orders under `/API/V3/`, joined by resource specifications.

What is peculiar to it, and where it departs from what is documented, is listed in KNOWN.md.
"""

from collections.abc import Callable, Sequence
from datetime import UTC
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from tillstone.dialects.base import Body, Call, Route
from tillstone.dialects.zeald.auth import authenticate
from tillstone.dialects.zeald.catalogue import KINDS, Plan
from tillstone.dialects.zeald.controls import Controls, read_controls
from tillstone.dialects.zeald.discovery import discovery
from tillstone.dialects.zeald.document import LIMITS, Document, passwords_in, read_document
from tillstone.dialects.zeald.fail import Story, fail
from tillstone.dialects.zeald.parse import Writing
from tillstone.dialects.zeald.problems import BadRequest
from tillstone.dialects.zeald.reads import Reading
from tillstone.dialects.zeald.render import Page, Rendering, moment_text, written
from tillstone.dialects.zeald.resources import FRONT, STRUCTURE, Resources
from tillstone.dialects.zeald.routes import OPTIONS, READS, Place, find_place, is_ours, require_verb, require_xml
from tillstone.dialects.zeald.xsd import schema
from tillstone.domain.access import Credentials, Principal, require
from tillstone.domain.commands import Found, Outcome
from tillstone.domain.errors import Fault, Forbidden, Invalid, NotFound, Problem, Refusal, Unauthorized
from tillstone.domain.records import fold
from tillstone.wire.http import Reply, Request

GROUPS: Final = KINDS["UserGroups"].resource


class Options(Struct, frozen=True):
    """The settings of this dialect."""

    require_https: bool = True
    creates_groups: bool = True
    timezone: str = "UTC"
    max_passwords: int = 200
    shows_hashes: bool = True


class Zeald:
    """The dialect. `now` tells the time of an answer, in whole seconds UTC."""

    name = FRONT

    def __init__(self, now: Callable[[], int], options: Options = Options()) -> None:  # noqa: B008 - a frozen value
        self._now = now
        self._options = options
        self._zone = UTC if options.timezone == "UTC" else ZoneInfo(options.timezone)
        self._resources = Resources(self._zone)

    def matches(self, path: bytes) -> bool:
        """Whether this raw path is this dialect's."""
        return is_ours(path)

    def authenticate(self, request: Request) -> Credentials:
        """Who says they are asking."""
        return authenticate(request, https=self._options.require_https)

    def route(self, request: Request) -> Route:
        """Where the request leads. Every resource of the specification needs the permission, not only the first."""
        place = find_place(request.path)
        require_verb(place, request.method)
        named = tuple(dict.fromkeys(each.kind.resource for each in place.plan.all())) if place.plan else ()
        if request.method == OPTIONS:
            allow = (b"allow", ", ".join(place.offers).encode())
            return Route(named, False, lambda _request, _principal: place.tell(Reply(204, b"", (allow,))))
        if place.plan is None:
            return Route((), False, lambda request, _principal: discovery(self._resources, request.base))
        parse = partial(self._parse, place, place.plan)
        has_body = request.method in {"POST", "PUT"}
        return Route(named, request.method not in READS, parse, Body(LIMITS.size) if has_body else None)

    def fail(self, request: Request, problem: Exception) -> Reply:
        """The answer to a problem."""
        place = _place_told_of(request, problem)
        reply = fail(problem, self._story(place, request, problem))
        return place.tell(reply) if place else reply

    # ---- what a request asks for ----

    def _parse(self, place: Place, plan: Plan, request: Request, principal: Principal) -> Call | Reply:
        answer = self._answer(place, plan, request, principal)
        if not place.ignored:
            return answer
        if isinstance(answer, Reply):
            return place.tell(answer)
        return Call(answer.command, lambda outcome: place.tell(answer.render(outcome)))

    def _answer(self, place: Place, plan: Plan, request: Request, principal: Principal) -> Call | Reply:
        if place.target.schema:
            return schema(self._resources, plan)
        controls = read_controls(self._resources, plan, request.query)
        if request.method in READS:
            return self._read(place, plan, controls, request, principal)
        writing = Writing(self._resources, controls, creates=self._may_create_groups(principal))
        if request.method == "DELETE":
            return Call(writing.remove(plan.kind, place.target.keys), partial(self._written, request.base, ()))
        return self._write(writing, place, plan, controls, request)

    def _read(self, place: Place, plan: Plan, controls: Controls, request: Request, principal: Principal) -> Call:
        masked = principal.mask_passwords or not self._options.shows_hashes
        reading = Reading(self._resources, plan, controls.selection, masked=masked)
        rendering = Rendering(reading, controls, request.base)
        keys = place.target.keys
        if not keys:
            return Call(reading.list(controls), lambda found: rendering.reply(found, _page_of(found, controls)))
        if len(keys) == 1:
            return Call(reading.get(keys[0], controls), lambda found: rendering.reply(found, Page(0, 1)))
        at = reading.showing(plan).at(plan.kind.attribute)
        return Call(reading.several(keys, controls), lambda found: _several(rendering, found, keys, at))

    def _write(self, writing: Writing, place: Place, plan: Plan, controls: Controls, request: Request) -> Call:
        if controls.filters:
            raise BadRequest(f"{request.method} takes no filters", plan.kind.name)
        require_xml(request)
        document = self._document(place, plan, request)
        if passwords_in(document.entries) > self._options.max_passwords:
            raise Invalid(Fault(STRUCTURE, "too_many_passwords", str(self._options.max_passwords)))
        command = writing.apply(document, update=request.method == "PUT")
        return Call(command, partial(self._written, request.base, document.warnings))

    def _document(self, place: Place, plan: Plan, request: Request) -> Document:
        key = place.target.keys[0] if place.target.keys else ""
        return read_document(self._resources, plan, request.body, key=key)

    def _written(self, base: str, warnings: Sequence[str], outcomes: Sequence[Outcome]) -> Reply:
        moment = moment_text(self._now(), self._zone)
        return written(outcomes, base=base, moment=moment, warnings=warnings)

    def _may_create_groups(self, principal: Principal) -> bool:
        """Whether a membership may bring its group into being: as set, and only for keys that may write groups."""
        try:
            require(principal, (GROUPS,), writes=True)
        except Forbidden:
            return False
        return self._options.creates_groups

    # ---- what a problem is told with ----

    def _story(self, place: Place | None, request: Request, problem: Exception) -> Story:
        """The request read again, to name the records that faults are about."""
        if place is None or place.plan is None or not isinstance(problem, Refusal):
            return Story()
        fields = {name: {field.wire: field for field in table.fields} for name, table in self._resources.tables.items()}
        story = Story(place.plan, [], place.target.keys, fields)
        if any(fault.path for fault in problem.faults):
            story.entries = self._document(place, place.plan, request).entries
        return story


def _place_told_of(request: Request, problem: Exception) -> Place | None:
    """Where the request led, unless nowhere. Whoever is not known is told nothing, and a fault of ours nothing more."""
    if isinstance(problem, Unauthorized) or not (isinstance(problem, Problem) and is_ours(request.path)):
        return None
    try:
        return find_place(request.path)
    except Refusal:
        return None


def _page_of(found: Found, controls: Controls) -> Page:
    return Page(controls.start, found.total or 0, controls.page)


def _several(rendering: Rendering, found: Found, keys: tuple[str, ...], at: int) -> Reply:
    """The records in the order of their keys; NotFound only if there is none at all."""
    if not found.rows:
        raise NotFound(*(Fault("", "not_found", key, key=key) for key in keys))
    order = {fold(key): place for place, key in reversed(list(enumerate(keys)))}
    rows = sorted(found.rows, key=lambda row: order.get(fold(str(row[at])), len(keys)))
    return rendering.reply(Found(rows, found.joined), Page(0, len(rows)))
