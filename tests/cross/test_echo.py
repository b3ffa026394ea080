"""What was written in JSON and is read in XML can be sent back: what a document or a library loses on the way is no
change.

Sources: the echo rule, KNOWN 27 (Imonggo), KNOWN 31 (OpenMage), KNOWN 19 (Zeald).
"""

import json

import pytest

from tests.cross.rows import everything
from tests.cross.speakers import (
    SPEAKERS,
    ImonggoSpeaker,
    OpenMageSpeaker,
    ZealdSpeaker,
    as_it_is,
    through_elementtree,
)
from tests.fronts import Front, make_key
from tillstone.dialects.imonggo import Imonggo
from tillstone.dialects.imonggo.tables import CUSTOMERS, PRODUCTS, SUPPLIERS
from tillstone.dialects.openmage.tables import ADDRESSES
from tillstone.domain import accounts
from tillstone.domain.commands import Create, Outcome
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import Value
from tillstone.domain.service import Service
from tillstone.wire.table import Table

ODD = {
    "control characters": "a\x01b\x1fc",
    "nothing but control characters": "\x01\x02",
    "no characters": "a\ufffeb\uffff",
    "line ends": "a\r\nb\rc\nd",
    "blanks around": " \u00a0a\t",
    "other line ends": "a\x85b\u2028c\x0bd",
    "right to left and combining": "\u202eאב\u200fe\u0301",
    "beyond the basic plane": "𝔘😀\U0010fffd",
    "markup": "<![CDATA[&amp; &#13; ]]> ]]>",
    "lists": "a, b; c,d",
}
PASSED = [as_it_is, through_elementtree]


def _texts(table: Table) -> list[str]:
    return [
        field.attr
        for field in table.fields
        if field.codec.type == "string" and field.access.writes and field.access.reads
    ]


def _write(service: Service, resource: str, values: dict[str, Value]) -> int:
    profile = Profile("test", resource, {name: Rule(name, blank_is_null=False) for name in values})
    asker = accounts.system(accounts.account_named(service, "shop").id)
    outcome = service.run(Create(resource, values, profile), asker)
    assert isinstance(outcome, Outcome)
    return outcome.id


def _fill(service: Service, text: str) -> None:
    """A customer with three addresses, each text of which is `text`."""
    named = (*_texts(CUSTOMERS), "prefix", "middle_name", "suffix")
    texts: dict[str, Value] = {name: text for name in named if name != "street_joined"}
    texts |= {f"billing.street{line}": text for line in (1, 2, 3)}
    customer = _write(service, "customer", texts | {"shipping_if_different.city": text})
    parts: dict[str, Value] = dict.fromkeys(_texts(ADDRESSES), text)
    _write(service, "address", parts | {"street1": text, "street2": text, "customer_id": customer})


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_an_echo_in_xml_changes_nothing_whatever_was_written_in_json(
    service: Service, speaker: type[ImonggoSpeaker] | type[ZealdSpeaker] | type[OpenMageSpeaker]
) -> None:
    for text in ODD.values():
        _fill(service, text)
    speaking, account = speaker(service), accounts.account_named(service, "shop").id
    before = everything(service, account)
    assert len(before["address"]) == 3 * len(before["customer"]) == 3 * len(ODD)

    for passing in PASSED:
        speaking.echo(passing)

    assert everything(service, account) == before


@pytest.mark.parametrize("table", [SUPPLIERS, PRODUCTS])
def test_an_echo_of_suppliers_and_products_changes_nothing_either(service: Service, table: Table) -> None:
    front = Front(Imonggo(), service, make_key(service), content_type="application/json")
    wires = [field.wire for field in table.fields if field.attr in _texts(table)]
    for text in ODD.values():
        sent: dict[str, object] = {**dict.fromkeys(wires, text), "name": f"N{text}", "retail_price": 1.5}
        assert front.ask("POST", f"/api/{table.plural}.json", json.dumps({table.item: sent})).status == 200
    shown = front.ask("GET", f"/api/{table.plural}.json").body

    for record in range(1, len(ODD) + 1):
        path = f"/api/{table.plural}/{record}.xml"
        for passing in PASSED:
            document = passing(front.ask("GET", path).body)
            assert front.ask("PUT", path, document, {b"content-type": b"application/xml"}).status == 200

    assert front.ask("GET", f"/api/{table.plural}.json").body == shown


def test_json_can_take_out_what_xml_does_not_show(service: Service) -> None:
    front = Front(Imonggo(), service, make_key(service), content_type="application/json")
    front.ask("POST", "/api/suppliers.json", json.dumps({"supplier": {"name": "A\x01B", "remark": "a\r\nb"}}))

    reply = front.ask("PUT", "/api/suppliers/1.json", json.dumps({"supplier": {"name": "AB", "remark": "a\nb"}}))

    shown = json.loads(reply.body)
    assert (shown["name"], shown["remark"]) == ("AB", "a\nb")


def test_what_is_changed_beside_an_echo_is_all_that_changes(service: Service) -> None:
    front = Front(Imonggo(), service, make_key(service), content_type="application/json")
    sent = {"name": "A\x01B", "remark": "a\r\nb", "street": "1\x02", "city": "Cebu"}
    front.ask("POST", "/api/customers.json", json.dumps({"customer": sent}))
    shown = json.loads(front.ask("GET", "/api/customers/1.json").body)

    document = through_elementtree(front.ask("GET", "/api/customers/1.xml").body).replace(b"Cebu", b"Davao")
    front.ask("PUT", "/api/customers/1.xml", document, {b"content-type": b"application/xml"})

    assert json.loads(front.ask("GET", "/api/customers/1.json").body) == shown | {"city": "Davao"}
