"""Request bodies as values: JSON, XML and PHP query text give the same nested dicts and lists (spec 2.3)."""

from typing import Any

from tillstone.dialects.openmage import phpquery
from tillstone.dialects.openmage.negotiation import Format
from tillstone.domain.errors import Refusal
from tillstone.wire.jsontext import read_json
from tillstone.wire.limits import Malformed
from tillstone.wire.xmltext import Element, read_xml

ITEM = "data_item"


class BadBody(Refusal):
    """A body that cannot be read, or says nothing; `text` is the reference's message."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


DECODING = "Decoding error."
EMPTY = "The request data is invalid."
NOT_A_QUERY = "Invalid data type. Check Content-Type."


def read(body: bytes, kind: Format) -> dict[str, Any] | list[Any]:
    """The body's value: a dict of fields, or a list, which asks for several at once. BadBody otherwise."""
    value = _READERS[kind](body)
    if not isinstance(value, dict | list) or not value:
        raise BadBody(EMPTY)
    return list(value.values()) if isinstance(value, dict) and _is_list(value) else value


def _is_list(value: dict[str, Any]) -> bool:
    """A map whose first key is a number is a list."""
    return phpquery.is_index(next(iter(value)))


def _read_json(body: bytes) -> Any:
    try:
        return read_json(body)
    except Malformed as problem:
        raise BadBody(DECODING) from problem


def _read_text(body: bytes) -> Any:
    text = body.decode("latin-1")
    if not phpquery.is_query(text):
        raise BadBody(NOT_A_QUERY)
    return phpquery.parse(text)


def _read_xml(body: bytes) -> Any:
    try:
        # the root's name says nothing (spec 2.3)
        return _fields(read_xml(body))
    except Malformed as problem:
        raise BadBody(DECODING) from problem


def _fields(element: Element) -> dict[str, Any]:
    """Attributes and children as a map; a repeated child becomes a list, a `data_item` the next entry."""
    found: dict[str, Any] = _attributes(element)
    for child in element.children:
        _add(found, child.tag, _value(child))
    return found


def _value(element: Element) -> Any:
    if element.children:
        return _fields(element)
    attributes = _attributes(element)
    return attributes.get("value", attributes) if attributes else element.text


def _attributes(element: Element) -> dict[str, Any]:
    """Those that say something: the reference does not see any that bear a namespace or declare one."""
    return {name: value for name, value in element.attributes.items() if name != "xmlns" and ":" not in name}


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    if name == ITEM:
        found[str(sum(phpquery.is_index(key) for key in found))] = value
    elif name not in found:
        found[name] = value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


_READERS = {Format.JSON: _read_json, Format.XML: _read_xml, Format.TEXT: _read_text}
