"""Clients of all four kinds, and what they must end up with."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.outside.fixtures import postgres_shop, serve, server, shop, shop_url, sqlite_shop  # noqa: F401 - pytest finds them here
from tests.outside.serving import LiveServer
from tests.sync.clients import KINDS, Client


@pytest.fixture
def clients(server: LiveServer) -> Iterator[list[Client]]:  # noqa: F811 - the fixture above
    """One of each kind, two records a page."""
    with ExitStack() as stack:
        yield [kind(stack.enter_context(server.session())) for kind in KINDS]
