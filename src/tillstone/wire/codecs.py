"""Codecs: how single values are written and read, whatever the resource. Stateless rows; a dialect's tables choose
among them.

`decode` gives the value, or `Unreadable` with the code of the broken rule; it never raises.
"""

import re
from collections.abc import Callable
from typing import Final, cast

import msgspec

from tillstone.domain.profile import Unreadable
from tillstone.domain.records import AMOUNT_UNIT, LARGEST, Value
from tillstone.wire.table import Codec
from tillstone.wire.times import iso_time, read_date, read_moment

AMOUNT_DIGITS: Final = 4
"""Fraction digits of an amount in the store."""

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
_LONG_NUMBER = 20
"""Digits from which a number is too large for any column, so that none longer is ever computed with."""

QUOTED = 100
"""How much of an unreadable value is kept for the message."""


def clean(text: str) -> str:
    """`text` as it may be stored: without U+0000, with U+FFFD for half of a surrogate pair."""
    if text.isascii() and "\x00" not in text:
        return text
    return _NO_TEXT.sub(lambda match: "" if match[0] == "\x00" else "\ufffd", text)


def unreadable(code: str, text: str) -> Unreadable:
    """A value that breaks the rule `code`."""
    return Unreadable(code, clean(text[:QUOTED]))


# ---- text ----

TEXT = Codec("string", str, clean, escapes=True, keeps_empty=True, sample="text")


def split_items(text: str) -> tuple[str, ...]:
    """The items of a comma separated list, trimmed, without empty ones."""
    return tuple(item for part in clean(text).split(",") if (item := part.strip()))


def _joined(text: str) -> str:
    return ", ".join(split_items(text))


def _gathered(texts: tuple[str, ...]) -> str:
    return _joined(",".join(texts))


def _item_list(value: Value) -> list[str]:
    return str(value).split(", ") if value else []


ITEM_TEXT = Codec("string", str, _joined, escapes=True, gather=_gathered, keeps_empty=True, sample="one, two")
"""A list as text, its items parted by a comma and a blank."""

ITEM_LIST = Codec(
    "string", str, _joined, _item_list, escapes=True, gather=_gathered, keeps_empty=True, sample="one, two"
)
"""The same, an array in JSON."""


def _show_names(value: Value) -> str:
    return ", ".join(value) if isinstance(value, tuple) else ""


NAMES = Codec(
    "string",
    _show_names,
    split_items,
    escapes=True,
    gather=lambda texts: split_items(",".join(texts)),
    sample="one, two",
)
"""A list of names as a tuple."""


# ---- numbers ----


def _decode_integer(text: str) -> object:
    text = text.strip()
    if not _INTEGER.fullmatch(text):
        return unreadable("not_a_number", text)
    digits = text.lstrip("+-").lstrip("0") or "0"
    value = int(digits) if len(digits) <= _LONG_NUMBER else LARGEST + 1
    if value > LARGEST:
        return unreadable("too_small" if text.startswith("-") else "too_large", text)
    return -value if text.startswith("-") else value


INTEGER = Codec("integer", str, _decode_integer, sample="1")


def round_amount(text: str, digits: int) -> object:
    """A number's text in 1/10,000, rounded half up to `digits` fraction digits."""
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        return unreadable("not_a_number", text)
    sign, whole, fraction = match[1], match[2], match[3] or ""
    kept = (whole + fraction[:digits].ljust(digits, "0")).lstrip("0") or "0"
    units = LARGEST + 1
    if len(kept) <= _LONG_NUMBER:
        units = (int(kept) + (fraction[digits : digits + 1] >= "5")) * 10 ** (AMOUNT_DIGITS - digits)
    if units > LARGEST:
        return unreadable("too_small" if sign == "-" else "too_large", text)
    return -units if sign == "-" else units


def show_amount(value: Value) -> str:
    """The shortest form with at least one fraction digit: `0.0`, `299.95`."""
    units = int(value)  # type: ignore[arg-type]  # amounts are integers
    whole, part = divmod(abs(units), AMOUNT_UNIT)
    fraction = f"{part:04d}".rstrip("0") if part else "0"
    return f"{'-' if units < 0 else ''}{whole}.{fraction}"


def show_amount_fixed(value: Value) -> str:
    """With exactly two fraction digits, rounded half up: `299.95`, `0.00`."""
    units = int(value)  # type: ignore[arg-type]  # amounts are integers
    cents = (abs(units) + 50) // 100
    return f"{'-' if units < 0 and cents else ''}{cents // 100}.{cents % 100:02d}"


def amounts(digits: int = AMOUNT_DIGITS, encode: Callable[[Value], str] = show_amount) -> Codec:
    """Money, quantities and rates, kept to `digits` fraction digits; a JSON number with exactly the digits of the
    text."""
    return Codec(
        "decimal",
        encode,
        lambda text: round_amount(text, digits),
        lambda value: msgspec.Raw(encode(value).encode()),
        sample=encode(1_295_000),
    )


# ---- flags ----


def show_flag(value: Value) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def flags(true: frozenset[str] = frozenset({"true", "1"})) -> Codec:
    """Yes or no. The words of `true`, in any letter case, mean yes, everything else means no."""
    return Codec("boolean", show_flag, lambda text: int(text.strip().lower() in true), bool, sample="true")


# ---- dates and times ----


def _decode_date(text: str) -> object:
    day = read_date(text)
    return unreadable("not_a_date", text) if day is None else day.isoformat()


def _decode_date_or_null(text: str) -> object:
    value = _decode_date(text)
    return None if isinstance(value, Unreadable) else value


DATE = Codec("date", str, _decode_date, sample="1980-12-31")
DATE_OR_NULL = Codec("date", str, _decode_date_or_null, sample="1980-12-31")
"""What is no date means null."""


def _decode_moment(text: str) -> object:
    moment = read_moment(text)
    return unreadable("not_a_date", text) if moment is None else moment.seconds


_show_moment = cast("Callable[[Value], str]", iso_time)

ISO_TIME = Codec("datetime", _show_moment, _decode_moment, _show_moment, sample="2011-04-21T02:38:27Z")
