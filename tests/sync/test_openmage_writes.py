"""What a Magento integration writes reaches every unchanged client of the first dialect, within one second too."""

from tests.outside.serving import ACCOUNT, LiveServer, key_file, service_over
from tests.outside.session import Answer
from tests.outside.shop import Shop
from tests.sync.checks import settle
from tests.sync.clients import Client
from tillstone.domain import accounts, consumers
from tillstone.domain.consumers import ConsumerWish, TokenWish

PERSON = {"firstname": "Ann", "lastname": "Lee", "website_id": "1", "group_id": "1", "password": "open sesame"}
PLACE = {"firstname": "Ann", "lastname": "Lee", "city": "Graz", "country_id": "NZ", "postcode": "1", "telephone": "1"}


class Magento:
    """An integration that signs for an admin user, over the server's own socket."""

    def __init__(self, server: LiveServer) -> None:
        with service_over(server.url, key_file=str(key_file(server.folder))) as service:
            account = accounts.account_named(service, ACCOUNT).id
            consumers.create_admin(service, account, "erp", "", "all")
            program = consumers.create_consumer(service, account, ConsumerWish("ERP"))
            token = consumers.create_token(service, account, TokenWish(program.token, "erp"))
        self._session = server.session(token="")
        self._headers = {
            "Authorization": f'OAuth oauth_consumer_key="{program.token}",oauth_token="{token.token}",'
            f'oauth_signature_method="PLAINTEXT",oauth_signature="{program.secret}%26{token.secret}"',
            "Accept": "text/xml",
            "Content-Type": "text/xml",
        }

    def write(self, method: str, path: str, fields: dict[str, str] | None = None, more: str = "") -> Answer:
        body = "".join(f"<{name}>{value}</{name}>" for name, value in (fields or {}).items()) + more
        sent = f"<magento_api>{body}</magento_api>".encode() if body else None
        answer = self._session.request(method, f"/api/rest/customers{path}", sent, self._headers)
        assert answer.status == 200, answer.body
        return answer

    def create(self, path: str, fields: dict[str, str], more: str = "") -> str:
        return self.write("POST", path, fields, more).headers["location"].rpartition("/")[2]

    def close(self) -> None:
        self._session.close()


def test_no_write_of_a_magento_integration_is_lost(server: LiveServer, shop: Shop, clients: list[Client]) -> None:
    magento = Magento(server)
    server.clock.freeze()
    settle(clients, shop)
    for number in range(3):
        customer = magento.create("", {**PERSON, "email": f"ann{number}@example.com"})
        settle(clients, shop)
        magento.write("PUT", f"/{customer}", {"lastname": f"Lee {number}"})
        settle(clients, shop)
        street = "<street><data_item>1 High St</data_item></street><is_default_billing>1</is_default_billing>"
        address = magento.create(f"/{customer}/addresses", PLACE, street)
        settle(clients, shop)
        assert shop.read(int(customer))["street"] == "1 High St"
        magento.write("PUT", f"/addresses/{address}", {"city": f"Linz {number}"})
        settle(clients, shop)
        assert clients[0].copy[int(customer)]["city"] == f"Linz {number}"
    magento.write("DELETE", f"/{customer}")
    settle(clients, shop)
    assert [int(customer) in client.copy for client in clients] == [False] * len(clients)
    magento.close()
