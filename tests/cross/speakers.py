"""The dialects as speakers of one shop's customers: each creates, changes, removes, reads, and echoes what it reads.

`SPEAKERS` is the table that the machine works through; a dialect joins it with one class.
"""

from collections.abc import Callable
from itertools import count
from typing import ClassVar, Protocol
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from tests.fronts import Front, make_key, root_of
from tillstone.dialects.imonggo import Imonggo
from tillstone.dialects.imonggo.tables import CUSTOMERS
from tillstone.dialects.openmage import OpenMage
from tillstone.dialects.openmage.tables import CUSTOMERS as OPENMAGE
from tillstone.dialects.zeald import Zeald
from tillstone.dialects.zeald.tables import TABLES
from tillstone.domain import accounts, consumers
from tillstone.domain.consumers import ConsumerWish, TokenWish
from tillstone.domain.service import Service
from tillstone.wire.http import Reply
from tillstone.wire.table import Field

REFUSALS = frozenset({400, 409, 422})
"""What a speaker may be told instead of being obeyed."""


Passing = Callable[[bytes], bytes]
"""What a library makes of a document that it reads and writes again."""


def as_it_is(document: bytes) -> bytes:
    return document


def through_elementtree(document: bytes) -> bytes:
    """Python's own: it writes carriage returns bare."""
    return ET.tostring(ET.fromstring(document))


class Speaker(Protocol):
    """One dialect. `fields` are those that a customer can be written with."""

    name: str
    fields: tuple[Field, ...]

    def create(self, fields: dict[str, str]) -> None:
        """A new customer, unless it is refused."""

    def keys(self) -> list[str]:
        """How the customers that can be changed are named here, in order."""

    def change(self, key: str, fields: dict[str, str]) -> None:
        """Change some fields, unless it is refused."""

    def remove(self, key: str) -> None:
        """Delete one."""

    def read(self) -> dict[str, dict[str, str]]:
        """What is shown of every customer, by its key."""

    def echo(self, passing: Passing = as_it_is) -> None:
        """Send back everything that is read, as the client's library passes it on."""


def _elements(fields: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())


def _writable(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.access.writes and field.wire not in {"username", "password"})


def _obeyed(reply: Reply) -> Reply:
    assert reply.status == 200 or reply.status in REFUSALS, reply.body
    return reply


class ImonggoSpeaker:
    """A till."""

    name = "imonggo"
    fields = _writable(CUSTOMERS.fields)

    def __init__(self, service: Service) -> None:
        self._front = Front(Imonggo(), service, make_key(service), content_type="application/xml")

    def create(self, fields: dict[str, str]) -> None:
        body = f"<customer>{_elements({'name': 'Nobody', **fields})}</customer>"
        _obeyed(self._front.ask("POST", "/api/customers.xml", body))

    def _list(self) -> ET.Element:
        return ET.fromstring(self._front.ask("GET", "/api/customers.xml").body)

    def keys(self) -> list[str]:
        return [each.findtext("id") or "" for each in self._list()]

    def change(self, key: str, fields: dict[str, str]) -> None:
        _obeyed(self._front.ask("PUT", f"/api/customers/{key}.xml", f"<customer>{_elements(fields)}</customer>"))

    def remove(self, key: str) -> None:
        _obeyed(self._front.ask("DELETE", f"/api/customers/{key}.xml"))

    def read(self) -> dict[str, dict[str, str]]:
        return {each.findtext("id") or "": {field.tag: field.text or "" for field in each} for each in self._list()}

    def echo(self, passing: Passing = as_it_is) -> None:
        for key in self.keys():
            body = self._front.ask("GET", f"/api/customers/{key}.xml").body
            reply = self._front.ask("PUT", f"/api/customers/{key}.xml", passing(body))
            assert reply.status == 200, reply.body


