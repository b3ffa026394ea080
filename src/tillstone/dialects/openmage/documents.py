"""Documents of any shape in the three formats, to the byte (spec 3.1 to 3.3): errors, empty answers, whatever is no
record.

Records are written by renderers made from the tables; see `render.py`.
"""

import json
from typing import Any

from tillstone.dialects.openmage import phpquery
from tillstone.dialects.openmage.negotiation import Format
from tillstone.wire.xmltext import ascii_escaping

DECLARATION = '<?xml version="1.0"?>\n'
ROOT = "magento_api"
ITEM = "data_item"
INDENT = "  "
ESCAPING = ascii_escaping()


def write(value: Any, kind: Format) -> bytes:
    """`value` (maps, lists, texts, numbers, null) as a document."""
    if kind is Format.XML:
        return write_xml(value)
    if kind is Format.JSON:
        return write_json(value)
    return phpquery.build(value).encode()


def write_json(value: Any) -> bytes:
    """Compact, ASCII only, with PHP's escaped slash; anything empty is `[]`."""
    return json.dumps(value or [], separators=(",", ":")).replace("/", "\\/").encode()


def write_xml(value: Any) -> bytes:
    """Two blanks of indentation, ASCII only; anything empty is an empty tag."""
    return wrapped("".join(_children(value, 1)))


def wrapped(lines: str) -> bytes:
    """The document around lines that are indented once."""
    body = f"<{ROOT}>\n{lines}</{ROOT}>\n" if lines else f"<{ROOT}/>\n"
    return (DECLARATION + body).encode("ascii")


def _children(value: Any, depth: int) -> list[str]:
    if isinstance(value, dict):
        return [_element(name, item, depth) for name, item in value.items()]
    return [_element(ITEM, item, depth) for item in value]


def _element(tag: str, value: Any, depth: int) -> str:
    indent = INDENT * depth
    if value is None or value is False or value == "" or (isinstance(value, dict | list | tuple) and not value):
        return f"{indent}<{tag}/>\n"
    if isinstance(value, dict | list | tuple):
        return f"{indent}<{tag}>\n{''.join(_children(value, depth + 1))}{indent}</{tag}>\n"
    text = "1" if value is True else ESCAPING.escape(str(value))
    return f"{indent}<{tag}>{text}</{tag}>\n"
