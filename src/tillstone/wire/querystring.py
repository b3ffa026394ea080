"""Query strings and form bodies: raw bytes to pairs of text."""

from urllib.parse import unquote_to_bytes


def read_pairs(raw: bytes) -> list[tuple[str, str]]:
    """Names and values in the order sent; `+` is a blank, a name without `=` has the value ""; bytes that are no UTF-8
    become U+FFFD."""
    return [_pair(part) for part in raw.split(b"&") if part]


def _pair(part: bytes) -> tuple[str, str]:
    name, _, value = part.partition(b"=")
    return decode_part(name.replace(b"+", b" ")), decode_part(value.replace(b"+", b" "))


def decode_part(raw: bytes) -> str:
    """Percent-decoded UTF-8 text."""
    return (unquote_to_bytes(raw) if b"%" in raw else raw).decode("utf-8", "replace")
