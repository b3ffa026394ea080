"""Times and dates on the wire: how moments are written, and what is understood of those that are sent. All are UTC.

Which of them a dialect demands or tolerates is said in its tables.
"""

import re
from datetime import date, timedelta
from functools import lru_cache

from msgspec import Struct

MINUTE, HOUR, DAY = 60, 3_600, 86_400

_EPOCH = date(1970, 1, 1)
_EPOCH_ORDINAL = _EPOCH.toordinal()

_FIRST = (date.min - _EPOCH).days * DAY
_BEHIND_LAST = ((date.max - _EPOCH).days + 1) * DAY

_DATE = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})")
_TIME = re.compile(
    r"""(?:[ ]*T[ ]*|[ ]+) (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})
        (?: :(?P<second>[0-9]{1,2}) (?:[.,](?P<fraction>[0-9]+))? )?
        (?: [ ]*(?:Z|UTC|GMT) | [ ]*(?P<sign>[-+ ])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2}) )?""",
    re.VERBOSE | re.IGNORECASE,
)


class Moment(Struct, frozen=True):
    """A moment in whole seconds UTC; `exact` False: it lies within the second that begins there."""

    seconds: int
    exact: bool = True

    @property
    def floor(self) -> int:
        """The whole second at or before it."""
        return self.seconds

    @property
    def ceiling(self) -> int:
        """The whole second at or after it."""
        return self.seconds if self.exact else self.seconds + 1


def can_be_shown(seconds: int) -> bool:
    """Whether a moment lies in a year of four digits."""
    return _FIRST <= seconds < _BEHIND_LAST


def read_date(text: str) -> date | None:
    """The day of `YYYY-MM-DD` or `YYYY/MM/DD` (month and day may have one digit), as written, with or without a time
    behind it; None if there is no such day."""
    text = text.strip()
    match = _DATE.match(text)
    if match is None or not (match.end() == len(text) or _TIME.fullmatch(text, match.end())):
        return None
    return _day(match)


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


def read_moment(text: str) -> Moment | None:
    """A date, alone or with a time, a fraction and a zone: midnight UTC unless said otherwise; None if it is none.

    A blank stands for the `+` that a query string loses: `2013/05/05 00:00:00  0000`.
    """
    text = text.strip()
    match = _DATE.match(text)
    day = _day(match) if match else None
    if match is None or day is None:
        return None
    midnight = (day.toordinal() - _EPOCH_ORDINAL) * DAY
    if match.end() == len(text):
        return Moment(midnight)
    time = _TIME.fullmatch(text, match.end())
    return _within_day(midnight, time) if time else None


def _within_day(midnight: int, time: re.Match[str]) -> Moment | None:
    hour, minute, second = int(time["hour"]), int(time["minute"]), int(time["second"] or 0)
    hours, minutes = int(time["hours"] or 0), int(time["minutes"] or 0)
    if hour > 23 or minute > 59 or second > 59 or hours > 23 or minutes > 59:
        return None
    ahead = hours * HOUR + minutes * MINUTE
    seconds = midnight + hour * HOUR + minute * MINUTE + second - (-ahead if time["sign"] == "-" else ahead)
    return Moment(seconds, exact=not (time["fraction"] or "").strip("0")) if can_be_shown(seconds) else None


@lru_cache(maxsize=4_096)
def _day_text(days: int) -> str:
    return (_EPOCH + timedelta(days)).isoformat()


@lru_cache(maxsize=8_192)
def iso_time(seconds: int) -> str:
    """`2011-04-21T02:38:27Z`."""
    days, rest = divmod(seconds, DAY)
    return f"{_day_text(days)}T{rest // HOUR:02d}:{rest // MINUTE % 60:02d}:{rest % 60:02d}Z"


@lru_cache(maxsize=8_192)
def plain_time(seconds: int) -> str:
    """`2011-04-13 04:37:45`."""
    return iso_time(seconds).replace("T", " ")[:-1]
