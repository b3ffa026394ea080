"""What Zeald's clients ask for at once: a POST of 500 customers with their groups, a GET of 2,000 with everything."""

from dataclasses import dataclass
from statistics import median
from time import perf_counter

import client
from client import Link
from servers import Server

POSTED = 500
LISTED = 2_000
ROUNDS = 5

TARGET = "/API/V3/Customer+UserCustomerGroups"
TREE = "/API/V3/Customer+(UserCustomerGroups+UserGroups)?_disable_xsd=1"

GROUPS = 50
"""How many groups the customers are spread over; one more holds them all."""


@dataclass(frozen=True)
class Trees:
    """Milliseconds of a POST and of a GET, and how many megabytes the latter answers."""

    posted: float
    listed: float
    megabytes: float


def customer(number: int) -> str:
    """A customer that stands before all others in the order of user names, in two groups."""
    groups = (f"group-{number % GROUPS}", "everybody")
    memberships = "".join(
        f"<UserCustomerGroup><group_code>{group}</group_code></UserCustomerGroup>" for group in groups
    )
    return (
        f"<Customer><username>!{number:06d}</username><email>c{number}@example.com</email><b_fname>Ana</b_fname>"
        f"<b_lname>de la Cruz</b_lname><b_address1>1 Main Road</b_address1><b_city>Auckland</b_city>"
        f"<b_country>NZ</b_country>{memberships}</Customer>"
    )


def measure(server: Server) -> Trees:
    """Writes the customers, then reads them again and again."""
    link = Link(server.port)
    posts = [_post(link, start) for start in range(0, LISTED, POSTED)]
    gets = [_get(link) for _ in range(ROUNDS)]
    link.close()
    return Trees(median(posts), median(took for took, _ in gets), gets[-1][1] / 1_000_000)


def _post(link: Link, start: int) -> float:
    body = "".join(customer(number) for number in range(start, start + POSTED))
    begin = perf_counter()
    answer = link.exchange(client.post(TARGET, f"<ResultSet>{body}</ResultSet>".encode()))
    took = (perf_counter() - begin) * 1_000
    if b'stat="ok"' not in answer:
        raise RuntimeError(f"a POST of {POSTED} customers was refused: {answer[:300]!r}")
    return took


def _get(link: Link) -> tuple[float, int]:
    begin = perf_counter()
    answer = link.ask(TREE)
    took = (perf_counter() - begin) * 1_000
    if answer.count(b"</UserGroup>") != 2 * LISTED:
        raise RuntimeError("a list of customers lacks groups")
    return took, len(answer)
