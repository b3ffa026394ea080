"""The XML reader and the writer's escaping."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstone.wire.limits import Excess, Limits, Malformed
from tillstone.wire.xmltext import ascii_escaping, escape_attribute, escaping, read_flat, read_tree, read_xml

CARRIED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff")).map(
    lambda text: "".join(character for character in text if character >= " " or character in "\t\n\r")
)


def test_tree_has_tags_attributes_texts_and_children_as_sent() -> None:
    root = read_xml(b'<a x="1"> t <b-c nil="true"/>u<d>&lt;&#233;<![CDATA[<]]></d></a>')
    assert (root.tag, root.attributes, root.text) == ("a", {"x": "1"}, " t u")
    assert [(child.tag, child.attributes, child.text) for child in root.children] == [
        ("b-c", {"nil": "true"}, ""),
        ("d", {}, "<é<"),
    ]


def test_last_of_several_children_of_a_name_counts() -> None:
    root = read_xml(b"<a><b>1</b><b>2</b></a>")
    child = root.child("b")
    assert child is not None
    assert child.text == "2"
    assert root.child("c") is None


@pytest.mark.parametrize(
    "body",
    [
        "<a>é</a>".encode(),
        b'<?xml version="1.0" encoding="UTF-8"?><a>\xc3\xa9</a>',
        b"\xef\xbb\xbf<a>\xc3\xa9</a>",
        b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>',
        b'<?xml version="1.0" encoding="US-ASCII"?><a>&#xE9;</a>',
        b"<?xml version='1.0' encoding='utf8'?>\n<a>\xc3\xa9</a>",
        b"<?xml version='1.0' encoding = 'latin1' ?><a>\xe9</a>",
        b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF8' standalone='yes'?><a>\xc3\xa9</a>",
    ],
)
def test_supported_encodings_give_the_same_text(body: bytes) -> None:
    assert read_xml(body).text == "é"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&nbsp;</a>",
        b"<a>\x00</a>",
        b"<a>\x01</a>",
        b"<a>\xff</a>",
        b"<a x='1' x='2'/>",
        b"plain",
        "<a>é</a>".encode("utf-16"),
        "<a>é</a>".encode("utf-16-le"),
        b'<?xml version="1.0" encoding="utf-7"?><a>+ADw-</a>',
        b'<?xml version="1.0" encoding="windows-1252"?><a/>',
        b'<?xml version="1.0" encoding="rot13"?><a/>',
    ],
)
def test_what_is_no_document_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_xml(body)


@pytest.mark.parametrize(
    "prologue",
    [
        b"<!DOCTYPE a>",
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE a [<!ENTITY x "1"><!ENTITY y "&x;&x;&x;&x;">]>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>',
    ],
)
def test_document_types_are_refused_unread(prologue: bytes) -> None:
    with pytest.raises(Malformed, match="document type"):
        read_xml(prologue + b"<a>&y;</a>")


@pytest.mark.parametrize(
    "body",
    [
        b"<a><b><c><d/></c></b></a>",
        b"<a p='1' q='2' r='3'/>",
        b"<a>" + b"<b/>" * 8 + b"</a>",
        b"<a>" + b" " * 200 + b"</a>",
    ],
)
def test_bodies_beyond_a_limit_are_told_apart_from_malformed_ones(body: bytes) -> None:
    with pytest.raises(Excess):
        read_xml(body, Limits(size=150, depth=3, attributes=2, elements=8))


def test_bodies_at_the_limits_are_read() -> None:
    body = b"<a>" + b"<b p='1' q='2'><c/></b>" * 2 + b"</a>"
    root = read_xml(body, Limits(size=len(body), depth=3, attributes=2, elements=5))
    assert len(root.children) == 2


def test_deep_nesting_ends_at_the_limit_and_not_at_the_end_of_the_body() -> None:
    with pytest.raises(Excess):
        read_xml(b"<a>" * 300_000)


def test_text_between_children_is_put_together() -> None:
    root = read_xml(b"<a>1<b>x</b>2<!-- no -->3<b>y</b><![CDATA[4]]></a>")
    assert (root.text, [child.text for child in root.children]) == ("1234", ["x", "y"])


PIECES = (
    *("<b>", "</b>", "<b/>", "<b >", "<b></b>", "<B>1</B>", "</r>", "<r>", "<1>", "<-/>", "<b.c-d_1>", "</b.c-d_1>"),
    *('<c nil="true"/>', '<c type="array">', "</c>", '<c x="', '">', '"/>', "<c y='1'/>", '<c z="1" z="2"/>'),
    *(
        '<d xmlns="u"/>',
        "<e:f/>",
        "<é/>",
        "<b²/>",
        "<b/ >",
        "<b",
        ">",
        "<",
        "/",
        "&",
        "&amp;",
        "&#13;",
        "]]>",
        "<![CDATA[1]]>",
    ),
    *(
        "<!-- 1 -->",
        "<?p?>",
        "<!DOCTYPE r>",
        "\n",
        "  ",
        "\t",
        "\r\n",
        "\v",
        "\x01",
        "\x7f",
        "\x85",
        "\u2028",
        "\ufffe",
    ),
    *("text", "é", "\U0001f600", "\ufeff", '"', "'"),
)
PROLOGUES = ("", '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0"?>\n', "\n ", '<?xml version="1.1"?>')


@pytest.mark.parametrize("first", PIECES)
def test_flat_reader_agrees_with_expat_or_leaves_it_the_document(first: str) -> None:
    for second, prologue in product(("", *PIECES), PROLOGUES):
        inner = first + second
        for text in (inner, f"<r>{inner}</r>", f"<r><b>{inner}</b></r>\n", f'<r><c x="{inner}"/></r> '):
            body = (prologue + text).encode()
            flat = read_flat(body)
            if flat is not None:
                assert flat == read_tree(body, Limits())


@given(st.lists(st.tuples(st.sampled_from(["name", "tax-exempt", "_x.1"]), CARRIED), max_size=5))
def test_plain_lists_of_fields_are_read_at_a_glance(fields: list[tuple[str, str]]) -> None:
    plain = [(tag, "".join(one for one in text if one not in "<>&\r")) for tag, text in fields]
    body = "\n".join(f'  <{tag} type="string">{text}</{tag}>' for tag, text in plain)
    root = read_flat(f'<?xml version="1.0" encoding="UTF-8"?>\n<r>\n{body}\n  <no/>\n</r>\n'.encode())
    assert root is not None
    assert [(child.tag, child.text) for child in root.children] == [*plain, ("no", "")]


@given(CARRIED)
def test_escaped_text_reads_back(text: str) -> None:
    for style in (escaping(), ascii_escaping()):
        assert read_xml(f"<a>{style.escape(text)}</a>".encode()).text == text


@given(CARRIED)
def test_escaped_attributes_read_back(text: str) -> None:
    assert read_xml(f'<a x="{escape_attribute(text)}"/>'.encode()).attributes["x"] == text


@given(st.text())
def test_text_that_is_not_suspect_needs_no_escaping(text: str) -> None:
    for style in (escaping("\ufffd"), ascii_escaping()):
        marks = style.suspicious([text, "", text])
        assert len(marks) == 3
        assert (marks[0] and marks[2]) or style.escape(text) == text


@given(st.lists(st.tuples(st.none() | st.integers(0, 9) | st.text(), st.text())))
def test_row_is_suspect_if_one_of_its_values_is(rows: list[tuple[int | str | None, str]]) -> None:
    for style in (escaping(), ascii_escaping()):
        marks = style.suspicious(rows)
        assert len(marks) == len(rows)
        for row, mark in zip(rows, marks, strict=True):
            assert mark or all(style.escape(str(value)) == str(value) for value in row)


def test_half_of_a_surrogate_pair_makes_everything_suspect() -> None:
    assert all(escaping().suspicious(["a", "\ud800", ("b", 1)]))


@given(st.text())
def test_ascii_escaping_writes_ascii(text: str) -> None:
    assert ascii_escaping("\ufffd").escape(text).isascii()


def test_what_xml_cannot_carry_is_dropped_or_replaced_as_the_dialect_says() -> None:
    assert escaping().escape("a\x00\x1f\ud800\uffffb\t\n") == "ab\t\n"
    assert escaping("\ufffd").escape("a\x01b") == "a\ufffdb"
    assert ascii_escaping("\ufffd").escape("a\x01b✓é&") == "a&#xFFFD;b&#x2713;&#xE9;&amp;"
