"""The JSON reader and the texts of scalars."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstone.domain.profile import Unreadable
from tillstone.wire.codecs import amounts
from tillstone.wire.jsontext import read_json, scalar_text, write_json
from tillstone.wire.limits import Excess, Limits, Malformed


def test_last_of_two_equal_keys_counts() -> None:
    assert read_json(b'{"a": 1, "a": 2}') == {"a": 2}


def test_byte_order_mark_is_passed_over() -> None:
    assert read_json(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1,]", b"NaN", b"{'a': 1}", b'"\xff"', b"\xed\xa0\x80", b'"\\x"', b"{} {}"]
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_json(body)


@pytest.mark.parametrize(
    "body", [b"[[[1]]]", b'{"a": {"b": {"c": 1}}}', b"[1, 2, 3, 4, 5, 6]", b'"' + b"x" * 100 + b'"']
)
def test_bodies_beyond_a_limit_are_told_apart_from_malformed_ones(body: bytes) -> None:
    with pytest.raises(Excess):
        read_json(body, Limits(size=99, depth=3, elements=6))


def test_bodies_at_the_limits_are_read() -> None:
    assert read_json(b'{"a": {"b": 1}}', Limits(depth=3, elements=3)) == {"a": {"b": 1}}


def test_a_hundred_thousand_brackets_end_at_the_limit() -> None:
    with pytest.raises(Excess):
        read_json(b"[" * 100_000)


@pytest.mark.parametrize(
    "body, text",
    [
        (b'"\\ud800"', "\ufffd"),
        (b'"\\udc00x"', "\ufffdx"),
        (b'"\\uD83D\\uDE00"', "😀"),
        (b'"\\ud800\\ud83d\\ude00"', "\ufffd😀"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'"\\\\\\ud800"', "\\\ufffd"),
    ],
)
def test_half_a_surrogate_pair_becomes_the_replacement_character(body: bytes, text: str) -> None:
    assert read_json(body) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_texts_come_back_however_they_are_escaped(text: str) -> None:
    assert read_json(json.dumps(text).encode()) == text
    assert read_json(write_json(text)) == text


@pytest.mark.parametrize(
    "body, text",
    [
        (b"null", None),
        (b"true", "true"),
        (b"false", "false"),
        (b"12", "12"),
        (b"299.95", "299.95"),
        (b"0.10", "0.10"),
        (b"2e2", "200"),
        (b"1e60", "1" + "0" * 60),
        (b"-1e-60", "-0." + "0" * 59 + "1"),
        (b"123456789012345678901234567890", "123456789012345678901234567890"),
        (b'"x"', "x"),
    ],
)
def test_scalars_keep_their_digits(body: bytes, text: str | None) -> None:
    assert scalar_text(read_json(body)) == text


def test_huge_exponents_are_not_written_out() -> None:
    assert len(scalar_text(read_json(b"1e999999")) or "") < 20
    assert scalar_text(Decimal("Infinity")) == "Infinity"


@pytest.mark.parametrize("body, code", [(b"1e19", "too_large"), (b"1e60", "too_large"), (b"-1e308", "too_small")])
def test_amounts_that_no_column_holds_are_told_so_however_they_are_written(body: bytes, code: str) -> None:
    refused = amounts().decode(scalar_text(read_json(body)) or "")

    assert isinstance(refused, Unreadable)
    assert refused.code == code


def test_an_exponent_beyond_all_bounds_is_malformed_or_short() -> None:
    try:
        text = scalar_text(read_json(b"1e99999999999999999999999"))
    except Malformed:
        return
    assert len(text or "") < 40
