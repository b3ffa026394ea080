"""What the isolation tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machines.world import Town, town_over
from tests.outside.fixtures import postgres_shop, shop_url, sqlite_shop  # noqa: F401 - pytest finds them here


@pytest.fixture
def town(shop_url: str, tmp_path: Path) -> Iterator[Town]:  # noqa: F811 - the fixture above
    with town_over(shop_url, tmp_path) as made:
        # an only account is what requests without a key mean: there are always two
        made.new_account()
        yield made
