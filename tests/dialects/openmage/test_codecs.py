"""Scalars of JSON bodies as the texts that the product makes of them."""

import pytest

from tillstone.dialects.openmage.codecs import php_text
from tillstone.wire.jsontext import read_json


@pytest.mark.parametrize(
    "body, text",
    [
        (b"1.5e7", "15000000"),
        (b"1e5", "100000"),
        (b"1.0", "1"),
        (b"10.50", "10.5"),
        (b"100.00", "100"),
        (b"-0.25", "-0.25"),
        (b'"10.50"', "10.50"),
        (b"9007199254740993", "9007199254740993"),
        (b"true", "1"),
        (b"false", ""),
        (b"null", ""),
    ],
)
def test_numbers_keep_their_value_and_no_needless_zeros(body: bytes, text: str) -> None:
    assert php_text(read_json(body)) == text


@pytest.mark.parametrize("body", [b"1.5e999999", b"-1.5e-999999", b"1e500"])
def test_numbers_of_any_size_make_short_texts(body: bytes) -> None:
    text = php_text(read_json(body))

    assert len(text) < 20
    assert text.endswith(body[-3:].decode())
