"""What every dialect is to the server: it names the asker, chooses a route, turns a request into a command and an
outcome into a reply.

No sockets, no SQL, no rules: a dialect decodes and words; the service decides.
"""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from tillstone.domain.access import Credentials, Principal
from tillstone.domain.commands import Command
from tillstone.domain.errors import Refusal
from tillstone.wire.http import Reply, Request


class TooLarge(Refusal):
    """The body is larger than its route allows; it was read and dropped. (413)"""


class TooSlow(Refusal):
    """The body did not arrive in time; the connection ends with the answer. (408)"""


class Encoded(Refusal):
    """The body has a Content-Encoding; bodies are taken as they are. (415)"""


class MethodNotAllowed(Refusal):
    """The route does not know this method. (405, with Allow.)"""

    def __init__(self, *allowed: str) -> None:
        super().__init__()
        self.allowed = allowed


class TooMany(Refusal):
    """More requests than this key may send now. (The dialect's own status, with Retry-After.)"""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class Call(Struct):
    """A command and how its answer is put into words. `render` gets what the service answers to `command`."""

    command: Command
    render: Callable[[Any], Reply]


class Body(Struct, frozen=True):
    """How large a request body may be, in bytes, and in seconds how long it may take."""

    limit: int = 1_048_576


class Route(Struct):
    """Where a request leads: which canonical resources it reads or writes (for access), whether it has a body, and
    what it asks for.

    `operation` is what the asker's role must allow on each of `resources`, where askers have roles.
    `parse` may also answer a `Reply` at once (pages that need no record). It runs after access was granted and the
    body was read.
    """

    resources: tuple[str, ...]
    writes: bool
    parse: Callable[[Request, Principal], Call | Reply]
    body: Body | None = None
    operation: str = ""


@runtime_checkable
class ReadsFirst(Protocol):
    """A dialect whose credentials may stand in the body."""

    def body_first(self, request: Request) -> Body | None:
        """How large the body may be that is read before `authenticate`; None: it is read later, if at all."""


class Dialect(Protocol):
    """One API. Every method may raise a `Problem`, which `fail` puts into words."""

    name: str

    def matches(self, path: bytes) -> bool:
        """Whether this raw path is this dialect's."""

    def authenticate(self, request: Request) -> Credentials:
        """Who says they are asking."""

    def route(self, request: Request) -> Route:
        """Where the request leads. Raises NotFound, or MethodNotAllowed."""

    def fail(self, request: Request, problem: Exception) -> Reply:
        """The answer to a problem, the guard's among them (`TooLarge`, `TooSlow`, `Encoded`, `TooMany`); for what is
        not a `Problem`, the answer to a fault of ours."""
