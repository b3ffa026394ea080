"""Thousands of random interleavings of writers, clock steps and clients: after each, every copy equals the table."""

from pathlib import Path
from random import Random

import pytest

from tests.conftest import LONG_FORMS
from tests.machines.world import CLOCK_STEPS, Town, World, town_over
from tests.sync.clients import KINDS
from tests.torture.progress import Progress

pytestmark = pytest.mark.torture

INTERLEAVINGS = {"sqlite": 20_000, "postgresql": 2_000} if LONG_FORMS else {"sqlite": 60, "postgresql": 15}
TURNS = 40


def test_no_interleaving_loses_a_record(shop_url: str, tmp_path: Path) -> None:
    total = INTERLEAVINGS[shop_url.partition(":")[0]]
    progress = Progress("interleavings", total)
    with town_over(shop_url, tmp_path) as town:
        for number in range(total):
            try:
                interleave(town, Random(number))
            except AssertionError as error:
                error.add_note(f"interleaving {number}")
                raise
            progress.at(number + 1)


def interleave(town: Town, random: Random) -> None:
    """One account's life."""
    world = World(town, per_page=random.choice((1, 2)))
    for _ in range(random.randrange(6)):
        world.create()
    for _ in range(TURNS):
        take_turn(world, random)
    world.settle()


def take_turn(world: World, random: Random) -> None:
    """What anybody may do next."""
    dice, live = random.random(), world.live
    if dice < 0.55:
        for _ in range(random.randrange(1, 4)):
            world.advance(random.randrange(len(KINDS)))
    elif dice < 0.65:
        world.step_clock(random.choice(CLOCK_STEPS))
    elif dice < 0.75 or not live:
        world.create()
    elif dice < 0.85:
        world.change(random.choice(live))
    elif dice < 0.92:
        for record in live[: random.randrange(2, 6)]:
            world.change(record)
    elif dice < 0.97:
        world.remove(random.choice(live))
    else:
        world.repeat(random.choice(live))
