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


def test_a_right_login_is_refused_after_ten_wrong_ones(served: Callable[[Case], Send]) -> None:
    """KNOWN 25."""
    (right,) = [case for case in CASES if case.id == "known-25-token"]
    (wrong,) = [case for case in CASES if case.id == "known-25-token-wrong-password"]
    send = served(right)
    runner.run(right, send)
    for _ in range(10):
        runner.run(wrong, send)
    status, _, body = runner.ask(send, right.request)
    assert (status, b"Not Found" in body) == (404, True)


def test_a_host_of_another_account_is_a_wrong_key(served: Callable[[Case], Send]) -> None:
    """KNOWN 24: a host speaks only if it names an account that exists."""
    (case,) = [case for case in CASES if case.id == "known-24-any-password"]
    send = served(case)
    for host, status in (("unheard_of.imonggo.com", 200), ("other.imonggo.com", 401), ("other.c2.imonggo.com", 401)):
        asked = runner.Asked("GET", "/api/customers.xml", {"Host": host})
        assert runner.ask(send, asked)[0] == status, host
