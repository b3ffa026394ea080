"""Resource specifications: `Customer+(UserCustomerGroups+UserGroups)`, as text and as a tree, and their paths.

Pure text work: which names exist and what relates to what is known to `catalogue.py`.
"""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from tillstone.dialects.zeald.problems import BadRequest, NoSuchPlace

PREFIX: Final = b"/api/v3"
"""Matched in any letter case: the documents print both `/API/V3/` and `/api/v3/`."""

MOST_NAMES: Final = 8
MOST_LEVELS: Final = 4
MOST_KEYS: Final = 100

SCHEMA_SUFFIX: Final = ".xsd"

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[+()]")
_NOT_A_NAME: Final = frozenset("+()")


class Spec(Struct, frozen=True):
    """A resource as it is spelled, and what is joined to it."""

    name: str
    members: tuple["Spec", ...] = ()

    def __str__(self) -> str:
        return "+".join((self.name, *(f"({member})" if member.members else member.name for member in self.members)))


class Target(Struct, frozen=True):
    """Where a path leads: the specification's text ("" for the discovery page), whether its schema is meant, keys."""

    spec: str = ""
    schema: bool = False
    keys: tuple[str, ...] = ()


def read_target(path: bytes) -> Target:
    """The raw path taken apart. Keys are split at raw commas before they are decoded, so that `%2C` and `%2F` stay
    inside. NoSuchPlace beyond a specification and its keys."""
    first, *rest = path[len(PREFIX) :].lstrip(b"/").split(b"/")
    if any(rest[1:]):
        raise NoSuchPlace("Nothing is found below a record")
    spec = _decoded(first)
    keys = tuple(dict.fromkeys(_decoded(key) for key in rest[0].split(b",") if key)) if rest else ()
    if not keys and rest and rest[0]:
        raise BadRequest("The path holds a comma and no key")
    if len(keys) > MOST_KEYS:
        raise BadRequest(f"At most {MOST_KEYS} keys are taken at once")
    schema = spec.lower().endswith(SCHEMA_SUFFIX)
    if schema and keys:
        raise NoSuchPlace("A schema has no records")
    return Target(spec[: -len(SCHEMA_SUFFIX)] if schema else spec, schema, keys)


def _decoded(raw: bytes) -> str:
    return unquote_to_bytes(raw).decode("utf-8", "replace")


def read_spec(text: str) -> Spec:
    """The tree of a decoded specification. `+` may have become a blank on the way; outer brackets are allowed.
    BadRequest if it is none."""
    reader = _Reader(_tokens(text.replace(" ", "+")))
    bracketed = reader.next_is("(")
    if bracketed:
        reader.skip("(")
    spec = reader.term(1)
    if bracketed:
        reader.skip(")")
    reader.end()
    return spec


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadRequest(f"The resource specification cannot be read at position {position + 1}")
        tokens.append(match[0])
        position = match.end()
    return tokens


class _Reader:
    """Reads tokens from left to right; stops at the limits, so that an endless text costs no more than a short one."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0
        self._names = 0

    def next_is(self, token: str) -> bool:
        return self._position < len(self._tokens) and self._tokens[self._position] == token

    def skip(self, token: str) -> None:
        if not self.next_is(token):
            raise BadRequest(f"The resource specification lacks a {token!r}")
        self._position += 1

    def end(self) -> None:
        if self._position < len(self._tokens):
            raise BadRequest(f"The resource specification has a {self._tokens[self._position]!r} too many")

    def term(self, level: int) -> Spec:
        if level > MOST_LEVELS:
            raise BadRequest(f"A resource specification has at most {MOST_LEVELS} levels")
        name = self._name()
        members: list[Spec] = []
        while self.next_is("+"):
            self.skip("+")
            members.append(self._member(level))
        return Spec(name, tuple(members))

    def _member(self, level: int) -> Spec:
        if not self.next_is("("):
            return Spec(self._name())
        self.skip("(")
        group = self.term(level + 1)
        self.skip(")")
        return group

    def _name(self) -> str:
        token = self._tokens[self._position] if self._position < len(self._tokens) else "+"
        if token in _NOT_A_NAME:
            raise BadRequest("The resource specification lacks a name")
        self._names += 1
        if self._names > MOST_NAMES:
            raise BadRequest(f"A resource specification has at most {MOST_NAMES} names")
        self._position += 1
        return token
