"""How clients ask: with nothing to say, from any time zone, with either spelling of a blank (spec M11, M12)."""

import json
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.outside.clock import FILE_VARIABLE
from tests.outside.fixtures import Serve
from tests.outside.serving import LiveServer
from tests.outside.shop import Shop
from tests.sync.checks import settle, sync_all
from tests.sync.clients import KINDS, Client


def test_an_empty_table_has_no_watermark_and_no_rows(server: LiveServer, shop: Shop, clients: list[Client]) -> None:
    sync_all(clients)

    assert [(client.previous, client.copy) for client in clients] == [(None, {})] * len(clients)
    assert shop.page(after="", to="") == []
    assert shop.count(after="", to="") == 0
    assert json.loads(shop.send("GET", "/api/customers.json?q=last_updated_at").body) == {"last_updated_at": None}


def test_the_first_record_of_an_empty_table_arrives(server: LiveServer, shop: Shop, clients: list[Client]) -> None:
    sync_all(clients)
    shop.create("A")
    settle(clients, shop)


@pytest.mark.parametrize("zone", ["Asia/Manila", "America/St_Johns"])
def test_stamps_are_utc_wherever_the_server_stands(serve: Serve, zone: str) -> None:
    server = serve(environ={"TZ": zone})
    with server.session() as session:
        shop = Shop(session)
        clients = [kind(session, plus=plus) for kind in KINDS for plus in (False, True)]
        before = server.clock.freeze()
        record = shop.create("A")
        assert datetime.fromisoformat(shop.stamp(record)).timestamp() == int(before)
        settle(clients, shop)
        for step in (0, 1, 3_600):
            server.clock.step(step)
            shop.create_many("B", "C", "D")
            shop.change(record, remark=str(step))
            settle(clients, shop)


@pytest.mark.parametrize("module", ["tests.outside", "tillstone.server"])
def test_only_the_factory_of_the_tests_reads_their_clock(shop_url: str, tmp_path: Path, module: str) -> None:
    server = LiveServer(shop_url, tmp_path, environ={FILE_VARIABLE: str(tmp_path / "clock")}, module=module)
    try:
        server.clock.step(-86_400)
        earliest = int(time.time())
        with server.start().session() as session:
            shop = Shop(session)
            stamp = datetime.fromisoformat(shop.stamp(shop.create("A"))).timestamp()
    finally:
        server.close()

    assert (stamp < earliest) == (module == "tests.outside")
