"""The database's tables, for SQLite and PostgreSQL alike, made from the records' description in `domain/records.py`.

An account is the unit of isolation, of locking and of distribution, so every primary key, unique constraint
and index begins with `account_id`. The exceptions are the values by which the account itself is found. There are
no foreign keys: an address may be stored before the customer that is written with it, and a constraint checked at
commit would fail a whole batch of strangers' writes for one; `check.py` finds orphans.
No statement stands here: see `statements.py`.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, MetaData, PrimaryKeyConstraint, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import TEXT as POSTGRES_TEXT
from sqlalchemy.types import TypeEngine

from tillstone.domain import records
from tillstone.domain.records import RESOURCES, Kind, Resource

VERSIONS = ("0001", "0002", "0003", "0004")
"""The migrations this program knows, oldest first; the last is the schema described here."""

TABLE_NAMES = {"address": "customer_address", "membership": "customer_group_member", "order": "orders"}
"""Tables that are not called like their resource."""

CODE_POINTS: TypeEngine[str] = Text().with_variant(POSTGRES_TEXT(collation="C"), "postgresql")
"""Text that compares by its code points on both databases, whatever the locale of the server."""

TYPES: dict[Kind, TypeEngine[int] | TypeEngine[str]] = {
    Kind.INTEGER: BigInteger(),
    Kind.TEXT: CODE_POINTS,
    Kind.FLAG: SmallInteger(),
    Kind.DATE: CODE_POINTS,
    Kind.TIME: BigInteger(),
    Kind.AMOUNT: BigInteger(),
}

ALWAYS_SET = frozenset({"id", "created_at", "stamp", "version"})

METADATA = MetaData()


def key_name(column: records.Column) -> str:
    """The database column by which `column` is compared: folded columns have a companion that holds the folded text."""
    return f"{column.name}_key" if column.folded else column.name


def folded_columns(resource: Resource) -> tuple[str, ...]:
    """The columns that have a companion, in order."""
    return tuple(column.name for column in resource.columns if column.folded)


def _integer(name: str) -> Column[int]:
    return Column(name, BigInteger(), nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, CODE_POINTS, nullable=False)


def _column(column: records.Column) -> Column[Any]:
    required = column.name in ALWAYS_SET or (column.kind is Kind.FLAG and column.default is not None)
    return Column(column.name, TYPES[column.kind], nullable=not required)


def _columns(resource: Resource) -> list[Column[Any]]:
    companions = [Column(f"{name}_key", CODE_POINTS) for name in folded_columns(resource)]
    return [_integer("account_id"), *(_column(column) for column in resource.columns), *companions]


def _keys(resource: Resource, names: tuple[str, ...]) -> list[str]:
    return [key_name(resource.column(name)) for name in names]


def _add_indexes(table: Table, resource: Resource) -> None:
    """Indexes are named after their table and columns: `customer_username_live` holds live records only."""
    account, live = table.c.account_id, table.c.deleted.is_(None)
    for names in resource.unique:
        columns = [table.c[key] for key in _keys(resource, names)]
        name = f"{table.name}_{'_'.join(names)}_live"
        Index(name, account, *columns, unique=True, sqlite_where=live, postgresql_where=live)
    for names in resource.forever:
        Index(
            f"{table.name}_{'_'.join(names)}", account, *(table.c[key] for key in _keys(resource, names)), unique=True
        )
    for names in resource.indexes:
        Index(f"{table.name}_{'_'.join(names)}", account, *(table.c[key] for key in _keys(resource, names)))
    for found_by in resource.everywhere:
        Index(f"{table.name}_{found_by}_everywhere", table.c[key_name(resource.column(found_by))], unique=True)


def _table(resource: Resource) -> Table:
    name = TABLE_NAMES.get(resource.name, resource.name)
    table = Table(name, METADATA, *_columns(resource), PrimaryKeyConstraint("account_id", "id"))
    _add_indexes(table, resource)
    return table


ACCOUNT = Table(
    "account",
    METADATA,
    *(_integer("id"), _text("name"), _text("name_key")),
    PrimaryKeyConstraint("id"),
)
Index("account_name", ACCOUNT.c.name_key, unique=True)

CLOCK = Table(
    "clock",
    METADATA,
    *(_integer("account_id"), _text("resource")),
    *(_integer(name) for name in ("last", "published", "published_at", "rows", "deleted", "epoch")),
    PrimaryKeyConstraint("account_id", "resource"),
    sqlite_with_rowid=False,
)

PUBLICATION = Table(
    "publication",
    METADATA,
    *(_integer("account_id"), _text("resource"), _integer("stamp"), _integer("at")),
    PrimaryKeyConstraint("account_id", "resource", "stamp"),
    sqlite_with_rowid=False,
)

COUNTER = Table(
    "counter",
    METADATA,
    *(_integer("account_id"), _text("name"), _integer("next")),
    PrimaryKeyConstraint("account_id", "name"),
    sqlite_with_rowid=False,
)

FEED = Table(
    "feed",
    METADATA,
    *(_integer("account_id"), _text("resource"), _integer("stamp"), _integer("record_id"), _integer("previous_stamp")),
    PrimaryKeyConstraint("account_id", "resource", "stamp", "record_id"),
    sqlite_with_rowid=False,
)
_FIRST = FEED.c.previous_stamp == 0
# first walks (A = 0) would otherwise read every superseding entry to find that there is no further page
Index(
    "feed_first",
    *(FEED.c.account_id, FEED.c.resource, FEED.c.stamp, FEED.c.record_id),
    sqlite_where=_FIRST,
    postgresql_where=_FIRST,
)

CHANGE = Table(
    "change",
    METADATA,
    *(_integer("account_id"), _text("resource"), _integer("seq"), _integer("stamp"), _integer("record_id")),
    *(_integer("version"), _text("operation"), _text("actor"), _text("front"), _text("diff")),
    PrimaryKeyConstraint("account_id", "resource", "seq"),
    sqlite_with_rowid=False,
)

TABLES: dict[str, Table] = {resource.name: _table(resource) for resource in RESOURCES.values()}
"""The table of each resource."""
