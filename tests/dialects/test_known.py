"""Each dialect's KNOWN.md and the tests that pin it."""

import re
from pathlib import Path

import pytest

from tests.cases import runner
from tillstone import dialects
from tillstone.server.app import FRONTS

TESTS = Path(__file__).parents[1]
DIALECTS = pytest.mark.parametrize("dialect", sorted(FRONTS))


def numbers(dialect: str) -> list[int]:
    page = Path(dialects.__file__).parent / dialect / "KNOWN.md"
    return [int(number) for number in re.findall(r"^([0-9]+)\. ", page.read_text(encoding="utf-8"), re.MULTILINE)]


def pinned(dialect: str) -> set[int]:
    """The numbers that cases and tests name."""
    cases = runner.load(*sorted((TESTS / "cases" / dialect).glob("*.json")))
    texts = [f"{case.source} {case.note}" for case in cases]
    texts += [file.read_text(encoding="utf-8") for file in (TESTS / "dialects" / dialect).glob("test_*.py")]
    return {int(number) for text in texts for number in re.findall(r"KNOWN ([0-9]+)", text)}


@DIALECTS
def test_numbers_follow_each_other(dialect: str) -> None:
    assert numbers(dialect) == list(range(1, len(numbers(dialect)) + 1))
    assert numbers(dialect)


@DIALECTS
def test_every_number_is_pinned_and_no_other(dialect: str) -> None:
    assert pinned(dialect) == set(numbers(dialect))
