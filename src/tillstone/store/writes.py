"""The statements that write: records, and what a batch keeps beside them (clock, counters, feed, history)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, exists, func, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import Table
from sqlalchemy.sql.dml import Insert, Update
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from tillstone.domain.query import Condition
from tillstone.domain.records import RESOURCES
from tillstone.store.conditions import SQLITE, form
from tillstone.store.schema import ACCOUNT, CLOCK, COUNTER, FEED, PUBLICATION, TABLES, folded_columns
from tillstone.store.statements import ONE, ZERO, Compiler, Source, Statement, number, text

PURGED_AT_ONCE = 4
"""Old publications looked at with each new one: more than are made, and few enough to cost nothing."""


class Writes(Compiler):
    """Statements that change something. Each says by which names it wants its values bound."""

    def insert(self, resource: str) -> Statement:
        """Wants account_id and every column, companions too."""
        return self.once(("insert", resource), lambda: insert(TABLES[resource]))

    def update(self, resource: str, names: tuple[str, ...]) -> Statement:
        """Wants account, record, and those columns with their companions."""

        def build() -> Update:
            table, folded = TABLES[resource], folded_columns(RESOURCES[resource])
            stored = [*names, *(f"{name}_key" for name in names if name in folded)]
            changed = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in stored}
            mine = [table.c.account_id == number("account"), table.c.id == number("record")]
            return update(table).where(*mine).values(changed)

        return self.once(("update", resource, names), build)

    def append(self, table: Table) -> Statement:
        """Wants every column, in order: the text alone, for many rows at once."""
        return self.once(("append", table.name), lambda: insert(table))

    def replace(self, table: Table) -> Statement:
        """Wants every column, in order; a row with this key is overwritten."""

        def build() -> Insert:
            maker: Any = sqlite.insert if self.database == SQLITE else postgresql.insert
            statement = maker(table)
            others = {name: statement.excluded[name] for name in _names(table) if name not in table.primary_key.columns}
            replaced: Insert = statement.on_conflict_do_update(
                index_elements=table.primary_key.columns.keys(), set_=others
            )
            return replaced

        return self.once(("replace", table.name), build)

    def counter(self) -> Statement:
        """Wants account, name."""

        def build() -> Select[Any]:
            mine = (COUNTER.c.account_id == number("account"), COUNTER.c.name == text("name"))
            return select(COUNTER.c.next).where(*mine)

        return self.once(("counter",), build)

    def purge_publications(self) -> Statement:
        """Wants account, resource, before: forget a few publications made before that time."""

        def build() -> Any:
            mine = [PUBLICATION.c.account_id == number("account"), PUBLICATION.c.resource == text("resource")]
            oldest = select(PUBLICATION.c.stamp).where(*mine).order_by(PUBLICATION.c.stamp)
            few = oldest.limit(literal_column(str(PURGED_AT_ONCE), BigInteger))
            return delete(PUBLICATION).where(*mine, PUBLICATION.c.at < number("before"), PUBLICATION.c.stamp.in_(few))

        return self.once(("purge",), build)

    def settle(self) -> Statement:
        """Wants account: what was given counts as handed out. How old that is, is forgotten along with it."""

        def build() -> Update:
            behind = [CLOCK.c.account_id == number("account"), CLOCK.c.published < CLOCK.c.last]
            return update(CLOCK).where(*behind).values(published=CLOCK.c.last, published_at=ZERO)

        return self.once(("settle",), build)

    def unsettled(self) -> Statement:
        """Wants nothing: the accounts that `settle` would change."""

        def build() -> Select[Any]:
            return select(CLOCK.c.account_id).where(CLOCK.c.published < CLOCK.c.last).distinct()

        return self.once(("unsettled",), build)

    def add_account(self) -> Statement:
        """Wants name and name_key; gives the id."""

        def build() -> Insert:
            following = func.coalesce(func.max(ACCOUNT.c.id), ZERO) + ONE
            row = select(following, text("name"), text("name_key")).select_from(ACCOUNT)
            made: Any = insert(ACCOUNT).from_select(["id", "name", "name_key"], row).returning(ACCOUNT.c.id)
            return made  # type: ignore[no-any-return]  # typed by its RETURNING, which nobody here needs

        return self.once(("add account",), build)

    # set-based stamping

    def _stale(self, source: Source, conditions: Sequence[Condition]) -> list[ColumnElement[bool]]:
        return [*source.where(conditions), *source.listed(), source.table.c.stamp != number("stamp")]

    def enter_stale(self, resource: str, conditions: Sequence[Condition]) -> Statement:
        """Wants account, resource, stamp and the values of the conditions: an entry for each record to be stamped."""

        def build() -> Insert:
            source = self.source(resource)
            stale = self._stale(source, conditions)
            r = source.table
            entries = select(r.c.account_id, text("resource"), number("stamp"), r.c.id, r.c.stamp)
            return insert(FEED).from_select(list(FEED.c.keys()), entries.select_from(source.joined()).where(*stale))

        return self.once(("enter stale", resource, *map(form, conditions)), build)

    def stamp_stale(self, resource: str, conditions: Sequence[Condition]) -> Statement:
        """Wants account, stamp and the values of the conditions."""

        def build() -> Update:
            source, table = self.source(resource), TABLES[resource]
            stale = self._stale(source, conditions)
            ids = select(source.table.c.id).select_from(source.joined()).where(*stale)
            stamped = update(table).where(table.c.account_id == number("account"), table.c.id.in_(ids))
            return stamped.values(stamp=number("stamp"), version=table.c.version + ONE)

        return self.once(("stamp stale", resource, *map(form, conditions)), build)

    # clashes

    def clashes(self, resource: str, groups: tuple[tuple[str, ...], ...]) -> Statement:
        """Wants account, but, and each attribute named in `groups`: one column of 0 or 1 per group."""

        def build() -> Select[Any]:
            found: Select[Any] = select(*[self._clash(resource, group) for group in groups])
            return found

        return self.once(("clashes", resource, groups), build)

    def _clash(self, resource: str, group: tuple[str, ...]) -> ColumnElement[Any]:
        source = self.source(resource)
        table, forever = source.table, group in source.resource.forever
        same = [source.equals(name, f"is_{name}") for name in group]
        mine = [table.c.account_id == number("account"), table.c.id != number("but")]
        return exists(select(ONE).select_from(table).where(*mine, *same, *source.live(live=not forever)))


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]
