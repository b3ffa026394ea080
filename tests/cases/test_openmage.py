"""Every example of the published page, and what the product does besides, run in this process."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from tests.cases import runner
from tests.cases.inprocess import InProcess
from tests.cases.openmage_world import FIXTURES, open_fixture, signing
from tests.cases.runner import Asked, Case, Send
from tests.conftest import FreshPostgres
from tests.dialects.openmage.world import NOON, World, when

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


SQLITE_ALONE = frozenset({"filter-regexp-backreference"})
"""KNOWN 15: PostgreSQL has regular expressions of its own."""


def test_cases_on_postgresql(fresh_postgres: FreshPostgres, tmp_path: Path) -> None:
    """Filters, orders, names, addresses and refusals are the same there: every case of two shops, in two databases."""
    ran = 0
    for fixture in ("people", "crowd"):
        url, file = fresh_postgres(), tmp_path / f"{fixture}.db"
        world = World(file, url=url)
        FIXTURES[fixture](world)
        world.close()
        stored = {"database.url": url, "server.key_file": str(file.with_suffix(".db.key"))}
        for mode in ("20.18", "documented"):
            settings = {**stored, "openmage.behave_as": mode}
            with InProcess(file, at=when(NOON), settings=settings) as inner:
                for case in CASES:
                    here = (case.fixture, _mode(case)) == (fixture, mode)
                    if here and not case.writes and case.id not in SQLITE_ALONE:
                        runner.run(msgspec.structs.replace(case, request=plain(case.request)), signing(inner.send))
                        ran += 1
    assert ran > 150


def _mode(case: Case) -> str:
    return case.settings.get("openmage.behave_as", "documented")


def test_writes_on_postgresql(fresh_postgres: FreshPostgres, tmp_path: Path) -> None:
    """Every create, change and delete that the cases know, each in a database of its own made like the first."""
    url, file = fresh_postgres(), tmp_path / "people.db"
    world = World(file, url=url)
    FIXTURES["people"](world)
    world.close()
    writing = [case for case in CASES if case.fixture == "people" and case.writes][::6]
    for case in writing:
        stored = {"database.url": fresh_postgres(like=url), "server.key_file": str(file.with_suffix(".db.key"))}
        with InProcess(file, at=when(NOON), settings={**case.settings, **stored}) as inner:
            asked = msgspec.structs.replace(case, request=plain(case.request), before=list(map(plain, case.before)))
            runner.run(asked, signing(inner.send))
    assert len(writing) > 20


def test_every_printed_example_has_a_case() -> None:
    """Two lists, two items, a create, an update, a delete; what is not allowed, and who may not."""
    sources = [case.source for case in CASES if case.source.startswith(PAGE)]
    assert len(sources) == len(set(sources)) == 14


def test_cases_have_names_of_their_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES) > 300
