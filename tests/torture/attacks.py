"""Bodies that have hurt servers before: entities, depth, width, size, encodings, and what JSON has instead."""

NAME = "<customer><name>{}</name></customer>"
DECLARED = '<?xml version="1.0" encoding="{}"?><customer><name>Peter Parker</name></customer>'


def _document(text: str) -> bytes:
    return NAME.format(text).encode()


def _bomb(levels: int, width: int) -> bytes:
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * width}">' for level in range(1, levels + 1))
    return f'<!DOCTYPE x [<!ENTITY e0 "boom">{entities}]>{NAME.format(f"&e{levels};")}'.encode()


def _doctype(declaration: str, text: str = "") -> bytes:
    return f"<!DOCTYPE customer {declaration}>{NAME.format(text)}".encode()


def _product(stock_no: str, price: str, more: str = "") -> bytes:
    fields = f"<name>A</name><stock_no>{stock_no}</stock_no><retail_price>{price}</retail_price>{more}"
    return f"<product>{fields}</product>".encode()


ENTITIES: dict[str, bytes] = {
    "billion laughs": _bomb(10, 10),
    "a deeper bomb": _bomb(60, 2),
    "a declared bomb": b'<?xml version="1.0"?>' + _bomb(10, 10),
    "quadratic blow-up": _doctype(f'[<!ENTITY a "{"a" * 50_000}">]', "&a;" * 20_000),
    "entities in themselves": _doctype('[<!ENTITY a "&b;"><!ENTITY b "&a;">]', "&a;"),
    "an entity in an attribute": b'<!DOCTYPE c [<!ENTITY a "b">]><customer a="&a;"><name>A</name></customer>',
    "an entity nobody uses": _doctype('[<!ENTITY a "b">]', "A"),
    "a file": _doctype('[<!ENTITY a SYSTEM "file:///etc/passwd">]', "&a;"),
    "a device that never ends": _doctype('[<!ENTITY a SYSTEM "file:///dev/zero">]', "&a;"),
    "an address": _doctype('[<!ENTITY a SYSTEM "http://127.0.0.1:1/">]', "&a;"),
    "a parameter entity": _doctype('[<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]', "A"),
    "a parameter entity in another": _doctype(
        "[<!ENTITY % a '<!ENTITY &#37; b SYSTEM \"file:///etc/passwd\">'> %a; %b;]", "A"
    ),
    "a document type elsewhere": _doctype('SYSTEM "http://127.0.0.1:1/customer.dtd"', "A"),
    "a public document type": _doctype('PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1:1/x.dtd"', "A"),
    "a bare document type": _doctype("", "A"),
    "default attributes": _doctype('[<!ATTLIST customer a CDATA "b">]', "A"),
    "a notation": _doctype('[<!NOTATION a SYSTEM "b">]', "A"),
    "a bomb in UTF-16": _bomb(10, 10).decode().encode("utf-16"),
    "an entity that is not declared": _document("&a;"),
}
"""All of them are refused as malformed, without a look at what they name."""

