"""Answers: records as a `ResultSet` in XML and JSON, and what became of a write as an `rsp`. Sources: D-READ for
records, attributes and counters, D-ENQ for `rsp`, spec 4."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from time import asctime
from typing import Any, Final
from urllib.parse import quote

from msgspec import Struct

from tillstone.dialects.zeald.catalogue import KINDS, Kind, Plan
from tillstone.dialects.zeald.controls import Controls
from tillstone.dialects.zeald.reads import Reading
from tillstone.dialects.zeald.values import UNCARRIED
from tillstone.domain.commands import Found, Joined, Outcome
from tillstone.domain.records import Row, Value
from tillstone.wire.http import Reply
from tillstone.wire.jsontext import write_json
from tillstone.wire.rendering import Style
from tillstone.wire.xmltext import escape_attribute, escaping

DECLARATION: Final = '<?xml version="1.0" encoding="utf-8" ?>\n'
NAMESPACE: Final = "http://www.zeald.com"
INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
INDENT: Final = "    "

ESCAPING: Final = escaping(UNCARRIED)
# C-PAS searches for the literal text `<b_city>` and `</b_city>`: an empty field has both tags
STYLE: Final = Style(ESCAPING, INDENT, nil="<{tag}></{tag}>")

XML_TYPE: Final = (b"content-type", b"text/xml; charset=utf-8")
JSON_TYPE: Final = (b"content-type", b"application/json; charset=utf-8")

ACTIONS: Final = {"created": "created", "changed": "updated", "unchanged": "unchanged", "removed": "deleted"}

BY_RESOURCE: Final = {kind.resource: kind for kind in KINDS.values()}


def address(base: str, kind: Kind, key: Value) -> str:
    """Where a record is."""
    return f"{base}/API/V3/{kind.name}/{quote(str(key), safe='@')}"


class Page(Struct, frozen=True):
    """Where a set of records stands in the whole: `number` is None if it is not a page of a list."""

    start: int
    total: int
    number: int | None = None


class Rendering:
    """One answer to a GET."""

    def __init__(self, reading: Reading, controls: Controls, base: str) -> None:
        self._reading = reading
        self._plan = reading.plan
        self._controls = controls
        self._base = base

    def reply(self, found: Found, page: Page) -> Reply:
        """The records of `found`, in the form that was asked for."""
        if self._controls.json:
            return Reply(200, write_json({"ResultSet": self._json(found, page)}), (JSON_TYPE,))
        nodes = "".join(self._nodes(self._plan, found.rows, found.joined, 1))
        text = f"{DECLARATION}<ResultSet {self._attributes(found, page)}>\n{nodes}</ResultSet>\n"
        return Reply(200, text.encode(), (XML_TYPE,))

    def _attributes(self, found: Found, page: Page) -> str:
        number = "" if page.number is None else f'page="{page.number}" '
        schema = ""
        if self._controls.names_schema:
            location = escape_attribute(f"{NAMESPACE} {self._base}/API/V3/{self._plan.spec}.xsd")
            schema = f' xmlns:xsi="{INSTANCE}" xsi:schemaLocation="{location}"'
        return (
            f'{number}startResultIndex="{page.start}" totalResults="{page.total}"'
            f' totalResultsReturned="{len(found.rows)}" xmlns="{NAMESPACE}"{schema}'
        )

    def _identity(self, plan: Plan, key: Value) -> tuple[str, str]:
        return address(self._base, plan.kind, key), f"Model::{plan.kind.model}::{key}"

    def _nodes(self, plan: Plan, rows: Sequence[Row], joined: tuple[Joined, ...], depth: int) -> Iterator[str]:
        """One text per row: all fields, then what is joined, in the order of the specification."""
        showing = self._reading.showing(plan)
        key, indent = showing.at(plan.kind.attribute), INDENT * depth
        below = self._below(plan, joined, depth)
        for row, fields in zip(rows, showing.xml(STYLE, depth=depth + 1)(rows), strict=True):
            href, identity = self._identity(plan, row[key])
            inner = "".join([texts.get(row[ours], "") for ours, texts in below])
            head = f'{plan.element} href="{escape_attribute(href)}" id="{escape_attribute(identity)}"'
            yield f"{indent}<{head}>\n{fields}{inner}{indent}</{plan.element}>\n"

    def _below(self, plan: Plan, joined: tuple[Joined, ...], depth: int) -> list[tuple[int, dict[Value, str]]]:
        """Per joined resource: where its rows' key stands in ours, and their text by that key, made once."""
        below = []
        for member, each in zip(plan.members, joined, strict=True):
            rows = [row for some in each.rows.values() for row in some]
            texts = iter(list(self._nodes(member, rows, each.joined, depth + 1)))
            grouped = {key: "".join(islice(texts, len(some))) for key, some in each.rows.items()}
            below.append((self._ours(plan, member), grouped))
        return below

    def _ours(self, plan: Plan, member: Plan) -> int:
        assert member.join is not None  # noqa: S101 - only the primary resource is not joined
        return self._reading.showing(plan).at(member.join.ours)

    def _json(self, found: Found, page: Page) -> dict[str, Any]:
        head: dict[str, Any] = {} if page.number is None else {"page": page.number}
        head |= {"startResultIndex": page.start, "totalResults": page.total, "totalResultsReturned": len(found.rows)}
        return head | {self._plan.element: self._objects(self._plan, found.rows, found.joined)}

    def _objects(self, plan: Plan, rows: Sequence[Row], joined: tuple[Joined, ...]) -> list[dict[str, Any]]:
        showing = self._reading.showing(plan)
        key = showing.at(plan.kind.attribute)
        below = [self._objects_below(plan, member, each) for member, each in zip(plan.members, joined, strict=True)]
        objects = []
        for row, fields in zip(rows, showing.json(rows), strict=True):
            href, identity = self._identity(plan, row[key])
            nested = {element: grouped.get(row[ours], []) for element, ours, grouped in below}
            objects.append({"_href": href, "_id": identity, **fields, **nested})
        return objects

    def _objects_below(
        self, plan: Plan, member: Plan, each: Joined
    ) -> tuple[str, int, dict[Value, list[dict[str, Any]]]]:
        rows = [row for some in each.rows.values() for row in some]
        objects = iter(self._objects(member, rows, each.joined))
        grouped = {key: list(islice(objects, len(some))) for key, some in each.rows.items()}
        return member.element, self._ours(plan, member), grouped


