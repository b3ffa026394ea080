"""How this API writes and reads single values, and what it demands of some of them. Sources: spec 4.1, 5 and 11."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from msgspec import structs

from tillstone.domain.profile import Unreadable
from tillstone.domain.records import AMOUNT_UNIT, Value, fold
from tillstone.domain.rules.customers import is_username
from tillstone.wire.codecs import INTEGER as ANY_INTEGER
from tillstone.wire.codecs import amounts, clean, unreadable
from tillstone.wire.countries import COUNTRIES
from tillstone.wire.table import Codec
from tillstone.wire.times import can_be_shown, plain_time, read_moment
from tillstone.wire.xmltext import as_read

UNCARRIED: Final = "\ufffd"
"""Stands for what XML cannot carry."""

_ZONED = re.compile(r":[0-9.,]+ *(?:Z|UTC|GMT|[-+][0-9]{2}:?[0-9]{2})$", re.IGNORECASE)

# ---- text ----


def _line(text: str) -> str:
    return clean(text).strip()


LINE: Final = Codec("string", str, _line, escapes=True, sample="text")
"""One line of text: blanks around it are no part of it."""

LINES: Final = Codec("string", str, clean, escapes=True, sample="text")
"""Text that is kept as it was sent."""

WORD: Final = Codec("string", str, lambda text: _line(text).lower(), escapes=True, sample="private")
"""One of a few words; case does not matter."""

COUNTRY: Final = Codec("string", str, lambda text: _line(text).upper(), escapes=True, sample="NZ")

MASKED: Final = Codec("string", lambda _value: "", _line, lambda _value: "", escapes=True)
"""What is never shown."""


def same_lines(value: Value) -> Value:
    """Text as a reader of ours gets it back."""
    return as_read(value, UNCARRIED) if isinstance(value, str) else value


def same_line(value: Value) -> Value:
    """The same of one line, whose outer blanks say nothing."""
    shown = same_lines(value)
    return shown.strip() if isinstance(shown, str) else shown


def same_word(value: Value) -> Value:
    """The same where case says nothing."""
    shown = same_line(value)
    return fold(shown) if isinstance(shown, str) else shown


# ---- numbers and flags ----

_SPELLINGS: Final = {
    **dict.fromkeys(("true", "1", "yes", "y", "t"), 1),
    **dict.fromkeys(("false", "0", "no", "n", "f"), 0),
}


def _read_flag(text: str) -> object:
    value = _SPELLINGS.get(text.strip().lower())
    return unreadable("not_a_boolean", text) if value is None else value


FLAG: Final = Codec("boolean", lambda value: "true" if value else "false", _read_flag, bool, sample="true")

INTEGER: Final = structs.replace(ANY_INTEGER, sample="20")


def _show_money(value: Value) -> str:
    """Two fraction digits, or as many more as are needed: what is shown is what is stored."""
    units = int(str(value))
    whole, part = divmod(abs(units), AMOUNT_UNIT)
    fraction = f"{part:04d}".rstrip("0").ljust(2, "0")
    return f"{'-' if units < 0 else ''}{whole}.{fraction}"


def _show_quantity(value: Value) -> str:
    return _show_money(value).rstrip("0").rstrip(".")


# decimals are text in JSON: spec 2.3
MONEY: Final = structs.replace(amounts(encode=_show_money), native=_show_money)
QUANTITY: Final = structs.replace(amounts(encode=_show_quantity), native=_show_quantity, sample="2")

# ---- times ----


def moments(zone: tzinfo) -> Codec:
    """`2026-11-21 18:20:49` in `zone`; read with `T`, fractions and an offset as well."""
    show = _show_utc if zone is UTC else _show_in(zone)
    return Codec("datetime", show, _read_utc if zone is UTC else _read_in(zone), show, sample="2026-11-21 18:20:49")


def _show_utc(value: Value) -> str:
    return plain_time(int(str(value)))


def _read_utc(text: str) -> object:
    moment = read_moment(text)
    return unreadable("not_a_date", text) if moment is None else moment.seconds


def _show_in(zone: tzinfo) -> Callable[[Value], str]:
    def show(value: Value) -> str:
        seconds = int(str(value))
        local = seconds + _offset(seconds, zone)
        return plain_time(local if can_be_shown(local) else seconds)

    return show


def _offset(seconds: int, zone: tzinfo) -> int:
    try:
        ahead = datetime.fromtimestamp(seconds, zone).utcoffset()
    except (OverflowError, ValueError, OSError):
        ahead = None
    return int((ahead or timedelta(0)).total_seconds())


def _read_in(zone: tzinfo) -> Callable[[str], object]:
    def read(text: str) -> object:
        seconds = _read_utc(text)
        if not isinstance(seconds, int) or _ZONED.search(text.strip()):
            return seconds
        local = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=zone)
        try:
            moment = int(local.timestamp())
        except (OverflowError, ValueError):
            return unreadable("not_a_date", text)
        return moment if can_be_shown(moment) else unreadable("not_a_date", text)

    return read


# ---- demands ----


def check_username(value: Value) -> str | None:
    """2 to 191 characters, no control characters, no blank at either end."""
    return None if is_username(str(value)) else "not_a_username"


def check_email(value: Value) -> str | None:
    """One `@` with text on both sides, no blanks."""
    name, at, domain = str(value).partition("@")
    well_formed = bool(name and at and domain) and "@" not in domain and not any(map(str.isspace, str(value)))
    return None if well_formed else "not_an_email"


def check_country(value: Value) -> str | None:
    """One of the assigned pairs of letters."""
    return None if value in COUNTRIES else "not_a_country"


def check_code(value: Value) -> str | None:
    """A group's code: no blanks, control characters or slash."""
    text = str(value)
    bad = "/" in text or any(letter.isspace() or unicodedata.category(letter) == "Cc" for letter in text)
    return "not_a_code" if bad else None


def check_number(value: Value) -> str | None:
    """An order number or a line's code: no control characters."""
    return "not_a_code" if any(unicodedata.category(letter) == "Cc" for letter in str(value)) else None


def check_subscribable(value: Value) -> str | None:
    """One of two words."""
    return None if value in {"public", "private"} else "not_public_or_private"


def is_readable(value: object) -> bool:
    """Whether a decoded value is one."""
    return not isinstance(value, Unreadable)
