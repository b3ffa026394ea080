"""What the torture shares. Long forms tell how far they are: see `make torture`."""

from tests.outside.fixtures import postgres_shop, serve, shop_url, sqlite_shop  # noqa: F401 - pytest finds them here
