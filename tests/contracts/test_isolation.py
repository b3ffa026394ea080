"""Nobody's key shows, counts, changes or hints at anything of another account: every route of every dialect.

The routes come from the dialects' own tables. One account sends the same requests twice, in a database where it is
alone and in one where a neighbour has records: every byte of the answers has to be the same.
"""

from collections.abc import Iterator

from tests.contracts.neighbours import HERE, NEIGHBOUR, assert_nothing_shows, comparable, differing
from tests.machines.world import Town
from tests.outside.session import Answer
from tests.outside.shop import Shop
from tillstone.cli.profiles import GROUP
from tillstone.dialects.imonggo.kinds import KINDS
from tillstone.dialects.imonggo.routes import Target
from tillstone.domain.commands import Create
from tillstone.server.app import FRONTS

Route = tuple[str, str, str]
"""Resource, place (all, one, new) and method."""

NEIGHBOURS_LOGIN, NEIGHBOURS_PASSWORD = "bertha@example.com", "correct horse"

FIELDS: dict[str, dict[str, str]] = {
    "customers": {"alternate_code": "C-{}", "email": "{}@example.com", "remark": "{who}", "city": "{who}"},
    "suppliers": {"code": "S-{}", "contact_person": "{who}"},
    "products": {"stock_no": "P-{}", "retail_price": "1.5", "description": "{who}", "tag_list": "{who}"},
    "customer_types": {},
}
"""What the records of a resource say. Codes are the same in both accounts: uniqueness ends at the account's door."""

IDS = (1, 2, 5, 9, 99)
"""Live in both, deleted in both, the neighbour's alone, nobody's."""

LISTS = (
    *("", "page=2&per_page=2", "active_only=1", "active_only=1&per_page=1&page=2", "after=2001-01-01"),
    *("after=2001-01-01&active_only=1", "from=2026-09-21&to=2100-01-01", "to=2026-09-21T14:13:20Z&per_page=1&page=3"),
    *("before=2100-01-01&page=2&per_page=1", "q=last_updated_at", "q=count", "q=count&active_only=1"),
    *("q=count&after=2001-01-01", "q=count&to=2026-09-21T14:13:20Z", "q=count&from=2001-01-01&active_only=1"),
)

QUERIES: dict[tuple[str, str], tuple[str, ...]] = {
    ("all", "GET"): LISTS,
    ("all", "HEAD"): LISTS,
    ("all", "POST"): ("",),
    ("one", "GET"): ("",),
    ("one", "HEAD"): ("",),
    ("one", "PUT"): ("",),
    ("one", "PATCH"): ("",),
    ("one", "DELETE"): ("",),
    ("new", "GET"): ("",),
    ("new", "HEAD"): ("",),
}
"""What is asked of a place: a route whose place and method have no row here fails."""

BODIES = ("POST", "PUT", "PATCH")
XML = {"Content-Type": "application/xml"}

LOGINS = (
    *("/system/api_url?account_id=shop-1", "/api/tokens.xml", "/api/tokens.json?email=nobody&password=a"),
    f"/api/tokens.xml?email={NEIGHBOURS_LOGIN}&password={NEIGHBOURS_PASSWORD.replace(' ', '+')}",
)
HOSTS = ("shop-1.imonggo.com", "shop-2.imonggo.com", "127.0.0.1")


def routes() -> set[Route]:
    """Every route of every dialect that asks for a key."""
    places = [
        (kind.table.plural, place, target)
        for kind in KINDS
        for place, target in (("all", Target(kind)), ("one", Target(kind, 1)), ("new", Target(kind, is_new=True)))
        if place != "new" or "create" in kind.table.verbs
    ]
    return {(plural, place, method) for plural, place, target in places for method in target.methods}


def test_every_dialect_has_its_routes_here() -> None:
    """`/API/V3/` and `/api/rest/` have files of their own."""
    assert set(FRONTS) == {"imonggo", "zeald", "openmage"}


def test_every_route_has_a_row() -> None:
    assert len(routes()) > 20
    assert [route for route in routes() if route[0] not in FIELDS or route[1:] not in QUERIES] == []


def test_answers_are_the_same_with_and_without_a_neighbour(town: Town) -> None:
    assert_nothing_shows(town, filled, everything_asked, everything_of)


def test_answers_do_differ_with_the_neighbours_own_key(town: Town) -> None:
    differ = differing(town, filled, everything_asked)
    for plural in FIELDS:
        assert {f"GET /api/{plural}.xml?", f"GET /api/{plural}.xml?q=count", f"GET /api/{plural}/5.json?"} <= differ


def test_a_neighbours_login_opens_nothing_at_another_address(town: Town) -> None:
    opened(town, NEIGHBOUR)
    path = LOGINS[-1]

    at = {host: town.house.session("").request("GET", path, headers={"Host": host}).status for host in HOSTS}

    assert at == {"shop-1.imonggo.com": 404, "shop-2.imonggo.com": 200, "127.0.0.1": 404}


def everything_asked(town: Town, token: str) -> dict[str, Answer]:
    """The answer to every request there is. Deletes come last."""
    session = town.house.session(token)
    answers: dict[str, Answer] = {}
    for plural, place, method in sorted(routes(), key=lambda route: (route[2] == "DELETE", route)):
        body = Shop(session, plural).body(fields_of(plural, HERE, 77)) if method in BODIES else None
        for path in paths(plural, place, method):
            answers[f"{method} {path}"] = comparable(session.request(method, path, body, XML))
    for path in LOGINS:
        answers[f"GET {path}"] = comparable(session.request("GET", path))
    return answers


def paths(plural: str, place: str, method: str) -> Iterator[str]:
    names = [f"/{record}" for record in IDS] if place == "one" else ["/new"] if place == "new" else [""]
    for name in names:
        for query in QUERIES[place, method]:
            for form in (".xml", ".json"):
                yield f"/api/{plural}{name}{form}?{query}"


def fields_of(plural: str, who: str, number: int) -> dict[str, str]:
    said = {name: text.format(number, who=who) for name, text in FIELDS[plural].items()}
    return {"name": f"{who} {number}", **said}


def opened(town: Town, who: str) -> str:
    """The token of a new account; the neighbour's can be fetched with a login."""
    if who == NEIGHBOUR:
        return town.new_account(login=NEIGHBOURS_LOGIN, password=NEIGHBOURS_PASSWORD)
    return town.new_account()


def filled(town: Town, who: str, records: int) -> str:
    """The token of a new account with records of each resource, the second of those that can be written deleted."""
    token = opened(town, who)
    shop = Shop(town.house.session(token))
    for plural in sorted({plural for plural, _, method in routes() if method == "POST"}):
        for number in range(1, records + 1):
            shop.at(plural).create(**fields_of(plural, who, number))
        shop.at(plural).remove(2)
    for number in range(1, records + 1):
        town.write(token, Create("customer_group", {"code": f"G-{number}", "title": f"{who} {number}"}, GROUP))
    return token


def everything_of(town: Town, token: str) -> dict[str, bytes]:
    """All that an account shows of itself."""
    session = town.house.session(token)
    asked = [f"/api/{kind.table.plural}.xml?{query}" for kind in KINDS for query in LISTS]
    return {path: session.request("GET", path).body for path in asked}
