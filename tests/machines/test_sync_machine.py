"""Whatever the order of writes, clock steps and requests, every copy equals the table; a wrong store is found out."""

from pathlib import Path

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.conftest import LONG_FORMS
from tests.machines.mutants import MUTANTS, mutated
from tests.machines.world import CLOCK_STEPS, Town, World, town_over
from tests.outside.fixtures import postgres_shop, shop_url, sqlite_shop  # noqa: F401 - pytest finds them here
from tests.sync.clients import KINDS

EXAMPLES, STEPS = (2_000, 200) if LONG_FORMS else (40, 60)
SEED, HUNTS = 106, 40
"""The first of the seeds by which every mutant is found, and how many may be tried."""


class SyncMachine(RuleBasedStateMachine):
    """Writers, a clock and a client of each kind, through the application's own door."""

    def __init__(self, town: Town) -> None:
        super().__init__()
        self._town = town
        self._world: World | None = None

    @property
    def world(self) -> World:
        assert self._world is not None
        return self._world

    @initialize(per_page=st.sampled_from([1, 2]), records=st.integers(0, 6))
    def open(self, per_page: int, records: int) -> None:
        self._world = World(self._town, per_page=per_page)
        for _ in range(records):
            self._world.create()

    @rule()
    def create(self) -> None:
        self.world.create()

    @precondition(lambda self: self._world and self.world.live)
    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        self.world.change(data.draw(st.sampled_from(self.world.live)))

    @precondition(lambda self: self._world and self.world.live)
    @rule(number=st.integers(2, 6))
    def change_oldest(self, number: int) -> None:
        for record in self.world.live[:number]:
            self.world.change(record)

    @precondition(lambda self: self._world and self.world.live)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        self.world.repeat(data.draw(st.sampled_from(self.world.live)))

    @precondition(lambda self: self._world and self.world.live)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.world.remove(data.draw(st.sampled_from(self.world.live)))

    @rule(seconds=st.sampled_from(CLOCK_STEPS))
    def step_clock(self, seconds: float) -> None:
        self.world.step_clock(seconds)

    @rule(number=st.integers(0, len(KINDS) - 1), requests=st.integers(1, 4))
    def advance(self, number: int, requests: int) -> None:
        for _ in range(requests):
            self.world.advance(number)

    def teardown(self) -> None:
        if self._world is not None:
            self._world.settle()


def machine_in(town: Town) -> type[RuleBasedStateMachine]:
    """Hypothesis wants a class that it can make without arguments."""

    class Machine(SyncMachine):
        def __init__(self) -> None:
            super().__init__(town)

    return Machine


def test_every_copy_equals_the_table_whatever_the_order(shop_url: str, tmp_path: Path) -> None:  # noqa: F811 - a fixture
    usual = settings(max_examples=EXAMPLES, stateful_step_count=STEPS)
    with town_over(shop_url, tmp_path) as town:
        run_state_machine_as_test(machine_in(town), settings=usual)


def found_out(town: Town, hunt: settings) -> bool:
    """Whether one of the hunts ends in a copy that differs. Many short ones find what a long one may pass by."""
    for number in range(SEED, SEED + HUNTS):
        try:
            run_state_machine_as_test(seed(number)(machine_in(town)), settings=hunt)
        except AssertionError as difference:
            if "differs" not in str(difference):
                raise
            return True
    return False


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_store_that_breaks_one_rule_is_found_out(shop_url: str, tmp_path: Path, mutant: str) -> None:  # noqa: F811
    # no shrinking: that it is found is enough, and always by the same examples
    hunt = settings(
        max_examples=12, phases=[Phase.generate], stateful_step_count=60, derandomize=False, report_multiple_bugs=False
    )
    with mutated(mutant), town_over(shop_url, tmp_path) as town:
        assert found_out(town, hunt)
