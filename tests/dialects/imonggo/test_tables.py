"""The tables themselves: sources, order, and that every field has an example."""

import re
from pathlib import Path

import pytest

from tests.cases import runner
from tillstone.dialects.imonggo.kinds import KINDS, NAMES, PRODUCT, Kind
from tillstone.domain.records import RESOURCES
from tillstone.domain.views import VIEWS, needs
from tillstone.wire.reference import example, reference_page
from tillstone.wire.table import Field

CASES = runner.load(*sorted((Path(__file__).parents[2] / "cases" / "imonggo").glob("*.json")))
TABLES = [*(kind.table for kind in KINDS)]
FIELDS = [(table, field) for table in TABLES for field in table.fields]
EMBEDDED = [field for part in PRODUCT.embedded for field in part.showing.fields]


@pytest.mark.parametrize("table, field", FIELDS, ids=lambda value: getattr(value, "wire", None) or value.item)
def test_every_field_says_where_it_comes_from_and_names_a_stored_attribute(table: object, field: Field) -> None:
    assert re.fullmatch(r"seeds/00[012] l\.[0-9]+|fields|spec", field.source)
    resource = table.resource  # type: ignore[attr-defined]
    if field.attr == "tax_names":
        return
    for need in needs(resource, field.attr):
        relation, dot, column = need.partition(".")
        kind = RESOURCES[resource]
        assert RESOURCES[kind.relations[relation].resource].has(column) if dot else kind.has(need)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table.plural)
def test_every_field_is_in_a_case(kind: Kind) -> None:
    texts = "".join(
        f"{case.request.body}{case.expect.xml}{case.expect.body}{case.expect.fields}{case.expect.json}"
        for case in CASES
        if kind.table.item in case.request.path
    )
    missing = [field.wire for field in kind.table.fields if field.wire not in texts]
    assert not missing


def test_columns_stand_in_alphabetical_order_before_what_is_computed() -> None:
    """The samples' order (seeds/000 l.94-120): the vendor's columns by name, then the fields added to them."""
    for kind, computed in (("customers", 5), ("suppliers", 2)):
        wires = [field.wire for field in NAMES[kind].table.fields]
        assert wires[:-computed] == sorted(wires[:-computed])


def test_page_sizes_are_those_of_the_pages() -> None:
    """seeds/000 l.372, seeds/001 l.7, seeds/002 l.181."""
    sizes = {kind.table.plural: (kind.table.page_default, kind.table.page_max) for kind in KINDS}
    assert sizes == {
        "customers": (100, 100),
        "suppliers": (50, 50),
        "products": (50, 50),
        "customer_types": (50, 50),
    }


def test_embedded_fields_are_only_shown() -> None:
    assert EMBEDDED
    assert not any(field.access.writes for field in EMBEDDED)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table.plural)
def test_reference_page_and_example_can_be_made(kind: Kind) -> None:
    page, body = reference_page(kind.table), example(kind.table)
    assert all(f"`{field.wire}`" in page for field in kind.table.fields)
    assert all((f"<{field.wire}>" in body) == field.access.writes for field in kind.table.fields)


def test_views_used_here_exist() -> None:
    assert {"birthday", "street_joined", "shown_group_id"} <= VIEWS["customer"].keys()
