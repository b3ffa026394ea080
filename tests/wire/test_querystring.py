"""Query strings as pairs."""

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from tillstone.wire.querystring import read_pairs

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def test_pairs_come_in_the_order_sent() -> None:
    assert read_pairs(b"after=2010-12-31%2023:59&page=1&page=2&flag&=x&&b=1=2") == [
        ("after", "2010-12-31 23:59"),
        ("page", "1"),
        ("page", "2"),
        ("flag", ""),
        ("", "x"),
        ("b", "1=2"),
    ]


def test_plus_is_a_blank_and_percent_2b_a_plus() -> None:
    assert read_pairs(b"a+b=c+d%2Be") == [("a b", "c d+e")]


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert read_pairs(b"a=%FF%zz") == [("a", "\ufffd%zz")]


@given(st.lists(st.tuples(WORDS, WORDS)))
def test_encoded_pairs_come_back(pairs: list[tuple[str, str]]) -> None:
    assert read_pairs(urlencode(pairs).encode()) == pairs
