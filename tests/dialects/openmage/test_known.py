"""KNOWN.md and the tests that pin it."""

import re
from pathlib import Path

from tests.cases import runner
from tests.dialects.openmage.world import Shop
from tillstone.dialects import openmage
from tillstone.dialects.openmage.switches import AS_20_18, DOCUMENTED

ROOT = Path(__file__).parents[3]
PAGE = (Path(openmage.__file__).parent / "KNOWN.md").read_text(encoding="utf-8")


def numbers() -> set[int]:
    return {int(number) for number in re.findall(r"^([0-9]+)\. ", PAGE, re.MULTILINE)}


def pinned() -> set[int]:
    cases = runner.load(*sorted((ROOT / "tests" / "cases" / "openmage").glob("*.json")))
    tests = [file.read_text(encoding="utf-8") for file in (ROOT / "tests" / "dialects" / "openmage").glob("*.py")]
    texts = [*(case.source for case in cases), *(case.note for case in cases), *tests]
    return {int(number) for text in texts for number in re.findall(r"KNOWN ([0-9]+)", text)}


def test_every_departure_is_pinned_by_a_case_or_a_test() -> None:
    assert numbers() == pinned()
    assert numbers() == set(range(1, len(numbers()) + 1))


def test_the_two_behaviours_differ_in_every_switch() -> None:
    """KNOWN 19: a switch that both set alike would be none."""
    names = DOCUMENTED.__struct_fields__
    assert [name for name in names if getattr(DOCUMENTED, name) == getattr(AS_20_18, name)] == []


def test_a_list_for_a_region_is_no_text_anywhere(shop: Shop) -> None:
    """KNOWN 30."""
    for sent in ('["Kent"]', "57"):
        body = (
            '{"firstname":"J","lastname":"R","street":["1"],"city":"C","country_id":"GB","postcode":"1","telephone":"1",'
            f'"region":{sent}}}'
        )
        reply = shop.ask("POST", "/api/rest/customers/1/addresses", body)
        assert (reply.status, 'Invalid "State/Province" type.' in reply.body) == (400, True)
