"""Every example of the published page, and what the product does besides, run in this process."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from tests.cases import runner
from tests.cases.openmage_world import open_fixture
from tests.cases.runner import Asked, Case, Send

CASES = runner.load(*sorted((Path(__file__).parent / "openmage").glob("*.json")))
PAGE = "seeds/004 l."


@pytest.fixture
def openmage(tmp_path: Path) -> Iterator[ExitStack]:
    """Closes what a case opened."""
    with ExitStack() as stack:
        yield stack


def plain(asked: Asked) -> Asked:
    """A request without the key that the runner sends along for another dialect."""
    return msgspec.structs.replace(asked, headers={"Authorization": "Basic none", **asked.headers})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, openmage: ExitStack, tmp_path: Path) -> None:
    send: Send = openmage.enter_context(open_fixture(case.fixture, tmp_path, case.settings))
    asked = msgspec.structs.replace(case, request=plain(case.request), before=[plain(each) for each in case.before])
    if case.expect.xml is msgspec.UNSET:
        runner.run(asked, send)
    else:
        _compare_in_any_order(asked, send)


def _compare_in_any_order(case: Case, send: Send) -> None:
    """The page prints the fields of a record in two orders; which one is not part of the contract (spec 3.5)."""
    answer = runner.ask(send, case.request)
    runner.check(msgspec.structs.replace(case.expect, xml=msgspec.UNSET), answer)
    runner.compare(_sorted(str(case.expect.xml)), _sorted(answer[2].decode()), frozenset(case.expect.added))


def _sorted(text: str) -> ET.Element:
    root = ET.fromstring(text)
    for parent in (root, *root.findall("data_item")):
        parent[:] = sorted(parent, key=lambda child: child.tag if child.tag != "data_item" else "")
    return root


def test_every_printed_example_has_a_case() -> None:
    """Two lists, two items, a create, an update, a delete; what is not allowed, and who may not."""
    sources = [case.source for case in CASES if case.source.startswith(PAGE)]
    assert len(sources) == len(set(sources)) == 14


def test_cases_have_names_of_their_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES) > 300
