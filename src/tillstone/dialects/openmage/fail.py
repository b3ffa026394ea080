"""Problems to answers: every status and every message of this dialect (spec 3.6, 5, 12)."""

from tillstone.dialects.base import Encoded, TooLarge, TooMany, TooSlow
from tillstone.dialects.openmage import documents, pages, render
from tillstone.dialects.openmage.attributes import Kind
from tillstone.dialects.openmage.bodies import BadBody
from tillstone.dialects.openmage.filters import FILTERING, BadCollection
from tillstone.dialects.openmage.negotiation import Format, NotAcceptable, Unsupported, choose
from tillstone.dialects.openmage.parse import BadVersion, header
from tillstone.dialects.openmage.routes import (
    BadMethod,
    NoRoute,
    NotImplementedYet,
    NotSupported,
    is_api,
    page_of,
)
from tillstone.dialects.openmage.switches import Behaviour
from tillstone.domain.errors import (
    Clash,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    StoreDown,
    Unauthorized,
)
from tillstone.wire.http import Reply, Request
from tillstone.wire.limits import Excess

Entry = tuple[int, str]
"""A code and a message; the status of an answer is the code of its last entry, 500 if that is 0."""

PREVALIDATION = "Resource data pre-validation error."
UNAVAILABLE = "Service temporary unavailable"
INTERNAL = "Resource internal error."
NOT_ACCEPTABLE = "Server can not understand Accept HTTP header media type."

FIXED: dict[type[Exception], Entry] = {
    NoRoute: (404, "Request does not match any route."),
    NotFound: (404, "Resource not found."),
    BadMethod: (400, "Invalid request method"),
    NotImplementedYet: (405, "Resource method not implemented yet."),
    TooSlow: (408, "Request timed out."),
    TooLarge: (413, "Request body is too large."),
    Excess: (413, "Request body is too large."),
    Encoded: (415, "Request body must not be encoded."),
    TooMany: (429, "Too many requests."),
    StoreDown: (503, UNAVAILABLE),
}
"""What is always said of a problem."""

MESSAGES: dict[str, str] = {
    "blank": '"{label}" is a required value.',
    "too_long": '"{label}" length must be equal or less than 255 characters.',
    "too_short": '"{label}" length must be equal or greater than {least} characters.',
    "malformed": '"{label}" is not a valid email address.',
    "not_a_date": '"{label}" is not a valid date.',
    "unknown": 'Invalid value "{detail}" for {wire}',
    "array": "Invalid value type for {wire}",
    "not_text": '"{label}" invalid type entered.',
}
"""Messages by the code of the broken rule (spec 9, 10)."""

REGION: dict[str, str] = {
    "blank": '"State/Province" is required.',
    "unknown": "State/Province does not exist.",
    "not_text": 'Invalid "State/Province" type.',
}
"""Those of regions, which are looked at only if everything else is in order."""

TAKEN = "This customer email already exists"
IS_DEFAULT = "Address is default for customer so is not allowed to be deleted"

TRY_AGAIN_S = 5

# statuses of the flow's endpoints (spec 7.4); everything else is 401
FLOW_400 = frozenset(
    {"version_rejected", "parameter_absent", "parameter_rejected", "timestamp_refused", "signature_method_rejected"}
)


