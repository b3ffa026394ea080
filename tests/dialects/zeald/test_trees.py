"""Groups under groups: parents in any order, no circles, not even when two edits meet. Source: spec 13."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.dialects.zeald.shop import Shop
from tests.fronts import root_of


def group(code: str, parent: str | None = None) -> str:
    inner = "" if parent is None else f"<parent_code>{parent}</parent_code>"
    return f"<UserGroup><code>{code}</code>{inner}</UserGroup>"


def parents(shop: Shop) -> dict[str, str]:
    return {node.findtext("code") or "": node.findtext("parent_code") or "" for node in shop.get("UserGroups")}


def test_parent_may_come_after_its_child_and_is_one_change(shop: Shop) -> None:
    shop.post("UserGroups", group("a", "b") + group("b", "c") + group("c"))
    assert parents(shop) == {"a": "b", "b": "c", "c": ""}
    assert shop.post("UserGroups", group("a", "B")) == [("unchanged", "a")]
    assert shop.put("UserGroups", group("a", "") + group("b", "a")) == [("updated", "a"), ("updated", "b")]
    assert parents(shop) == {"a": "", "b": "a", "c": ""}


@pytest.mark.parametrize(
    "body, errors",
    [
        (group("a", "nobody"), ["UserGroups nobody does not exist"]),
        (group("a", "a"), ["parent_code a would make a its own ancestor"]),
        (group("a", "general"), ["UserGroups general does not exist"]),
        (
            group("a", "b") + group("b", "a"),
            ["parent_code b would make a its own ancestor", "parent_code a would make b its own ancestor"],
        ),
    ],
)
def test_impossible_parents(shop: Shop, body: str, errors: list[str]) -> None:
    assert [error[1] for error in shop.refused("POST", "UserGroups", body)] == errors
    assert parents(shop) == {}


def test_later_node_of_the_same_group_has_the_last_word(shop: Shop) -> None:
    shop.post("UserGroups", group("b"))
    shop.post("UserGroups", group("a", "c") + group("a", "b") + group("c"))
    assert parents(shop)["a"] == "b"


def test_a_tree_has_sixty_four_steps_at_most(shop: Shop) -> None:
    shop.post("UserGroups", group("g0") + "".join(group(f"g{n}", f"g{n - 1}") for n in range(1, 65)))
    assert shop.refused("POST", "UserGroups", group("g65", "g64")) == [
        ("422", "parent_code lies more than 64 levels deep", "parent_code")
    ]


def test_two_edits_that_close_a_circle_together_do_not_both_pass(shop: Shop) -> None:
    shop.post("UserGroups", "".join(group(f"{side}{n}") for n in range(20) for side in "ab"))

    def edit(pair: tuple[str, str]) -> int:
        code, parent = pair
        reply = shop.ask("PUT", f"UserGroups/{code}", f"<ResultSet>{group(code, parent)}</ResultSet>")
        return reply.status if root_of(reply).get("stat") else 0

    edits = [pair for n in range(20) for pair in ((f"a{n}", f"b{n}"), (f"b{n}", f"a{n}"))]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(edit, edits))

    assert sorted(statuses) == [200] * 20 + [422] * 20
    assert all(sorted(pair) == [200, 422] for pair in zip(statuses[::2], statuses[1::2], strict=True))


def test_simultaneous_creations_of_one_user_name_make_one_customer(shop: Shop) -> None:
    member = "<UserCustomerGroup><group_code>vip</group_code></UserCustomerGroup>"
    body = f"<Customer><username>new@x.nz</username>{member}</Customer>"
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: shop.post("Customer+UserCustomerGroups", body)[0][0], range(16)))

    assert sorted(outcomes) == ["created", *["unchanged"] * 15]
    assert shop.keys("Customer") == ["new@x.nz"]
    assert shop.keys("UserCustomerGroups") == ["1"]
