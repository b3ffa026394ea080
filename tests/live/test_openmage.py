"""An integration written for a Magento 1 shop: requests-oauthlib against a server that runs, and people in a
browser."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests_oauthlib import OAuth1Session

from tests.live.browser import Browser, browser  # noqa: F401 - pytest finds the fixture here
from tests.live.servers import Running, running
from tests.outside.serving import key_file, service_over
from tillstone.domain import consumers
from tillstone.domain.accounts import create_account, system
from tillstone.domain.commands import Create
from tillstone.domain.consumers import ConsumerWish, TokenWish
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import Value
from tillstone.store import migrate

KEY, SECRET = "k" * 32, "s" * 32
WEB_KEY, WEB_SECRET = "w" * 32, "x" * 32
TOKEN, TOKEN_SECRET = "t" * 32, "u" * 32
JSON = {"Accept": "application/json", "Content-Type": "application/json"}
NEW: dict[str, Any] = {
    "firstname": "Ann",
    "lastname": "Lee",
    "email": "ann@example.com",
    "website_id": 1,
    "group_id": 1,
    "password": "open sesame",
}
ADDRESS = {
    "firstname": "Ann",
    "lastname": "Lee",
    "street": ["Main 1"],
    "city": "Austin",
    "country_id": "US",
    "region": "TX",
    "postcode": "78701",
    "telephone": "1",
}


def open_shop(directory: Path) -> str:
    """A shop with a customer, an admin user, a program and a token of its own; the URL of its database."""
    url = f"sqlite:///{directory / 'shop.db'}"
    migrate(url)
    # the server's own key file, so that it can open what is sealed here
    with service_over(url, key_file=str(key_file(directory))) as service:
        account = create_account(service, "shop").id
        values: dict[str, Value] = {"email": "jane@example.com", "first_name": "Jane", "last_name": "Roe"}
        values["password_hash"] = service.hasher.hash("secret123")
        profile = Profile("test", "customer", {name: Rule(name) for name in values})
        service.run(Create("customer", values, profile), system(account))
        consumers.create_admin(service, account, "erp", "open sesame", "all")
        consumers.create_consumer(service, account, ConsumerWish("ERP", KEY, SECRET))
        consumers.create_consumer(service, account, ConsumerWish("Web shop", WEB_KEY, WEB_SECRET))
        consumers.create_token(service, account, TokenWish(KEY, "erp", token=TOKEN, secret=TOKEN_SECRET))
    return url


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server over such a shop, with two workers."""
    directory = tmp_path_factory.mktemp("openmage")
    with running(open_shop(directory), directory, workers=2) as started:
        yield started


@pytest.fixture
def erp(shop: Running) -> Iterator[OAuth1Session]:
    """The program with the admin user's token."""
    with OAuth1Session(KEY, SECRET, TOKEN, TOKEN_SECRET) as session:
        yield session


def test_all_customer_and_address_operations(shop: Running, erp: OAuth1Session) -> None:
    base = f"{shop.base}/api/rest/customers"
    made = erp.post(base, json=NEW, headers=JSON)
    assert (made.status_code, made.content) == (200, b"")
    customer = shop.base + made.headers["Location"]
    assert erp.get(customer, headers=JSON).json()["firstname"] == "Ann"
    assert (
        erp.put(customer, data="<a><firstname>Anna</firstname></a>", headers={"Content-Type": "text/xml"}).status_code
        == 200
    )
    address = shop.base + erp.post(f"{customer}/addresses", json=ADDRESS, headers=JSON).headers["Location"]
    assert erp.get(address, headers=JSON).json()["region"] == "Texas"
    assert erp.put(address, json={"city": "Houston"}, headers=JSON).status_code == 200
    assert [each["city"] for each in erp.get(f"{customer}/addresses", headers=JSON).json()] == ["Houston"]
    asked = {"filter[1][attribute]": "firstname", "filter[1][eq]": "anna", "order": "email", "dir": "asc"}
    assert [each["email"] for each in erp.get(base, params=asked, headers=JSON).json().values()] == ["ann@example.com"]
    assert erp.delete(address).status_code == 200
    assert erp.get(address, headers=JSON).status_code == 404
    assert erp.delete(customer).status_code == 200
    assert erp.get(customer, headers=JSON).status_code == 404


