"""What a dialect's table becomes: a parser of what is sent, the `Profile` that the service applies, renderers of what
is shown.

Made once, at import; nothing here knows a dialect. What is odd about a dialect comes in as a `Style` or stays in its
`render.py`.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import structs

from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import Value
from tillstone.wire.rendering import JsonRenderer, Style, XmlRenderer, json_renderer, shape_of, xml_renderer
from tillstone.wire.table import Access, Field, Table
from tillstone.wire.xmltext import as_read

Sent = str | tuple[str, ...] | None
"""One sent value: a text, the texts of a list, or null."""

_NOT_TAKEN = object()


class Showing:
    """Fields of a resource as a front shows them: the shape to ask for, and renderers of rows in it.

    `extra` attributes are read along, for what the front writes around the fields; `at` tells where they stand in a
    row.
    """

    def __init__(self, resource: str, fields: Sequence[Field], extra: Sequence[str] = ()) -> None:
        self.fields = tuple(field for field in fields if field.access.reads)
        self.shape = shape_of(resource, self.fields, extra)
        self.json: JsonRenderer = json_renderer(self.shape, self.fields)
        self._xml: dict[tuple[Style, int], XmlRenderer] = {}

    def at(self, attribute: str) -> int:
        """The position of a stored attribute in the rows."""
        return self.shape.attributes.index(attribute)

    def xml(self, style: Style, *, depth: int) -> XmlRenderer:
        """The renderer for one style and indentation, made on first use."""
        renderer = self._xml.get((style, depth))
        if renderer is None:
            renderer = self._xml[style, depth] = xml_renderer(self.shape, self.fields, style, depth=depth)
        return renderer


class Compiled:
    """A table at work for the dialect `front`."""

    def __init__(self, table: Table, front: str, extra: Sequence[str] = ()) -> None:
        self.table = table
        self.profile = profile_of(table, front)
        self.profile_in_xml = in_xml(self.profile)
        self.all = Showing(table.resource, table.fields, extra)
        self.titles = {field.attr: field.title for field in table.fields}
        self._extra = tuple(extra)
        self._taken = {
            name: field
            for field in table.fields
            if field.access.writes
            for name in (field.wire, field.wire.replace("_", "-"))
        }
        self.only = lru_cache(maxsize=256)(self._only)

    def _only(self, wires: frozenset[str]) -> Showing:
        """The fields named in `wires`, in table order. The renderers of a selection are kept for the next request."""
        chosen = [field for field in self.table.fields if field.wire in wires]
        return Showing(self.table.resource, chosen, self._extra)

    def parse(self, sent: Iterable[tuple[str, Sent]]) -> dict[str, Value]:
        """Canonical attributes and values of what was sent, in the order sent; of what comes twice the last counts.

        Unknown and read-only names are passed over. What a codec cannot read stands there as `Unreadable`, for the
        service to report.
        """
        values: dict[str, object] = {}
        for name, text in sent:
            field = self._taken.get(name)
            if field is not None and (value := decoded(field, text)) is not _NOT_TAKEN:
                values[field.attr] = value
        return values  # type: ignore[return-value]  # what is unreadable passes as a value until the service checks it


def decoded(field: Field, sent: Sent) -> object:
    """The value that `sent` means in `field`."""
    codec = field.codec
    if sent is None or (sent == "" and not codec.keeps_empty):
        return field.blank
    if isinstance(sent, str):
        return codec.decode(sent)
    return _NOT_TAKEN if codec.gather is None else codec.gather(sent)


def profile_of(table: Table, front: str) -> Profile:
    """The demands of a table, in the order in which faults are reported."""
    fields = {field.attr: field for field in table.fields if field.access.writes}
    order = dict.fromkeys((*table.faults_first, *fields))
    return Profile(front, table.resource, {attr: rule_of(fields[attr]) for attr in order}, table.unique)


def in_xml(profile: Profile) -> Profile:
    """The same demands of values that come in XML: what XML cannot tell is no change."""
    rules = {name: structs.replace(rule, alike=_as_read) for name, rule in profile.rules.items()}
    return structs.replace(profile, rules=rules)


def _as_read(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(text for line in value if (text := as_read(line)))
    return as_read(value) if isinstance(value, str) else value


def rule_of(field: Field) -> Rule:
    """The demands of one field."""
    return Rule(
        field.attr,
        required=field.required,
        min=field.min,
        max=field.max,
        on_long=field.on_long,
        blank_is_null=field.blank_is_null,
        create_only=field.access is Access.CREATE,
        creates=field.creates,
        check=field.check,
    )
