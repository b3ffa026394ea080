"""Trees of records: one savepoint, matched by name or by nature or created; all faults at once, with their paths."""

from typing import Any

import pytest

from tests.domain.desk import CUSTOMER, PROFILES, Desk
from tillstone.domain.access import Principal
from tillstone.domain.commands import Apply, Brood, Node, Outcome
from tillstone.domain.errors import Fault, Invalid, NotFound
from tillstone.domain.service import Service


@pytest.fixture
def desk(service: Service, shop: Principal) -> Desk:
    return Desk(service, shop)


def group(code: str, **values: object) -> Node:
    return Node("customer_group", {"code": code, **values}, PROFILES["customer_group"], name="code")  # type: ignore[dict-item]


def membership(code: str | None = None, *before: Node) -> Node:
    return Node(
        "membership",
        {"group.code": code} if code else {},
        PROFILES["membership"],
        link="customer_id",
        natural=("customer_id", "group.code") if code else ("customer_id", "group_id"),
        before=tuple(("group_id", node) for node in before),
    )


def customer(username: str, *children: Node, replaces: tuple[Brood, ...] = (), **values: object) -> Node:
    named: dict[str, Any] = {"username": username, "name": username, **values}
    return Node("customer", named, CUSTOMER, name="username", children=children, replaces=replaces)


def apply(desk: Desk, *nodes: Node, update: bool = False) -> tuple[Outcome, ...]:
    outcomes = desk.service.run(Apply(nodes, update), desk.shop)
    assert isinstance(outcomes, tuple)
    return outcomes  # type: ignore[return-value]


def actions(outcome: Outcome) -> list[object]:
    return [outcome.action, *(actions(child) for child in outcome.children)]


def test_repeated_tree_changes_nothing(desk: Desk) -> None:
    desk.at("customer_group").create(code="dealer")
    tree = customer("peter", membership("dealer"))

    (first,) = apply(desk, tree)
    (again,) = apply(desk, tree)

    assert actions(first) == ["created", ["created"]]
    assert actions(again) == ["unchanged", ["unchanged"]]
    assert (first.key, first.id, first.children[0].id) == ("peter", again.id, again.children[0].id)


def test_what_stands_before_a_record_is_written_first_and_named_by_it(desk: Desk) -> None:
    (outcome,) = apply(desk, customer("peter", membership(None, group("vip", title="Very"))))

    assert actions(outcome) == ["created", ["created", ["created"]]]
    assert desk.read(outcome.id, "group.title") == ("Very",)


def test_children_that_are_not_mentioned_go_where_that_is_asked(desk: Desk) -> None:
    for code in ("dealer", "vip"):
        desk.at("customer_group").create(code=code)
    (first,) = apply(desk, customer("peter", membership("dealer")))

    memberships = Brood("membership", "customer_id", PROFILES["membership"])
    (outcome,) = apply(desk, customer("peter", membership("vip"), replaces=(memberships,)))

    assert [(child.action, child.id) for child in outcome.children] == [
        ("created", first.children[0].id + 1),
        ("removed", first.children[0].id),
    ]


def test_one_bad_record_refuses_all_and_every_fault_has_its_path(desk: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        apply(
            desk, customer("ann"), customer("bob", membership("nobody"), name=""), customer("cid", membership("nobody"))
        )

    assert refused.value.faults == (
        Fault("name", "blank", path=(1,)),
        Fault("group.code", "unknown", "nobody", path=(1, 0)),
        Fault("group.code", "unknown", "nobody", path=(2, 0)),
    )
    assert desk.count() == 0


def test_update_never_creates(desk: Desk) -> None:
    apply(desk, customer("ann"))

    with pytest.raises(NotFound) as refused:
        apply(desk, customer("ann", remark="x"), customer("bob"), update=True)

    assert refused.value.faults == (Fault("username", "not_found", "bob", path=(1,)),)
    assert desk.last() == desk.read(1, "stamp")[0]
    assert desk.read(1, "remark") == (None,)
