"""The steps of the three-legged flow in a replay: our tokens in place of the recorded ones, our pages in place of the
product's.

The random values of a recording are `feed…` placeholders. What we answered in place of one is remembered, and requests
that use one are signed anew.
"""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from oauthlib.oauth1 import Client

from tests.dialects.openmage.visitor import Visitor, verifier_of
from tests.dialects.openmage.world import HOST, Reply, Shop, pad

_PLACEHOLDER = re.compile("feed[0-9a-f]{28}")
_PAIR = re.compile(r'(oauth_\w+)="([^"]*)"')

Case = dict[str, Any]


class Flow:
    """What a replay knows of the flow so far."""

    def __init__(self, shop: Shop, kind: str) -> None:
        self._shop = shop
        self._visitor = Visitor(shop, kind)
        self._ours: dict[str, str] = {}
        self._secrets: dict[str, str] = {}
        self._verifiers: list[str] = []

    def takes(self, case: Case) -> bool:
        """Whether a person in a browser took this step."""
        return bool(case["request"]["user"] == "browser session")

    def step(self, case: Case) -> Reply | None:
        """The same step on our pages; None where ours has no such step."""
        request = case["request"]
        path = request["path"].removeprefix("/index.php")
        token = self._ours.get(path.rpartition("oauth_token=")[2], path.rpartition("oauth_token=")[2])
        if "login[username]" in str(request["body"]):
            self._visitor.log_in(self._ours[request["body"]["oauth_token"]])
            return None
        if "/confirm" in path or "/reject" in path:
            return self._decide(path, token)
        if request["method"] == "POST":
            return None
        return self._visitor.get(_PLACEHOLDER.sub(token, path))

    def _decide(self, path: str, token: str) -> Reply:
        """With the button of the page that asks; without one the recorded link shows what our page says."""
        self._visitor.visit(token)
        if 'id="authorize"' not in self._visitor.page.body:  # type: ignore[union-attr]  # the line above opened one
            return self._visitor.visit(token)
        if "/reject" in path:
            return self._visitor.reject()
        reply = self._visitor.confirm()
        self._verifiers.append(verifier_of(reply))
        return reply

    def renewed(self, request: Case) -> Case:
        """A request with our values in place of placeholders, signed anew if it bears any."""
        header = request["headers"].get("Authorization", "")
        if not _PLACEHOLDER.search(header):
            return request
        pairs = {name: unquote(value) for name, value in _PAIR.findall(header)}
        if "oauth_verifier" in pairs and _PLACEHOLDER.fullmatch(pairs["oauth_verifier"]):
            self._ours.setdefault(pairs["oauth_verifier"], self._verifiers[-1])
        pairs = {name: self._ours.get(value, value) for name, value in pairs.items()}
        return request | {"headers": request["headers"] | {"Authorization": self._signed(request, pairs)}}

    def _signed(self, request: Case, pairs: dict[str, str]) -> str:
        client = Client(
            pairs["oauth_consumer_key"],
            client_secret=pad(f"c0nsumersecret{pairs['oauth_consumer_key'][-1]}"),
            resource_owner_key=pairs["oauth_token"],
            resource_owner_secret=self._secrets.get(pairs["oauth_token"], ""),
            verifier=pairs.get("oauth_verifier"),
            timestamp=pairs["oauth_timestamp"],
            nonce=pairs["oauth_nonce"],
        )
        _, headers, _ = client.sign(f"http://{HOST}{request['path']}", http_method=request["method"])
        return str(headers["Authorization"])

    def renewed_answer(self, response: Case) -> Case:
        """A recorded answer with our values in place of placeholders in its address."""
        location = response.get("headers", {}).get("Location", "")
        if not _PLACEHOLDER.search(location) or "client.example.com" not in location:
            return response
        for placeholder in _PLACEHOLDER.findall(location):
            self._ours.setdefault(placeholder, self._verifiers[-1] if self._verifiers else placeholder)
        ours = _PLACEHOLDER.sub(lambda match: self._ours[match[0]], location)
        return response | {"headers": response["headers"] | {"Location": ours}, "body": ""}

    def remember(self, response: Case, reply: Reply) -> None:
        """Which of our tokens and secrets stand for recorded ones."""
        recorded, ours = dict(parse_qsl(response.get("body") or "")), dict(parse_qsl(reply.body))
        for name in ("oauth_token", "oauth_token_secret"):
            if name in recorded and name in ours:
                self._ours[recorded[name]] = ours[name]
        if "oauth_token_secret" in ours:
            self._secrets[ours["oauth_token"]] = ours["oauth_token_secret"]
