"""A shop whose writers, clock and clients take turns in any order: what the machine and the torture drive.

Every example gets an account of its own, so that thousands of them share one database and one application.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from tests.clocks import StandingClock
from tests.outside.inprocess import House
from tests.outside.serving import service_over
from tests.outside.shop import Shop
from tests.sync.checks import require_equal
from tests.sync.clients import KINDS
from tillstone.config import Database, Server, Settings
from tillstone.domain import accounts
from tillstone.domain.access import Principal
from tillstone.domain.commands import Write
from tillstone.domain.service import Service

NOON = 1_790_000_000
CLOCK_STEPS = (0.05, 0.2, 0.5, 1.1, 2.0, -1.0, -3.0)
QUIET_CYCLES = 2


class Town:
    """One application and the accounts in it."""

    def __init__(self, house: House, clock: StandingClock, service: Service) -> None:
        self.house = house
        self.clock = clock
        self.service = service
        self._accounts = 0
        self._owners: dict[str, Principal] = {}

    def new_account(self, *, login: str = "", password: str = "") -> str:
        """The token of an account in which nothing was written yet, at noon. The first is called shop-1."""
        self.clock.set(NOON)
        self._accounts += 1
        account = accounts.create_account(self.service, f"shop-{self._accounts}")
        wish = accounts.KeyWish(token=token_hex(20), login=login, password=password)
        _, token = accounts.create_key(self.service, account.id, wish)
        self._owners[token] = accounts.system(account.id)
        return token

    def owner(self, token: str) -> Principal:
        """The command line's own principal in the account of that key."""
        return self._owners[token]

    def write(self, token: str, command: Write) -> None:
        """What no page of the dialect can do, in the account of that key."""
        self.service.run(command, self.owner(token))


@contextmanager
def town_over(url: str, folder: Path) -> Iterator[Town]:
    clock = StandingClock(NOON)
    key_file = str(folder / "seal.key")
    settings = Settings(database=Database(url=url), server=Server(access_log=False, key_file=key_file))
    with House(settings, clock) as house, service_over(url, clock, key_file=key_file) as service:
        yield Town(house, clock, service)


class World:
    """One account, a client of each kind, and what should be in their copies."""

    def __init__(self, town: Town, *, per_page: int) -> None:
        self.clock = town.clock
        session = town.house.session(town.new_account())
        self.shop = Shop(session)
        self.clients = [kind(session, per_page=per_page) for kind in KINDS]
        self._cycles: list[Iterator[None] | None] = [None] * len(KINDS)
        self._texts: dict[int, str] = {}
        self._writes = 0

    @property
    def live(self) -> list[int]:
        """The ids of records that are not deleted."""
        return list(self._texts)

    def create(self) -> None:
        self._writes += 1
        self._texts[self.shop.create(f"Write {self._writes}")] = f"Write {self._writes}"

    def change(self, record: int) -> None:
        self._writes += 1
        self.shop.change(record, name=f"Write {self._writes}")
        self._texts[record] = f"Write {self._writes}"

    def repeat(self, record: int) -> None:
        """A write that changes nothing."""
        self.shop.change(record, name=self._texts[record])

    def remove(self, record: int) -> None:
        self.shop.remove(record)
        del self._texts[record]

    def step_clock(self, seconds: float) -> None:
        self.clock.step(seconds)

    def advance(self, number: int) -> None:
        """The next request of one client, which begins a new cycle when it has ended one."""
        cycle = self._cycles[number] or self.clients[number].cycle()
        self._cycles[number] = cycle if next(cycle, self) is None else None

    def settle(self) -> None:
        """Nobody writes any more: clients end their cycles and make a few more; then every copy is the table."""
        for number, client in enumerate(self.clients):
            while self._cycles[number] is not None:
                self.advance(number)
            for _ in range(QUIET_CYCLES):
                self.clock.step(5)
                client.sync()
        live = require_equal(self.clients, self.shop)
        assert {record: row["name"] for record, row in live.items()} == self._texts
