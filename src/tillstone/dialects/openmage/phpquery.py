"""PHP's query strings: `a[b][]=1` to nested values and back. The reference takes filters and `text/plain` bodies in it.

A nested value is a dict in order of appearance; its keys are text, those of an unnamed `[]` count up like PHP's.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote_plus, unquote_to_bytes

Nested = dict[str, "str | Nested"]

MOST_PAIRS = 1_000
"""PHP's max_input_vars: what comes after is dropped."""

DEEPEST = 64
"""PHP's max_input_nesting_level: deeper names are dropped."""

_INDEX = re.compile(r"0|-?[1-9][0-9]{0,17}").fullmatch
_KEYS = re.compile(r"\[([^\]]*)\]").match
_QUERY = re.compile(r"(?:[A-Za-z0-9\-._~!*'();/?:@&=+$,\[\]]|%[0-9A-Fa-f]{2})*").fullmatch


def is_query(text: str) -> bool:
    """Whether `text` holds nothing but characters that a URI's query may hold (spec 2.3)."""
    return _QUERY(text) is not None


def is_index(key: str) -> bool:
    """Whether PHP would store `key` as a number."""
    return _INDEX(key) is not None


def parse(text: str) -> Nested:
    """The nested values of a query string."""
    found: Nested = {}
    for pair in text.split("&")[:MOST_PAIRS]:
        name, _, value = pair.partition("=")
        keys = _split(_text(name).lstrip(" "))
        if keys:
            _store(found, keys, _text(value))
    return found


def _text(encoded: str) -> str:
    raw = unquote_to_bytes(encoded.replace("+", " "))
    return raw.decode("utf-8", "replace").replace("\0", "")


def _split(name: str) -> list[str]:
    """`a[b][]` as its keys. PHP writes `_` for blanks and dots of the first; text behind the brackets is lost."""
    head, bracket, _ = name.partition("[")
    first = re.sub(r"[ .]", "_", head)
    if not first:
        return []
    keys, at = [first], len(head)
    while bracket and (part := _KEYS(name, at)):
        keys.append(part[1])
        at = part.end()
    if bracket and len(keys) == 1:
        # an open bracket that never closes belongs to the name
        return [first + "_" + name[len(head) + 1 :]]
    return keys if len(keys) <= DEEPEST else []


def _store(into: Nested, keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        inner = into.get(_named(into, key))
        if not isinstance(inner, dict):
            inner = into[_named(into, key)] = {}
        into = inner
    into[_named(into, keys[-1])] = value


def _named(into: Nested, key: str) -> str:
    if key:
        return key
    return str(max((int(known) for known in into if is_index(known)), default=-1) + 1)


def build(value: object) -> str:
    """`value` as PHP builds a query of it: nested names in brackets, blanks as `+`, nulls and empty lists left out."""
    return "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in _pairs("", value))


def _pairs(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _pairs(f"{name}[{key}]" if name else str(key), item)
    elif value is not None:
        yield name, str(int(value)) if isinstance(value, bool) else str(value)
