"""What the API tells of itself at `/API/V3/`. Source: D-SPEC says that it does; the form is ours (spec 3.3)."""

from tillstone.dialects.zeald.catalogue import KINDS, Kind
from tillstone.dialects.zeald.render import DECLARATION, INDENT, NAMESPACE, XML_TYPE
from tillstone.dialects.zeald.resources import Resources
from tillstone.wire.http import Reply
from tillstone.wire.table import Field
from tillstone.wire.xmltext import escape_attribute

MANY, ONE = "1:M", "M:1"


def discovery(resources: Resources, base: str) -> Reply:
    """Every resource with its element, key, fields and relations."""
    nodes = "".join(_resource(resources, kind, base) for kind in KINDS.values())
    count = len(KINDS)
    head = f'startResultIndex="0" totalResults="{count}" totalResultsReturned="{count}" xmlns="{NAMESPACE}"'
    return Reply(200, f"{DECLARATION}<ResultSet {head}>\n{nodes}</ResultSet>\n".encode(), (XML_TYPE,))


def _resource(resources: Resources, kind: Kind, base: str) -> str:
    inner = INDENT * 2
    fields = "".join(f"{inner}{_field(field)}\n" for field in resources.tables[kind.name].fields)
    relations = "".join(
        f'{inner}<relation name="{join.resource}" type="{MANY if join.many else ONE}" on="{join.refers}"></relation>\n'
        for join in kind.joins
    )
    return (
        f'{INDENT}<Resource href="{escape_attribute(base)}/API/V3/{kind.name}">\n'
        f"{inner}<name>{kind.name}</name>\n{inner}<element>{kind.element}</element>\n{inner}<key>{kind.key}</key>\n"
        f"{fields}{relations}{INDENT}</Resource>\n"
    )


def _field(field: Field) -> str:
    width = f' max="{field.max}"' if field.max is not None else ""
    readonly = "" if field.access.writes else ' readonly="true"'
    return f'<field type="{field.codec.type}"{width}{readonly}>{field.wire}</field>'