def test_of_two_hundred_copies_at_two_workers_one_is_answered(shop: Running) -> None:
    session = OAuth1Session(KEY, SECRET, TOKEN, TOKEN_SECRET)
    request = session.prepare_request(requests.Request("GET", f"{shop.base}/api/rest/customers/1", headers=JSON))
    copies = dict(request.headers)
    statuses: list[int] = []

    def send() -> None:
        with requests.Session() as mine:
            statuses.extend(mine.get(str(request.url), headers=copies).status_code for _ in range(20))

    threads = [Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [401] * 199


def test_a_nonce_survives_a_server_that_is_killed(tmp_path: Path) -> None:
    url = open_shop(tmp_path)
    session = OAuth1Session(KEY, SECRET, TOKEN, TOKEN_SECRET)
    with running(url, tmp_path) as first:
        request = session.prepare_request(requests.Request("GET", f"{first.base}/api/rest/customers/1", headers=JSON))
        assert requests.get(str(request.url), headers=dict(request.headers)).status_code == 200
        first.kill()
    with running(url, tmp_path) as second:
        # the Host header is what was signed, whatever the port
        headers = {**request.headers, "Host": urlsplit(first.base).netloc}
        again = requests.get(f"{second.base}/api/rest/customers/1", headers=headers)
        assert (again.status_code, "nonce_used" in again.text) == (401, True)


@pytest.mark.browser
@pytest.mark.parametrize(
    "page, login, password, others",
    [
        ("/oauth/authorize", "jane@example.com", "secret123", 404),
        ("/admin/oauth_authorize", "erp", "open sesame", 200),
    ],
)
def test_a_person_lets_a_program_in(
    shop: Running,
    browser: Browser,  # noqa: F811 - the fixture above
    page: str,
    login: str,
    password: str,
    others: int,
) -> None:
    program = OAuth1Session(WEB_KEY, WEB_SECRET, callback_uri="oob")
    token = program.fetch_request_token(f"{shop.base}/oauth/initiate")["oauth_token"]
    browser.open(program.authorization_url(f"{shop.base}{page}"))
    assert "Web shop requests access to your account" in browser.text()
    browser.fill(login=login, password="wrong")
    assert "Invalid login or password" in browser.text()
    browser.open(f"{shop.base}{page}?oauth_token={token}")
    browser.fill(login=login, password=password)
    assert "You are logged in as" in browser.text()
    browser.press("authorize")
    program.fetch_access_token(f"{shop.base}/oauth/token", verifier=browser.text(id="verifier"))
    assert program.get(f"{shop.base}/api/rest/customers/1", headers=JSON).json()["email"] == "jane@example.com"
    with OAuth1Session(KEY, SECRET, TOKEN, TOKEN_SECRET) as erp:
        location = erp.post(
            f"{shop.base}/api/rest/customers", json={**NEW, "email": f"{others}@example.com"}, headers=JSON
        ).headers["Location"]
    assert program.get(shop.base + location, headers=JSON).status_code == others


@pytest.mark.browser
@pytest.mark.parametrize("button, wanted", [("authorize", "oauth_verifier"), ("reject", "rejected")])
def test_the_browser_is_led_back_to_the_program(
    shop: Running,
    browser: Browser,  # noqa: F811 - the fixture above
    button: str,
    wanted: str,
) -> None:
    program = OAuth1Session(WEB_KEY, WEB_SECRET, callback_uri=f"{shop.base}/healthz?shop=1")
    token = program.fetch_request_token(f"{shop.base}/oauth/initiate")["oauth_token"]
    browser.open(f"{shop.base}/oauth/authorize?oauth_token={token}")
    browser.fill(login="jane@example.com", password="secret123")
    browser.press(button)
    said = parse_qs(urlsplit(browser.address()).query)
    assert (said["shop"], said["oauth_token"]) == (["1"], [token])
    assert wanted in said


@pytest.mark.browser
def test_another_site_cannot_confirm(shop: Running, browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    """A page from elsewhere sends the form of a person who is logged in: nothing is confirmed."""
    program = OAuth1Session(WEB_KEY, WEB_SECRET, callback_uri="oob")
    token = program.fetch_request_token(f"{shop.base}/oauth/initiate")["oauth_token"]
    browser.open(f"{shop.base}/oauth/authorize?oauth_token={token}")
    browser.fill(login="jane@example.com", password="secret123")
    evil = tmp_path / "evil.html"
    action = f"{shop.base}/oauth/authorize/confirm?oauth_token={token}"
    evil.write_text(f'<form method="post" action="{action}"><button id="win" type="submit">Win</button></form>')
    browser.open(evil.as_uri())
    browser.press("win")
    assert "not made by this page" in browser.text() or "invalid" in browser.text()
    browser.open(f"{shop.base}/oauth/authorize?oauth_token={token}")
    assert "requests access" in browser.text()


@pytest.mark.browser
def test_the_pages_can_be_used_without_seeing_or_pointing(shop: Running, browser: Browser) -> None:  # noqa: F811
    program = OAuth1Session(WEB_KEY, WEB_SECRET, callback_uri="oob")
    token = program.fetch_request_token(f"{shop.base}/oauth/initiate")["oauth_token"]
    browser.open(f"{shop.base}/oauth/authorize?oauth_token={token}")
    assert browser.language() == "en"
    assert browser.labels() == {"login": "Email Address", "password": "Password"}
    assert browser.focused() == "login"


def test_no_secret_is_logged(tmp_path: Path) -> None:
    url = open_shop(tmp_path)
    with running(url, tmp_path) as server:
        with OAuth1Session(KEY, SECRET, TOKEN, "wrong") as program:
            assert program.get(f"{server.base}/api/rest/customers/1", headers=JSON).status_code == 401
        session = OAuth1Session(KEY, SECRET, TOKEN, TOKEN_SECRET, signature_method="PLAINTEXT")
        assert session.get(f"{server.base}/api/rest/customers/1", headers=JSON).status_code == 200
        server.stop()
        log = server.faults() + (tmp_path / "access.log").read_text()
    assert "most likely a secret is wrong" in log
    assert SECRET not in log
    assert TOKEN_SECRET not in log
