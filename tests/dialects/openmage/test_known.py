"""What KNOWN.md says and no case can show."""

from tests.dialects.openmage.world import JSON, Shop
from tillstone.dialects.openmage.switches import AS_20_18, DOCUMENTED


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


def test_characters_that_xml_cannot_carry_are_no_change_in_xml_and_one_in_json(shop: Shop) -> None:
    """KNOWN 31."""
    jane = "/api/rest/customers/1"
    shop.ask("PUT", jane, r'{"firstname":"J\u0001ane","prefix":"a\r\nb"}')

    for sent in (shop.ask("GET", jane).body, "<a><firstname>Jane</firstname><prefix>a\nb</prefix></a>"):
        shop.ask("PUT", jane, sent)
        assert r'"prefix":"a\r\nb","firstname":"J\u0001ane"' in shop.ask("GET", jane, accept=JSON).body

    shop.ask("PUT", jane, r'{"firstname":"Jane","prefix":"a\nb"}')
    assert r'"prefix":"a\nb","firstname":"Jane"' in shop.ask("GET", jane, accept=JSON).body
