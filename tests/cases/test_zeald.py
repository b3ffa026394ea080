"""Every example of seeds/003 and of the specification's examples of `/API/V3/`, run in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases import runner
from tests.cases.runner import Case, Send

CASES = runner.load(*sorted((Path(__file__).parent / "zeald").glob("*.json")))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, served: Callable[[Case], Send]) -> None:
    runner.run(case, served(case))


def test_every_example_has_a_case() -> None:
    """Three requests, what follows a password and two specifications in seeds/003; 25 examples of spec 16."""
    assert len([case for case in CASES if case.source.startswith("seeds/003 l.")]) == 6
    assert {case.source for case in CASES} >= {f"spec 16.{number}" for number in range(1, 26)}


def test_cases_have_names_of_their_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES) > 0
