"""Every example of the three pages, and what they say or leave open besides, run in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases import runner
from tests.cases.runner import Case, Send

CASES = runner.load(*sorted((Path(__file__).parent / "imonggo").glob("*.json")))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, served: Callable[[Case], Send]) -> None:
    runner.run(case, served(case))


@pytest.mark.parametrize("page, examples", [("seeds/000 l.", 17), ("seeds/001 l.", 14), ("seeds/002 l.", 32)])
def test_every_printed_example_has_a_case(page: str, examples: int) -> None:
    """17, 13 and 28 curl commands, and the printed answers that no command leads to (empty lists, errors)."""
    sources = [case.source for case in CASES if case.source.startswith(page)]
    assert len(sources) == len(set(sources)) == examples


def test_cases_have_names_of_their_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES) > 0
