"""The API documents itself: schemas that our own answers meet, and the discovery page.

Sources: D-XSD, D-READ, spec 3.3.
"""

import pytest
import xmlschema

from tests.dialects.zeald.shop import Shop
from tests.fronts import root_of
from tillstone.dialects.zeald.catalogue import KINDS
from tillstone.dialects.zeald.tables import TABLES

EVERY = [
    "Customer",
    "Customer+(UserCustomerGroups+UserGroups)+(Order+Orderlines)",
    "UserGroups+(UserCustomerGroups+Customer)",
    "Order+OrderLine+Customer",
    "Orderlines+(Order+Customer)",
    "UserCustomerGroups",
]


@pytest.mark.parametrize("spec", EVERY)
def test_answers_meet_their_schema(shop: Shop, spec: str) -> None:
    shop.seed()
    shop.post(
        "Order+Orderlines",
        "<Order><username>peter@parker.nz</username><Orderline><sku>A</sku><price>0.125</price></Orderline></Order>",
    )
    schema = xmlschema.XMLSchema10(shop.ask("GET", f"{spec}.xsd").body.decode())

    for query in ("", "?_fields=" + KINDS_KEY[spec.partition("+")[0]], "?_results=1&_page=9"):
        document = shop.ask("GET", f"{spec}{query}").body.decode().partition("?>")[2]
        schema.validate(document)


KINDS_KEY = {kind.name: kind.key for kind in KINDS.values()}


@pytest.mark.parametrize(
    "broken",
    ["<discount>many</discount>", "<inactive>perhaps</inactive>", "<created>today</created>", "<emial></emial>"],
)
def test_schema_refuses_what_we_would_never_answer(shop: Shop, broken: str) -> None:
    schema = xmlschema.XMLSchema10(shop.ask("GET", "Customer.xsd").body.decode())
    node = f'<Customer href="x" id="y">{broken}</Customer>'
    head = 'xmlns="http://www.zeald.com" startResultIndex="0" totalResults="1" totalResultsReturned="1"'
    assert not schema.is_valid(f"<ResultSet {head}>{node}</ResultSet>")
    assert schema.is_valid(f"<ResultSet {head}>{node.replace(broken, '')}</ResultSet>")


def test_discovery_tells_resources_fields_and_relations(shop: Shop) -> None:
    for target in ("/API/V3", "/API/V3/", "/api/v3/"):
        root = root_of(shop.front.ask("GET", target))
        assert [node.findtext("name") for node in root] == list(KINDS)
    customer = root[0]
    assert [field.text for field in customer.findall("field")] == [field.wire for field in TABLES["Customer"].fields]
    assert [field.text for field in customer.findall("field") if field.get("readonly")] == ["created", "updated"]
    assert {field.text: field.get("max") for field in customer.findall("field")}["b_zip"] == "50"
    assert [relation.attrib for relation in root[1].findall("relation")] == [
        {"name": "Customer", "type": "M:1", "on": "username"},
        {"name": "UserGroups", "type": "M:1", "on": "group_code"},
    ]


def test_every_field_has_a_source() -> None:
    rows = [field for table in TABLES.values() for field in table.fields]
    assert all(row.source for row in rows)
    assert len(rows) > 100


def test_schema_of_ignored_names_is_that_of_the_rest(shop: Shop) -> None:
    assert shop.ask("GET", "Customer+Foo.xsd").body == shop.ask("GET", "Customer.xsd").body
    assert shop.ask("GET", "Foo.xsd").status == 404
