"""SQLite against dictionaries: whatever is written, however the clock steps, both answer every list and count alike."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.clocks import StandingClock
from tests.store.model import ModelStore
from tests.store.shop import NOON, Shop, change, create, delete
from tillstone.domain.errors import Refusal
from tillstone.domain.query import Filter, Operator, Sort, Window
from tillstone.domain.records import RESOURCES, Row, Shape
from tillstone.domain.store import Transaction
from tillstone.store import migrate, open_store
from tillstone.store.check import findings

SIZES = st.integers(1, 3)
PAGES = st.integers(1, 9)
NAMES = st.sampled_from(["Ana", "ana", "Ärger", "", None])
STEPS = st.sampled_from([0, 1, 1, 2, 60, 3_600, 86_400, -1, -3, -3_600])
WHOLE = Shape("supplier", RESOURCES["supplier"].attributes)

_TEMPLATE = Path(tempfile.gettempdir()) / f"tillstone-machine-{os.getpid()}"


def template() -> Path:
    """A migrated database, made once."""
    path = _TEMPLATE / "template.db"
    if not path.exists():
        _TEMPLATE.mkdir()
        migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module", autouse=True)
def _without_the_template() -> object:
    yield
    shutil.rmtree(_TEMPLATE, ignore_errors=True)


def refuse_if(*, fails: bool) -> None:
    if fails:
        raise Refusal


class StoreMachine(RuleBasedStateMachine):
    """Every rule is done to both; what one answers, the other has to."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=template().parent))
        shutil.copy(template(), self.folder / "shop.db")
        self.url = f"sqlite:///{self.folder / 'shop.db'}"
        self.clock = StandingClock(NOON)
        self.model = Shop.opened(ModelStore(self.clock), self.clock)  # type: ignore[arg-type]
        self.real = Shop.opened(open_store(self.url, self.clock), self.clock)
        # stamps that a client may have come to know
        self.known: list[int] = [0]
        for name in ("one", "two", "three", "four"):
            self.both(lambda shop, name=name: shop.create(name=name))  # type: ignore[misc]

    def teardown(self) -> None:
        self.real.store.close()
        assert list(findings(self.url)) == []
        shutil.rmtree(self.folder)

    def both(self, act: Callable[[Shop], object]) -> object:
        expected, answered = act(self.model), act(self.real)
        assert answered == expected
        return answered

    @property
    def live(self) -> list[int]:
        return self.model.walk(50, live=True)

    # writing

    @rule(name=NAMES)
    def create(self, name: str | None) -> None:
        self.both(lambda shop: shop.create(name=name))

    @rule(above=st.integers(-3, 3))
    def create_with_a_chosen_id(self, above: int) -> None:
        taken = self.model.walk(50)
        chosen = max([0, *taken]) + above
        if chosen not in taken and chosen > 0:
            self.both(lambda shop: shop.create(id=chosen))

    @precondition(lambda self: self.live)
    @rule(data=st.data(), name=NAMES)
    def change(self, data: st.DataObject, name: str | None) -> None:
        record = data.draw(st.sampled_from(self.live))
        self.both(lambda shop: shop.change(record, name=name))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        record = data.draw(st.sampled_from(self.live))
        self.both(lambda shop: shop.delete(record))

    @rule(name=NAMES)
    def restamp(self, name: str | None) -> None:
        condition = (Filter("name", Operator.EQ if name else Operator.EMPTY, (name,)),)
        work = lambda tx: tx.restamp("supplier", tx.stamp("supplier"), condition)  # noqa: E731
        self.both(lambda shop: shop.store.write(shop.account, work))

    @precondition(lambda self: self.live)
    @rule(data=st.data(), fails=st.booleans(), publishes=st.booleans())
    def several_at_once(self, data: st.DataObject, *, fails: bool, publishes: bool) -> None:
        record = data.draw(st.sampled_from(self.live))

        def work(tx: Transaction) -> int:
            first = create(tx, name="one")
            try:
                with tx.savepoint():
                    delete(tx, "supplier", record)
                    create(tx, name="two")
                    refuse_if(fails=fails)
            except Refusal:
                change(tx, "supplier", record, name="three")
            if publishes:
                tx.publish("supplier")
            change(tx, "supplier", first, name="four")
            return tx.stamp("supplier")

        self.both(lambda shop: shop.store.write(shop.account, work))

    @rule()
    def write_and_fail(self) -> None:
        def work(tx: Transaction) -> None:
            create(tx)
            raise Refusal

        def act(shop: Shop) -> str:
            with pytest.raises(Refusal):
                shop.store.write(shop.account, work)
            return "failed"

        self.both(act)

    # time

    @rule(seconds=STEPS)
    def step(self, seconds: int) -> None:
        self.clock.step(seconds)

    @rule()
    def publish(self) -> None:
        watermark = self.both(lambda shop: shop.publish())
        assert isinstance(watermark, int)
        self.known.append(watermark)

    @rule()
    def restart(self) -> None:
        self.real.store.close()
        self.real.store = open_store(self.url, self.clock)
        self.model.store.restart()  # type: ignore[attr-defined]

    # reading

    def window(self, data: st.DataObject) -> Window:
        edges = st.sampled_from(self.known).flatmap(lambda stamp: st.integers(stamp - 1, stamp + 1))
        return Window(data.draw(edges), data.draw(st.none() | st.sampled_from(self.known) | edges))

    @rule(data=st.data(), number=PAGES, size=SIZES, live=st.booleans(), name=st.none() | NAMES)
    def window_page_and_count(
        self, data: st.DataObject, number: int, size: int, *, live: bool, name: str | None
    ) -> None:
        asked = {"window": self.window(data), "live": live}
        if name:
            asked["conditions"] = (Filter("name", Operator.EQ, (name,)),)
        self.both(lambda shop: (shop.page(number, size, **asked), shop.walk(size, **asked), shop.count(**asked)))  # type: ignore[arg-type]

    @precondition(lambda self: len(self.live) > 2)
    @rule(data=st.data(), size=st.integers(1, 2), live=st.booleans(), windowed=st.booleans())
    def walk_while_others_write(self, data: st.DataObject, size: int, *, live: bool, windowed: bool) -> None:
        """Between pages the oldest records change, go, or join by a chosen id; then the walk is walked again."""
        window = Window(data.draw(st.sampled_from([self.known[-1], 0, *self.known]))) if windowed else None
        for record in self.live[-2:]:
            self.both(lambda shop, record=record: shop.change(record, name="new"))  # type: ignore[misc]
        if windowed and data.draw(st.booleans()):
            window = Window(0, self.model.publish() and self.real.publish())
        for number in range(1, data.draw(st.integers(2, 6))):
            self.both(lambda shop, number=number: shop.page(number, size, window=window, live=live))  # type: ignore[misc]
            data.draw(st.sampled_from([self.change_first, self.delete_first, self.create_early]))()
        for lives in (live, not live):
            asked = {"window": window, "live": lives}
            self.both(lambda shop, asked=asked: (shop.walk(size, **asked), shop.count(**asked)))  # type: ignore[misc]

    def change_first(self) -> None:
        if self.live:
            record = self.live[0]
            self.both(lambda shop: shop.change(record, name="changed"))

    def delete_first(self) -> None:
        if self.live:
            record = self.live[0]
            self.both(lambda shop: shop.delete(record))

    def create_early(self) -> None:
        taken = self.model.walk(50)
        free = [number for number in range(1, max(taken)) if number not in taken]
        chosen = free[0] if free else max(taken) + 2
        self.both(lambda shop: shop.create(id=chosen))

    @rule(number=PAGES, size=SIZES, asker=st.sampled_from(["", "a", "b"]))
    def page_without_a_window(self, number: int, size: int, asker: str) -> None:
        self.both(lambda shop: shop.page(number, size))
        self.both(lambda shop: shop.page(number, size, live=True, mark=asker))
        self.both(lambda shop: shop.page(number, size, sort=(Sort("name", bool(asker)),)))

    @invariant()
    def clocks_and_counts_agree(self) -> None:
        self.both(lambda shop: (shop.clock_row().last, shop.clock_row().published, shop.clock_row().published_at))
        self.both(lambda shop: (shop.clock_row().rows, shop.count(), shop.count(live=True)))

    @invariant()
    def records_agree(self) -> None:
        def everything(shop: Shop) -> list[Row]:
            with shop.store.read() as snapshot:
                return snapshot.rows(shop.account, WHOLE, "id", range(100), live=False)

        self.both(everything)


TestStoreMachine = StoreMachine.TestCase
if os.environ.get("TORTURE", "") != "long":
    TestStoreMachine.settings = settings(max_examples=20, stateful_step_count=30)
