"""The four kinds of client that are in use, unchanged: the documented loop of seeds/000 to 002, and its variants.

Each keeps a copy by what it was answered and knows nothing of the server but its URLs. `cycle` makes one request
between two steps, so that a test can let anything happen between any two of them.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import ClassVar
from urllib.parse import quote, quote_plus
from xml.etree import ElementTree as ET

from tests.outside.records import Copy, Record, id_of, record_of
from tests.outside.session import Session


class Unanswered(AssertionError):
    """The server gave an answer that no client of the documentation expects."""


class Client:
    """The documented loop: pages until one is empty, with `after` and `to`."""

    kind: ClassVar[str] = "documented"

    def __init__(
        self,
        session: Session,
        resource: str = "customers",
        *,
        per_page: int = 2,
        active_only: bool = False,
        plus: bool = False,
    ) -> None:
        self.session = session
        self.resource = resource
        self.per_page = per_page
        self.copy: Copy = {}
        self.previous: str | None = None
        self.pages: list[list[int]] = []
        """The ids of each page of the last cycle."""
        self._fixed = {"active_only": "1"} if active_only else {}
        self._quote = quote_plus if plus else quote

    def sync(self) -> None:
        """One whole cycle, undisturbed."""
        for _ in self.cycle():
            pass

    def cycle(self) -> Iterator[None]:
        """One cycle. Yields between two requests."""
        self.pages = []
        newest = self._newest()
        yield
        yield from self._walk(newest)
        self.previous = newest

    def _walk(self, newest: str | None) -> Iterator[None]:
        for number in count(1):
            if self._is_last(self._page(number, self._window(newest))):
                return
            yield

    def _is_last(self, rows: list[Record]) -> bool:
        return not rows

    def _window(self, newest: str | None) -> dict[str, str]:
        # nothing to say is said all the same: `?after=&to=` is what a client sends at first (spec M11)
        return {"after": self.previous or "", "to": newest or ""}

    def _newest(self) -> str | None:
        text = self._ask({"q": "last_updated_at"}).findtext("last-updated-at")
        return text or None

    def _count(self, window: Mapping[str, str]) -> int:
        text = self._ask({**window, **self._fixed, "q": "count"}).findtext("count")
        assert text is not None
        return int(text)

    def _page(self, number: int, window: Mapping[str, str]) -> list[Record]:
        asked = {**window, **self._fixed, "page": str(number), "per_page": str(self.per_page)}
        rows = [record_of(element) for element in self._ask(asked)]
        self.pages.append([id_of(row) for row in rows])
        for row in rows:
            self._apply(row)
        return rows

    def _apply(self, row: Record) -> None:
        if row["status"] == "D":
            self.copy.pop(id_of(row), None)
        else:
            self.copy[id_of(row)] = row

    def _ask(self, query: Mapping[str, str]) -> ET.Element:
        text = "&".join(f"{name}={self._quote(value, safe='')}" for name, value in query.items())
        path = f"/api/{self.resource}.xml?{text}"
        answer = self.session.request("GET", path)
        if answer.status != 200:
            raise Unanswered(f"GET {path}: {answer.status} {answer.body!r}")
        return answer.xml()


class ShortPageClient(Client):
    """Stops at a page that is shorter than it asked for."""

    kind = "stops at a short page"

    def _is_last(self, rows: list[Record]) -> bool:
        return len(rows) < self.per_page


class CountingClient(Client):
    """Takes the number of pages from `q=count`, and sends no `to`."""

    kind = "q=count without to"

    def _window(self, newest: str | None) -> dict[str, str]:
        return {"after": self.previous or ""}

    def _walk(self, newest: str | None) -> Iterator[None]:
        window = self._window(newest)
        pages = -(-self._count(window) // self.per_page)
        for number in range(1, pages + 1):
            yield
            self._page(number, window)


class BoundedCountingClient(CountingClient):
    """Takes the number of pages from `q=count`, with `to`."""

    kind = "q=count with to"

    def _window(self, newest: str | None) -> dict[str, str]:
        return Client._window(self, newest)


KINDS: tuple[type[Client], ...] = (Client, ShortPageClient, CountingClient, BoundedCountingClient)
