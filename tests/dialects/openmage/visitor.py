"""A person in a browser without scripts: opens pages, fills in forms, keeps cookies. Real Chromium has tests of its
own."""

import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.dialects.openmage.world import Reply, Shop

PAGES = {"customer": "/oauth/authorize", "admin": "/admin/oauth_authorize"}
PEOPLE = {"customer": ("jane@example.com", "secret123"), "admin": ("admin", "admin pass")}


class Visitor:
    """Somebody with cookies."""

    def __init__(self, shop: Shop, kind: str = "customer") -> None:
        self.shop = shop
        self.kind = kind
        self.cookie = ""
        self.page: Reply | None = None

    def get(self, path: str) -> Reply:
        return self._keep(self.shop.send("GET", path, self._headers()))

    def post(self, path: str, **fields: str) -> Reply:
        headers = {**self._headers(), "Content-Type": "application/x-www-form-urlencoded"}
        return self._keep(self.shop.send("POST", path, headers, urlencode(fields)))

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}

    def _keep(self, reply: Reply) -> Reply:
        if "set-cookie" in reply.headers:
            self.cookie = reply.headers["set-cookie"].partition(";")[0]
        self.page = reply
        return reply

    def visit(self, token: str) -> Reply:
        return self.get(f"{PAGES[self.kind]}?oauth_token={token}")

    def submit(self, step: str, **fields: str) -> Reply:
        """Send the form of the page that leads to `step`."""
        assert self.page is not None
        form = re.search(rf'<form method="post" action="([^"]*/{step}\?[^"]*)">(.*?)</form>', self.page.body, re.DOTALL)
        assert form is not None, self.page
        key = re.search(r'name="form_key" value="([^"]*)"', form[2])
        assert key is not None
        return self.post(unescape(form[1]), form_key=unescape(key[1]), **fields)

    def log_in(self, token: str, name: str = "", password: str = "") -> Reply:
        """Open the page, fill in the form, follow to the question."""
        self.visit(token)
        usual = PEOPLE[self.kind]
        reply = self.submit("login", login=name or usual[0], password=password or usual[1])
        return self.get(reply.headers["location"]) if reply.status == 302 else reply

    def confirm(self) -> Reply:
        return self.submit("confirm")

    def reject(self) -> Reply:
        return self.submit("reject")


def verifier_of(reply: Reply) -> str:
    """What a confirmation hands to the program: on the page, or in the address it leads to."""
    if reply.status == 302:
        return parse_qs(urlsplit(reply.headers["location"]).query)["oauth_verifier"][0]
    found = re.search(r'id="verifier">([0-9a-f]{32})<', reply.body)
    assert found is not None, reply
    return found[1]
