"""The application over the database of a case, in this process, asked as the documentation's host."""

from pathlib import Path

from tests.cases.fixture import seconds
from tests.cases.runner import Answer
from tests.clocks import StandingClock
from tests.outside.inprocess import House
from tillstone import config

HOST = "test_account.imonggo.com"
"""The documentation's host (seeds/000 l.26)."""

LATER = "2030-01-01T00:00:00Z"
"""When a case happens that does not say when."""


class InProcess(House):
    """`send` asks it."""

    def __init__(self, file: Path, *, at: str = "", settings: dict[str, str] | None = None) -> None:
        named = {f"TILLSTONE_{name.upper().replace('.', '_')}": value for name, value in (settings or {}).items()}
        environ = {"TILLSTONE_DATABASE_URL": f"sqlite:///{file}", "TILLSTONE_SERVER_ACCESS_LOG": "false", **named}
        super().__init__(config.load(environ), StandingClock(seconds(at or LATER)))

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Ask the application."""
        return self.ask(method, path, {"host": HOST, **{name.lower(): value for name, value in headers.items()}}, body)
