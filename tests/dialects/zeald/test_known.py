"""KNOWN.md and the tests that pin it."""

import re
from pathlib import Path

from tests.cases import runner
from tillstone.dialects import zeald

TESTS = Path(__file__).parents[2]
PAGE = (Path(zeald.__file__).parent / "KNOWN.md").read_text(encoding="utf-8")
NUMBERS = [int(number) for number in re.findall(r"^([0-9]+)\. ", PAGE, re.MULTILINE)]
CASES = runner.load(*sorted((TESTS / "cases" / "zeald").glob("*.json")))


def pinned() -> set[int]:
    """The numbers that cases and tests name."""
    texts = [f"{case.source} {case.note}" for case in CASES]
    texts += [file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py")]
    return {int(number) for text in texts for number in re.findall(r"KNOWN ([0-9]+)", text)}


def test_numbers_follow_each_other() -> None:
    assert list(range(1, len(NUMBERS) + 1)) == NUMBERS
    assert NUMBERS


def test_every_number_is_pinned_and_no_other() -> None:
    assert pinned() == set(NUMBERS)
