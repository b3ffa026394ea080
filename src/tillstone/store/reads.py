"""The statements that read records: one by a name, several by a value, lists and counts without a window."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from tillstone.domain.query import Condition, Sort
from tillstone.domain.records import RESOURCES, Shape
from tillstone.store.conditions import form, ordering
from tillstone.store.schema import ACCOUNT, key_name
from tillstone.store.statements import ONE, Compiler, Source, Statement, number, text


class Reads(Compiler):
    """Statements over the tables of records. Each says by which names it wants its values bound."""

    def accounts(self) -> Statement:
        """Wants nothing."""
        return self.once(("accounts",), lambda: select(ACCOUNT.c.id, ACCOUNT.c.name).order_by(ACCOUNT.c.id))

    def account_named(self) -> Statement:
        """Wants name, folded."""

        def build() -> Select[Any]:
            return select(ACCOUNT.c.id, ACCOUNT.c.name).where(ACCOUNT.c.name_key == text("name"))

        return self.once(("account named",), build)

    # one record, and records by a value

    def one(self, shape: Shape, attribute: str, *, live: bool) -> Statement:
        """Wants account, value. Of several (deleted ones share names with live ones) the live one, else the newest."""

        def build() -> Select[Any]:
            source = self.source(shape.resource)
            columns = source.columns(shape)
            wanted = [source.table.c.account_id == number("account"), source.equals(attribute, "value")]
            found = select(*columns).select_from(source.joined()).where(*wanted, *source.live(live=live))
            if attribute == "id":
                return found
            return found.order_by(source.table.c.deleted.is_not(None), source.table.c.id.desc()).limit(ONE)

        return self.record(("one", shape, attribute, live), build)

    def anywhere(self, shape: Shape, attribute: str) -> Statement:
        """Wants value."""

        def build() -> Select[Any]:
            source = self.source(shape.resource)
            columns = source.columns(shape)
            wanted = source.equals(attribute, "value")
            found = select(source.table.c.account_id, *columns).select_from(source.joined())
            return found.where(wanted, *source.live(live=True))

        return self.once(("anywhere", shape, attribute), build)

    def among(
        self, shape: Shape, attribute: str, conditions: Sequence[Condition], *, live: bool, order: str
    ) -> Statement:
        """Wants account, values and those of the conditions."""

        def build() -> Select[Any]:
            source = self.source(shape.resource)
            columns, column = source.columns(shape), source.resource.column(attribute)
            wanted = [*source.where(conditions), *source.live(live=live)]
            wanted.append(self.language.among(source.table.c[key_name(column)], "values", column.kind))
            language, ids = self.language, source.table.c.id
            first = [] if order == "id" else [language.compared(source.table, source.resource.column(order))]
            ordered = [language.ordered(language.afterwards(one)) for one in (*first, ids)]
            return select(*columns).select_from(source.joined()).where(*wanted).order_by(*ordered)

        return self.once(("among", shape, attribute, live, order, *map(form, conditions)), build)

    # lists without a window

    def plain(self, shape: Shape, *, located: bool) -> Statement:
        """Wants account, start, limit: by id. `located` skips first, over the index alone: also wants skip."""

        def build() -> Select[Any]:
            source = self.source(shape.resource)
            columns, ids = source.columns(shape), source.table.c.id
            start: ColumnElement[int] = number("start")
            if located:
                other = self.source(shape.resource)
                behind = [*other.where(()), *other.listed(), other.table.c.id >= start]
                found = select(other.table.c.id).where(*behind).order_by(other.table.c.id)
                start = found.limit(ONE).offset(number("skip")).scalar_subquery()
            wanted = [*source.where(()), *source.listed(), ids >= start]
            return select(*columns).select_from(source.joined()).where(*wanted).order_by(ids).limit(number("limit"))

        return self.page(("plain", shape, located), build)

    def found(
        self,
        shape: Shape,
        conditions: Sequence[Condition],
        sort: Sequence[Sort],
        *,
        live: bool,
        by_stamp: bool = False,
        behind: bool = False,
    ) -> Statement:
        """Wants account, limit, skip, the values of the conditions; `behind` also an id that all lie above."""

        def build() -> Select[Any]:
            source = self.source(shape.resource, by_stamp=by_stamp)
            columns, (_, ids) = source.columns(shape), source.place
            wanted = [*source.where(conditions), *source.listed(), *source.live(live=live)]
            wanted += [ids > number("behind")] if behind else []
            ordered = [self._sorted(source, each) for each in sort]
            found = select(*columns).select_from(source.joined()).where(*wanted).order_by(*ordered, ids)
            return found.limit(number("limit")).offset(number("skip"))

        return self.page(("found", shape, live, by_stamp, behind, tuple(sort), *map(form, conditions)), build)

    def _sorted(self, source: Source, sort: Sort) -> ColumnElement[Any]:
        relation, _, name = sort.attribute.rpartition(".")
        resource = RESOURCES[source.resource.relations[relation].resource] if relation else source.resource
        table = source.table_for(sort.attribute)
        return ordering(self.language, table, resource.column(name), descending=sort.descending)

    def count(self, resource: str, conditions: Sequence[Condition], *, live: bool, by_stamp: bool = False) -> Statement:
        """Wants account and the values of the conditions."""

        def build() -> Select[Any]:
            source = self.source(resource, by_stamp=by_stamp)
            wanted = [*source.where(conditions), *source.listed(), *source.live(live=live)]
            return select(func.count()).select_from(source.joined()).where(*wanted)

        return self.once(("count", resource, live, by_stamp, *map(form, conditions)), build)
