"""The way of a request through the server.

The order of what is refused first: URL limits, no such front, credentials (401), rate, route (404, 405), access (403),
body (413, 415, 408), what the body says. Each dialect words its own refusals; only what is nobody's is worded here.
"""

from time import perf_counter

from msgspec import Struct

from tillstone.dialects.base import Dialect, ReadsFirst, TooMany
from tillstone.domain.access import Principal, require, require_operation
from tillstone.domain.errors import Problem, Trouble, Unauthorized
from tillstone.domain.stamps import Clock
from tillstone.server import plain
from tillstone.server.arrival import Answer, Arrival, Disconnected, Incoming
from tillstone.server.guard import URL_LIMIT, Asker, Intake, Rate
from tillstone.server.journal import Journal
from tillstone.server.metrics import Meters
from tillstone.server.origin import Origin
from tillstone.server.plain import Pages
from tillstone.server.reply import sent
from tillstone.server.run import Runner
from tillstone.wire.http import Reply, Request
from tillstone.wire.limits import Excess, Malformed


class Trail(Struct, gc=False):
    """What becomes known of a request on its way, for the log."""

    name: str
    front: str = plain.FRONT
    principal: Principal | None = None


def _asker(principal: Principal, request: Request) -> Asker:
    """Whose rate a request counts against: the key's; guests are told apart by where they come from."""
    kind = request.client if principal.kind == "guest" else principal.kind
    return principal.account, kind, principal.id


class Application:
    """The application of one worker: see `arrival.py`."""

    def __init__(
        self,
        dialects: tuple[Dialect, ...],
        runner: Runner,
        *,
        clock: Clock,
        origin: Origin,
        rate: Rate,
        journal: Journal,
        meters: Meters,
        pages: Pages,
        prefix: str,
    ) -> None:
        self._dialects = dialects
        self._early = {dialect.name: dialect.body_first for dialect in dialects if isinstance(dialect, ReadsFirst)}
        self._runner = runner
        self._clock = clock
        self._origin = origin
        self._rate = rate
        self._journal = journal
        self._meters = meters
        self._pages = pages
        self._prefix = prefix
        self._number = 0

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._runner.start()

    async def close(self) -> None:
        """End: what was begun is ended, and what was counted and noted is written."""
        self._pages.ready = False
        await self._runner.close()
        self._journal.close()
        self._meters.close()

    async def answer(self, arrival: Arrival, incoming: Incoming) -> Answer | None:
        """The answer to one request; None if its client went away before it was whole."""
        started = perf_counter()
        self._number += 1
        trail = Trail(f"{self._prefix}{self._number:x}")
        request = self._origin.request(arrival)
        intake = Intake(request, incoming)
        try:
            reply = await self._reply(request, intake, trail)
            if not intake.ended:
                await intake.drop()
        except Disconnected:
            return None
        answer = sent(request, reply, trail.name, closes=intake.closes)
        self._tell(request, trail, reply.status, perf_counter() - started)
        return answer

    def _tell(self, request: Request, trail: Trail, status: int, seconds: float) -> None:
        self._meters.answered(trail.front, status, seconds)
        asker = trail.principal
        self._journal.request(
            request,
            name=trail.name,
            front=trail.front,
            account=asker.account if asker else None,
            actor=asker.actor if asker else "",
            status=status,
            seconds=seconds,
        )

    async def _reply(self, request: Request, intake: Intake, trail: Trail) -> Reply:
        if len(request.path) + len(request.query) > URL_LIMIT:
            return plain.URL_TOO_LONG
        for dialect in self._dialects:
            if dialect.matches(request.path):
                trail.front = dialect.name
                return await self._speak(dialect, request, intake, trail)
        return await self._pages.reply(request)

    async def _speak(self, dialect: Dialect, request: Request, intake: Intake, trail: Trail) -> Reply:
        runner = self._runner
        try:
            early = self._early.get(dialect.name)
            first = early(request) if early is not None else None
            if first is not None:
                request.body = await intake.read(first.limit)
            credentials = dialect.authenticate(request)
            principal = runner.admit_at_once(credentials, dialect.name) or await runner.admit(credentials, dialect.name)
            trail.principal = principal
            if self._rate.is_on:
                self._rate.require(_asker(principal, request), self._clock.now())
            route = dialect.route(request)
            require(principal, route.resources, writes=route.writes)
            if route.operation:
                require_operation(principal, route.resources, route.operation)
            if route.body is not None and first is None:
                request.body = await intake.read(route.body.limit)
            if runner.is_long(request):
                call = await runner.aside(route.parse, request, principal)
            else:
                call = route.parse(request, principal)
            if isinstance(call, Reply):
                return call
            command = call.command
            if runner.is_short(command, principal):
                return call.render(runner.answer(command, principal))
            answer = await runner.run(command, principal)
            return await runner.aside(call.render, answer) if runner.is_long(answer) else call.render(answer)
        except Disconnected:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, the asker gets an answer in the dialect's words
            return await self._failed(dialect, request, trail, problem)

    async def _failed(self, dialect: Dialect, request: Request, trail: Trail, problem: Exception) -> Reply:
        if isinstance(problem, Trouble) or not isinstance(problem, Problem):
            self._meters.happened("faults")
            self._journal.fault(trail.name, problem)
        elif isinstance(problem, TooMany):
            self._meters.happened("rate_limited")
        elif isinstance(problem, Unauthorized) and problem.note:
            self._journal.note(trail.name, problem.note)
        elif isinstance(problem, Malformed | Excess):
            # the asker's doing, even where the documentation answers 500
            self._meters.happened("malformed")
        try:
            if self._runner.is_long(request):
                return await self._runner.aside(dialect.fail, request, problem)
            return dialect.fail(request, problem)
        except Exception as fault:  # noqa: BLE001 - the last net
            self._meters.happened("faults")
            self._journal.fault(trail.name, fault)
            return plain.FAULT
