"""The same for `/API/V3/`: every resource, verb, join and schema answers alike with and without a neighbour."""

from collections.abc import Iterator

from tests.contracts.neighbours import assert_nothing_shows, comparable, differing
from tests.machines.world import Town
from tests.outside.session import Answer
from tillstone.dialects.zeald.catalogue import KINDS, plan_of
from tillstone.dialects.zeald.routes import LISTS_OFFER, PAGES_OFFER
from tillstone.dialects.zeald.spec import read_spec

XML = {"Content-Type": "text/xml"}

SPECS = (
    *KINDS,
    "Customer+(UserCustomerGroups+UserGroups)+(Order+Orderlines)",
    "UserGroups+(UserCustomerGroups+(Customer+Order))",
    "Orderlines+(Order+Customer)",
)
QUERIES = ("", "_results=1&_page=2", "_format=json", "_sort=-{key}", "{key}=%25", "{key}[ge]=2", "_fields={key}")
KEYS = {
    "Customer": ("u1", "u2", "u5", "ghost"),
    "UserCustomerGroups": ("1", "2", "5", "99"),
    "UserGroups": ("g1", "g2", "g5", "general"),
    "Order": ("ORD000001", "ORD000005", "x"),
    "Orderlines": ("ORD000001-1", "ORD000005-1", "x"),
}
"""Both accounts', the neighbour's alone, nobody's."""


def customer(who: str, number: int) -> str:
    return (
        f"<Customer><username>u{number}</username><b_fname>{who}</b_fname><b_city>{who}</b_city>"
        f"<UserCustomerGroup><UserGroup><code>g{number}</code><title>{who}</title></UserGroup></UserCustomerGroup>"
        f"<Order><comments>{who}</comments><Orderline><sku>{who}</sku></Orderline></Order></Customer>"
    )


def filled(town: Town, who: str, customers: int) -> str:
    token = town.new_account()
    body = "".join(customer(who, number) for number in range(1, customers + 1))
    target = "/API/V3/Customer+(UserCustomerGroups+UserGroups)+(Order+Orderlines)"
    answer = town.house.session(token).request("POST", target, f"<ResultSet>{body}</ResultSet>".encode(), XML)
    assert answer.status == 200, answer.body
    return token


def asked() -> Iterator[tuple[str, str, bytes | None]]:
    """Every request there is. Writes come after reads, deletes last."""
    for method in PAGES_OFFER:
        yield method, "/API/V3/", None
    for method in LISTS_OFFER:
        for spec in SPECS:
            plan, _ = plan_of(read_spec(spec))
            kind = plan.kind
            body = f"<ResultSet><{kind.element}><{kind.key}>2</{kind.key}></{kind.element}></ResultSet>".encode()
            sent = body if method in {"POST", "PUT"} else None
            for query in QUERIES if method in {"GET", "HEAD", "DELETE"} else ("",):
                yield method, f"/API/V3/{spec}?{query.format(key=kind.key)}" if query else f"/API/V3/{spec}", sent
            for key in KEYS[kind.name]:
                yield method, f"/API/V3/{spec}/{key}", sent
            yield method, f"/API/V3/{spec}.xsd", sent


def everything_asked(town: Town, token: str) -> dict[str, Answer]:
    session = town.house.session(token)
    answers = {}
    for method, path, body in asked():
        answers[f"{method} {path}"] = comparable(session.request(method, path, body, XML))
    return answers


def everything_of(town: Town, token: str) -> list[bytes]:
    session = town.house.session(token)
    return [session.request("GET", f"/API/V3/{spec}").body for spec in SPECS]


def test_answers_are_the_same_with_and_without_a_neighbour(town: Town) -> None:
    # the ids of memberships are the account's own, so that not even a number tells of a neighbour
    assert_nothing_shows(town, filled, everything_asked, everything_of)


def test_answers_do_differ_with_the_neighbours_own_key(town: Town) -> None:
    differ = differing(town, filled, everything_asked)
    for name, keys in KEYS.items():
        assert f"GET /API/V3/{name}" in differ
        assert any(f"GET /API/V3/{name}/{key}" in differ for key in keys)
