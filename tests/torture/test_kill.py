"""kill -9 under writers, again and again: what was acknowledged is there afterwards, once, and the copies are right."""

from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from tests.conftest import LONG_FORMS
from tests.outside.crew import Crew
from tests.outside.fixtures import Serve
from tests.outside.shop import Shop
from tests.sync.checks import require_equal
from tests.sync.clients import KINDS
from tests.torture.progress import Progress
from tillstone.cli.commands import app

pytestmark = pytest.mark.torture

ROUNDS = 200 if LONG_FORMS else 3
WRITERS = 4


def test_nothing_acknowledged_is_lost_or_doubled_by_kill_9(
    shop_url: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, progress = Random(9), Progress("kill -9", ROUNDS)
    server, crews = serve(workers=2), []
    with ExitStack() as stack:
        # its sockets die with it, so each request opens its own
        shop = Shop(stack.enter_context(server.session(keep=False)))
        clients = [kind(stack.enter_context(server.session(keep=False)), per_page=100) for kind in KINDS]
        for round_ in range(ROUNDS):
            crews.append(crew := Crew(server, writers=WRITERS, seed=round_))
            with crew:
                crew.wait_for(random.randrange(10, 150))
                server.kill()
                crew.join()
            server.clock.step(random.choice((-5, 0, 0, 5)))
            server.start()
            crew.require_found(shop.everything())
            clients[round_ % len(clients)].sync()
            progress.at(round_ + 1, f"{sum(each.acknowledged for each in crews):,} acknowledged writes")
        found = shop.everything()
        for crew in crews:
            crew.require_found(found)
        for client in clients:
            client.sync()
        require_equal(clients, shop)
    server.stop()

    monkeypatch.chdir(tmp_path)
    checked = CliRunner().invoke(app, ["check"], env={"TILLSTONE_DATABASE_URL": shop_url}, catch_exceptions=False)
    assert checked.exit_code == 0, checked.output
