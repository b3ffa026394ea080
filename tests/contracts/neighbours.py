"""Whether a neighbour shows: one account sends the same requests in a database where it is alone and beside another.

Which requests those are, and what records there are, each dialect's test says for itself.
"""

from collections.abc import Callable

from tests.machines.world import Town
from tests.outside.session import Answer

NEIGHBOUR, HERE = "Bertha", "Anna"
"""In all that the records of an account say stands whose they are."""

FEW, MANY = 3, 9

Fill = Callable[[Town, str, int], str]
"""Makes an account whose records say this name, so many of each resource. Gives its key."""

AskEverything = Callable[[Town, str], dict[str, Answer]]
"""The answers to every request there is, writes too, to the account of that key."""

Show = Callable[[Town, str], object]
"""All that the account of that key shows of itself."""


def assert_nothing_shows(town: Town, fill: Fill, ask_everything: AskEverything, show: Show) -> None:
    """Every byte of the answers is the same with and without a neighbour, who is left as he was."""
    alone = ask_everything(town, fill(town, HERE, FEW))
    neighbour = fill(town, NEIGHBOUR, MANY)
    before = show(town, neighbour)

    beside = ask_everything(town, fill(town, HERE, FEW))

    assert [request for request, answer in beside.items() if answer != alone[request]] == []
    assert [request for request, answer in beside.items() if NEIGHBOUR.encode() in answer.body] == []
    assert show(town, neighbour) == before


def differing(town: Town, fill: Fill, ask_everything: AskEverything) -> set[str]:
    """The requests that the neighbour's own key answers in another way: those that would give him away."""
    alone = ask_everything(town, fill(town, HERE, FEW))
    neighbours = ask_everything(town, fill(town, NEIGHBOUR, MANY))
    return {request for request, answer in neighbours.items() if answer != alone[request]}


def comparable(answer: Answer) -> Answer:
    """Without what is different in every answer."""
    return answer._replace(headers={name: value for name, value in answer.headers.items() if name != "x-request-id"})
