"""Resource specifications: text to tree and back, and everything that is none. Sources: seeds/003, spec 3 and 17.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.zeald.shop import Shop
from tillstone.dialects.zeald.catalogue import kind_called, plan_of
from tillstone.dialects.zeald.problems import BadRequest, NoSuchPlace
from tillstone.dialects.zeald.spec import MOST_LEVELS, MOST_NAMES, Spec, Target, read_spec, read_target

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)


def names_in(spec: Spec) -> int:
    return 1 + sum(names_in(member) for member in spec.members)


def levels_in(spec: Spec) -> int:
    return max((levels_in(member) + 1 for member in spec.members if member.members), default=1)


SPECS = st.recursive(
    st.builds(Spec, NAMES),
    lambda inner: st.builds(Spec, NAMES, st.lists(inner, max_size=3).map(tuple)),
    max_leaves=MOST_NAMES,
)


@given(SPECS.filter(lambda spec: names_in(spec) <= MOST_NAMES and levels_in(spec) <= MOST_LEVELS))
def test_a_tree_written_down_is_read_as_the_same_tree(spec: Spec) -> None:
    assert read_spec(str(spec)) == spec
    assert read_spec(f"({spec})") == spec
    assert read_spec(str(spec).replace("+", " ")) == spec


@given(st.text(alphabet="AB+() %.", max_size=24))
def test_any_text_is_a_specification_or_a_bad_request(text: str) -> None:
    try:
        spec = read_spec(text)
    except BadRequest:
        return
    assert read_spec(str(spec)) == spec


@pytest.mark.parametrize(
    "text", ["+Customer", "Customer+", "Customer++Order", "(Customer", "Customer)", "()", "", "(A)+B"]
)
def test_broken_specifications_are_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_spec(text)


@pytest.mark.parametrize(
    "text",
    ["+".join(["A"] * 10_000), "(" * 10_000, "A+(" * 5 + "A" + ")" * 5, "+" * 10_000, "+".join(["Customer"] * 9)],
)
def test_endless_specifications_are_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_spec(text)


def test_members_attach_to_the_head_of_their_level() -> None:
    assert read_spec("P+A+(V+A)") == Spec("P", (Spec("A"), Spec("V", (Spec("A"),))))


@pytest.mark.parametrize(
    "path, target",
    [
        (b"/API/V3", Target()),
        (b"/api/v3/", Target()),
        (b"/API/V3/Customer", Target("Customer")),
        (b"/API/V3/Customer/", Target("Customer")),
        (b"/API/V3/Customer.xsd", Target("Customer", schema=True)),
        (b"/API/V3/Customer%2BUserCustomerGroups/a", Target("Customer+UserCustomerGroups", keys=("a",))),
        (b"/API/V3/Customer/a+b@x.nz/", Target("Customer", keys=("a+b@x.nz",))),
        (b"/API/V3/Customer/a%2Fb", Target("Customer", keys=("a/b",))),
        (b"/API/V3/Customer/a%2Cb,c,c", Target("Customer", keys=("a,b", "c"))),
        (b"/API/V3/Customer/%E4%BD%A0", Target("Customer", keys=("你",))),
    ],
)
def test_paths_are_taken_apart_before_they_are_decoded(path: bytes, target: Target) -> None:
    assert read_target(path) == target


@pytest.mark.parametrize("path", [b"/API/V3/Customer/a/b", b"/API/V3/Customer.xsd/a"])
def test_nothing_is_found_below_a_record(path: bytes) -> None:
    with pytest.raises(NoSuchPlace):
        read_target(path)


def test_more_than_a_hundred_keys_are_refused() -> None:
    """KNOWN 3."""
    with pytest.raises(BadRequest):
        read_target(b"/API/V3/Customer/" + b",".join(b"%d" % number for number in range(101)))


@pytest.mark.parametrize(
    "spelling, name",
    [
        ("customers", "Customer"),
        ("USER", "Customer"),
        ("Userdb", "Customer"),
        ("Transactions", "Order"),
        ("OrderLine", "Orderlines"),
        ("orderlines", "Orderlines"),
        ("UserGroup", "UserGroups"),
        ("usercustomergroup", "UserCustomerGroups"),
    ],
)
def test_names_are_found_in_any_case_singular_or_plural(spelling: str, name: str) -> None:
    kind = kind_called(spelling)
    assert kind is not None
    assert kind.name == name


def test_unknown_and_unrelated_names_are_ignored_with_their_groups() -> None:
    plan, ignored = plan_of(read_spec("Customer+Foo+(Bar+UserGroups)+UserGroups+(UserCustomerGroups+UserGroups)"))

    assert str(plan.spec) == "Customer+(UserCustomerGroups+UserGroups)"
    assert ignored == ("Foo", "Bar", "UserGroups")


ANN = "<ResultSet><Customer><username>ann</username></Customer></ResultSet>"


@pytest.mark.parametrize(
    "method, target, status",
    [
        ("GET", "Customer+Foo+Bar", 200),
        ("GET", "Customer+Foo+Bar/ann", 404),
        ("GET", "Customer+Foo+Bar?emial=x", 400),
        ("GET", "Customer+Foo+Bar.xsd", 200),
        ("OPTIONS", "Customer+Foo+Bar", 204),
        ("PATCH", "Customer+Foo+Bar", 405),
        ("POST", "Customer+Foo+Bar", 200),
        ("PUT", "Customer+Foo+Bar", 404),
        ("DELETE", "Customer+Foo+Bar/ann", 400),
    ],
)
def test_every_answer_names_what_was_ignored(shop: Shop, method: str, target: str, status: int) -> None:
    """KNOWN 3."""
    reply = shop.ask(method, target, ANN)
    assert (reply.status, dict(reply.headers).get(b"x-ignored-resources")) == (status, b"Foo, Bar")
    assert b"x-ignored-resources" not in dict(shop.ask(method, target.replace("+Foo+Bar", ""), ANN).headers)


def test_whoever_is_not_known_is_not_told_what_there_is(shop: Shop) -> None:
    reply = shop.ask("GET", "Customer+Foo", headers={b"authorization": b""})
    assert (reply.status, dict(reply.headers).get(b"x-ignored-resources")) == (401, None)


def test_the_same_resource_twice_on_one_level_counts_once() -> None:
    plan, _ = plan_of(read_spec("Customer+UserCustomerGroups+(UserCustomerGroup+UserGroups)"))
    assert str(plan.spec) == "Customer+(UserCustomerGroups+UserGroups)"


def test_order_lines_have_the_element_of_their_spelling() -> None:
    """KNOWN 4."""
    assert [
        plan_of(read_spec(f"Order+{name}"))[0].members[0].element for name in ("Orderlines", "OrderLine", "orderline")
    ] == [
        "Orderline",
        "OrderLine",
        "Orderline",
    ]


@pytest.mark.parametrize("name", ["Product", "Foo", "ApiAccess"])
def test_an_unknown_primary_resource_is_nowhere(name: str) -> None:
    """KNOWN 1."""
    with pytest.raises(NoSuchPlace):
        plan_of(Spec(name))
