"""KNOWN.md and the tests that pin it."""

import re
from pathlib import Path

import pytest

from tests.cases import runner
from tillstone.dialects import imonggo

ROOT = Path(__file__).parents[3] / "tests"
PAGE = (Path(imonggo.__file__).parent / "KNOWN.md").read_text(encoding="utf-8")
NUMBERS = [int(number) for number in re.findall(r"^([0-9]+)\. ", PAGE, re.MULTILINE)]
CASES = runner.load(*sorted((ROOT / "cases" / "imonggo").glob("*.json")))


def pinned() -> set[int]:
    """The numbers that cases and tests name."""
    texts = [case.source + " " + case.note for case in CASES]
    texts += [file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py")]
    return {int(number) for text in texts for number in re.findall(r"KNOWN ([0-9]+)", text)}


def test_numbers_follow_each_other() -> None:
    assert list(range(1, len(NUMBERS) + 1)) == NUMBERS
    assert NUMBERS


def test_every_number_is_pinned_and_no_other() -> None:
    assert pinned() == set(NUMBERS)


@pytest.mark.parametrize("field", ["available_points", "middle_name", "gender", "payment_terms_id"])
def test_later_fields_are_not_shown(field: str) -> None:
    """KNOWN 26."""
    samples = [case.expect.xml for case in CASES if isinstance(case.expect.xml, str)]
    assert not any(f"<{field}" in sample for sample in samples)
    assert field not in {row.wire for kind in imonggo.kinds.KINDS for row in kind.table.fields}
