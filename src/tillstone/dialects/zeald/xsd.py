"""The XML Schema of a specification's answers, made from the tables. Source: D-XSD (`Order+Orderline.xsd`).

Widths are not part of it: what another dialect wrote is shown whole, however long it is.
"""

from typing import Final

from tillstone.dialects.zeald.catalogue import Plan
from tillstone.dialects.zeald.render import DECLARATION, INDENT, NAMESPACE, XML_TYPE
from tillstone.dialects.zeald.resources import Resources
from tillstone.wire.http import Reply

TYPES: Final = {
    "string": "xs:string",
    "integer": "z:integer",
    "decimal": "z:decimal",
    "boolean": "z:boolean",
    "datetime": "z:datetime",
}

# every field may be empty
_SIMPLE: Final = """\
    <xs:simpleType name="empty"><xs:restriction base="xs:string">
        <xs:maxLength value="0"/>
    </xs:restriction></xs:simpleType>
    <xs:simpleType name="moment"><xs:restriction base="xs:string">
        <xs:pattern value="[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"/>
    </xs:restriction></xs:simpleType>
    <xs:simpleType name="integer"><xs:union memberTypes="xs:integer z:empty"/></xs:simpleType>
    <xs:simpleType name="decimal"><xs:union memberTypes="xs:decimal z:empty"/></xs:simpleType>
    <xs:simpleType name="boolean"><xs:union memberTypes="xs:boolean z:empty"/></xs:simpleType>
    <xs:simpleType name="datetime"><xs:union memberTypes="z:moment z:empty"/></xs:simpleType>
"""

_HEAD: Final = f"""\
{DECLARATION}<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:z="{NAMESPACE}"
    targetNamespace="{NAMESPACE}" elementFormDefault="qualified">
{_SIMPLE}\
    <xs:element name="ResultSet">
        <xs:complexType>
            <xs:sequence>
"""

_FOOT: Final = """\
            </xs:sequence>
            <xs:attribute name="page" type="xs:positiveInteger"/>
            <xs:attribute name="startResultIndex" type="xs:nonNegativeInteger" use="required"/>
            <xs:attribute name="totalResults" type="xs:nonNegativeInteger" use="required"/>
            <xs:attribute name="totalResultsReturned" type="xs:nonNegativeInteger" use="required"/>
        </xs:complexType>
    </xs:element>
</xs:schema>
"""


def schema(resources: Resources, plan: Plan) -> Reply:
    """The schema document of `plan`."""
    return Reply(200, f"{_HEAD}{_element(resources, plan, 4)}{_FOOT}".encode(), (XML_TYPE,))


def _element(resources: Resources, plan: Plan, depth: int) -> str:
    indent = INDENT * depth
    most = "1" if plan.join is not None and not plan.join.many else "unbounded"
    fields = "".join(
        f'{indent}{INDENT * 2}<xs:element name="{field.wire}" type="{TYPES[field.codec.type]}" minOccurs="0"/>\n'
        for field in resources.tables[plan.kind.name].fields
    )
    nested = "".join(_element(resources, member, depth + 2) for member in plan.members)
    return (
        f'{indent}<xs:element name="{plan.element}" minOccurs="0" maxOccurs="{most}"><xs:complexType>\n'
        f"{indent}{INDENT}<xs:sequence>\n{fields}{nested}{indent}{INDENT}</xs:sequence>\n"
        f'{indent}{INDENT}<xs:attribute name="href" type="xs:anyURI" use="required"/>\n'
        f'{indent}{INDENT}<xs:attribute name="id" type="xs:string" use="required"/>\n'
        f"{indent}</xs:complexType></xs:element>\n"
    )
