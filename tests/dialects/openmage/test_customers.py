"""Customers, as the documented page and the product have them."""

import json

from tests.dialects.openmage.world import JSON, TEXT, Shop


def test_first(shop: Shop) -> None:
    print(shop.ask("GET", "/api/rest/customers/1"))
    print(shop.ask("GET", "/api/rest/customers", accept=JSON))
    print(shop.ask("GET", "/api/rest/customers", accept=TEXT))
    print(shop.ask("GET", "/api/rest/customers/1", user="jane"))
    print(shop.ask("POST", "/api/rest/customers", '{"firstname":"x"}'))
    print(shop.ask("POST", "/api/rest/customers", '{"firstname":"x","lastname":"y","email":"a@example.com","password":"1234567","group_id":2,"website_id":1}'))
    print(shop.ask("GET", "/api/rest/customers/2"))
    print(shop.ask("GET", "/api/rest/customers/2", user="norole"))
    print(shop.ask("GET", "/api/rest/customers/2", user="guest"))
    print(shop.ask("GET", "/api/rest/customers?filter[1][attribute]=email&filter[1][like]=A%25"))
    print(shop.ask("POST", "/api/rest/customers/2/addresses", '{"firstname": "Jane", "lastname": "Roe", "street": ["Main 1", "Flat 2"], "city": "Austin", "country_id": "US", "region": "TX", "postcode": "78701", "telephone": "555-1"}'))
    print(shop.ask("GET", "/api/rest/customers/2/addresses"))
    print(shop.ask("GET", "/api/rest/customers/addresses/1", accept=JSON))
    assert 0
