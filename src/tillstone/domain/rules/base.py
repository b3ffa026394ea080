"""The places in the writing of a record where a resource may have rules of its own."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from tillstone.domain.draft import Draft, Sent
from tillstone.domain.records import Record
from tillstone.domain.store import Transaction


def _nothing(_draft: Draft) -> None:
    """No rule of its own."""


def _as_sent(_tx: Transaction, values: Record) -> Record:
    """The record is found by what was sent alone."""
    return values


class Rules(Struct, frozen=True):
    """Hooks of one resource, in the order in which they are called; see `writing.py`.

    `blank`: what a new record shows of its relations before anything was said. `needs`: attributes the hooks read.
    `handled`: sent attributes that a hook writes itself. `wire_of_clash`: which attribute a clashing group is
    reported on. `resolve` adds to sent values the ids of records that they name, so that a record can be found by them.
    """

    blank: Record = {}
    needs: tuple[str, ...] = ()
    handled: frozenset[str] = frozenset()
    wire_of_clash: Mapping[tuple[str, ...], str] = {}
    is_echo: Callable[[Draft, str, Sent], bool] | None = None
    names: Callable[[Draft], None] = _nothing
    refer: Callable[[Draft], None] = _nothing
    check: Callable[[Draft], None] = _nothing
    fill: Callable[[Draft], None] = _nothing
    link: Callable[[Draft], None] = _nothing
    saved: Callable[[Draft], None] = _nothing
    leave: Callable[[Draft], None] = _nothing
    resolve: Callable[[Transaction, Record], Record] = _as_sent
