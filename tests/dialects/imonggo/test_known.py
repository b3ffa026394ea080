"""What KNOWN.md says and no case can show."""

from pathlib import Path

import pytest

from tests.cases import runner
from tillstone.dialects import imonggo

CASES = runner.load(*sorted((Path(__file__).parents[2] / "cases" / "imonggo").glob("*.json")))


@pytest.mark.parametrize("field", ["available_points", "middle_name", "gender", "payment_terms_id"])
def test_later_fields_are_not_shown(field: str) -> None:
    """KNOWN 26."""
    samples = [case.expect.xml for case in CASES if isinstance(case.expect.xml, str)]
    assert not any(f"<{field}" in sample for sample in samples)
    assert field not in {row.wire for kind in imonggo.kinds.KINDS for row in kind.table.fields}