XML: dict[str, bytes] = {
    "deep": b"<a>" * 200_000,
    "deep and closed": b"<customer>" * 40_000 + b"</customer>" * 40_000,
    "deep in a name": _document("<b>" * 30_000 + "</b>" * 30_000),
    "many elements": b"<customer>" + b"<a/>" * 200_000 + b"</customer>",
    "many attributes": b"<customer " + b" ".join(b'a%d="1"' % number for number in range(50_000)) + b"/>",
    "a huge attribute": f'<customer a="{"a" * 900_000}"><name>A</name></customer>'.encode(),
    "a huge name": b"<" + b"a" * 900_000 + b"/>",
    "a huge name of an attribute": b"<customer " + b"a" * 900_000 + b'="1"/>',
    "a huge text": _document("a" * 1_000_000),
    "a huge text in an unknown field": b"<customer><name>A</name><b>" + b"a" * 1_000_000 + b"</b></customer>",
    "many namespaces": b"<customer " + b" ".join(b'xmlns:a%d="b"' % number for number in range(20_000)) + b"/>",
    "a huge comment": b"<!--" + b"a" * 1_000_000 + b"-->" + _document("A"),
    "many comments": b"<!---->" * 140_000 + _document("A"),
    "a huge section": b"<customer><name><![CDATA[" + b"]]&gt;" * 160_000 + b"]]></name></customer>",
    "many references": _document("&#65;" * 180_000),
    "a huge instruction": b"<?a " + b"b" * 1_000_000 + b"?>" + _document("A"),
    "too large": _document("a" * 1_048_576),
    "far too large": _document("a" * 5_000_000),
    "NUL in a text": _document("A\0B"),
    "NUL in front": b"\0" + _document("A"),
    "nothing but NUL": b"\0" * 100_000,
    "a reference to NUL": _document("&#0;"),
    "a reference beyond Unicode": _document("&#x110000;"),
    "a reference to a surrogate": _document("&#xD800;"),
    "a reference that never ends": _document(f"&#{'9' * 100_000};"),
    "controls": _document("".join(map(chr, range(1, 32)))),
    "broken UTF-8": _document("A") + b"\xff\xfe\xfa",
    "half a character": b"<customer><name>\xe2\x82</name></customer>",
    "an overlong slash": b"<customer><name>\xc0\xaf</name></customer>",
    "a surrogate in UTF-8": b"<customer><name>\xed\xa0\x80</name></customer>",
    "UTF-16": DECLARED.format("UTF-16").encode("utf-16"),
    "UTF-16 without a mark": DECLARED.format("UTF-16").encode("utf-16-le"),
    "UTF-32": DECLARED.format("UTF-32").encode("utf-32"),
    "declared UTF-16, sent as UTF-8": DECLARED.format("UTF-16").encode(),
    "declared UTF-7": DECLARED.format("UTF-7").encode(),
    "declared EBCDIC": DECLARED.format("IBM037").encode(),
    "declared nonsense": DECLARED.format("no-such-encoding").encode(),
    "declared a codec of Python": DECLARED.format("unicode_escape").encode(),
    "declared a long name": DECLARED.format("A" * 100_000).encode(),
    "ISO-8859-1": DECLARED.format("ISO-8859-1").replace("Peter", "Pétér").encode("iso-8859-1"),
    "XML 1.1": b'<?xml version="1.1"?>' + _document("A\x85B"),
    "XML 9": b'<?xml version="9.9"?>' + _document("A"),
    "not closed": b"<customer><name>A</name>",
    "closed wrongly": b"<customer><name>A</customer></name>",
    "two roots": _document("A") * 2,
    "text behind the root": _document("A") + b"B",
    "a declaration behind a blank": b' <?xml version="1.0"?>' + _document("A"),
    "only a declaration": b'<?xml version="1.0"?>',
    "only blanks": b" " * 100_000,
    "only an opening": b"<",
    "an attribute twice": b'<customer a="1" a="2"/>',
    "an unbound prefix": b"<a:customer><name>A</name></a:customer>",
    "an included file": _document('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'),
    "a style sheet": b'<?xml-stylesheet href="file:///etc/passwd"?>' + _document("A"),
    "YAML": b'<customer><name type="yaml">--- !ruby/object:Kernel {}</name></customer>',
    "a symbol": b'<customer><name type="symbol">exit</name></customer>',
    "a file of Rails": b'<customer><name type="file" name="/etc/passwd">QQ==</name></customer>',
    "a number that never ends": _product("A", "9" * 500_000),
    "an exponent": _product("A", "1e999999999"),
    "not a number": _product("B", "NaN"),
    "digits of another script": _product("C", "٣"),
    "a thousand tags": _product("D", "1", f"<tag_list>{'a,' * 100_000}</tag_list>"),
    "a date far away": b"<customer><name>A</name><birthdate>9999999-99-99</birthdate></customer>",
    "a name of blanks": _document("\u2003" * 10_000),
    "SQL": _document("'); DROP TABLE customer; --"),
}
"""Refused or taken, but answered."""

JSON: dict[str, bytes] = {
    "deep arrays": b"[" * 500_000,
    "deep arrays, closed": b'{"customer":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a deep name": b'{"customer":{"name":' + b"[" * 400 + b"]" * 400 + b"}}",
    "a long number": b'{"customer":{"name":' + b"9" * 500_000 + b"}}",
    "a long fraction": b'{"product":{"name":"A","stock_no":"A","retail_price":0.' + b"9" * 500_000 + b"}}",
    "beyond doubles": b'{"product":{"name":"A","stock_no":"A","retail_price":1e400}}',
    "a large exponent": b'{"product":{"name":"A","stock_no":"A","retail_price":1e99999999999}}',
    "not a number": b'{"product":{"name":"A","stock_no":"A","retail_price":NaN}}',
    "infinity": b'{"customer":{"name":Infinity}}',
    "many keys": b'{"customer":{' + b",".join(b'"k%d":1' % number for number in range(60_000)) + b"}}",
    "one key many times": b'{"customer":{' + b",".join([b'"name":"A"'] * 60_000) + b"}}",
    "a huge key": b'{"customer":{"' + b"a" * 900_000 + b'":1}}',
    "a huge text": b'{"customer":{"name":"' + b"a" * 1_000_000 + b'"}}',
    "NUL": b'{"customer":{"name":"A\\u0000B"}}',
    "NUL, bare": b'{"customer":{"name":"A\0B"}}',
    "half a surrogate pair": b'{"customer":{"name":"\\ud800"}}',
    "the other half": b'{"customer":{"name":"\\udfff\\ud800"}}',
    "broken UTF-8": b'{"customer":{"name":"\xff\xfe"}}',
    "a surrogate in UTF-8": b'{"customer":{"name":"\xed\xa0\x80"}}',
    "UTF-16": '{"customer":{"name":"A"}}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"customer":{"name":"A"}}',
    "something behind": b'{"customer":{"name":"A"}}}',
    "a comma too many": b'{"customer":{"name":"A",}}',
    "an array of names": b'{"customer":{"name":["A",{"b":null}]}}',
    "an object for a name": b'{"customer":{"name":{"$gt":""}}}',
    "true for a name": b'{"customer":{"name":true,"tax_exempt":[]}}',
    "a list": b"[]",
    "null": b"null",
    "a number": b"1e5",
    "a text": b'"customer"',
    "null inside": b'{"customer":null}',
    "a prototype": b'{"__proto__":{"a":1},"customer":{"__class__":"A","name":"A"}}',
    "tags of every kind": b'{"product":{"name":"A","stock_no":"A","retail_price":"1","tag_list":[1,null,[],{}]}}',
    "not closed": b'{"customer":{"name":"A"',
    "an opening": b"{",
    "blanks": b" " * 100_000,
}
"""Refused or taken, but answered."""