# ---- writes ----


def moment_text(now: int, zone: tzinfo) -> str:
    """C's `asctime`: `Sat Nov 21 18:20:49 2026`."""
    ahead = datetime.fromtimestamp(now, zone).utcoffset() or timedelta(0)
    return asctime((datetime(1970, 1, 1) + timedelta(seconds=now) + ahead).timetuple())  # noqa: DTZ001 - zone applied


def written(outcomes: Sequence[Outcome], *, base: str, moment: str, warnings: Sequence[str] = ()) -> Reply:
    """What became of every record (spec 4.2). `success` is a flag, not a count."""
    codes = "".join(_leaf("code", str(outcome.key)) for outcome in outcomes)
    records = "".join(_record(outcome, base, 1) for outcome in outcomes)
    notes = "".join(_leaf("warning", note) for note in (*warnings, *dict.fromkeys(_notes(outcomes))))
    text = (
        f'{DECLARATION}<rsp performed_at="{moment}" session="" stat="ok" version="3.0">\n'
        f"{codes}{_leaf('success', '1')}{records}{notes}</rsp>\n"
    )
    return Reply(200, text.encode(), (XML_TYPE,))


def _leaf(tag: str, text: str) -> str:
    return f"{INDENT}<{tag}>{ESCAPING.escape(text)}</{tag}>\n"


def _record(outcome: Outcome, base: str, depth: int) -> str:
    kind, indent = BY_RESOURCE[outcome.resource], INDENT * depth
    inner = "".join(_record(child, base, depth + 1) for child in outcome.children)
    key, href = escape_attribute(str(outcome.key)), escape_attribute(address(base, kind, outcome.key))
    head = f'record action="{ACTIONS[outcome.action]}" resource="{kind.name}" key="{key}" href="{href}"'
    return f"{indent}<{head}>\n{inner}{indent}</record>\n" if inner else f"{indent}<{head}></record>\n"


def _notes(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        for fault in outcome.warnings:
            if fault.code == "created":
                yield f"UserGroups {fault.detail} did not exist and was created"
        yield from _notes(outcome.children)
