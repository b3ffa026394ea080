"""Tables at work: parsers, profiles, renderers, reference pages."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstone.domain.profile import OnLong, Unreadable
from tillstone.domain.records import Shape
from tillstone.domain.views import VIEWS, View
from tillstone.wire.codecs import INTEGER, ISO_TIME, ITEM_LIST, NAMES, TEXT, amounts, flags
from tillstone.wire.compile import Compiled, Sent
from tillstone.wire.jsontext import write_json
from tillstone.wire.reference import example, reference_page
from tillstone.wire.rendering import INLINE, Style, xml_renderer
from tillstone.wire.table import Absent, Access, Codec, Field, Table
from tillstone.wire.xmltext import ascii_escaping, escaping, read_xml

TABLE = Table(
    "customer",
    "person",
    "people",
    (
        Field("given_name", "first_name", TEXT, required=True, max=5, on_long=OnLong.TRUNCATE),
        Field("street", "street_joined", TEXT, Absent.EMPTY),
        Field("id", "id", INTEGER, access=Access.READ),
        Field("exempt", "tax_exempt", flags(), blank=0),
        Field("price", "price", amounts(), Absent.OMIT, min=0),
        Field("tags", "tags", ITEM_LIST, Absent.EMPTY, note="a | b", source="page 1"),
        Field("taxes", "tax_names", NAMES, access=Access.WRITE_ONLY, blank=()),
        Field("born_in", "birth_time", TEXT, Absent.OMIT, access=Access.CREATE),
        Field("changed", "stamp", ISO_TIME, access=Access.READ),
    ),
    faults_first=("price",),
    unique=(("first_name",),),
)
COMPILED = Compiled(TABLE, "test", extra=("id", "version"))
NIL = Style(escaping())
SELF_CLOSED = Style(ascii_escaping(), nil="<{tag}/>", empty="<{tag}/>", cleared="<{tag}/>")


def row(**values: object) -> tuple[object, ...]:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return tuple(named.get(attribute) for attribute in COMPILED.all.shape.attributes)


def test_shape_holds_what_the_views_need_and_the_extras() -> None:
    assert COMPILED.all.shape == Shape(
        "customer",
        (
            *("first_name", "billing.street1", "billing.street2", "billing.street3", "id", "tax_exempt"),
            *("price", "tags", "birth_time", "stamp", "version"),
        ),
    )
    assert COMPILED.all.at("version") == 10


def test_xml_is_laid_out_as_the_style_says() -> None:
    values = row(
        first_name="Ann", billing__street1="1", billing__street2="2", id=7, tax_exempt=1, price=15_000, stamp=0
    )
    assert COMPILED.all.xml(NIL, depth=1)([values, row(id=8, birth_time="")]) == [  # type: ignore[list-item]
        (
            "  <given_name>Ann</given_name>\n  <street>1, 2</street>\n  <id>7</id>\n  <exempt>true</exempt>\n"
            "  <price>1.5</price>\n  <tags></tags>\n  <changed>1970-01-01T00:00:00Z</changed>\n"
        ),
        (
            '  <given_name nil="true"></given_name>\n  <street></street>\n  <id>8</id>\n'
            '  <exempt nil="true"></exempt>\n  <tags></tags>\n  <born_in></born_in>\n  <changed nil="true"></changed>\n'
        ),
    ]


def test_cleared_text_may_have_a_form_of_its_own() -> None:
    (text,) = COMPILED.all.xml(SELF_CLOSED, depth=0)([row(first_name="", birth_time="", id=1)])  # type: ignore[list-item]
    assert "<given_name/>\n" in text
    assert "<born_in/>\n" in text
    assert "<price" not in text


def test_escaping_follows_the_style_in_the_records_that_need_it() -> None:
    rows = [row(first_name="a<b"), row(first_name="é"), row(first_name="plain")]
    texts = COMPILED.all.xml(SELF_CLOSED, depth=0)(rows)  # type: ignore[arg-type]
    assert [text.split("\n")[0] for text in texts] == [
        "<given_name>a&lt;b</given_name>",
        "<given_name>&#xE9;</given_name>",
        "<given_name>plain</given_name>",
    ]


def test_text_that_is_markup_already_is_not_escaped_for_an_ampersand_beside_it() -> None:
    markup = Codec("list", lambda value: f"<i>{NIL.escaping.escape(str(value))}</i>", str, markup=True)
    fields = [Field("name", "name", TEXT), Field("remark", "remark", markup)]
    render = xml_renderer(Shape("customer", ("name", "remark")), fields, NIL, depth=0)
    assert render([("a & b", "c & d"), ("a", "d")]) == [
        "<name>a &amp; b</name>\n<remark><i>c &amp; d</i></remark>\n",
        "<name>a</name>\n<remark><i>d</i></remark>\n",
    ]


AMPERSANDS = st.text() | st.text("&a;")


@given(st.lists(st.tuples(AMPERSANDS, AMPERSANDS, AMPERSANDS), max_size=5))
def test_every_record_is_written_as_if_each_value_were_escaped_by_itself(texts: list[tuple[str, str, str]]) -> None:
    rows = [row(first_name=first, billing__street1=street, tags=tags, id=1) for first, street, tags in texts]
    shown = VIEWS["customer"]["street_joined"].show
    for (first, street, tags), text in zip(texts, COMPILED.all.xml(NIL, depth=0)(rows), strict=True):  # type: ignore[arg-type]
        escape = NIL.escaping.escape
        assert f"<given_name>{escape(first)}</given_name>\n" in text
        assert f"<street>{escape(str(shown(street, None, None)))}</street>\n" in text
        assert f"<tags>{escape(tags)}</tags>\n" in text
        read_xml(f"<r>{text}</r>".encode())


def test_json_objects_have_native_values_and_leave_out_what_was_never_set() -> None:
    first = row(first_name="Ann", id=7, tax_exempt=0, price=15_000, tags="a, b", stamp=0)
    body = write_json(COMPILED.all.json([first, row(id=8)]))  # type: ignore[list-item]
    assert json.loads(body) == [
        {
            "given_name": "Ann",
            "street": "",
            "id": 7,
            "exempt": False,
            "tags": ["a", "b"],
            "changed": "1970-01-01T00:00:00Z",
            "price": 1.5,
        },
        {"given_name": None, "street": "", "id": 8, "exempt": None, "tags": [], "changed": None},
    ]


def test_a_selection_of_fields_keeps_table_order_and_its_renderers() -> None:
    chosen = COMPILED.only(frozenset({"id", "given_name", "taxes"}))
    assert [field.wire for field in chosen.fields] == ["given_name", "id"]
    assert chosen.shape.attributes == ("first_name", "id", "version")
    assert COMPILED.only(frozenset({"taxes", "id", "given_name"})) is chosen
    assert chosen.xml(NIL, depth=1) is chosen.xml(NIL, depth=1)


def test_sent_values_are_named_canonically_and_the_last_one_counts() -> None:
    sent: list[tuple[str, Sent]] = [
        ("given-name", "A"),
        ("given_name", "B"),
        ("id", "9"),
        ("unknown", "x"),
        ("taxes", ("VAT", "City")),
        ("price", "1.5"),
    ]
    assert COMPILED.parse(sent) == {"first_name": "B", "tax_names": ("VAT", "City"), "price": 15_000}


def test_null_and_empty_mean_what_the_field_says() -> None:
    assert COMPILED.parse([("given_name", ""), ("exempt", ""), ("price", ""), ("taxes", "")]) == {
        "first_name": "",
        "tax_exempt": 0,
        "price": None,
        "tax_names": (),
    }
    assert COMPILED.parse([("given_name", None), ("exempt", None)]) == {"first_name": None, "tax_exempt": 0}


def test_unreadable_values_are_kept_for_the_service_and_lists_for_single_values_are_not_taken() -> None:
    values: dict[str, object] = {**COMPILED.parse([("price", "dear"), ("given_name", ("a", "b"))])}
    assert values == {"price": Unreadable("not_a_number", "dear")}


def test_profile_demands_what_the_table_says_in_the_order_of_faults() -> None:
    profile = COMPILED.profile
    assert (profile.front, profile.resource, profile.unique) == ("test", "customer", (("first_name",),))
    assert list(profile.rules) == [
        "price",
        "first_name",
        "street_joined",
        "tax_exempt",
        "tags",
        "tax_names",
        "birth_time",
    ]
    rule = profile.rules["first_name"]
    assert (rule.required, rule.max, rule.on_long, rule.create_only) == (True, 5, OnLong.TRUNCATE, False)
    assert profile.rules["birth_time"].create_only
    assert profile.rules["price"].min == 0


def test_titles_name_the_fields_in_messages() -> None:
    assert COMPILED.titles["first_name"] == "Given name"


def test_reference_page_tells_every_field() -> None:
    page = reference_page(TABLE)
    for field in TABLE.fields:
        assert f"| `{field.wire}` |" in page
    assert "at most 5 characters, longer is cut" in page
    assert "a \\| b" in page


def test_example_names_what_may_be_written_and_is_understood() -> None:
    root = read_xml(example(TABLE).encode())
    assert root.tag == "person"
    values = COMPILED.parse((child.tag, child.text) for child in root.children)
    assert set(values) == set(COMPILED.profile.rules)
    assert not any(isinstance(value, Unreadable) for value in values.values())


def test_a_wire_name_that_is_no_element_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no element name"):
        xml_renderer(Shape("customer", ("id",)), [Field("a b", "id", INTEGER)], NIL, depth=0)


VALUES = st.none() | st.integers(0, 1) | st.text("abc 1é")


@pytest.mark.parametrize("show", INLINE)
@given(values=st.tuples(VALUES, VALUES))
def test_view_without_a_call_shows_the_same(show: Callable[..., object], values: tuple[object, ...]) -> None:
    wanted = values[: show.__code__.co_argcount]
    assert eval(INLINE[show].format("a", "b"), dict(zip("ab", values, strict=True))) == show(*wanted)


@pytest.mark.parametrize("view", [view for views in VIEWS.values() for view in views.values()])
@given(data=st.data())
def test_view_adds_nothing_that_has_to_be_escaped(view: View, data: st.DataObject) -> None:
    values = data.draw(st.tuples(*[VALUES] * len(view.needs)))
    shown = view.show(*values)
    assert not any(escaping().suspicious([shown]))
    assert any(ascii_escaping().suspicious([shown])) <= ("é" in str(values))
