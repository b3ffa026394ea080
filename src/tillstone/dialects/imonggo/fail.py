"""Problems to answers: every status and every message of this dialect."""

from tillstone.dialects.base import Encoded, MethodNotAllowed, TooLarge, TooMany, TooSlow
from tillstone.dialects.imonggo import render
from tillstone.dialects.imonggo.kinds import KINDS, NAMES, Kind
from tillstone.dialects.imonggo.routes import format_of, is_tokens
from tillstone.domain.errors import Fault, Forbidden, NotFound, Refusal, StoreDown, Unauthorized
from tillstone.wire.http import Reply, Request
from tillstone.wire.limits import Excess, Malformed

STATUSES: dict[type[Exception], tuple[int, str]] = {
    NotFound: (404, "Not Found"),
    Forbidden: (403, "Forbidden"),
    MethodNotAllowed: (405, "Method Not Allowed"),
    TooSlow: (408, "Request Timeout"),
    TooLarge: (413, "Request Entity Too Large"),
    Encoded: (415, "Unsupported Media Type"),
    # seeds/000 l.403: a body that cannot be read is answered like a fault of the server
    Malformed: (500, "Internal Server Error"),
    Excess: (500, "Internal Server Error"),
    TooMany: (503, "Service Unavailable"),
    StoreDown: (503, "Service Unavailable"),
}
"""What is said of a problem as a whole. Every other refusal is 422 with a message per fault; what is no refusal is
500."""

MESSAGES: dict[str, str] = {
    "blank": "{title} can't be blank",
    "taken": "{title} has already been taken",
    "not_a_number": "{title} is not a number",
    "too_small": "{title} must be greater than or equal to {least}",
    "too_large": "{title} is too large",
    "too_long": "{title} is too long (maximum is {detail} characters)",
    "not_a_date": "{title} is not a valid date",
    "unknown_tax": "{title} contains an unknown tax: {detail}",
}
"""Messages by the code of the broken rule (fields; seeds/002 l.288-289)."""

PECULIAR: dict[tuple[str, str, str], str] = {
    # seeds/002 l.288
    ("product", "name", "taken"): "Name is already used by another product with a different stock no.",
}
"""Messages of one field of one resource."""

OTHERWISE = "{title} is invalid"

TRY_AGAIN_S = 5
"""After how many seconds a client may try again when the database is away."""

CHALLENGE = (b"www-authenticate", b'Basic realm="Application"')


def fail(request: Request, problem: Exception) -> Reply:
    """The answer to a problem."""
    form = format_of(request)
    if isinstance(problem, Unauthorized):
        return _unauthorized(request, form)
    for known, (status, text) in STATUSES.items():
        if isinstance(problem, known):
            return render.errors(status, [text], form, headers=_headers(problem))
    if isinstance(problem, Refusal):
        return render.errors(422, words(_kind_of(request), problem.faults), form)
    return render.errors(500, ["Internal Server Error"], form)


def _unauthorized(request: Request, form: str) -> Reply:
    """A wrong login has no token (spec 1); a wrong key is challenged."""
    if is_tokens(request.path):
        return render.errors(404, ["Not Found"], form)
    return Reply(401, b"HTTP Basic: Access denied.\n", (render.TEXT_TYPE, CHALLENGE))


def _headers(problem: Exception) -> render.Headers:
    if isinstance(problem, MethodNotAllowed):
        return ((b"allow", ", ".join(problem.allowed).encode()),)
    if isinstance(problem, TooMany):
        return ((b"retry-after", b"%d" % problem.retry_after),)
    if isinstance(problem, StoreDown):
        return ((b"retry-after", b"%d" % TRY_AGAIN_S),)
    return ()


def words(kind: Kind, faults: tuple[Fault, ...]) -> list[str]:
    """A message per fault, in the order of the table; the same message once."""
    order = list(kind.compiled.profile.rules)
    ranked = sorted(faults, key=lambda fault: order.index(fault.field) if fault.field in order else len(order))
    return list(dict.fromkeys(_message(kind, fault) for fault in ranked)) or ["Invalid"]


def _message(kind: Kind, fault: Fault) -> str:
    pattern = PECULIAR.get((kind.table.resource, fault.field, fault.code)) or MESSAGES.get(fault.code, OTHERWISE)
    rule = kind.compiled.profile.rules.get(fault.field)
    return pattern.format(
        title=kind.compiled.titles.get(fault.field) or fault.field.capitalize() or "Record",
        detail=fault.detail,
        least=rule.min if rule and rule.min is not None else 0,
    )


def _kind_of(request: Request) -> Kind:
    name = request.path.decode("latin-1").removeprefix("/api/").partition("/")[0].partition(".")[0]
    return NAMES.get(name, KINDS[0])
