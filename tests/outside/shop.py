"""A shop behind a session: what a till or a web shop does to its records, and what a person would find in it."""

from collections.abc import Mapping
from itertools import count
from xml.sax.saxutils import escape

from tests.outside.records import Copy, Record, id_of, record_of
from tests.outside.session import Answer, Session

SINGULAR = {"customers": "customer", "suppliers": "supplier", "products": "product"}
XML = {"Content-Type": "application/xml"}


class Refused(AssertionError):
    """The server did not do what was asked."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body[:500]!r}")
        self.answer = answer


class Shop:
    """Writes and reads one resource."""

    def __init__(self, session: Session, resource: str = "customers") -> None:
        self.session = session
        self.resource = resource
        self.path = f"/api/{resource}"

    def at(self, resource: str) -> "Shop":
        return Shop(self.session, resource)

    def create(self, name: str, **fields: str) -> int:
        """The new record's id."""
        answer = self._done("POST", f"{self.path}.xml", {"name": name, **fields})
        text = answer.xml().findtext("id")
        assert text is not None
        return int(text)

    def create_many(self, *names: str) -> list[int]:
        return [self.create(name) for name in names]

    def change(self, record: int, **fields: str) -> None:
        self._done("PUT", f"{self.path}/{record}.xml", fields)

    def remove(self, record: int) -> None:
        self._done("DELETE", f"{self.path}/{record}.xml")

    def read(self, record: int) -> Record:
        return record_of(self._done("GET", f"{self.path}/{record}.xml").xml())

    def stamp(self, record: int) -> str:
        return str(self.read(record)["utc_updated_at"])

    def newest(self) -> str:
        """The watermark, written as records write their stamps."""
        text = self._done("GET", f"{self.path}.xml?q=last_updated_at").xml().findtext("last-updated-at")
        return f"{text.replace(' ', 'T')}Z" if text else ""

    def count(self, **query: str) -> int:
        asked = "".join(f"&{name}={value}" for name, value in query.items())
        text = self._done("GET", f"{self.path}.xml?q=count{asked}").xml().findtext("count")
        assert text is not None
        return int(text)

    def page(self, **query: str) -> list[Record]:
        return self.listing("&".join(f"{name}={value}" for name, value in query.items()))

    def listing(self, query: str) -> list[Record]:
        return [record_of(element) for element in self._done("GET", f"{self.path}.xml?{query}").xml()]

    def ids(self, **query: str) -> list[int]:
        return [id_of(row) for row in self.page(**query)]

    def everything(self) -> Copy:
        """All records, deleted ones too, by the plain list."""
        found: Copy = {}
        for number in count(1):
            rows = self.page(page=str(number), per_page="50")
            if not rows:
                return found
            found |= {id_of(row): row for row in rows}
        raise AssertionError

    def live(self) -> Copy:
        """What every copy must be equal to."""
        return {record: row for record, row in self.everything().items() if row["status"] != "D"}

    def send(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> Answer:
        """Any request, with `fields` in a body of this resource."""
        if fields is None:
            return self.session.request(method, path)
        return self.session.request(method, path, self.body(fields), XML)

    def body(self, fields: Mapping[str, str]) -> bytes:
        tag = SINGULAR[self.resource]
        return f"<{tag}>{''.join(f'<{name}>{escape(text)}</{name}>' for name, text in fields.items())}</{tag}>".encode()

    def _done(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> Answer:
        answer = self.send(method, path, fields)
        if answer.status != 200:
            raise Refused(answer)
        return answer
