"""Tells at the end of a run what of the recordings was compared, and what was not and why."""

from typing import Any

from tests.recordings import test_replay


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for report in test_replay.REPORTS:
        terminalreporter.write_line(f"recordings, {report.line}")
    skipped = terminalreporter.stats.get("skipped", [])
    if any(test_replay.ABSENT in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(test_replay.ABSENT, yellow=True, bold=True)
