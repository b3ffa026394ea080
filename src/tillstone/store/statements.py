"""How statements are written with SQLAlchemy Core and compiled once per database and form.

What is run later is SQL text and a tuple of arguments, on plain connections: see `sqlite.py` and `postgres.py`. The
statements themselves stand in `reads.py`, `slots.py` and `writes.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.elements import BindParameter, ClauseElement, ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select

from tillstone.domain.query import Condition
from tillstone.domain.records import RESOURCES, Resource, Shape
from tillstone.store.conditions import POSTGRES, SQLITE, Language, Where, quoted
from tillstone.store.schema import FEED, TABLES, key_name

REMEMBERED = 1_000
"""Compiled statements kept; filters come in any form, so there has to be an end."""

PACKED_COLUMNS = range(8, 101)
"""Fewer are sooner fetched as they are; more arguments a function does not take in every build of SQLite."""

ZERO: ColumnElement[int] = literal_column("0", BigInteger)
ONE: ColumnElement[int] = literal_column("1", BigInteger)


class Statement:
    """SQL text, and how named values become its arguments.

    `packed`, if there is one, takes the same arguments and gives all rows as one text: JSON arrays, parted by commas.
    That saves a call per value and two locks per row.
    """

    __slots__ = ("_names", "_pick", "packed", "sql")

    def __init__(self, sql: str, names: Sequence[str], packed: str = "") -> None:
        self.sql = sql
        self.packed = packed
        self._names = tuple(names)
        self._pick: Callable[[Mapping[str, Any]], tuple[Any, ...]] = (
            itemgetter(*names) if len(names) > 1 else lambda values: tuple(values[name] for name in names)
        )

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """`values` in the order in which the text wants them."""
        return self._pick(values)


class _HintingCompiler(SQLiteCompiler):
    """SQLite does know hints: INDEXED BY. Its planner never chooses a partial index for an ordered scan by itself."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """The hint, as it is."""
        return text

    def limit_clause(self, select: Any, **kw: Any) -> str:
        """Without the OFFSET that SQLAlchemy would bind to every LIMIT."""
        if select._offset_clause is None:  # noqa: SLF001 - SQLAlchemy's own way for dialects
            return f" LIMIT {self.process(select._limit_clause, **kw)}"  # noqa: SLF001 - see above
        clause: str = super().limit_clause(select, **kw)  # type: ignore[no-untyped-call]
        return clause


def _dialect(database: str) -> DefaultDialect:
    if database == POSTGRES:
        return PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]
    dialect = SQLiteDialect_pysqlite(paramstyle="qmark")
    dialect.statement_compiler = _HintingCompiler
    return dialect


def number(name: str) -> BindParameter[int]:
    """A bound number."""
    return bindparam(name, type_=BigInteger())


def text(name: str) -> BindParameter[str]:
    """A bound text."""
    return bindparam(name, type_=Text())


class Source:
    """One resource's table with the relations that a statement reaches through, joined on demand.

    `by_stamp` reaches the records through the feed, where each has one entry with the stamp it bears: tables have no
    index on stamps, which every write would have to move.
    """

    def __init__(self, language: Language, resource: Resource, *, by_stamp: bool = False) -> None:
        self.resource = resource
        self.language = language
        self.table = TABLES[resource.name].alias("r")
        self._feed = FEED.alias("f") if by_stamp and resource.clocked else None
        self._joined: dict[str, FromClause] = {}

    @property
    def place(self) -> tuple[ColumnElement[int], ColumnElement[int]]:
        """Stamp and id, where they are sought and ordered by."""
        feed = self._feed
        return (self.table.c.stamp, self.table.c.id) if feed is None else (feed.c.stamp, feed.c.record_id)

    def table_for(self, attribute: str) -> FromClause:
        """The table in which `attribute` is sought."""
        if attribute == "stamp" and self._feed is not None:
            return self._feed
        return self.table_of(attribute.rpartition(".")[0])

    def table_of(self, relation: str) -> FromClause:
        """The table behind `relation`; the resource's own for ""."""
        if not relation:
            return self.table
        if relation not in self._joined:
            self._joined[relation] = TABLES[self.resource.relations[relation].resource].alias(f"r_{relation}")
        return self._joined[relation]

    def column(self, attribute: str) -> ColumnElement[Any]:
        """The stored column behind `attribute`."""
        relation, _, name = attribute.rpartition(".")
        return self.table_of(relation).c[name]

    def columns(self, shape: Shape) -> list[ColumnElement[Any]]:
        """The columns of `shape`, in order; a name of its own for each, since two relations may share them."""
        return [self.column(attribute).label(f"c{place}") for place, attribute in enumerate(shape.attributes)]

    def joined(self, base: FromClause | None = None) -> FromClause:
        """`base` (else the table) with every relation used so far. Call it last."""
        source = self._base() if base is None else base
        for name, table in self._joined.items():
            relation = self.resource.relations[name]
            on = (table.c.account_id == self.table.c.account_id) & (table.c.id == self.table.c[relation.via])
            if relation.unless:
                on &= table.c.id.is_distinct_from(self.table.c[relation.unless])
            source = source.outerjoin(table, on)
        return source

    def _base(self) -> FromClause:
        table, feed = self.table, self._feed
        if feed is None:
            return table
        same = (table.c.account_id == feed.c.account_id) & (table.c.id == feed.c.record_id)
        return feed.join(table, same & (table.c.stamp == feed.c.stamp))

    def where(self, conditions: Sequence[Condition]) -> list[ColumnElement[bool]]:
        """The conditions, and that the record is the account's."""
        feed = self._feed
        mine = [(self.table if feed is None else feed).c.account_id == number("account")]
        mine += [] if feed is None else [feed.c.resource == quoted(self.resource.name)]
        return [*mine, *Where(self.language, self.resource, self.table_for).all(conditions)]

    def listed(self) -> list[ColumnElement[bool]]:
        """System records have no feed entry and are in no list."""
        return [self.table.c.is_system == ZERO] if self.resource.has("is_system") else []

    def live(self, *, live: bool) -> list[ColumnElement[bool]]:
        """Leaves deleted records out, if asked to."""
        return [self.table.c.deleted.is_(None)] if live else []

    def equals(self, attribute: str, value: str) -> ColumnElement[bool]:
        """The attribute, folded if it is compared so, equals the bound value."""
        column = self.resource.column(attribute)
        stored = self.table.c[key_name(column)]
        return stored == bindparam(value, type_=stored.type)


