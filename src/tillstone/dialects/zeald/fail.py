"""Problems to answers: every status and every message of this dialect. Sources: spec 4.2, 10; D-READ for the shape."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from tillstone.dialects.base import Encoded, MethodNotAllowed, TooLarge, TooMany, TooSlow
from tillstone.dialects.zeald.catalogue import Kind, Plan
from tillstone.dialects.zeald.document import Entry
from tillstone.dialects.zeald.problems import BadRequest, HttpsRequired, KeyMismatch, NoSuchPlace, NotXml
from tillstone.dialects.zeald.render import BY_RESOURCE, DECLARATION, ESCAPING, INDENT, XML_TYPE
from tillstone.dialects.zeald.values import MONEY
from tillstone.domain.errors import Clash, Fault, Forbidden, NotFound, Refusal, StoreDown, Unauthorized
from tillstone.domain.records import LARGEST
from tillstone.wire.http import Reply
from tillstone.wire.limits import Excess, Malformed
from tillstone.wire.table import Field

Headers = tuple[tuple[bytes, bytes], ...]

MOST_ERRORS: Final = 50
TRY_AGAIN_S: Final = 5
"""After how many seconds a client may try again when the database is away."""

CHALLENGE: Final = (b"www-authenticate", b'Basic realm="ZEST API"')

SENTENCES: Final[dict[type[Exception], tuple[int, str]]] = {
    HttpsRequired: (403, "HTTPS is required"),
    MethodNotAllowed: (405, "This resource does not offer that verb"),
    TooSlow: (408, "The body did not arrive in time"),
    TooLarge: (413, "The body is too large"),
    Encoded: (415, "The body must be sent without a Content-Encoding"),
    NotXml: (415, "The body must be XML"),
    StoreDown: (503, "The database is busy, retry later"),
}
"""What is said of a problem as a whole."""

STATUSES: Final = {
    "not_found": 404,
    **dict.fromkeys(("taken", "reserved", "system", "has_children", "has_members"), 409),
}
"""Statuses of single faults; every other one is 422."""

MESSAGES: Final = {
    "blank": "{wire} is required",
    "too_long": "{wire} may have at most {detail} characters",
    "too_short": "{wire} must have at least {detail} characters",
    "too_small": "{wire} must be {range}",
    "too_large": "{wire} must be {range}",
    "not_a_number": "{wire} must be {range}",
    "not_a_boolean": "{wire} must be true or false",
    "not_a_date": "{wire} must be a time such as 2026-11-21 18:20:49",
    "not_text": "{wire} holds an element {detail} instead of text",
    "not_a_username": "{wire} must have 2 to 191 characters, and neither control characters nor blanks around it",
    "not_an_email": "{wire} is no e-mail address",
    "not_a_country": "{wire} must be an ISO 3166-1 country code of two letters",
    "not_a_code": "{wire} may hold no blanks, control characters or slashes",
    "not_public_or_private": "{wire} must be public or private",
    "not_a_hash": "{wire} is no password hash",
    "too_costly": "{wire} is a hash that costs too much to verify",
    "taken": "{wire} {detail} is already in use",
    "unknown": "{other} {detail} does not exist",
    "differs": "{wire} {detail} differs from the record that it belongs to",
    "fixed": "{wire} cannot be changed from {detail}",
    "reserved": "{wire} {detail} is reserved",
    "system": "{wire} {detail} is reserved",
    "circular": "{wire} {detail} would make {key} its own ancestor",
    "too_deep": "{wire} lies more than {detail} levels deep",
    "not_joined": "{detail} is not part of the resource specification {spec}",
    "only_one": "{resource} takes one {detail} only",
    "bad_key": "{key_field} {detail} is no whole number",
    "empty_order": "An order needs a username, an email or a line",
    "too_many": "At most {detail} records can be deleted at once",
    "too_many_passwords": "At most {detail} new passwords are taken at once",
    "too_many_records": "At most {detail} records are taken at once",
    "not_found": "{resource} {key} not found",
}
"""Messages by the code of the broken rule."""

PECULIAR: Final = {
    ("id", "unknown"): "code {detail} does not exist; codes are given by the server",
    ("group.code", "taken"): "The customer is in this group already",
    ("code", "taken"): "code {detail} is already in use",
    ("order_number", "not_a_code"): "{wire} may hold no control characters",
}
"""Messages of single attributes."""

OTHERS: Final = {
    "group.code": "UserGroups",
    "parent.code": "UserGroups",
    "customer.username": "Customer",
    "username": "Customer",
    "order.order_number": "Order",
}
"""Which resource an attribute names."""


class Story(Struct):
    """What a fault is told with: the plan of the request, the records of its body, and the keys of its path."""

    plan: Plan | None = None
    entries: list[Entry] = []
    keys: tuple[str, ...] = ()
    fields: dict[str, dict[str, Field]] = {}


class Error(Struct, frozen=True):
    """One `<error>`."""

    status: int
    message: str
    details: tuple[tuple[str, str], ...] = ()


def fail(problem: Exception, story: Story) -> Reply:
    """The answer to a problem."""
    errors, headers = _errors(problem, story)
    return Reply(errors[0].status, _document(errors).encode(), (XML_TYPE, *headers))


def _errors(problem: Exception, story: Story) -> tuple[list[Error], Headers]:
    if isinstance(problem, Unauthorized):
        said = "An API key is required" if problem.reason == "missing" else "The API key is not valid"
        return [Error(401, said)], (CHALLENGE,)
    if isinstance(problem, TooMany):
        seconds = problem.retry_after
        said = f"Too many requests, retry in {seconds} second{'' if seconds == 1 else 's'}"
        return [Error(429, said)], ((b"retry-after", b"%d" % seconds),)
    for known, (status, said) in SENTENCES.items():
        if isinstance(problem, known):
            return [Error(status, said)], _headers(problem)
    if isinstance(problem, Refusal):
        return _refused(problem, story), ()
    return [Error(500, "Something went wrong here")], ()


def _headers(problem: Exception) -> Headers:
    if isinstance(problem, MethodNotAllowed):
        return ((b"allow", ", ".join(problem.allowed).encode()),)
    return ((b"retry-after", b"%d" % TRY_AGAIN_S),) if isinstance(problem, StoreDown) else ()


def _refused(problem: Refusal, story: Story) -> list[Error]:
    if isinstance(problem, Malformed):
        return [Error(400, _malformed(problem.reason))]
    if isinstance(problem, Excess):
        return [Error(413, problem.reason[:1].upper() + problem.reason[1:])]
    if isinstance(problem, NoSuchPlace):
        return [Error(404, problem.sentence)]
    if isinstance(problem, BadRequest):
        return [Error(400, problem.sentence, _named(resource=problem.resource, field=problem.field))]
    if isinstance(problem, KeyMismatch):
        return [_mismatch(problem, story)]
    if isinstance(problem, Forbidden):
        return [_forbidden(fault) for fault in problem.faults] or [Error(403, "This key may not do that")]
    if not problem.faults:
        return [Error(404 if isinstance(problem, NotFound) else 422, "Not found")]
    return [_told(fault, problem, story) for fault in problem.faults[:MOST_ERRORS]]


def _malformed(reason: str) -> str:
    """The reader says `mismatched tag: line 3, column 12`; what was mismatched is the client's business."""
    _, _, place = reason.partition(": line ")
    return f"The body is not well-formed XML (line {place})" if place else f"The body cannot be taken: {reason}"


