"""JSON as text: the reader with its limits, and scalars as the texts that codecs decode.

A number keeps its digits until a codec reads it; of a key that comes twice the last value counts.
"""

import re
from decimal import Decimal
from typing import Any

import msgspec

from tillstone.wire.limits import Excess, Limits, Malformed

Json = Any
"""None, bool, int, Decimal, str, a list, or a dict with text keys."""

PLAIN_EXPONENT = 400
"""Numbers within ten to this power are written out digit by digit: all that a client's own numbers hold, so that they
are refused for their size and not for their form. Beyond, they would only be long."""

_DECODER = msgspec.json.Decoder(float_hook=Decimal)

_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def read_json(body: bytes, limits: Limits = Limits()) -> Json:  # noqa: B008 - a frozen value
    """The value that `body` holds. Raises Malformed, or Excess beyond `limits`."""
    if len(body) > limits.size:
        raise Excess("the body is too large")
    try:
        value = _DECODER.decode(_without_lone_surrogates(body.removeprefix(b"\xef\xbb\xbf")))
    except RecursionError as error:
        raise Excess("the body has too many levels") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError) as error:
        raise Malformed(str(error)) from error
    _require_within(value, limits)
    return value


def _without_lone_surrogates(body: bytes) -> bytes:
    """Half a pair, which JSON's grammar allows and no text can hold, becomes U+FFFD."""
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    return _LONE_SURROGATE.sub(lambda match: match[1] + (match[2] or rb"\ufffd"), body)


def _require_within(value: Json, limits: Limits) -> None:
    level, depth, left = [value], 0, limits.elements
    while level:
        depth += 1
        left -= len(level)
        nested: list[Json] = []
        for item in level:
            if isinstance(item, dict):
                nested.extend(item.values())
            elif isinstance(item, list):
                nested.extend(item)
        if left < 0 or (nested and depth >= limits.depth):
            raise Excess("the body has too many values or levels")
        level = nested


def scalar_text(value: Json) -> str | None:
    """A scalar as the text that a codec decodes; None for null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < PLAIN_EXPONENT:
        return f"{value:f}"
    return str(value)


def write_json(value: object) -> bytes:
    """`value` as compact UTF-8."""
    return msgspec.json.encode(value)
