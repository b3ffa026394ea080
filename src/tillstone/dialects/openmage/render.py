"""Records and empty answers in the three formats, to the byte (spec 3)."""

from collections.abc import Sequence
from typing import Any

from tillstone.dialects.openmage import documents, phpquery
from tillstone.dialects.openmage.attributes import Kind
from tillstone.dialects.openmage.codecs import MARGIN
from tillstone.dialects.openmage.negotiation import Format
from tillstone.domain.records import Row
from tillstone.wire.compile import Showing
from tillstone.wire.http import Reply
from tillstone.wire.rendering import Style

STYLE = Style(documents.ESCAPING, nil="<{tag}/>", empty="<{tag}/>", cleared="<{tag}/>")

EMPTY_TYPE = (b"content-type", b"text/html; charset=UTF-8")
"""What an answer without a body calls itself (spec 4)."""

BLANK_TAGS = tuple((f"<{tag}></{tag}>", f"<{tag}/>") for tag in ("gender", "street"))
"""Fields whose codec shows a cleared value as an empty text."""


def reply(body: bytes, kind: Format, status: int = 200) -> Reply:
    """A document."""
    return Reply(status, body, ((b"content-type", kind.content_type),))


def done(*headers: tuple[bytes, bytes]) -> Reply:
    """A write that went well: 200 and no body."""
    return Reply(200, b"", (EMPTY_TYPE, *headers))


def item(showing: Showing, row: Row, form: Format) -> Reply:
    """One record."""
    if form is Format.XML:
        return reply(documents.wrapped(_lines(showing, [row], depth=1)[0]), form)
    return reply(documents.write(showing.json([row])[0], form), form)


def collection(showing: Showing, rows: Sequence[Row], form: Format, *, keyed: bool) -> Reply:
    """Records of a list; customers are `keyed` by their id in JSON (spec 3.2)."""
    if form is Format.XML:
        return reply(documents.wrapped("".join(_items(showing, rows))), form)
    values: list[Any] = [value or [] for value in showing.json(rows)]
    if not keyed:
        return reply(documents.write(values, form), form)
    position = showing.at("id")
    return reply(
        documents.write({str(row[position]): value for row, value in zip(rows, values, strict=True)}, form), form
    )


def _items(showing: Showing, rows: Sequence[Row]) -> list[str]:
    tag, indent = documents.ITEM, documents.INDENT
    return [
        f"{indent}<{tag}>\n{lines}{indent}</{tag}>\n" if lines else f"{indent}<{tag}/>\n"
        for lines in _lines(showing, rows, depth=2)
    ]


def _lines(showing: Showing, rows: Sequence[Row], *, depth: int) -> list[str]:
    texts = showing.xml(STYLE, depth=depth)(rows)
    wires = {field.wire for field in showing.fields}
    margin = documents.INDENT * depth
    for tag, (blank, empty) in zip(("gender", "street"), BLANK_TAGS, strict=True):
        if tag in wires:
            texts = [text.replace(blank, empty) for text in texts]
    return [text.replace(MARGIN, margin) for text in texts] if "street" in wires else texts


def created(kind: Kind, number: int) -> Reply:
    """A new record: its path and nothing else (seeds/004 l.184)."""
    path = f"/api/rest/customers/addresses/{number}" if kind.resource == "address" else f"/api/rest/customers/{number}"
    return done((b"location", path.encode()))


def form_encoded(pairs: dict[str, str], status: int = 200) -> Reply:
    """An answer of the flow's endpoints (spec 7.4)."""
    return Reply(status, phpquery.build(pairs).encode(), ((b"content-type", b"application/x-www-form-urlencoded"),))
