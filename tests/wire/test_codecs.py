"""Codecs: texts to values and back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstone.domain.profile import Unreadable
from tillstone.domain.records import LARGEST
from tillstone.wire import codecs
from tillstone.wire.codecs import (
    DATE,
    DATE_OR_NULL,
    INTEGER,
    ISO_TIME,
    ITEM_LIST,
    ITEM_TEXT,
    NAMES,
    TEXT,
    amounts,
    flags,
)
from tillstone.wire.jsontext import write_json
from tillstone.wire.table import Codec

AMOUNT, MONEY, FLAG = amounts(), amounts(2), flags()


def code_of(value: object) -> str:
    assert isinstance(value, Unreadable)
    return value.code


def test_text_loses_nul_and_half_pairs_and_nothing_else() -> None:
    assert TEXT.decode(" a\x00\ud800\tb ") == " a\ufffd\tb "


@given(st.integers(-LARGEST, LARGEST))
def test_integers_and_amounts_come_back(value: int) -> None:
    assert INTEGER.decode(INTEGER.encode(value)) == value
    assert AMOUNT.decode(AMOUNT.encode(value)) == value


@given(st.integers(-(10**10), 10**10))
def test_two_digit_amounts_come_back(cents: int) -> None:
    assert MONEY.decode(MONEY.encode(cents * 100)) == cents * 100
    assert MONEY.decode(codecs.show_amount_fixed(cents * 100)) == cents * 100


@pytest.mark.parametrize(
    "units, text",
    [(0, "0.0"), (2_000_000, "200.0"), (2_999_500, "299.95"), (99_990_000, "9999.0"), (1, "0.0001"), (-15_000, "-1.5")],
)
def test_amounts_are_written_in_their_shortest_form_with_a_fraction(units: int, text: str) -> None:
    assert AMOUNT.encode(units) == text


@pytest.mark.parametrize(
    "units, text", [(0, "0.00"), (2_999_500, "299.95"), (50, "0.01"), (49, "0.00"), (-49, "0.00"), (-50, "-0.01")]
)
def test_fixed_amounts_have_two_digits(units: int, text: str) -> None:
    assert codecs.show_amount_fixed(units) == text


@pytest.mark.parametrize(
    "codec, text, units",
    [
        (AMOUNT, "199", 1_990_000),
        (AMOUNT, " +1.5 ", 15_000),
        (AMOUNT, "-0.5", -5_000),
        (AMOUNT, "0.00005", 1),
        (AMOUNT, "0.000049999", 0),
        (AMOUNT, "0.99995", 10_000),
        (MONEY, "299.954", 2_999_500),
        (MONEY, "299.955", 2_999_600),
        (MONEY, "-0.001", 0),
        (AMOUNT, "000000000000000000000000000001", 10_000),
    ],
)
def test_amounts_are_rounded_half_up_at_the_door(codec: Codec, text: str, units: int) -> None:
    assert codec.decode(text) == units


@pytest.mark.parametrize(
    "text", ["1,000", "1e3", "NaN", "0x10", "", " ", "1.", ".5", "--1", "1 000", "٣", "Infinity", "1.2.3"]
)
def test_what_is_no_number_is_unreadable(text: str) -> None:
    assert code_of(AMOUNT.decode(text)) == "not_a_number"


@pytest.mark.parametrize("codec, least", [(AMOUNT, "922337203685477.5808"), (INTEGER, "9223372036854775808")])
def test_numbers_that_no_column_holds_are_too_large_or_too_small(codec: Codec, least: str) -> None:
    assert code_of(codec.decode(least)) == "too_large"
    assert code_of(codec.decode("-" + least)) == "too_small"
    assert code_of(codec.decode("9" * 100_000)) == "too_large"
    assert isinstance(codec.decode(least[:-1] + "7"), int)


def test_unreadable_values_are_quoted_shortly() -> None:
    value = AMOUNT.decode("x" * 10_000)
    assert isinstance(value, Unreadable)
    assert len(value.text) == codecs.QUOTED


@pytest.mark.parametrize(
    "text, value", [("true", 1), ("1", 1), (" TRUE ", 1), ("false", 0), ("0", 0), ("yes", 0), ("2", 0)]
)
def test_flags_are_yes_for_true_and_one_only(text: str, value: int) -> None:
    assert FLAG.decode(text) == value
    assert FLAG.decode(FLAG.encode(value)) == value


def test_amounts_are_json_numbers_with_the_digits_of_the_text() -> None:
    assert AMOUNT.native is not None
    assert write_json(AMOUNT.native(9_223_372_036_854_775_807)) == b"922337203685477.5807"


@pytest.mark.parametrize("text", ["a,b", " a , b ,, ", "a, b"])
def test_lists_are_parted_by_commas_and_trimmed(text: str) -> None:
    assert ITEM_LIST.decode(text) == ITEM_TEXT.decode(text) == "a, b"
    assert NAMES.decode(text) == ("a", "b")


def test_sent_lists_are_gathered() -> None:
    for codec, value in ((ITEM_LIST, "a, b, c"), (ITEM_TEXT, "a, b, c"), (NAMES, ("a", "b", "c"))):
        assert codec.gather is not None
        assert codec.gather(("a", "b,c")) == value
    assert ITEM_LIST.native is not None
    assert ITEM_LIST.native("a, b") == ["a", "b"]
    assert ITEM_LIST.native("") == []
    assert NAMES.encode(("a", "b")) == "a, b"


@given(st.dates())
def test_dates_come_back(day: date) -> None:
    assert DATE.decode(DATE.encode(day.isoformat())) == day.isoformat()


@pytest.mark.parametrize("text", ["1980-2-3", "1980/02/03", "1980-02-03T00:00:00+08:00", " 1980-02-03 "])
def test_dates_are_understood_as_written(text: str) -> None:
    assert DATE.decode(text) == "1980-02-03"


@pytest.mark.parametrize("text", ["1980-02-30", "garbage", "03.02.1980", "02/03/1980", "1980-02-03x"])
def test_what_is_no_date_is_unreadable_or_null(text: str) -> None:
    assert code_of(DATE.decode(text)) == "not_a_date"
    assert DATE_OR_NULL.decode(text) is None


@given(st.integers(0, 253_402_300_799))
def test_times_come_back(seconds: int) -> None:
    assert ISO_TIME.decode(ISO_TIME.encode(seconds)) == seconds


def test_what_is_no_time_is_unreadable() -> None:
    assert code_of(ISO_TIME.decode("soon")) == "not_a_date"
