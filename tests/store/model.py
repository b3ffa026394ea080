"""A store of dictionaries, written from `domain/store.py` and rule P alone: what the databases are compared with.

It knows no statement, no index and no remembered place: every answer is computed from the whole feed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from msgspec import structs

from tillstone.domain.commands import Count, Key, List
from tillstone.domain.errors import Clash, Fault
from tillstone.domain.query import AllOf, AnyOf, Condition, Filter, Operator, Window
from tillstone.domain.records import RESOURCES, Column, Kind, Record, Row, Shape, Value, fold
from tillstone.domain.stamps import PUBLISHED_FOR, Clock, ClockRow, next_stamp
from tillstone.domain.store import Account, HistoryEntry

Entry = tuple[str, int, int, int]
"""resource, stamp, id, the stamp before."""


class Shelf:
    """Everything of one account."""

    def __init__(self) -> None:
        self.records: dict[str, dict[int, Record]] = {name: {} for name in RESOURCES}
        self.feed: list[Entry] = []
        self.clocks: dict[str, ClockRow] = {}
        self.publications: dict[tuple[str, int], int] = {}
        self.counters: dict[str, int] = {}
        self.history: list[HistoryEntry] = []


class ModelSnapshot:
    """Answers from the shelves as they are."""

    def __init__(self, store: "ModelStore") -> None:
        self.store = store

    def _records(self, account: int, resource: str) -> list[Record]:
        shelf = self.store.shelves.get(account, Shelf())
        return [shelf.records[resource][key] for key in sorted(shelf.records[resource])]

    def _value(self, account: int, resource: str, record: Record, attribute: str) -> Value:
        relation, _, name = attribute.rpartition(".")
        if not relation:
            return record[name]
        way = RESOURCES[resource].relations[relation]
        if way.unless and record[way.via] == record[way.unless]:
            return None
        other = self.store.shelves[account].records[way.resource].get(record[way.via])  # type: ignore[arg-type]
        return other[name] if other else None

    def _row(self, account: int, shape: Shape, record: Record) -> Row:
        return tuple(self._value(account, shape.resource, record, attribute) for attribute in shape.attributes)

    def one(self, account: int, shape: Shape, key: Key, *, live: bool) -> Row | None:
        column = RESOURCES[shape.resource].column(key.attribute)
        found = [
            record
            for record in self._records(account, shape.resource)
            if _same(column, record[key.attribute], key.value) and not (live and record["deleted"])
        ]
        found.sort(key=lambda record: (record["deleted"] is not None, -_int(record["id"])))
        return self._row(account, shape, found[0]) if found else None

    def rows(
        self,
        account: int,
        shape: Shape,
        attribute: str,
        values: Sequence[Value],
        *,
        live: bool = True,
        conditions: Sequence[Condition] = (),
        order: str = "id",
    ) -> list[Row]:
        column = RESOURCES[shape.resource].column(attribute)
        found = [
            record
            for record in self._matching(account, shape.resource, conditions, live=live)
            if any(_same(column, record[attribute], value) for value in values)
        ]
        found.sort(key=lambda record: _sort_key(record[order]))
        return [self._row(account, shape, record) for record in found]

    def _matching(self, account: int, resource: str, conditions: Sequence[Condition], *, live: bool) -> list[Record]:
        return [
            record
            for record in self._records(account, resource)
            if not (live and record["deleted"])
            and all(self.holds(account, resource, record, condition) for condition in conditions)
        ]

    def holds(self, account: int, resource: str, record: Record, condition: Condition) -> bool:
        if isinstance(condition, AnyOf):
            return any(self.holds(account, resource, record, each) for each in condition.filters)
        if isinstance(condition, AllOf):
            return all(self.holds(account, resource, record, each) for each in condition.conditions)
        relation, _, name = condition.attribute.rpartition(".")
        owner = RESOURCES[resource].relations[relation].resource if relation else resource
        column = RESOURCES[owner].column(name)
        return _compares(column, self._value(account, resource, record, condition.attribute), condition)

    # rule P

    def page(self, account: int, listing: List) -> list[Row]:
        offset, limit = listing.slice.offset, listing.slice.limit
        resource = listing.shape.resource
        if listing.window is not None:
            found = self._window(account, listing, listing.window)[:limit]
        else:
            found = [
                each
                for each in self._matching(account, resource, listing.conditions, live=listing.live)
                if _listed(each)
            ]
            for sort in reversed(listing.sort):
                key = lambda each, name=sort.attribute: _sort_key(self._value(account, resource, each, name))  # noqa: E731
                found.sort(key=key, reverse=sort.descending)
            found = self._after_mark(account, listing, found)
            found = found[:limit] if self._marked(listing) else found[offset : offset + limit]
            self._set_mark(account, listing, found)
        return [self._row(account, listing.shape, each) for each in found]

    def _marked(self, listing: List) -> bool:
        return self.store.marked

    def _after_mark(self, account: int, listing: List, found: list[Record]) -> list[Record]:
        self.store.marked = False
        number = listing.slice.offset // max(listing.slice.limit, 1) + 1
        if not (listing.mark and listing.live and not listing.conditions and not listing.sort and number > 1):
            return found
        mark = self.store.volatile.mark(account, listing.mark, listing.shape.resource, listing.slice.limit, number)
        if mark is None:
            return found
        self.store.marked = True
        return [each for each in found if _int(each["id"]) > mark]

    def _set_mark(self, account: int, listing: List, found: list[Record]) -> None:
        size = listing.slice.limit
        if listing.mark and listing.live and not listing.conditions and not listing.sort and found:
            number, last = listing.slice.offset // size + 1, _int(found[-1]["id"])
            self.store.volatile.set_mark(account, listing.mark, listing.shape.resource, size, number, last)

    def _window(self, account: int, listing: List, window: Window) -> list[Record]:
        resource, offset = listing.shape.resource, listing.slice.offset
        inside = [
            each
            for each in self._matching(account, resource, listing.conditions, live=listing.live)
            if _inside(window, _int(each["stamp"])) and _listed(each)
        ]
        walk = None if listing.conditions else self._walk(account, resource, window)
        if walk is None:
            inside.sort(key=lambda each: (_int(each["stamp"]), _int(each["id"])))
            return inside[offset:]
        ids = {_int(each["id"]): each for each in inside}
        slots = self._slots(account, resource, walk, live=listing.live)
        return [ids[record] for record in slots[offset:] if record in ids]

    def _walk(self, account: int, resource: str, window: Window) -> Window | None:
        """The window with its upper bound as it counts, or None for a report."""
        shelf = self.store.shelves.get(account, Shelf())
        if not RESOURCES[resource].clocked:
            return None
        if window.to is None or window.to > shelf.clocks.get(resource, ClockRow()).last:
            return Window(window.after, None)
        at = shelf.publications.get((resource, window.to))
        return window if at is not None and at > self.store.clock.now() - PUBLISHED_FOR else None

    def _slots(self, account: int, resource: str, window: Window, *, live: bool) -> list[int]:
        shelf = self.store.shelves.get(account, Shelf())
        first: dict[int, int] = {}
        for name, stamp, record, _ in shelf.feed:
            if name == resource and _inside(window, stamp):
                first[record] = min(stamp, first.get(record, stamp))
        if live and window.to is not None:
            for record in list(first):
                deleted = shelf.records[resource][record]["deleted"]
                if deleted is not None and _int(deleted) <= window.to:
                    del first[record]
        return sorted(first, key=lambda record: (first[record], record))

    def count(self, account: int, counting: Count) -> int:
        window = counting.window
        matching = self._matching(account, counting.resource, counting.conditions, live=counting.live)
        listed = [each for each in matching if _listed(each)]
        if window is None:
            return len(listed)
        walk = None if counting.conditions else self._walk(account, counting.resource, window)
        if walk is None or (counting.live and walk.to is None):
            return sum(_inside(walk or window, _int(each["stamp"])) for each in listed)
        return len(self._slots(account, counting.resource, walk, live=counting.live))

    def clock(self, account: int, resource: str) -> ClockRow:
        return self.store.shelves.get(account, Shelf()).clocks.get(resource, ClockRow())

    def accounts(self) -> list[Account]:
        return list(self.store.names)

    def account_named(self, name: str) -> Account | None:
        return next((each for each in self.store.names if fold(each.name) == fold(name)), None)

    def anywhere(self, shape: Shape, attribute: str, value: Value) -> tuple[int, Row] | None:
        for account in self.store.shelves:
            row = self.one(account, shape, Key(attribute, value), live=True)
            if row is not None:
                return account, row
        return None


class ModelTransaction(ModelSnapshot):
    """Writes to the shelf at once; `ModelStore.write` puts the old one back if it has to."""

    def __init__(self, store: "ModelStore", account: int) -> None:
        super().__init__(store)
        self.account = account
        self.now = store.clock.now()

    @property
    def shelf(self) -> Shelf:
        return self.store.shelves.setdefault(self.account, Shelf())

    def _tell(self, resource: str, **changes: int) -> None:
        self.shelf.clocks[resource] = structs.replace(self.clock(self.account, resource), **changes)

    def stamp(self, resource: str) -> int:
        return next_stamp(self.now, self.clock(self.account, resource))

    def publish(self, resource: str) -> int:
        last = self.clock(self.account, resource).last
        if last:
            published = max(last, self.clock(self.account, resource).published)
            self._tell(resource, published=published, published_at=self.now)
            self.shelf.publications[resource, last] = self.now
        return last

    def new_id(self, resource: str) -> int:
        return self.next_number(f"id.{resource}")

    def next_number(self, name: str) -> int:
        self.shelf.counters[name] = self.shelf.counters.get(name, 0) + 1
        return self.shelf.counters[name]

    def insert(self, resource: str, record: Record) -> None:
        record = {name: record[name] for name in RESOURCES[resource].attributes}
        number = _int(record["id"])
        assert number not in self.shelf.records[resource]
        self.shelf.records[resource][number] = record
        counter = f"id.{resource}"
        self.shelf.counters[counter] = max(self.shelf.counters.get(counter, 0), number)

    def update(self, resource: str, record_id: int, changes: Record) -> None:
        self.shelf.records[resource][record_id].update(changes)

    def enter(self, resource: str, record_id: int, stamp: int, previous: int) -> None:
        if stamp != previous:
            self.shelf.feed.append((resource, stamp, record_id, previous))
            self._tell(resource, last=max(stamp, self.clock(self.account, resource).last))

    def tally(self, resource: str, *, rows: int = 0, deleted: int = 0) -> None:
        clock = self.clock(self.account, resource)
        self._tell(resource, rows=clock.rows + rows, deleted=clock.deleted + deleted)

    def log(self, entry: HistoryEntry) -> None:
        self.shelf.history.append(entry)

    def restamp(self, resource: str, stamp: int, conditions: Sequence[Condition]) -> int:
        found = [
            each
            for each in self._matching(self.account, resource, conditions, live=False)
            if each["stamp"] != stamp and _listed(each)
        ]
        for record in found:
            self.enter(resource, _int(record["id"]), stamp, _int(record["stamp"]))
            record.update(stamp=stamp, version=_int(record["version"]) + 1)
        return len(found)

    def clashes(
        self, resource: str, wanted: Sequence[tuple[str, ...]], record: Record, *, but: int | None
    ) -> list[tuple[str, ...]]:
        kind = RESOURCES[resource]
        return [
            group
            for group in wanted
            if all(record[name] is not None for name in group)
            and any(
                all(_same(kind.column(name), other[name], record[name]) for name in group)
                for other in self._records(self.account, resource)
                if other["id"] != but and (group in kind.forever or not other["deleted"])
            )
        ]

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        before = deepcopy(self.store.shelves)
        try:
            yield
        except BaseException:
            self.store.shelves = before
            raise


class ModelVolatile:
    """Marks only."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.marks: dict[tuple[int, str, str, int], dict[int, tuple[int, int]]] = {}

    def mark(self, account: int, asker: str, resource: str, size: int, page: int) -> int | None:
        last, at = self.marks.get((account, asker, resource, size), {}).get(page - 1, (None, 0))
        return last if last is not None and at > self.clock.now() - 600 else None

    def set_mark(self, account: int, asker: str, resource: str, size: int, page: int, last_id: int) -> None:
        key = (account, asker, resource, size)
        if page == 1:
            self.marks.pop(key, None)
        self.marks.setdefault(key, {})[page] = (last_id, self.clock.now())


