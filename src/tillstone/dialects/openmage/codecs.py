"""Single values as OpenMage writes and reads them. Everything from a row is text in JSON; cleared values are null."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from tillstone.dialects.openmage.documents import ESCAPING, INDENT, ITEM
from tillstone.domain.profile import Unreadable
from tillstone.domain.records import Value
from tillstone.wire.codecs import clean
from tillstone.wire.jsontext import scalar_text
from tillstone.wire.table import Codec
from tillstone.wire.times import plain_time, read_date

MARGIN = "\x01"
"""Stands for the indentation of a field until it is known."""

_SHORT_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})").fullmatch
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]").fullmatch
_WHOLE = re.compile(r"\s*\+?0*([0-9]{1,18})(?:\.0*)?\s*", re.ASCII).fullmatch


def php_text(value: object) -> str:
    """A scalar as PHP makes text of it: true is 1, false and null are empty."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    text = scalar_text(value) or ""
    has_fraction = isinstance(value, Decimal) and "." in text and "E" not in text
    return clean(text.rstrip("0").rstrip(".") if has_fraction else text)


def is_array(value: object) -> bool:
    """Whether a sent value is no scalar."""
    return isinstance(value, dict | list)


# what is shown


def _or_null(value: Value) -> Any:
    return value or None


def _number_or_null(value: Value) -> Any:
    return str(value) if value else None


def _number_or_nothing(value: Value) -> str:
    return str(value) if value else ""


def _time(value: Value) -> str:
    return plain_time(int(str(value)))


def _lines(value: Value) -> str:
    lines = value if isinstance(value, tuple) else ()
    items = "".join(f"{MARGIN}{INDENT}<{ITEM}>{ESCAPING.escape(line)}</{ITEM}>\n" for line in lines)
    return f"\n{items}{MARGIN}" if items else ""


def _list(value: Value) -> list[str]:
    return list(value) if isinstance(value, tuple) else []


def iso_in(zone: ZoneInfo) -> Codec:
    """A moment in ISO 8601 with the offset of a time zone (spec 3.7)."""

    def encode(value: Value) -> str:
        return datetime.fromtimestamp(int(str(value)), UTC).astimezone(zone).isoformat(timespec="seconds")

    return Codec("time", encode, _unread, encode)


# what is sent; the text of a scalar arrives here


def _unread(text: str) -> object:
    return text


def _select(text: str) -> object:
    """An option as PHP compares it: by its number, however that is written."""
    if text == "":
        return None
    number = _WHOLE(text)
    return int(number[1]) if number else Unreadable("unknown", text)


def _no_option(_texts: tuple[str, ...]) -> object:
    return Unreadable("array")


def _no_text(_texts: tuple[str, ...]) -> object:
    return Unreadable("not_text")


def _gender(text: str) -> object:
    return _select(text) or 0


def _day(text: str) -> object:
    if text == "":
        return ""
    short = _SHORT_DATE(text.strip())
    try:
        day = date(int(short[3]), int(short[1]), int(short[2])) if short else read_date(text)
    except ValueError:
        day = None
    # only the product's own form may tell a time: what was read can be sent back
    time = text.strip()[11:] if _MOMENT(text.strip()) else "00:00:00"
    return f"{day.isoformat()} {time}" if day else Unreadable("not_a_date", text)


def _truth(text: str) -> object:
    return int(text not in {"", "0"})


NUMBER = Codec("int", str, _select, str)
TEXT = Codec("string", str, clean, _or_null, escapes=True, keeps_empty=True, sample="text")
EMAIL = structs.replace(TEXT, gather=_no_text)
REGION = structs.replace(TEXT, gather=_no_text)
CHOICE = structs.replace(TEXT, gather=_no_option)
SELECT = Codec("int", str, _select, str, gather=_no_option, sample="1")
GENDER = Codec("int", _number_or_nothing, _gender, _number_or_null, gather=_no_option, sample="2")
DAY = Codec("date", str, _day, _or_null, escapes=True, sample="1970-12-31")
TIME = Codec("time", _time, _unread, _time)
TRUTH = Codec("bool", str, _truth, str, sample="0")
FLAG = Codec("bool", str, _truth, sample="1")
STREET = Codec("list", _lines, _unread, _list, markup=True, sample="<data_item>Main Street 1</data_item>")
