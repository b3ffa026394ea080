"""Renderers: from a table's fields, source text that turns rows into XML or JSON, compiled once.

What is written is decided by the fields and a `Style`; how fast, here: a row is unpacked into local names and written
by one f-string, and text is escaped only in records that hold something to escape. The renderer writes the fields of
records; the tags around them are their front's.
"""

import re
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from msgspec import Struct

from tillstone.domain.records import Row, Shape
from tillstone.domain.views import VIEWS, View, needs, same, unless
from tillstone.wire.table import Absent, Field
from tillstone.wire.xmltext import Escaping

XmlRenderer = Callable[[Sequence[Row]], list[str]]
"""Rows in the shape to the text of their fields."""

JsonRenderer = Callable[[Sequence[Row]], list[dict[str, Any]]]
"""Rows in the shape to what `msgspec` encodes."""

INLINE: dict[Callable[..., Any], str] = {same: "{0}", unless: "None if {1} else {0}"}
"""Views that cost less than their call."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Style(Struct, frozen=True):
    """How a dialect writes one field: `{tag}` and `{value}` are filled in. `cleared` is a text that is empty (None: a
    value like any)."""

    escaping: Escaping
    indent: str = "  "
    value: str = "<{tag}>{value}</{tag}>"
    nil: str = '<{tag} nil="true"></{tag}>'
    empty: str = "<{tag}></{tag}>"
    cleared: str | None = None

    def line(self, pattern: str, tag: str, value: str, *, depth: int) -> str:
        """One line of text."""
        return f"{self.indent * depth}{pattern.format(tag=tag, value=value)}\n"


def shape_of(resource: str, fields: Sequence[Field], extra: Sequence[str] = ()) -> Shape:
    """The stored attributes behind `fields`, then `extra` ones."""
    wanted = dict.fromkeys(need for field in fields for need in needs(resource, field.attr))
    return Shape(resource, tuple(wanted | dict.fromkeys(extra)))


def xml_renderer(shape: Shape, fields: Sequence[Field], style: Style, *, depth: int) -> XmlRenderer:
    """Writes `fields` of rows in `shape`, each on a line of its own, indented `depth` times."""
    source = _Source(shape, fields)
    fast = "".join(source.xml_line(field, style, depth, escape=False) for field in fields)
    safe = "".join(source.xml_line(field, style, depth, escape=True) for field in fields)
    escape = style.escaping.escape
    source.names |= {"escape": escape, "suspicious": style.escaping.suspicious, "ampersand": escape("&")}
    # most rows that hold something to escape hold an ampersand, and it is no part of a tag
    only_ampersands = "False" if any(field.codec.markup for field in fields) else "not mark.strip(b'&')"
    text = f"""
def safely(row, text, mark):
    if {only_ampersands}:
        return text.replace('&', ampersand)
    {source.unpacked} = row
    {source.views}
    return f'''{safe}'''

def render(rows):
    texts = []
    for {source.unpacked} in rows:
        {source.views}
        texts.append(f'''{fast}''')
    marks = suspicious(rows)
    if not any(marks):
        return texts
    return [safely(row, text, mark) if mark else text for row, text, mark in zip(rows, texts, marks)]
"""
    renderer: XmlRenderer = source.compiled(text)
    return renderer


def json_renderer(shape: Shape, fields: Sequence[Field]) -> JsonRenderer:
    """Makes objects of rows in `shape`. Fields that are left out when they were never set come last."""
    source = _Source(shape, fields)
    kept = [field for field in fields if field.absent is not Absent.OMIT]
    always = ", ".join(f'"{field.wire}": {source.json_value(field)}' for field in kept)
    omitted = [field for field in fields if field.absent is Absent.OMIT]
    later = "".join(
        f"\n        if {value} is not None:\n            item['{field.wire}'] = {source.json_native(field)}"
        for field in omitted
        for value in [source.value(field)]
    )
    text = f"""
def render(rows):
    items = []
    for {source.unpacked} in rows:
        {source.views}
        item = {{{always}}}{later}
        items.append(item)
    return items
"""
    renderer: JsonRenderer = source.compiled(text)
    return renderer


class _Source:
    """Source text about the fields of one shape, and the names it uses."""

    def __init__(self, shape: Shape, fields: Sequence[Field]) -> None:
        self._variables = {attribute: f"v{number}" for number, attribute in enumerate(shape.attributes)}
        self.names: dict[str, object] = {}
        self._numbers = count()
        self.unpacked = "(" + "".join(f"{variable}, " for variable in self._variables.values()) + ")"
        self.views = self._shown(shape, fields)

    def _shown(self, shape: Shape, fields: Sequence[Field]) -> str:
        """Statements that compute each view once; without any, one that does nothing.

        The views that are shown hold nothing to escape that their record does not hold: `suspicious` sees records only.
        """
        statements = []
        views = VIEWS.get(shape.resource, {})
        for attribute in dict.fromkeys(field.attr for field in fields if field.attr in views):
            view = views[attribute]
            shown = f"w{next(self._numbers)}"
            statements.append(f"{shown} = {self._call(view)}")
            self._variables[attribute] = shown
        return "; ".join(statements) or "pass"

    def _call(self, view: View) -> str:
        """An expression of what the view shows."""
        needs = [self._variables[need] for need in view.needs]
        if view.show in INLINE:
            return INLINE[view.show].format(*needs)
        return f"{self.constant(view.show)}({', '.join(needs)})"

    def constant(self, value: object) -> str:
        """A name for `value` in the source."""
        name = f"c{next(self._numbers)}"
        self.names[name] = value
        return name

    def value(self, field: Field) -> str:
        """The variable that holds the field's value."""
        return self._variables[field.attr]

    def xml_line(self, field: Field, style: Style, depth: int, *, escape: bool) -> str:
        """A part of an f-string that writes the field's line."""
        if not _NAME.fullmatch(field.wire):
            message = f"{field.wire!r} is no element name"
            raise ValueError(message)
        value = self.value(field)
        text = value if field.codec.encode is str else f"{self.constant(field.codec.encode)}({value})"
        text = f"escape({text})" if escape and field.codec.escapes else text
        line = style.line(style.value, field.wire, f"{{{text}}}", depth=depth)
        inner = f'f"""{line}"""'
        absent = {Absent.NIL: style.nil, Absent.EMPTY: style.empty, Absent.OMIT: ""}[field.absent]
        missing = self.constant(style.line(absent, field.wire, "", depth=depth) if absent else "")
        if style.cleared is not None and field.codec.escapes:
            cleared = self.constant(style.line(style.cleared, field.wire, "", depth=depth))
            inner = f'{cleared} if {value} == "" else {inner}'
        return f"{{{missing} if {value} is None else {inner}}}"

    def json_value(self, field: Field) -> str:
        """An expression of the field's JSON value."""
        native, value = self.json_native(field), self.value(field)
        if field.absent is Absent.EMPTY:
            keeps = field.codec.native is not None and field.codec.keeps_empty
            return self.json_native(field, f'{value} or ""') if keeps else f'"" if {value} is None else {native}'
        return native if native == value else f"None if {value} is None else {native}"

    def json_native(self, field: Field, value: str = "") -> str:
        """The same of a value that is not None: the field's own, or the expression `value`."""
        value = value or self.value(field)
        return value if field.codec.native is None else f"{self.constant(field.codec.native)}({value})"

    def compiled(self, text: str) -> Any:
        """The function `render` of the source."""
        scope: dict[str, Any] = dict(self.names)
        exec(compile(text, "<renderer>", "exec"), scope)  # noqa: S102 - the text is made of our own tables
        return scope["render"]