class Compiler:
    """Compiles for one database, each form once."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.language = Language(database)
        self._dialect = _dialect(database)
        self._kept: dict[tuple[Any, ...], Statement] = {}

    def once(self, key: tuple[Any, ...], build: Callable[[], ClauseElement]) -> Statement:
        """The statement kept under `key`, built if it is the first of its form."""
        return self._kept.get(key) or self._keep(key, self.compile(build()))

    def page(self, key: tuple[Any, ...], build: Callable[[], Select[Any]]) -> Statement:
        """The same for records in their order, up to a limit."""
        return self._kept.get(key) or self._keep(key, self._packed(build(), as_page=True))

    def record(self, key: tuple[Any, ...], build: Callable[[], Select[Any]]) -> Statement:
        """The same for at most one record."""
        return self._kept.get(key) or self._keep(key, self._packed(build()))

    def _keep(self, key: tuple[Any, ...], statement: Statement) -> Statement:
        if len(self._kept) >= REMEMBERED:
            self._kept.clear()
        self._kept[key] = statement
        return statement

    def _packed(self, found: Select[Any], *, as_page: bool = False) -> Statement:
        statement = self.compile(found)
        if self.database == SQLITE and len(found.selected_columns) in PACKED_COLUMNS:
            record = func.json_array(*found.selected_columns).label("record")
            packed = found.with_only_columns(record, maintain_column_froms=True)
            if as_page:
                # the limit keeps SQLite from taking the inner order for an idle wish
                packed = select(func.group_concat(packed.subquery("page").c.record))
            statement.packed = self.compile(packed).sql
        return statement

    def compile(self, element: ClauseElement) -> Statement:
        """Text and argument order of `element`."""
        compiled: Any = element.compile(dialect=self._dialect)
        assert not [value for value in compiled.params.values() if value is not None]  # noqa: S101 - all values are named
        return Statement(str(compiled), tuple(compiled.positiontup))

    def source(self, resource: str, *, by_stamp: bool = False) -> Source:
        """The table of a resource, to select from."""
        return Source(self.language, RESOURCES[resource], by_stamp=by_stamp)