class ZealdSpeaker:
    """A web shop, which knows groups besides."""

    name = "zeald"
    fields = _writable(TABLES["Customer"].fields)
    everything = "Customer+(UserCustomerGroups+UserGroups)"

    def __init__(self, service: Service) -> None:
        self.front = Front(Zeald(service.clock.now), service, make_key(service))
        self._created = 0

    def _write(self, method: str, target: str, inner: str) -> Reply:
        return _obeyed(self.front.ask(method, f"/API/V3/{target}", f"<ResultSet>{inner}</ResultSet>"))

    def create(self, fields: dict[str, str]) -> None:
        self._created += 1
        self._write(
            "POST", "Customer", f"<Customer>{_elements({'username': f'z{self._created}', **fields})}</Customer>"
        )

    def keys(self) -> list[str]:
        root = root_of(self.front.ask("GET", "/API/V3/Customer?_fields=username"))
        return [each.findtext("username") or "" for each in root]

    def change(self, key: str, fields: dict[str, str]) -> None:
        self._write("PUT", "Customer", f"<Customer>{_elements({'username': key, **fields})}</Customer>")

    def remove(self, key: str) -> None:
        root = root_of(self.front.ask("GET", "/API/V3/Customer"))
        href = next(each.get("href", "") for each in root if each.findtext("username") == key)
        _obeyed(self.front.ask("DELETE", "/API/V3/" + href.partition("/API/V3/")[2]))

    def read(self) -> dict[str, dict[str, str]]:
        root = root_of(self.front.ask("GET", "/API/V3/Customer"))
        return {each.findtext("username") or "": {field.tag: field.text or "" for field in each} for each in root}

    def echo(self, passing: Passing = as_it_is) -> None:
        for target in (self.everything, "UserGroups+UserCustomerGroups"):
            body = self.front.ask("GET", f"/API/V3/{target}").body
            if b"href=" in body:
                reply = self.front.ask("PUT", f"/API/V3/{target}", passing(body))
                assert reply.status == 200, reply.body
                assert b'"updated"' not in reply.body
                assert b'"created"' not in reply.body

    # groups

    def join(self, key: str, group: str) -> None:
        self._write(
            *("POST", "UserCustomerGroups"),
            f"<UserCustomerGroup>{_elements({'username': key, 'group_code': group})}</UserCustomerGroup>",
        )

    def leave(self, group: str) -> None:
        _obeyed(self.front.ask("DELETE", f"/API/V3/UserCustomerGroups?group_code={group}"))

    def rename(self, group: str, title: str) -> None:
        self._write("POST", "UserGroups", f"<UserGroup>{_elements({'code': group, 'title': title})}</UserGroup>")


class OpenMageSpeaker:
    """An integration of a Magento shop, signed for an admin user."""

    name = "openmage"
    fields = tuple(
        field
        for field in _writable(OPENMAGE.fields)
        if field.codec.type in {"string", "date"} and field.wire != "confirmation"
    )
    needs: ClassVar[dict[str, str]] = {
        "firstname": "Ann",
        "lastname": "Lee",
        "website_id": "1",
        "group_id": "1",
        "password": "open sesame",
    }

    def __init__(self, service: Service) -> None:
        account = accounts.account_named(service, "shop").id
        consumers.create_admin(service, account, "erp", "", "all")
        program = consumers.create_consumer(service, account, ConsumerWish("ERP"))
        token = consumers.create_token(service, account, TokenWish(program.token, "erp"))
        self._front = Front(OpenMage(), service, "", content_type="text/xml")
        claims = {
            "oauth_consumer_key": program.token,
            "oauth_token": token.token,
            "oauth_signature_method": "PLAINTEXT",
            "oauth_signature": f"{program.secret}%26{token.secret}",
        }
        header = "OAuth " + ",".join(f'{name}="{value}"' for name, value in claims.items())
        self._headers = {b"authorization": header.encode(), b"accept": b"text/xml"}
        self._created = 0

    def _ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> Reply:
        body = "" if fields is None else f"<magento_api>{_elements(fields)}</magento_api>"
        return self._front.ask(method, f"/api/rest/customers{path}", body, self._headers)

    def create(self, fields: dict[str, str]) -> None:
        self._created += 1
        _obeyed(self._ask("POST", "", {**self.needs, "email": f"m{self._created}@example.com", **fields}))

    def _list(self) -> list[ET.Element]:
        found: list[ET.Element] = []
        for page in count(1):
            shown = list(ET.fromstring(self._ask("GET", f"?limit=100&page={page}").body))
            found += shown
            if len(shown) < 100:
                break
        return found

    def keys(self) -> list[str]:
        return [each.findtext("entity_id") or "" for each in self._list()]

    def change(self, key: str, fields: dict[str, str]) -> None:
        _obeyed(self._ask("PUT", f"/{key}", fields))

    def remove(self, key: str) -> None:
        _obeyed(self._ask("DELETE", f"/{key}"))

    def read(self) -> dict[str, dict[str, str]]:
        return {
            each.findtext("entity_id") or "": {field.tag: field.text or "" for field in each} for each in self._list()
        }

    def echo(self, passing: Passing = as_it_is) -> None:
        """Every customer, and every address."""
        for key in self.keys():
            self._echo(f"/{key}", passing)
            for address in ET.fromstring(self._ask("GET", f"/{key}/addresses").body):
                self._echo(f"/addresses/{address.findtext('entity_id')}", passing)

    def _echo(self, path: str, passing: Passing) -> None:
        shown = self._front.ask("GET", f"/api/rest/customers{path}", "", self._headers).body
        reply = self._front.ask("PUT", f"/api/rest/customers{path}", passing(shown), self._headers)
        assert reply.status == 200, (shown, reply.body)


SPEAKERS: tuple[type[ImonggoSpeaker] | type[ZealdSpeaker] | type[OpenMageSpeaker], ...] = (
    ImonggoSpeaker,
    ZealdSpeaker,
    OpenMageSpeaker,
)
"""Every dialect that writes customers."""
