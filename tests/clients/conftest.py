"""Clients that other people wrote, unchanged, against a real server."""

from tests.outside.fixtures import postgres_shop, serve, shop_url, sqlite_shop  # noqa: F401 - pytest finds them here