class ModelStore:
    """One write after the other, in the caller's thread."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.names: list[Account] = []
        self.shelves: dict[int, Shelf] = {}
        self.volatile = ModelVolatile(clock)
        self.marked = False
        self._on_batch: Callable[[], None] = lambda: None

    @contextmanager
    def read(self) -> Iterator[ModelSnapshot]:
        yield ModelSnapshot(self)

    peek = read

    def ahead(self, _account: int, listing: List) -> int:
        return listing.slice.offset

    def write(self, account: int, work: Callable[[Any], Any]) -> Any:
        before = deepcopy(self.shelves)
        try:
            return work(ModelTransaction(self, account))
        except BaseException:
            self.shelves = before
            raise

    def submit(
        self, account: int, work: Callable[[Any], Any], done: Callable[[Any, BaseException | None], None]
    ) -> None:
        try:
            answer = self.write(account, work)
        except Exception as error:  # noqa: BLE001 - the asker's
            done(None, error)
        else:
            done(answer, None)
        self._on_batch()

    def on_batch(self, callback: Callable[[], None]) -> None:
        self._on_batch = callback

    def add_account(self, name: str) -> Account:
        if ModelSnapshot(self).account_named(name):
            raise Clash(Fault("name", "taken", name))
        account = Account(len(self.names) + 1, name)
        self.names.append(account)
        self.shelves[account.id] = Shelf()
        return account

    def restart(self) -> None:
        """What was stamped counts as handed out from now on."""
        for shelf in self.shelves.values():
            for resource, clock in shelf.clocks.items():
                if clock.published < clock.last:
                    shelf.clocks[resource] = structs.replace(clock, published=clock.last, published_at=0)

    def close(self) -> None:
        pass


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _listed(record: Record) -> bool:
    return not record.get("is_system")


def _inside(window: Window, stamp: int) -> bool:
    return stamp > window.after and (window.to is None or stamp <= window.to)


def _same(column: Column, stored: Value, wanted: Value) -> bool:
    if stored is None or wanted is None:
        return False
    return fold(str(stored)) == fold(str(wanted)) if column.folded else stored == wanted


def _sort_key(value: Value) -> tuple[bool, Any]:
    return value is not None, fold(value) if isinstance(value, str) else value if value is not None else 0


def _like(pattern: str) -> str:
    pieces = re.findall(r"\\.|%|_|[^\\%_]|\\$", pattern, flags=re.DOTALL)
    signs = {"%": ".*", "_": "."}
    return "".join(
        signs.get(piece) or re.escape(piece[1:] if piece.startswith("\\") and len(piece) > 1 else piece)
        for piece in pieces
    )


def _comparable(value: Value, *, textual: bool) -> int | str | None:
    if textual:
        return None if value is None else fold(str(value))
    if isinstance(value, str):
        return int(value) if value.isdecimal() else None
    return value if isinstance(value, int) else None


def _compares(column: Column, stored: Value, condition: Filter) -> bool:
    how, textual = condition.operator, column.kind in {Kind.TEXT, Kind.DATE}
    if how is Operator.EMPTY:
        return stored is None or stored == ""
    if stored is None:
        return False
    if how in {Operator.SET, Operator.CLEARED}:
        return (stored == "") == (how is Operator.CLEARED) if textual else how is Operator.SET
    values: list[Any] = [_comparable(each, textual=textual) for each in condition.values]
    mine: Any = fold(str(stored)) if textual else stored
    if how in {Operator.IN, Operator.NOT_IN}:
        return (mine in values) == (how is Operator.IN)
    if condition.values[0] is None:
        return False
    if how in {Operator.LIKE, Operator.NOT_LIKE}:
        return bool(re.fullmatch(_like(fold(str(condition.values[0]))), str(mine), re.DOTALL)) == (how is Operator.LIKE)
    if how is Operator.IN_SET:
        return fold(str(condition.values[0])) in [item.strip() for item in str(mine).split(",")]
    if how is Operator.MATCHES:
        return re.search(str(condition.values[0]), str(stored), re.IGNORECASE) is not None
    value = values[0]
    return (
        value is not None
        and {
            Operator.EQ: lambda: mine == value,
            Operator.NE: lambda: mine != value,
            Operator.LT: lambda: mine < value,
            Operator.LE: lambda: mine <= value,
            Operator.GT: lambda: mine > value,
            Operator.GE: lambda: mine >= value,
        }[how]()
    )
