"""What has to hold of copies when nobody writes any more."""

from collections.abc import Iterator, Sequence

from tests.outside.records import Copy
from tests.outside.shop import Shop
from tests.sync.clients import Client


def sync_all(clients: Sequence[Client]) -> None:
    for client in clients:
        client.sync()


def settle(clients: Sequence[Client], shop: Shop) -> None:
    """After a quiet cycle every copy equals the live records in every field."""
    sync_all(clients)
    require_equal(clients, shop)


def require_equal(clients: Sequence[Client], shop: Shop) -> Copy:
    """Every copy is the live records, which are given."""
    live = shop.live()
    for client in clients:
        lost = sorted(set(live) - set(client.copy))
        ghosts = sorted(set(client.copy) - set(live))
        stale = sorted(record for record in set(live) & set(client.copy) if live[record] != client.copy[record])
        assert (lost, ghosts, stale) == ([], [], []), f"the client that {client.kind!r} differs"
    return live


def walk_to_first_page(client: Client) -> Iterator[None]:
    """Begins a cycle, and gives what is left of it behind the first page."""
    steps = client.cycle()
    before = client.pages
    while client.pages is before or not client.pages:
        next(steps)
    return steps