class Failure:
    """Words problems for one dialect's tables and behaviour."""

    def __init__(self, kinds: dict[str, Kind], behaviour: Behaviour) -> None:
        self._kinds = kinds
        self._behaviour = behaviour

    def reply(self, request: Request, problem: Exception) -> Reply:
        """The answer to a problem."""
        if page_of(request.path) is not None:
            return pages.failed(problem)
        if not is_api(request.path):
            return _flow_failed(problem)
        if isinstance(problem, NotAcceptable) and self._behaviour.not_acceptable == 500:
            return Reply(500, UNAVAILABLE.encode(), (render.EMPTY_TYPE,))
        return self._document(request, problem)

    def _document(self, request: Request, problem: Exception) -> Reply:
        entries = self.entries(request, problem)
        value = {"messages": {"error": [{"code": code, "message": text} for code, text in entries]}}
        form = self._form(request)
        reply = render.reply(documents.write(value, form), form, entries[-1][0] or 500)
        if isinstance(problem, TooMany | StoreDown):
            seconds = problem.retry_after if isinstance(problem, TooMany) else TRY_AGAIN_S
            reply.headers += ((b"retry-after", b"%d" % seconds),)
        return reply

    def _form(self, request: Request) -> Format:
        try:
            return choose(header(request, b"accept"), self._behaviour)
        except NotAcceptable:
            return Format.XML

    def entries(self, request: Request, problem: Exception) -> list[Entry]:
        """Codes and messages, soft ones first, the one that ends it last."""
        for known in type(problem).__mro__:
            if known in FIXED:
                return [FIXED[known]]
        if isinstance(problem, Unauthorized):
            return [(401, f"oauth_problem={problem.reason}")]
        if isinstance(problem, Forbidden):
            return [_forbidden(problem)]
        if isinstance(problem, BadBody | Unsupported):
            return [(400, problem.text)]
        if isinstance(problem, BadCollection):
            return [(400, problem.text)]
        if isinstance(problem, BadVersion):
            return [(400, f'Invalid version "{problem.version}" requested.')]
        if isinstance(problem, NotSupported):
            return [(problem.status, "Resource does not support method.")]
        if isinstance(problem, NotAcceptable):
            return [(406, NOT_ACCEPTABLE)]
        if isinstance(problem, Clash):
            return [(400, IS_DEFAULT)]
        if isinstance(problem, Invalid):
            return self._invalid(request, problem)
        return [(500, INTERNAL)]

    def _invalid(self, request: Request, problem: Invalid) -> list[Entry]:
        if request.method not in {"POST", "PUT"}:
            # a filter that the store cannot follow, such as a regular expression that is none
            return [(400, FILTERING)]
        faults = _those_that_count(problem.faults)
        if all(fault.code == "taken" for fault in faults):
            return self._taken(request)
        kind = self._kinds["address" if b"/addresses" in request.path else "customer"]
        return [*((400, _message(kind, fault)) for fault in faults), (400, PREVALIDATION)]

    def _taken(self, request: Request) -> list[Entry]:
        if not self._behaviour.clash_is_ours:
            return [(400, TAKEN), (400, PREVALIDATION)]
        last = (0, "id is not specified") if request.method == "POST" else (500, "Unhandled simple errors.")
        return [(500, TAKEN), last]


def _those_that_count(faults: tuple[Fault, ...]) -> list[Fault]:
    """Values first; then, if they are all right, regions; then what others have already."""
    plain = [fault for fault in faults if fault.field != "region" or fault.code == "too_long"]
    values = [fault for fault in plain if fault.code != "taken"]
    return values or [fault for fault in faults if fault.field == "region"] or list(faults)


def _message(kind: Kind, fault: Fault) -> str:
    field = kind.by_attribute.get(fault.field)
    label, wire = (field.label or field.wire, field.wire) if field else (fault.field, fault.field)
    if fault.field == "region" and fault.code in REGION:
        return REGION[fault.code]
    code = "too_short" if (fault.code, fault.detail) == ("blank", "white space") else fault.code
    least = field.min if field is not None and field.min is not None else 1
    return MESSAGES.get(code, MESSAGES["unknown"]).format(label=label, wire=wire, detail=fault.detail, least=least)


def _forbidden(problem: Forbidden) -> Entry:
    for fault in problem.faults:
        if fault.code == "missing":
            return 0, f"Admin role for user ID {fault.detail} not found"
    return 403, "Access denied"


def _flow_failed(problem: Exception) -> Reply:
    """`oauth_problem=…`, with a status by its kind."""
    content_type = (b"content-type", b"application/x-www-form-urlencoded")
    if isinstance(problem, Unauthorized):
        status = 400 if problem.reason.partition("&")[0] in FLOW_400 else 401
        return Reply(status, f"oauth_problem={problem.reason}".encode(), (content_type,))
    for known in type(problem).__mro__:
        if known in FIXED:
            status, text = FIXED[known]
            return Reply(status, text.encode(), ((b"content-type", b"text/plain; charset=utf-8"),))
    return Reply(500, b"oauth_problem=internal_error", (content_type,))
