"""Cases: a request, and what the documentation says of its answer, as data; and how one is run against any server.

A case file is a JSON array of `Case`. `run` needs only a `Send`, so the same cases run against the application in this
process, over a socket, and against any other server that holds the records of the fixture.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from msgspec import UNSET, Struct, UnsetType

TOKEN = "4acc660ce98b9d38d7fea10705aa1ebd7d836fe0"
"""The key that every example of the documentation uses (seeds/000 l.23)."""

AUTHORIZATION = "Basic " + base64.b64encode(f"{TOKEN}:X".encode()).decode()

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers by lower-case name, body."""

Send = Callable[[str, str, dict[str, str], bytes], Answer]
"""Method, path with query, headers, body: how a case reaches a server."""

ELISION = re.compile(r"\.{3,}")
"""How a printed sample says that something is left out."""


class Asked(Struct, forbid_unknown_fields=True):
    """A request. The printed key is sent along unless `headers` say otherwise (null: no such header)."""

    method: str
    path: str
    headers: dict[str, str | None] = {}
    body: str = ""


class Expected(Struct, forbid_unknown_fields=True):
    """What must be so. Of an answer that is not mentioned nothing is demanded.

    `xml` is compared element by element, with attributes and texts but without the white space between; an element
    whose text is dots stands for any content, dots behind the last child for any further ones; elements in `added` may
    come on top. `fields` are texts of elements by their path (null: nil, an array: all of them), `ids` those of a list,
    `body` is the answer to the byte, `json` its value.
    """

    status: int
    headers: dict[str, str | None] = {}
    body: str | UnsetType = UNSET
    xml: str | UnsetType = UNSET
    added: list[str] = []
    fields: dict[str, str | list[str] | None] = {}
    ids: list[int] | UnsetType = UNSET
    json: Any = UNSET


class Case(Struct, forbid_unknown_fields=True):
    """One example. `source` is page and line; `at` is the time at which it happens; `before` are requests that come
    first."""

    id: str
    source: str
    request: Asked
    expect: Expected
    fixture: str = "seven"
    at: str = ""
    before: list[Asked] = []
    settings: dict[str, str] = {}
    note: str = ""

    def __str__(self) -> str:
        return self.id

    @property
    def writes(self) -> bool:
        """Whether the fixture is another one afterwards."""
        return any(asked.method not in {"GET", "HEAD"} for asked in (self.request, *self.before))


def load(*files: Path) -> list[Case]:
    """The cases of several files, in order."""
    return [case for file in files for case in msgspec.json.decode(file.read_bytes(), type=list[Case])]


def ask(send: Send, asked: Asked) -> Answer:
    """Send one request of a case."""
    named = {"Authorization": AUTHORIZATION, **asked.headers}
    headers = {name: value for name, value in named.items() if value is not None}
    return send(asked.method, asked.path, headers, asked.body.encode())


def run(case: Case, send: Send) -> None:
    """Carry out a case. AssertionError tells what is not as expected."""
    for asked in case.before:
        status, _, body = ask(send, asked)
        assert status == 200, f"before the case: {status} {body[:300]!r}"
    check(case.expect, ask(send, case.request))


def check(expected: Expected, answer: Answer) -> None:
    """Compare an answer with what is expected of it."""
    status, headers, body = answer
    text = body.decode()
    assert status == expected.status, text
    for name, value in expected.headers.items():
        assert headers.get(name) == value, name
    if expected.body is not UNSET:
        assert text == expected.body
    if expected.xml is not UNSET:
        compare(ET.fromstring(expected.xml), ET.fromstring(text), frozenset(expected.added))
    for name, wanted in expected.fields.items():
        assert field(ET.fromstring(text), name, every=isinstance(wanted, list)) == wanted, name
    if expected.ids is not UNSET:
        assert ids(text) == expected.ids
    if expected.json is not UNSET:
        assert json.loads(text) == expected.json


def ids(text: str) -> list[int]:
    """The ids of a list, in order, in either format."""
    if text.startswith("["):
        return [item["id"] for item in json.loads(text)]
    return [int(item.findtext("id") or 0) for item in ET.fromstring(text)]


def field(root: ET.Element, name: str, *, every: bool) -> str | list[str] | None:
    """The text of one field, None for nil; or `every` text at a path."""
    if every:
        return [element.text or "" for element in root.findall(name)]
    element = root.find(name)
    assert element is not None, f"no {name}"
    return None if element.get("nil") == "true" else element.text or ""


def compare(sample: ET.Element, answer: ET.Element, added: frozenset[str] = frozenset()) -> None:
    """Whether `answer` is what `sample` prints."""
    assert answer.tag == sample.tag
    assert answer.attrib == sample.attrib, sample.tag
    if is_elided(sample.text):
        return
    if not len(sample):
        assert (answer.text or "") == (sample.text or ""), sample.tag
    wanted = list(sample)
    printed = {child.tag for child in wanted}
    found = [child for child in answer if child.tag in printed or child.tag not in added]
    if wanted and is_elided(wanted[-1].tail):
        found = found[: len(wanted)]
    assert [child.tag for child in found] == [child.tag for child in wanted]
    for one, other in zip(wanted, found, strict=True):
        compare(one, other, added)


def is_elided(text: str | None) -> bool:
    """Whether a text is dots, which stand for what was left out."""
    return ELISION.fullmatch((text or "").strip()) is not None


def printed_lines(cases: Iterable[Case]) -> list[str]:
    """The sources that name a line of a page."""
    return [case.source for case in cases if case.source.startswith("seeds/")]