def _mismatch(problem: KeyMismatch, story: Story) -> Error:
    said = f"{problem.field} in the body ({problem.body}) differs from the key in the path ({problem.path})"
    resource = story.plan.kind.name if story.plan else ""
    return Error(409, said, _named(resource=resource, index="1", key=problem.path, field=problem.field))


def _forbidden(fault: Fault) -> Error:
    kind = BY_RESOURCE.get(fault.field)
    name = kind.name if kind else fault.field
    return Error(403, f"This key may not {fault.detail} {name}", _named(resource=name))


def _told(fault: Fault, problem: Refusal, story: Story) -> Error:
    """One fault in words, with where it is: the resource, the place of the primary record, its key, the field."""
    if story.plan is None:
        return Error(404 if isinstance(problem, NotFound) else 422, "The request cannot be carried out")
    root = story.entries[fault.path[0]] if fault.path and fault.path[0] < len(story.entries) else None
    entry = root.at(fault.path[1:]) if root else None
    plan = entry.plan if entry else story.plan
    wire = _wire(story.fields[plan.kind.name], fault.field)
    key = fault.key or (entry.key if entry else "") or (story.keys[0] if len(story.keys) == 1 else "")
    said = _words(fault, plan, story, wire=wire, key=key)
    status = STATUSES.get(fault.code, 409 if isinstance(problem, Clash) else 422)
    if fault.code == "not_found" and not story.entries:
        return Error(status, said)
    index = str(fault.path[0] + 1) if root else ""
    return Error(status, said, _named(resource=plan.kind.name, index=index, key=root.key if root else key, field=wire))


def _wire(fields: dict[str, Field], attribute: str) -> str:
    """The name of an attribute here: that of a field that is written, if there is one."""
    named = [field for field in fields.values() if field.attr == attribute]
    best = next((field for field in named if field.access.writes), named[0] if named else None)
    return best.wire if best else attribute


def _words(fault: Fault, plan: Plan, story: Story, *, wire: str, key: str) -> str:
    if fault.code in {"has_children", "has_members"}:
        return _in_use(fault, plan.kind, key)
    pattern = PECULIAR.get((fault.field, fault.code)) or MESSAGES.get(fault.code, "{wire} is not valid")
    return pattern.format(
        wire=wire or plan.kind.name,
        detail=fault.detail,
        key=key or fault.detail,
        resource=plan.kind.name,
        key_field=plan.kind.key,
        other=OTHERS.get(fault.field, plan.kind.name),
        spec=story.plan.spec if story.plan else "",
        range=_range(story.fields[plan.kind.name].get(wire), fault.code),
    )


def _in_use(fault: Fault, kind: Kind, key: str) -> str:
    one = fault.detail == "1"
    what = (
        ("child group" if one else "child groups") if fault.code == "has_children" else ("member" if one else "members")
    )
    return f"{kind.name} {key} still has {fault.detail} {what}"


def _range(field: Field | None, code: str) -> str:
    if field is None or field.codec.type != "integer":
        if code == "too_large":
            return f"a number up to {MONEY.encode(LARGEST)}"
        positive = field is not None and field.wire == "quantity"
        return "a number greater than 0" if positive else "a number from 0"
    return f"a whole number from {field.min} to {field.max}"


def _named(**details: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in details.items() if text)


def _document(errors: Iterable[Error]) -> str:
    return f'{DECLARATION}<rsp stat="fail" version="3.0">\n{"".join(map(_error, errors))}</rsp>\n'


def _error(error: Error) -> str:
    leaves = (("code", str(error.status)), ("msg", error.message), *error.details)
    inner = "".join(f"{INDENT * 2}<{tag}>{ESCAPING.escape(text)}</{tag}>\n" for tag, text in leaves)
    return f"{INDENT}<error>\n{inner}{INDENT}</error>\n"
