"""Requests to commands: what is sent becomes canonical attributes, pages and windows."""

from collections.abc import Iterable

from tillstone.dialects.imonggo.kinds import Kind
from tillstone.dialects.imonggo.routes import Target
from tillstone.domain.access import Principal
from tillstone.domain.commands import Change, Command, Count, Create, Get, Key, List, NewestStamp, Remove
from tillstone.domain.errors import Fault, Invalid
from tillstone.domain.profile import Profile
from tillstone.domain.query import Slice, Window
from tillstone.domain.records import Value
from tillstone.wire.codecs import INTEGER
from tillstone.wire.compile import Sent
from tillstone.wire.http import Request
from tillstone.wire.jsontext import Json, read_json, scalar_text
from tillstone.wire.querystring import read_pairs
from tillstone.wire.times import Moment, read_moment
from tillstone.wire.xmltext import Element, read_xml

COUNT = frozenset({"count"})
WATERMARK = frozenset({"last_updated_at", "last_udpated_at", "list_updated_at"})
"""The inquiry, and how two of the pages misspell it (seeds/000 l.351, seeds/002 l.121)."""

BOUNDS = ("after", "from", "before", "to")
TRUE = frozenset({"1", "true"})

FARTHEST = 2**53
"""No page begins behind this record; one asked for there is empty."""


def command_of(target: Target, request: Request, principal: Principal, *, shows: bool) -> Command:
    """The command of a request. `shows`: the answer to a delete shows the record. Raises Malformed, Excess or
    Invalid."""
    kind = target.kind
    if request.method == "POST":
        values = read_values(kind, request)
        return Create(kind.table.resource, values, kind.compiled.profile, kind.showing.shape, kind.embeds)
    if target.id is None:
        return inquiry(kind, dict(read_pairs(request.query)), principal)
    key = Key("id", target.id)
    if request.method == "DELETE":
        shape, embeds = (kind.showing.shape, kind.embeds) if shows else (None, ())
        return Remove(kind.table.resource, key, kind.compiled.profile, shape, live=False, embeds=embeds)
    if request.method in ("PUT", "PATCH"):
        values = read_values(kind, request)
        profile = _profile_of(kind, request)
        return Change(kind.table.resource, key, values, profile, kind.showing.shape, live=False, embeds=kind.embeds)
    return Get(kind.showing.shape, key, live=False, embeds=kind.embeds, conditions=kind.conditions)


# ---- lists and inquiries ----


def inquiry(kind: Kind, sent: dict[str, str], principal: Principal) -> Command:
    """A page, a count or the watermark. An empty parameter is one that was not sent (spec 4: `?after=&page=1`)."""
    resource, asked = kind.table.resource, sent.get("q", "")
    if asked in WATERMARK:
        return NewestStamp(resource)
    window = window_of(sent)
    live = sent.get("active_only", "").strip().lower() in TRUE
    if asked in COUNT:
        return Count(resource, window, live)
    return List(
        kind.showing.shape,
        slice_of(kind, sent),
        window,
        live,
        embeds=kind.embeds,
        mark=str(principal.id) if live and window is None else "",
    )


def slice_of(kind: Kind, sent: dict[str, str]) -> Slice:
    """Which records `page` and `per_page` mean; what is no number, or below 1, means the default."""
    size = min(_number(sent.get("per_page", ""), kind.table.page_default), kind.table.page_max)
    return Slice(min((_number(sent.get("page", ""), 1) - 1) * size, FARTHEST), size)


def _number(text: str, default: int) -> int:
    if len(text) > 18:  # beyond any column, and not worth computing with
        text = "9" * 18 if text.strip().lstrip("+").isdecimal() else ""
    value = INTEGER.decode(text)
    return value if isinstance(value, int) and value >= 1 else default


def window_of(sent: dict[str, str]) -> Window | None:
    """The window (A, B] of the date filters, all of which apply together; None without any. Raises Invalid for what is
    no date.

    Stamps are whole seconds: `from` and `before` inside of a second mean the next one, `after` and `to` the second
    itself.
    """
    moments = {name: read_moment(sent[name]) for name in BOUNDS if sent.get(name, "").strip()}
    faults = [Fault(name, "not_a_date") for name, moment in moments.items() if moment is None]
    if faults:
        raise Invalid(*faults)
    return _window({name: moment for name, moment in moments.items() if moment is not None})


def _window(moments: dict[str, Moment]) -> Window | None:
    if not moments:
        return None
    lower = [0]
    upper: list[int] = []
    if "after" in moments:
        lower.append(moments["after"].floor)
    if "from" in moments:
        lower.append(moments["from"].ceiling - 1)
    if "to" in moments:
        upper.append(moments["to"].floor)
    if "before" in moments:
        upper.append(moments["before"].ceiling - 1)
    return Window(max(lower), min(upper) if upper else None)


# ---- bodies ----


def _profile_of(kind: Kind, request: Request) -> Profile:
    in_json = is_json(request.body, _content_type(request))
    return kind.compiled.profile if in_json else kind.compiled.profile_in_xml


def read_values(kind: Kind, request: Request) -> dict[str, Value]:
    """Canonical attributes and values of the body. Nothing is submitted by an empty body or under a foreign root (spec
    0)."""
    return kind.compiled.parse(read_sent(kind.table.item, request.body, _content_type(request)))


def read_sent(item: str, body: bytes, content_type: bytes) -> Iterable[tuple[str, Sent]]:
    """Names and values under the root `item`."""
    if not _start(body):
        return ()
    if is_json(body, content_type):
        return _json_sent(read_json(body), item)
    root = read_xml(body)
    return _xml_sent(root) if root.tag.replace("-", "_") == item else ()


def is_json(body: bytes, content_type: bytes) -> bool:
    """Which reader a body asks for: the content type chooses; a missing one, and what `curl -d` says by itself, leave
    it to the body's first character."""
    said = content_type.lower()
    return b"json" in said or (b"xml" not in said and _start(body) in (b"{", b"["))


def _content_type(request: Request) -> bytes:
    return request.headers.get(b"content-type", b"")


def _start(body: bytes) -> bytes:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def _xml_sent(root: Element) -> list[tuple[str, Sent]]:
    return [(child.tag, _xml_value(child)) for child in root.children]


def _xml_value(element: Element) -> Sent:
    """The elements inside of an array are its items, whatever they are called."""
    if element.attributes.get("nil") in ("true", "1"):
        return None
    if element.children or element.attributes.get("type") == "array":
        return tuple(child.text for child in element.children)
    return element.text


def _json_sent(value: Json, item: str) -> list[tuple[str, Sent]]:
    record = value.get(item) if isinstance(value, dict) else None
    if not isinstance(record, dict):
        return []
    return [(name, _json_value(sent)) for name, sent in record.items() if not isinstance(sent, dict)]


def _json_value(value: Json) -> Sent:
    if isinstance(value, list):
        return tuple(
            text for one in value if not isinstance(one, dict | list) if (text := scalar_text(one)) is not None
        )
    return scalar_text(value)
