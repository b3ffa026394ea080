"""`behave_as = "20.18"` agrees with what a running OpenMage 20.18 answered, where the recordings are at hand."""

from pathlib import Path

import pytest

from tests.recordings.exclusions import CASES, WHOLE_GROUPS
from tests.recordings.groups import GROUPS
from tests.recordings.replay import VARIABLE, Report, folder, replay

ABSENT = f"the recordings of OpenMage are not at hand; {VARIABLE} names their folder"
REPORTS: list[Report] = []


@pytest.mark.parametrize("group", sorted({*GROUPS, *WHOLE_GROUPS}))
def test_group_agrees(group: str, tmp_path: Path) -> None:
    source = folder()
    if source is None:
        pytest.skip(ABSENT)
    report = replay(group, source, tmp_path / "replay")
    REPORTS.append(report)
    print(report.line)
    assert report.failures == []


def test_every_exclusion_names_a_case_of_its_group() -> None:
    source = folder()
    if source is None:
        pytest.skip(ABSENT)
    import json

    for group, cases in CASES.items():
        names = {case["name"] for case in json.loads((source / f"{group}.json").read_text())["cases"]}
        assert set(cases) <= names, group
