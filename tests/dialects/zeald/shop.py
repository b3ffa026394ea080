"""Short names for requests to `/API/V3/` and for what their answers say."""

from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from tests.fronts import Front, make_key, root_of
from tillstone.dialects.zeald import Options, Zeald
from tillstone.domain.accounts import KeyWish
from tillstone.domain.service import Service
from tillstone.wire.http import Reply

SEED = """<ResultSet><Customer><username>peter@parker.nz</username><password>PETERFOO123</password>
<email>peter@parker.nz</email><b_fname>Peter</b_fname><b_lname>Parker</b_lname>
<UserCustomerGroup><username>peter@parker.nz</username><group_code>dealer</group_code></UserCustomerGroup>
<UserCustomerGroup><username>peter@parker.nz</username><group_code>vip</group_code></UserCustomerGroup>
</Customer></ResultSet>"""
"""The page's first request (seeds/003 l.52-70)."""

Actions = list[Any]


class Shop:
    """One key's view of the shop."""

    def __init__(self, service: Service, options: Options | None = None, wish: KeyWish | None = None) -> None:
        dialect = Zeald(service.clock.now, options or Options())
        self.service = service
        self.front = Front(dialect, service, make_key(service, wish=wish))

    def ask(self, method: str, target: str, body: str | bytes = b"", **more: Any) -> Reply:
        return self.front.ask(method, f"/API/V3/{target}", body, **more)

    def get(self, target: str) -> ET.Element:
        reply = self.ask("GET", target)
        assert reply.status == 200, reply.body
        return root_of(reply)

    def json(self, target: str) -> Any:
        reply = self.ask("GET", target)
        assert reply.status == 200, reply.body
        return msgspec.json.decode(reply.body)["ResultSet"]

    def keys(self, target: str) -> list[str]:
        """The keys of the records that a GET answers, in order."""
        return [node.get("id", "").split("::", 2)[2] for node in self.get(target)]

    def field(self, target: str, name: str) -> str:
        """One field of the first record."""
        return self.get(target)[0].findtext(name) or ""

    def write(self, method: str, target: str, body: str) -> ET.Element:
        reply = self.ask(method, target, body if body.startswith("<ResultSet") else f"<ResultSet>{body}</ResultSet>")
        assert reply.status == 200, reply.body.decode()
        return root_of(reply)

    def post(self, target: str, body: str) -> Actions:
        return actions(self.write("POST", target, body))

    def put(self, target: str, body: str) -> Actions:
        return actions(self.write("PUT", target, body))

    def delete(self, target: str) -> list[str]:
        """The keys of what was deleted."""
        reply = self.ask("DELETE", target)
        assert reply.status == 200, reply.body
        return [code.text or "" for code in root_of(reply).iter("code")]

    def refused(self, method: str, target: str, body: str = "") -> list[tuple[str, str, str]]:
        """Status, message and field of each error."""
        wrapped = body if not body or body.startswith("<ResultSet") else f"<ResultSet>{body}</ResultSet>"
        reply = self.ask(method, target, wrapped)
        root = root_of(reply)
        assert root.get("stat") == "fail", reply.body
        errors = [tuple(error.findtext(name) or "" for name in ("code", "msg", "field")) for error in root]
        assert str(reply.status) == errors[0][0]
        return errors  # type: ignore[return-value]

    def seed(self) -> None:
        self.post("Customer+UserCustomerGroups", SEED)


def actions(parent: ET.Element) -> Actions:
    """What became of each record, nested as the records are: `[("created", "41", [...])]`."""
    return [
        (record.get("action"), record.get("key"), *([actions(record)] if len(record) else []))
        for record in parent.findall("record")
    ]


def warnings(root: ET.Element) -> list[str]:
    return [warning.text or "" for warning in root.findall("warning")]
