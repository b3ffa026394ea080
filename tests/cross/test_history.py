"""The history tells who changed what through which front, whatever a record is made of."""

from typing import Any

from msgspec import json

from tests.cross.speakers import SPEAKERS
from tests.domain.desk import Desk
from tests.fronts import Front, make_key
from tests.store.test_history import lines
from tillstone.dialects.imonggo import Imonggo
from tillstone.domain import accounts
from tillstone.domain.service import Service


def _told(service: Service, url: str, resource: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Operation, front and diff of each line about a resource."""
    account = accounts.account_named(service, "shop").id
    return [(line[5], line[7], json.decode(line[8])) for line in lines(url, account) if line[0] == resource]


def test_a_line_tells_the_front_and_the_new_value(service: Service, database_url: str) -> None:
    till, web, mage = (speaker(service) for speaker in SPEAKERS)
    till.create({"name": "Ann Lee", "city": "Cebu"})

    web.change(web.keys()[0], {"b_city": "Manila"})
    mage.change("1", {"lastname": "Li"})
    mage.change("1", {"lastname": "Li"})
    till.remove("1")

    told = _told(service, database_url, "customer")
    assert [(operation, front) for operation, front, _ in told] == [
        ("created", "imonggo"),
        ("changed", "zeald"),
        ("changed", "openmage"),
        ("removed", "imonggo"),
    ]
    assert told[1][2] == {"billing.city": ["Cebu", "Manila"]}
    assert told[2][2]["last_name"] == ["Lee", "Li"]


def test_a_line_tells_the_taxes_that_a_product_had_and_has(service: Service, database_url: str) -> None:
    desk = Desk(service, accounts.system(accounts.account_named(service, "shop").id), "tax_rate")
    vat, city = (desk.create(name=name, value=1_200) for name in ("VAT", "City"))
    front = Front(Imonggo(), service, make_key(service), content_type="application/xml")
    shown = "<name>Pen</name><stock_no>P</stock_no><retail_price>1</retail_price>"

    front.ask("POST", "/api/products.xml", f"<product>{shown}<tax_list>VAT</tax_list></product>")
    for taxes in ("City, VAT", "City, VAT", ""):
        front.ask("PUT", "/api/products/1.xml", f"<product>{shown}<tax_list>{taxes}</tax_list></product>")

    assert [diff["tax_rate_ids"] for _, _, diff in _told(service, database_url, "product")] == [
        [None, [str(vat)]],
        [[str(vat)], [str(vat), str(city)]],
        [[str(vat), str(city)], None],
    ]
