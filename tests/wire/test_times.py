"""Moments as clients write them (the inputs of the sloppy-date table)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstone.wire.times import Moment, iso_time, plain_time, read_moment


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("2011-01-01T00:00:00Z", at(2011, 1, 1)),
        ("2011-04-1", at(2011, 4, 1)),
        ("2012-01-01", at(2012, 1, 1)),
        ("2011-04-1T00:00:00Z", at(2011, 4, 1)),
        ("2010-12-31 23:59", at(2010, 12, 31, 23, 59)),
        ("2011-04-13 04:37:45", at(2011, 4, 13, 4, 37, 45)),
        ("2011-04-13 04:37:45 UTC", at(2011, 4, 13, 4, 37, 45)),
        ("2011-04-13T04:37", at(2011, 4, 13, 4, 37)),
        ("2013/05/05 00:00:00 +0000", at(2013, 5, 5)),
        ("2013/05/05 00:00:00  0000", at(2013, 5, 5)),
        ("2011-04-13T08:00:00+08:00", at(2011, 4, 13)),
        ("2011-04-13T08:00:00 08:00", at(2011, 4, 13)),
        ("2011-04-12T20:30:00-03:30", at(2011, 4, 13)),
        ("1969-12-31T23:59:59Z", -1),
    ],
)
def test_moments_are_understood(text: str, seconds: int) -> None:
    assert read_moment(text) == Moment(seconds)


@pytest.mark.parametrize(
    "text",
    [
        *("2011-02-30", "2011-13-45", "garbage", "04/13/2011", "", "2011-04", "0000-01-01", "2011-04/13"),
        *("2011-04-13T24:00:00Z", "2011-04-13T04:60", "2011-04-13T04:37:61", "2011-04-13T04:37:45+25:00"),
        *("2011-04-13Z", "2011-04-13T04:37:45Zx", "２０１１-04-13", "2011-04-13T04:37:45+08:60"),
        # no year of four digits holds them
        *("9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+00:01"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    assert read_moment(text) is None


def test_fractions_lie_between_two_whole_seconds() -> None:
    moment = read_moment("2011-04-13T04:37:45.5Z")
    assert moment is not None
    assert (moment.floor, moment.ceiling) == (at(2011, 4, 13, 4, 37, 45), at(2011, 4, 13, 4, 37, 46))
    assert read_moment("2011-04-13T04:37:45.000Z") == Moment(at(2011, 4, 13, 4, 37, 45))


@given(st.integers(0, 253_402_300_799))
def test_both_written_forms_are_understood(seconds: int) -> None:
    assert read_moment(iso_time(seconds)) == Moment(seconds)
    assert read_moment(plain_time(seconds)) == Moment(seconds)


def test_written_forms() -> None:
    assert iso_time(1_303_353_507) == "2011-04-21T02:38:27Z"
    assert plain_time(1_302_669_465) == "2011-04-13 04:37:45"
