"""A stock ActiveResource client: it creates, finds, pages, updates, deletes and counts, without a word of adaptation.

It needs `imonggo.empty_list = typed`, because it cannot read the empty list that the documentation prints.
"""

from typing import Any

import pytest
from pyactiveresource import connection, formats
from pyactiveresource.activeresource import ActiveResource

from tests.outside.fixtures import Serve
from tests.outside.serving import LiveServer
from tests.outside.session import TOKEN

FIELDS: dict[str, dict[str, str]] = {
    "Customer": {"name": "Peter Parker", "alternate_code": "P-1"},
    "Supplier": {"name": "Acme", "code": "S-1"},
    "Product": {"name": "Lamp", "stock_no": "L-1", "retail_price": "12.5"},
}
RESOURCES = tuple(FIELDS)


def resource(server: LiveServer, name: str) -> Any:
    """A class as the client's own documentation tells to write it: the site, the user and the format."""
    settings = {"_site": f"{server.base}/api/", "_user": TOKEN, "_password": "X", "_format": formats.XMLFormat}
    return type(ActiveResource)(name, (ActiveResource,), settings)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client asks urllib, and urllib the environment."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def typed(serve: Serve) -> LiveServer:
    return serve(environ={"TILLSTONE_IMONGGO_EMPTY_LIST": "typed"})


def test_a_record_is_created_found_changed_and_deleted(typed: LiveServer) -> None:
    for name in RESOURCES:
        kind = resource(typed, name)
        record = kind(FIELDS[name])
        assert record.save()
        assert int(record.id) == 1

        found = kind.find(1)
        assert {field: getattr(found, field) for field in FIELDS[name]} == FIELDS[name]
        assert found.status is None

        # it sends the whole record back, whatever it may write
        found.name = "Another name"
        assert found.save()
        assert kind.find(1).name == "Another name"

        found.destroy()
        assert kind.find(1).status == "D"
        assert [row.id for row in kind.find(active_only=1)] == []


def test_lists_are_paged_filtered_and_counted(typed: LiveServer) -> None:
    for name in RESOURCES:
        kind = resource(typed, name)
        plural = f"/api/{kind.plural}.xml"
        assert list(kind.find()) == []
        for number in range(5):
            kind.create(FIELDS[name] | {"name": f"Name {number}"} | {key: str(number) for key in codes(name)})

        pages = [[row.name for row in kind.find(page=page, per_page=2)] for page in (1, 2, 3, 4)]
        assert pages == [["Name 0", "Name 1"], ["Name 2", "Name 3"], ["Name 4"], []]
        assert len(kind.find(after="2001-01-01T00:00:00Z")) == 5
        assert len(kind.find(after="2100-01-01")) == 0
        assert kind.connection.get_formatted(f"{plural}?q=count") == 5
        newest = kind.connection.get_formatted(f"{plural}?q=last_updated_at")
        assert len(kind.find(to=newest, page=1)) == 5


def codes(name: str) -> tuple[str, ...]:
    return tuple(field for field in FIELDS[name] if field in {"alternate_code", "code", "stock_no"})


def test_a_record_that_is_sent_back_as_it_was_changes_nothing(typed: LiveServer) -> None:
    for name in RESOURCES:
        kind = resource(typed, name)
        kind.create(FIELDS[name])
        typed.clock.step(60)
        found = kind.find(1)

        assert found.save()

        assert kind.find(1).to_dict() == found.to_dict()


def test_a_nameless_customer_is_refused_with_the_servers_words(typed: LiveServer) -> None:
    customer = resource(typed, "Customer")({"name": "", "city": "Cebu"})

    assert not customer.save()

    assert customer.errors.on("name") == "can't be blank"


def test_records_and_keys_that_do_not_exist_are_told_apart(typed: LiveServer) -> None:
    customer, stranger = resource(typed, "Customer"), resource(typed, "Customer")
    stranger.user = "0" * 40
    customer.create(FIELDS["Customer"])

    assert (customer.exists(1), customer.exists(2)) == (True, False)
    with pytest.raises(connection.ResourceNotFound):
        customer.find(2)
    with pytest.raises(connection.UnauthorizedAccess):
        stranger.find(1)


def test_the_documented_empty_list_is_beyond_this_client(serve: Serve) -> None:
    """The known difference: with the default setting an empty list looks as it is printed (seeds/001 l.31)."""
    server = serve()
    for name in RESOURCES:
        kind = resource(server, name)

        with pytest.raises(TypeError, match="NoneType"):
            kind.find()

        kind.create(FIELDS[name])
        assert [row.id for row in kind.find()] == ["1"]
