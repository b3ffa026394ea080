"""Reading: records by a name or a value, lists and counts, over one session. `feed.py` decides what a list holds."""

from collections.abc import Sequence
from functools import cached_property

from tillstone.domain.commands import Count, Key, List
from tillstone.domain.query import Condition
from tillstone.domain.records import LARGEST, RESOURCES, Column, Row, Shape, Value, fold
from tillstone.domain.stamps import ClockRow
from tillstone.domain.store import Account, Volatile
from tillstone.store import conditions
from tillstone.store.conditions import TEXTUAL, Bound, storable
from tillstone.store.feed import Feed
from tillstone.store.positions import Positions
from tillstone.store.session import Session, Statements


class Reader:
    """`domain.store.Snapshot`. Who made it begins and ends its transaction."""

    def __init__(
        self,
        session: Session,
        statements: Statements,
        *,
        volatile: Volatile,
        positions: Positions | None = None,
        now: int = 0,
    ) -> None:
        self._session = session
        self._statements = statements
        self._volatile = volatile
        self._positions = positions
        self._now = now

    @cached_property
    def _feed(self) -> Feed:
        """Made when a list is asked for: most writes never do."""
        positions = self._positions or Positions()
        return Feed(self._session, self._statements, positions=positions, volatile=self._volatile, now=self._now)

    def at(self, now: int) -> None:
        """The time that watermarks are as old as."""
        self._feed.now = now

    def one(self, account: int, shape: Shape, key: Key, *, live: bool) -> Row | None:
        """The record of that name."""
        value = identifying(RESOURCES[shape.resource].column(key.attribute), key.value)
        if value is None:
            return None
        statement = self._statements.one(shape, key.attribute, live=live)
        return self._session.first(statement, {"account": account, "value": value})

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
        """All records that have one of the values: one statement, however many values."""
        resource = RESOURCES[shape.resource]
        column = resource.column(attribute)
        wanted = [value for each in values if (value := identifying(column, each)) is not None]
        if not wanted:
            return []
        statement = self._statements.among(shape, attribute, conditions, live=live, order=order)
        bound = _bind(self._statements, shape.resource, conditions)
        bound |= {"account": account, "values": self._statements.language.listed(wanted)}
        return self._session.all(statement, bound)

    def page(self, account: int, listing: List) -> list[Row]:
        """The rows of one page."""
        return self._feed.page(account, listing)

    def count(self, account: int, counting: Count) -> int:
        """How many records the same listing has over all pages."""
        return self._feed.count(account, counting)

    def clock(self, account: int, resource: str) -> ClockRow:
        """Stamps and counts of a resource."""
        return self._feed.clock(account, resource)[0]

    def accounts(self) -> list[Account]:
        """All accounts, by id."""
        return [Account(*row) for row in self._session.all(self._statements.accounts(), {})]  # type: ignore[arg-type]

    def account_named(self, name: str) -> Account | None:
        """The account of that name, however it is spelt."""
        if not storable(name):
            return None
        row = self._session.first(self._statements.account_named(), {"name": fold(name)})
        return Account(*row) if row else None  # type: ignore[arg-type]  # an id and a name

    def anywhere(self, shape: Shape, attribute: str, value: Value) -> tuple[int, Row] | None:
        """The live record of any account that has this value."""
        wanted = identifying(RESOURCES[shape.resource].column(attribute), value)
        if wanted is None:
            return None
        row = self._session.first(self._statements.anywhere(shape, attribute), {"value": wanted})
        return (int(str(row[0])), row[1:]) if row else None


def _bind(statements: Statements, resource: str, wanted: Sequence[Condition]) -> dict[str, Bound | None]:
    return conditions.values(statements.language, RESOURCES[resource], wanted)


def identifying(column: Column, value: Value) -> int | str | None:
    """`value` as it is stored in the column that identifies; None if nothing can be stored so."""
    if column.kind in TEXTUAL:
        if not isinstance(value, str) or not storable(value):
            return None
        return fold(value) if column.folded else value
    return value if isinstance(value, int) and -LARGEST <= value <= LARGEST else None
