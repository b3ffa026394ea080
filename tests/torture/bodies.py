"""Bodies that hypothesis makes up: random bytes, the right names with wrong contents, good documents broken."""

import json
from random import Random
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from tillstone.dialects.imonggo.tables import CUSTOMERS, PRODUCTS, SUPPLIERS

TABLES = (CUSTOMERS, SUPPLIERS, PRODUCTS)
FIELDS = sorted({field.wire for table in TABLES for field in table.fields} | {"tax_list", "first-name", "id"})
ROOTS = [table.item for table in TABLES]
TYPES = ["array", "boolean", "integer", "decimal", "float", "date", "datetime", "yaml", "symbol", "file", "string", ""]
CONTENT_TYPES = [
    *("application/xml", "text/xml; charset=utf-8", "application/json", "application/x-www-form-urlencoded", ""),
    *(
        "application/xml; charset=utf-16",
        "text/plain",
        "multipart/form-data; boundary=a",
        "application/xml;;=",
        "\xff/\xfe",
    ),
]
PIECES = [b"", b"<", b"&", b"]]>", b"\0", b"<!DOCTYPE a>", b"\\u", b'"', b"{", b"\xff", b"<![CDATA["]
DOORS: list[tuple[str, str]] = [
    *(
        (method, f"/api/{table.plural}{record}{ending}")
        for table in TABLES
        for method, record in (("POST", ""), ("PUT", "/1"), ("PUT", "/2"), ("PATCH", "/1"))
        for ending in (".xml", ".json", "")
    ),
    *(("DELETE", f"/api/{table.plural}/2.xml") for table in TABLES),
    *(("GET", "/api/customers.json"), ("PUT", "/api/customers/999999.xml"), ("POST", "/api/customers/1.xml")),
    *(("PUT", f"/api/customers/{9**30}.xml"), ("POST", "/api/customer.xml"), ("POST", "/api/customers.yaml")),
    *(("POST", "/api/tokens.xml"), ("POST", "/api/customer_types.xml"), ("DELETE", "/api/customers/new.xml")),
]


class Delivery(NamedTuple):
    """A request."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.sampled_from(
        ["", " ", "true", "0", "-1", "1.5", "1e400", "9" * 400, "0x10", "٣", "D", "2011-02-30", "\x85\u2028"]
    ),
)
names = st.one_of(st.sampled_from(FIELDS), st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,20}", fullmatch=True))


def _element(name: str, attributes: dict[str, str], inside: str) -> str:
    marks = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{marks}>{inside}</{name}>"


attributes = st.dictionaries(
    st.sampled_from(["type", "nil", "xmlns", "xml:lang", "a"]), st.sampled_from([*TYPES, "true"]), max_size=3
)
leaves = st.builds(_element, names, attributes, texts.map(escape))
trees = st.recursive(
    leaves,
    lambda inner: st.builds(_element, names, attributes, st.lists(inner, max_size=4).map("".join)),
    max_leaves=12,
)
documents = st.builds(
    _element, st.sampled_from(ROOTS), attributes, st.lists(st.one_of(leaves, trees), max_size=12).map("".join)
).map(str.encode)

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)
objects = st.builds(
    lambda root, fields: json.dumps({root: fields}).encode(),
    st.sampled_from(ROOTS),
    st.dictionaries(names, values, max_size=10),
)
encoded = values.map(lambda value: json.dumps(value).encode())
anything = st.one_of(documents, objects, encoded, st.binary(max_size=300))

deliveries = st.builds(
    lambda door, body, content_type, encoding: Delivery(
        door[0], door[1], body, {"Content-Type": content_type, **encoding}
    ),
    st.sampled_from(DOORS),
    anything,
    st.sampled_from(CONTENT_TYPES),
    # usually none; any other than identity is refused (415)
    st.sampled_from([{}] * 12 + [{"Content-Encoding": name} for name in ("gzip", "br", "identity")]),
)
"""Such a body on its way to some resource."""


def broken(delivery: Delivery, random: Random) -> Delivery:
    """The same with a piece of its body cut out, put in or repeated."""
    body = delivery.body
    for _ in range(random.randrange(1, 4)):
        start = random.randrange(len(body) + 1)
        end = start + random.choice((0, 0, 1, 2, 12))
        body = body[:start] + random.choice(PIECES) * random.choice((0, 1, 1, 3)) + body[end:]
    return delivery._replace(body=body)
