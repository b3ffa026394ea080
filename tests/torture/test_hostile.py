"""Malformed, random and hostile bodies: documented answers only, no dead worker, no growing memory."""

from collections.abc import Iterator
from random import Random
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import LONG_FORMS
from tests.outside.fixtures import Serve
from tests.outside.shop import Shop
from tests.torture.attacks import ENTITIES, JSON, XML
from tests.torture.bodies import Delivery, broken, deliveries
from tests.torture.progress import Progress, tell
from tests.torture.siege import Siege

pytestmark = pytest.mark.torture

BATCH = 20
BATCHES = 1_000 if LONG_FORMS else 16
VARIANTS = 4
"""Each body comes as it was made up, and broken in so many ways."""
TOTAL = BATCHES * BATCH * (1 + VARIANTS)
GROWTH_KIB = 24 * 1024
"""What the workers together may grow by while they are besieged: allocators keep some of what they once had."""

RECORDS = {"customers": (), "suppliers": (), "products": ("stock_no", "retail_price")}
TYPES = {"xml": "application/xml", "json": "application/json"}


@pytest.fixture
def siege(serve: Serve) -> Iterator[Siege]:
    besieged = Siege(serve(workers=2))
    yield besieged
    besieged.close()


def test_documents_with_entities_are_refused_unread(siege: Siege) -> None:
    slowest = 0.0
    for name, body in ENTITIES.items():
        for method, path in (
            ("POST", "/api/customers.xml"),
            ("PUT", "/api/customers/1.xml"),
            ("POST", "/api/products.json"),
        ):
            started = perf_counter()
            answer = siege.deliver(Delivery(method, path, body, {"Content-Type": "application/xml"}))
            slowest = max(slowest, perf_counter() - started)
            assert answer.status == 500, name
            assert b"root:" not in answer.body
    siege.require_unharmed()
    tell(f"slowest refusal of {len(ENTITIES)} documents with entities: {1_000 * slowest:.1f} ms")


def test_every_attack_is_answered(siege: Siege) -> None:
    for kind, bodies in (("xml", {**ENTITIES, **XML}), ("json", JSON)):
        for body in bodies.values():
            for plural in ("customers", "products"):
                for method, path in (("POST", f"/api/{plural}.{kind}"), ("PUT", f"/api/{plural}/1.{kind}")):
                    siege.deliver(Delivery(method, path, body, {"Content-Type": TYPES[kind]}))
    siege.require_unharmed()


def test_no_body_brings_anything_but_a_documented_answer(siege: Siege) -> None:
    for resource, fields in RECORDS.items():
        for number in "12":
            Shop(siege.session, resource).create(f"{resource} {number}", **dict.fromkeys(fields, number))
    progress = Progress("bodies", TOTAL)
    before: list[int] = []

    @settings(max_examples=BATCHES, derandomize=not LONG_FORMS)
    @given(st.lists(deliveries, min_size=BATCH, max_size=BATCH))
    def besiege(batch: list[Delivery]) -> None:
        for delivery in batch:
            random = Random(delivery.body)
            for each in (delivery, *(broken(delivery, random) for _ in range(VARIANTS))):
                siege.deliver(each)
        if not before and siege.delivered > TOTAL / 10:
            # the caches are filled and the allocators warm by now
            before.append(siege.memory())
        progress.at(siege.delivered, f"{siege.memory() // 1024} MiB")

    besiege()

    siege.require_unharmed()
    tell(f"answers: {dict(siege.statuses)}; the workers hold {before[0]:,} KiB, then {siege.memory():,}")
    assert {200, 422, 500} <= set(siege.statuses)
    assert siege.memory() - before[0] < GROWTH_KIB


def test_memory_stays_flat_under_attack(siege: Siege) -> None:
    def attack() -> None:
        for kind, bodies in (("xml", XML), ("json", JSON)):
            for body in bodies.values():
                siege.deliver(Delivery("POST", f"/api/customers.{kind}", body, {"Content-Type": TYPES[kind]}))

    for _ in range(2):
        attack()
    before = siege.memory()
    for _ in range(40 if LONG_FORMS else 2):
        attack()

    siege.require_unharmed()
    assert siege.memory() - before < GROWTH_KIB
