"""A shop to try a store with: writes as the service would, with the fewest words."""

from uuid import uuid4

from tests.clocks import StandingClock
from tillstone.domain.commands import Count, Key, List
from tillstone.domain.query import Condition, Slice, Window
from tillstone.domain.records import RESOURCES, Record, Row, Shape, Value
from tillstone.domain.stamps import ClockRow
from tillstone.domain.store import Store, Transaction

NOON = 1_790_000_000

ID_STAMP = ("id", "stamp")


class Shop:
    """One account of a store. Suppliers are the plainest of the clocked resources."""

    def __init__(self, store: Store, clock: StandingClock, account: int) -> None:
        self.store = store
        self.clock = clock
        self.account = account

    @classmethod
    def opened(cls, store: Store, clock: StandingClock) -> "Shop":
        return cls(store, clock, store.add_account(f"shop-{uuid4().hex}").id)

    # writing

    def create(self, resource: str = "supplier", **values: Value) -> int:
        return self.store.write(self.account, lambda tx: create(tx, resource, **values))

    def change(self, record: int, resource: str = "supplier", **values: Value) -> int:
        return self.store.write(self.account, lambda tx: change(tx, resource, record, **values))

    def delete(self, record: int, resource: str = "supplier") -> int:
        return self.store.write(self.account, lambda tx: delete(tx, resource, record))

    def publish(self, resource: str = "supplier") -> int:
        return self.store.write(self.account, lambda tx: tx.publish(resource))

    # reading

    def read(self, record: int, *attributes: str, resource: str = "supplier") -> Row | None:
        with self.store.peek() as snapshot:
            return snapshot.one(self.account, Shape(resource, attributes), Key("id", record), live=False)

    def stamp_of(self, record: int, resource: str = "supplier") -> int:
        row = self.read(record, "stamp", resource=resource)
        assert row is not None
        return as_int(row[0])

    def clock_row(self, resource: str = "supplier") -> ClockRow:
        with self.store.read() as snapshot:
            return snapshot.clock(self.account, resource)

    def page(self, number: int = 1, size: int = 2, **asked: object) -> list[int]:
        with self.store.read() as snapshot:
            return [as_int(row[0]) for row in snapshot.page(self.account, listing(number, size, asked))]

    def count(self, resource: str = "supplier", **asked: object) -> int:
        with self.store.read() as snapshot:
            return snapshot.count(self.account, Count(resource, **asked))  # type: ignore[arg-type]

    def walk(self, size: int = 2, **asked: object) -> list[int]:
        """All ids, page after page until one is empty."""
        ids: list[int] = []
        number = 1
        while found := self.page(number, size, **asked):
            ids += found
            number += 1
        return ids

    def found(self, *conditions: Condition, resource: str = "supplier") -> list[int]:
        return self.page(1, 1_000, resource=resource, conditions=conditions)


def listing(number: int, size: int, asked: dict[str, object]) -> List:
    asked = dict(asked)
    shape = Shape(str(asked.pop("resource", "supplier")), ID_STAMP)
    return List(shape, Slice((number - 1) * size, size), **asked)  # type: ignore[arg-type]


def window(after: int = 0, to: int | None = None) -> Window:
    return Window(after, to)


def as_int(value: object) -> int:
    assert isinstance(value, int)
    return value


def create(tx: Transaction, resource: str = "supplier", **values: Value) -> int:
    kind = RESOURCES[resource]
    stamp = tx.stamp(resource) if kind.clocked else tx.now
    record: Record = kind.blank() | {"stamp": stamp, "created_at": stamp, "version": 1} | values
    if record["id"] is None:
        record["id"] = tx.new_id(resource)
    tx.insert(resource, record)
    if kind.clocked and not record.get("is_system"):
        tx.enter(resource, as_int(record["id"]), stamp, 0)
        tx.tally(resource, rows=1)
    return as_int(record["id"])


def change(tx: Transaction, resource: str, record: int, **values: Value) -> int:
    row = tx.one(tx.account, Shape(resource, ("stamp", "version")), Key("id", record), live=False)
    assert row is not None
    stamp = tx.stamp(resource)
    tx.update(resource, record, {**values, "stamp": stamp, "version": as_int(row[1]) + 1})
    tx.enter(resource, record, stamp, as_int(row[0]))
    return stamp


def delete(tx: Transaction, resource: str, record: int) -> int:
    stamp = change(tx, resource, record, deleted=tx.stamp(resource))
    tx.tally(resource, deleted=1)
    return stamp


def end_connections(url: str) -> None:
    """As a restart of PostgreSQL would."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
