"""Which path and verb lead where. Sources: spec 2.1 and 3.1."""

from typing import Final

from msgspec import Struct, structs

from tillstone.dialects.base import MethodNotAllowed
from tillstone.dialects.zeald.catalogue import Plan, plan_of
from tillstone.dialects.zeald.problems import BadRequest, NotXml
from tillstone.dialects.zeald.spec import PREFIX, Target, read_spec, read_target
from tillstone.wire.http import Reply, Request

READS: Final = ("GET", "HEAD")
OPTIONS: Final = "OPTIONS"
PAGES_OFFER: Final = (*READS, OPTIONS)
LISTS_OFFER: Final = (*READS, "POST", "PUT", "DELETE", OPTIONS)

SKIPPED: Final = b" \t\r\n\xef\xbb\xbf"


class Place(Struct, frozen=True):
    """What a path names: a plan (None: the discovery page), the names ignored, and the keys."""

    target: Target
    plan: Plan | None = None
    ignored: tuple[str, ...] = ()

    @property
    def offers(self) -> tuple[str, ...]:
        """The verbs that are answered here."""
        return PAGES_OFFER if self.plan is None or self.target.schema else LISTS_OFFER

    def tell(self, reply: Reply) -> Reply:
        """The answer with the names that were ignored (spec 3.1)."""
        if not self.ignored:
            return reply
        ignored = (b"x-ignored-resources", ", ".join(self.ignored).encode())
        return structs.replace(reply, headers=(*reply.headers, ignored))


def is_ours(path: bytes) -> bool:
    """Whether this raw path is this dialect's."""
    return path[: len(PREFIX)].lower() == PREFIX and path[len(PREFIX) : len(PREFIX) + 1] in {b"", b"/"}


def find_place(path: bytes) -> Place:
    """What the raw path names. Raises NoSuchPlace, or BadRequest for a specification that is none."""
    target = read_target(path)
    if not target.spec and not target.keys and not target.schema:
        return Place(target)
    plan, ignored = plan_of(read_spec(target.spec))
    return Place(target, plan, ignored)


def require_verb(place: Place, method: str) -> None:
    """MethodNotAllowed for verbs that are not offered; BadRequest for a wrong use of one (spec 7.11, 8.6, 9.3)."""
    if method not in place.offers:
        raise MethodNotAllowed(*place.offers)
    keys, plan = place.target.keys, place.plan
    if method == "POST" and keys:
        raise BadRequest("A key belongs to PUT; POST takes it from the body")
    if method == "PUT" and len(keys) > 1:
        raise BadRequest("PUT takes one key")
    if method == "DELETE" and plan is not None and (plan.members or place.ignored):
        raise BadRequest("DELETE takes one resource, not a joined specification")


def require_xml(request: Request) -> None:
    """NotXml if the body says or looks like something else. curl's own type is passed when the body begins with `<`."""
    kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind in {b"text/xml", b"application/xml"} or kind.endswith(b"+xml"):
        return
    unsaid = kind in {b"", b"application/x-www-form-urlencoded"}
    if not (unsaid and request.body.lstrip(SKIPPED).startswith(b"<")):
        raise NotXml
