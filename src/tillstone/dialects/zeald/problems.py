"""What can be wrong with a request before any record is looked at. `fail.py` words it."""

from tillstone.domain.errors import Refusal


class BadRequest(Refusal):
    """A specification, query, body or verb that cannot be meant (400). `sentence` is shown; `resource` and `field` name
    what it is about."""

    def __init__(self, sentence: str, resource: str = "", field: str = "") -> None:
        super().__init__()
        self.sentence = sentence
        self.resource = resource
        self.field = field


class NoSuchPlace(Refusal):
    """A path that leads nowhere (404)."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class NotXml(Refusal):
    """A body that does not say it is XML (415)."""


class HttpsRequired(Refusal):
    """Plain HTTP where the connection must be encrypted (403)."""


class KeyMismatch(Refusal):
    """The body names another record than the path (409)."""

    def __init__(self, field: str, body: str, path: str) -> None:
        super().__init__()
        self.field = field
        self.body = body
        self.path = path
