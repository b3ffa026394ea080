"""Outcomes to answers: XML as the pages print it, and the JSON of the same records.

A record element has no types and underscores in its names; null is `nil="true"`, an empty array closes itself
(seeds/000 l.92-121, seeds/002 l.226-247).
"""

from collections.abc import Sequence
from typing import Any

from tillstone.dialects.imonggo.kinds import Embedded, Kind
from tillstone.dialects.imonggo.routes import JSON, XML
from tillstone.domain.commands import Joined
from tillstone.domain.records import RESOURCES, Row, Value
from tillstone.wire.http import Reply
from tillstone.wire.jsontext import write_json
from tillstone.wire.rendering import Style
from tillstone.wire.times import plain_time
from tillstone.wire.xmltext import escaping

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
STYLE = Style(escaping())

XML_TYPE = (b"content-type", b"application/xml; charset=utf-8")
JSON_TYPE = (b"content-type", b"application/json; charset=utf-8")
TEXT_TYPE = (b"content-type", b"text/plain; charset=utf-8")

Headers = tuple[tuple[bytes, bytes], ...]


def reply(form: str, xml: str, json: object, *, status: int = 200, headers: Headers = ()) -> Reply:
    """An answer in the format `form`: the document `xml` (without its declaration) or the value `json`."""
    if form == JSON:
        return Reply(status, write_json(json), (JSON_TYPE, *headers))
    return Reply(status, (DECLARATION + xml).encode(), (XML_TYPE, *headers))


# ---- records ----


def record(kind: Kind, row: Row, joined: tuple[Joined, ...], form: str, *, headers: Headers = ()) -> Reply:
    """One record."""
    if form == JSON:
        return Reply(200, write_json(_objects(kind, [row], joined)[0]), (JSON_TYPE, *headers))
    (text,) = _texts(kind, [row], joined, depth=1)
    return reply(XML, f"<{kind.table.item}>\n{text}</{kind.table.item}>\n", None, headers=headers)


def records(kind: Kind, rows: Sequence[Row], joined: tuple[Joined, ...], form: str, *, empty: str) -> Reply:
    """A list; `empty` is the document of one without records."""
    if form == JSON:
        return Reply(200, write_json(_objects(kind, rows, joined)), (JSON_TYPE,))
    if not rows:
        return reply(XML, empty, None)
    item, root = kind.table.item, kind.root
    between = f"  </{item}>\n  <{item}>\n"
    body = between.join(_texts(kind, rows, joined, depth=2))
    return reply(XML, f'<{root} type="array">\n  <{item}>\n{body}  </{item}>\n</{root}>\n', None)


def blank(kind: Kind, form: str) -> Reply:
    """A record of which nothing was said yet, as a form to fill in."""
    resource = kind.table.resource
    known: dict[str, Value] = {**RESOURCES[resource].blank(), "group.is_system": 1}
    row = tuple(known.get(attribute) for attribute in kind.showing.shape.attributes)
    return record(kind, row, (), form)


def _texts(kind: Kind, rows: Sequence[Row], joined: tuple[Joined, ...], *, depth: int) -> list[str]:
    """The fields of each record, and the arrays behind them."""
    texts = kind.showing.xml(STYLE, depth=depth)(rows)
    if not kind.embedded:
        return texts
    return [text + _arrays(kind, row, joined, depth) for row, text in zip(rows, texts, strict=True)]


def _arrays(kind: Kind, row: Row, joined: tuple[Joined, ...], depth: int) -> str:
    arrays = zip(kind.embedded, kind.arrays(row, joined), strict=True)
    return "".join(_array(embedded, rows, depth) for embedded, rows in arrays)


def _array(embedded: Embedded, rows: list[Row], depth: int) -> str:
    indent = STYLE.indent * depth
    if not rows:
        return f'{indent}<{embedded.tag} type="array"/>\n'
    inner = indent + STYLE.indent
    between = f"{inner}</{embedded.item}>\n{inner}<{embedded.item}>\n"
    items = between.join(embedded.showing.xml(STYLE, depth=depth + 2)(rows))
    return (
        f'{indent}<{embedded.tag} type="array">\n'
        f"{inner}<{embedded.item}>\n{items}{inner}</{embedded.item}>\n"
        f"{indent}</{embedded.tag}>\n"
    )


def _objects(kind: Kind, rows: Sequence[Row], joined: tuple[Joined, ...]) -> list[dict[str, Any]]:
    objects = kind.showing.json(rows)
    if kind.embedded:
        for item, row in zip(objects, rows, strict=True):
            for embedded, inner in zip(kind.embedded, kind.arrays(row, joined), strict=True):
                item[embedded.tag] = embedded.showing.json(inner)
    return objects


# ---- the small documents ----


def count(number: int, form: str) -> Reply:
    """The answer to `q=count` (seeds/000 l.299)."""
    return reply(form, _hash(f'<count type="integer">{number}</count>'), {"count": number})


def watermark(stamp: int | None, form: str) -> Reply:
    """The answer to `q=last_updated_at`: with a dash and without T and Z (seeds/000 l.360), in JSON as the known client
    parses it."""
    if stamp is None:
        return reply(form, _hash('<last-updated-at nil="true"></last-updated-at>'), {"last_updated_at": None})
    text = plain_time(stamp)
    json = {"last_updated_at": f"{text.replace('-', '/')} +0000"}
    return reply(form, _hash(f"<last-updated-at>{text}</last-updated-at>"), json)


def created_id(record_id: int, form: str, *, headers: Headers) -> Reply:
    """The answer to a create that tells the id alone (seeds/001 l.115)."""
    return reply(form, _hash(f'<id type="integer">{record_id}</id>'), {"id": record_id}, headers=headers)


def token(text: str, key_id: int, form: str) -> Reply:
    """The answer to a login."""
    xml = _hash(f"<api_token>{STYLE.escaping.escape(text)}</api_token>")
    return reply(form, xml, {"api_token": text, "user_id": key_id})


def address(base: str) -> Reply:
    """Where the API is: text without a line end, to which clients add `/api`."""
    return Reply(200, base.encode(), (TEXT_TYPE,))


def removed() -> Reply:
    """The answer to a delete in XML: nothing (`curl -I -X DELETE` would not read it, seeds/000 l.266)."""
    return Reply(200)


def errors(status: int, texts: Sequence[str], form: str, *, headers: Headers = ()) -> Reply:
    """Messages, one element each and without a type on their root, which one client could not read (spec 2)."""
    escape = STYLE.escaping.escape
    lines = "".join(f"  <error>{escape(text)}</error>\n" for text in texts)
    return reply(form, f"<errors>\n{lines}</errors>\n", {"errors": list(texts)}, status=status, headers=headers)


def _hash(line: str) -> str:
    return f"<hash>\n  {line}\n</hash>\n"
