"""A record that is being written, between what was read and what will be stored; and the places in its writing where a
resource may have rules of its own."""

from collections.abc import Callable, Mapping
from itertools import compress, islice
from operator import is_not

from msgspec import Struct

from tillstone.domain.commands import Key, Node
from tillstone.domain.errors import Bug, Fault
from tillstone.domain.passwords import Password
from tillstone.domain.profile import Profile, Unreadable
from tillstone.domain.records import RESOURCES, Record, Shape, Value, whole
from tillstone.domain.store import HistoryEntry, Transaction

Sent = Value | Unreadable | Password
"""A value on its way into a record."""

Diff = dict[str, tuple[Value, Value]]
"""Old and new value of each attribute that changed."""

Later = Callable[[], Fault | None]
"""A rule that can be judged only when everything of a command is written."""

HIDDEN = ("stamp", "version", "created_at", "id")
"""Kept by the writing itself: no part of a diff."""


def _nothing(_draft: "Draft") -> None:
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
    is_echo: Callable[["Draft", str, Sent], bool] | None = None
    names: Callable[["Draft"], None] = _nothing
    refer: Callable[["Draft"], None] = _nothing
    check: Callable[["Draft"], None] = _nothing
    fill: Callable[["Draft"], None] = _nothing
    link: Callable[["Draft"], None] = _nothing
    saved: Callable[["Draft"], None] = _nothing
    leave: Callable[["Draft"], None] = _nothing
    resolve: Callable[[Transaction, Record], Record] = _as_sent


class Draft:
    """`before` is the record as read (or blank), `record` as it will be; `sent` what the front asked to change, by
    attribute.

    `proposed` is a unique group that nobody asked for: it is given up if it is taken. `writes` are further statements
    of the same change, called with its transaction and stamp; they may not hold the draft, which would be a circle and
    outlive the write. `beside` tells old and new values of what changed beside the record's own columns; `stale` that
    related values in `record` no longer hold. `later` judges when all of the command is written; `along` are the
    records that will be written below a new one.
    """

    def __init__(
        self, tx: Transaction, profile: Profile, rules: Rules, actor: str, before: Record, *, creating: bool
    ) -> None:
        self.tx = tx
        self.profile = profile
        self.resource = profile.resource
        self.actor = actor
        self.before = before
        self.record = dict(before)
        self.creating = creating
        self.sent: dict[str, Sent] = {}
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.writes: list[Callable[[Transaction, int], None]] = []
        self.later: list[Later] = []
        self.along: tuple[Node, ...] = ()
        self.proposed: tuple[str, ...] = ()
        self.beside: Diff = {}
        self.stale = False
        self.rules = rules
        self._stamp: int | None = None

    @property
    def id(self) -> int:
        """The record's id, once it has one."""
        return whole(self.record["id"])

    def fault(self, field: str, code: str, detail: str = "") -> None:
        """One more broken rule."""
        self.faults.append(Fault(field, code, detail))

    def warn(self, field: str, code: str, detail: str = "") -> None:
        """Something the asker should know although it was done."""
        self.warnings.append(Fault(field, code, detail))

    def is_changed(self, attribute: str) -> bool:
        """Whether `attribute` will be stored with another value."""
        return self.record.get(attribute) != self.before.get(attribute)

    def diff(self) -> Diff:
        """Old and new values of what differs; secrets show as None."""
        before, record = self.before, self.record
        diff: Diff = {name: (before.get(name), record[name]) for name in self.changed() if name not in HIDDEN}
        diff.update(self.beside)
        for name in RESOURCES[self.resource].secrets:
            if name in diff:
                diff[name] = (None, None)
        return diff

    def changed(self) -> list[str]:
        """What differs. `record` began as a copy of `before`, so both have the same names in the same order and mostly
        the very same values, and what was added stands behind them."""
        record, before = self.record, self.before
        written = compress(record, map(is_not, record.values(), before.values()))
        changed = [name for name in written if record[name] != before[name]]
        if len(record) > len(before):
            changed += [name for name in islice(record, len(before), None) if record[name] is not None]
        return changed

    def also_insert(self, resource: str, values: Record) -> int:
        """A further record of `resource` to be stored along; gives its id."""
        record = RESOURCES[resource].blank()
        record.update(values)
        record["id"], record["version"] = self.tx.new_id(resource), 1

        def write(tx: Transaction, stamp: int) -> None:
            record["stamp"] = record["created_at"] = stamp
            tx.insert(resource, record)

        self.writes.append(write)
        return whole(record["id"])

    def also_update(self, resource: str, record_id: int, version: int, changes: Record) -> None:
        """Changed columns of a further record, which has `version` now, to be stored along."""

        def write(tx: Transaction, stamp: int) -> None:
            tx.update(resource, record_id, changes | {"stamp": stamp, "version": version + 1})

        self.writes.append(write)

    def also_drop(self, resource: str, record_id: int, version: int) -> None:
        """A further record to be marked deleted along."""

        def write(tx: Transaction, stamp: int) -> None:
            tx.update(resource, record_id, {"deleted": stamp, "stamp": stamp, "version": version + 1})

        self.writes.append(write)

    def stamp(self) -> int:
        """The stamp of this change: the owner's, whose record is stamped along, or the resource's own."""
        if self._stamp is None:
            kind = RESOURCES[self.resource]
            if kind.owner:
                self._stamp = touch(self.tx, kind.owner.resource, whole(self.record[kind.owner.via]))
            else:
                self._stamp = self.tx.stamp(self.resource) if kind.clocked else self.tx.now
        return self._stamp


def touch(tx: Transaction, resource: str, record_id: int, changes: Record | None = None) -> int:
    """Stamp a record because something that it shows changed, storing `changes` of its own columns along. Gives the
    stamp."""
    row = tx.one(tx.account, Shape(resource, ("stamp", "version")), Key("id", record_id), live=False)
    if row is None:
        message = f"{resource} {record_id} owns a record but does not exist"
        raise Bug(message)
    stamp, previous, version = tx.stamp(resource), whole(row[0]), whole(row[1])
    changes = dict(changes or {})
    if previous != stamp or changes:
        tx.update(resource, record_id, {**changes, "stamp": stamp, "version": version + 1})
        tx.enter(resource, record_id, stamp, previous)
    return stamp


def log_touch(draft: Draft, resource: str, record_id: int, stamp: int, diff: Diff) -> None:
    """A line of history for a record that changed along with the draft's."""
    row = draft.tx.one(draft.tx.account, Shape(resource, ("version",)), Key("id", record_id), live=False)
    version = whole(row[0]) if row else 0
    draft.tx.log(HistoryEntry(resource, record_id, stamp, version, "changed", draft.actor, draft.profile.front, diff))
