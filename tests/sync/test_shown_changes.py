"""A change that shows in records without touching them reaches every copy that shows it (spec M9)."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.outside.serving import ACCOUNT, LiveServer, service_over
from tests.outside.shop import Shop
from tests.sync.checks import settle, sync_all, walk_to_first_page
from tests.sync.clients import KINDS, Client
from tillstone.cli.commands import app
from tillstone.domain import accounts
from tillstone.domain.commands import Change, Key
from tillstone.domain.profile import Profile, Rule

PRIMARY = Profile("test", "customer", {"primary_group": Rule("primary_group")})


class Terminal:
    """The command line beside the running server."""

    def __init__(self, url: str) -> None:
        self._environ = {"TILLSTONE_DATABASE_URL": url}

    def tillstone(self, *arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments), env=self._environ, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
def terminal(shop_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(shop_url)


def choose_primary(url: str, customer: int, group: int) -> None:
    """An explicit primary group, which no command and no page of this dialect sets."""
    with service_over(url) as service:
        principal = accounts.system(accounts.account_named(service, ACCOUNT).id)
        service.run(Change("customer", Key("id", customer), {"primary_group": group}, PRIMARY), principal)


def arrived(client: Client) -> list[int]:
    return sorted({record for page in client.pages for record in page})


def test_a_renamed_or_re_rated_group_reaches_everybody_who_shows_it(
    shop_url: str, terminal: Terminal, server: LiveServer, shop: Shop, clients: list[Client]
) -> None:
    first, second, chosen, other, gone = shop.create_many("First", "Second", "Chosen", "Other", "Gone")
    created = terminal.tillstone("group", "create", ACCOUNT, "vip", "--title", "VIP")
    terminal.tillstone("group", "create", ACCOUNT, "dealer")
    # the second shows another group, of which it was a member before
    members = (("vip", first), ("dealer", second), ("vip", second), ("dealer", other), ("vip", gone))
    for code, customer in members:
        terminal.tillstone("group", "add", ACCOUNT, code, str(customer))
    terminal.tillstone("group", "remove", ACCOUNT, "vip", str(gone))
    choose_primary(shop_url, chosen, int(created.rstrip(".\n").split()[-1]))
    settle(clients, shop)

    for change in (("--title", "Very important"), ("--discount-rate", "0.25")):
        terminal.tillstone("group", "change", ACCOUNT, "vip", *change)
        sync_all(clients)

        assert [arrived(client) for client in clients] == [[first, second, chosen]] * len(clients), change
        settle(clients, shop)


def test_a_customer_type_that_changes_while_they_are_walked_pushes_no_other_off_a_page(
    terminal: Terminal, server: LiveServer, shop: Shop
) -> None:
    types = shop.at("customer_types")
    clients = [kind(shop.session, "customer_types") for kind in KINDS]
    names = ("G1", "G2", "G3", "G4")
    for name in names:
        terminal.tillstone("group", "create", ACCOUNT, name)
    walks = [walk_to_first_page(client) for client in clients]

    terminal.tillstone("group", "change", ACCOUNT, "G1", "--title", "Changed")
    for steps in walks:
        for _ in steps:
            pass
    settle(clients, types)
    assert len(types.live()) == len(names)


def test_a_changed_tax_rate_or_branch_price_reaches_its_products(
    terminal: Terminal, server: LiveServer, shop: Shop
) -> None:
    products = shop.at("products")
    clients = [kind(shop.session, "products") for kind in KINDS]
    terminal.tillstone("tax-rate", "create", ACCOUNT, "VAT", "--value", "0.12")
    terminal.tillstone("branch", "create", ACCOUNT, "Harbour")
    taxed = products.create("Taxed", stock_no="T", retail_price="1", tax_list="VAT")
    priced = products.create("Priced", stock_no="P", retail_price="1")
    products.create("Other", stock_no="O", retail_price="1")
    settle(clients, products)

    terminal.tillstone("tax-rate", "change", ACCOUNT, "VAT", "--value", "0.15")
    sync_all(clients)
    assert [arrived(client) for client in clients] == [[taxed]] * len(clients)
    settle(clients, products)

    terminal.tillstone("price", "set", ACCOUNT, "P", "Harbour", "0.5")
    sync_all(clients)
    assert [arrived(client) for client in clients] == [[priced]] * len(clients)
    settle(clients, products)


def zeald(shop: Shop, method: str, path: str, body: str = "") -> None:
    """A request of the other dialect, whose records are these."""
    sent = f"<ResultSet>{body}</ResultSet>".encode() if body else None
    answer = shop.session.request(method, f"/API/V3/{path}", sent, {"Content-Type": "text/xml"})
    assert answer.status == 200, answer


def test_writes_through_another_dialect_arrive(server: LiveServer, shop: Shop, clients: list[Client]) -> None:
    server.clock.freeze()
    create = "<Customer><username>{}</username><b_fname>{}</b_fname></Customer>"
    zeald(shop, "POST", "Customer", create.format("peter", "Peter") + create.format("mary", "Mary"))
    settle(clients, shop)
    peter, mary = sorted(shop.live())

    zeald(shop, "POST", "Customer", "<Customer><username>peter</username><b_city>Cebu</b_city></Customer>")
    settle(clients, shop)
    assert [client.copy[peter]["city"] for client in clients] == ["Cebu"] * len(clients)

    zeald(shop, "DELETE", "Customer/mary")
    settle(clients, shop)
    assert [mary in client.copy for client in clients] == [False] * len(clients)


def test_a_group_renamed_through_another_dialect_reaches_its_members(
    server: LiveServer, shop: Shop, clients: list[Client]
) -> None:
    server.clock.freeze()
    member = "<UserCustomerGroup><UserGroup><code>vip</code><title>VIP</title></UserGroup></UserCustomerGroup>"
    customer = f"<Customer><username>peter</username><b_fname>Peter</b_fname>{member}</Customer>"
    zeald(shop, "POST", "Customer+(UserCustomerGroups+UserGroups)", customer)
    shop.create("Outsider")
    settle(clients, shop)
    (peter,) = (record for record, row in shop.live().items() if row["customer_type_name"])

    zeald(shop, "PUT", "UserGroups/vip", "<UserGroup><code>vip</code><title>Very important</title></UserGroup>")
    sync_all(clients)

    assert [arrived(client) for client in clients] == [[peter]] * len(clients)
    assert clients[0].copy[peter]["customer_type_name"] == "Very important"
    settle(clients, shop)
