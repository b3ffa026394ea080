"""What SQLite's planner is told of our tables, so that it plans alike on every database, new ones too.

Left alone it takes a table it knows nothing of for small, and an account for ten records: it would rather read a whole
account in the order of its ids than use an index and sort what little it finds. So the statistics are written, not
gathered: one account with a great many records.
"""

from collections.abc import Iterator

from sqlalchemy.schema import Index, Table

from tillstone.store.schema import FEED, METADATA

RECORDS = 1_000_000
IN_A_RESOURCE = 200_000
FEW = 10
"""Records of a table; of a feed's resource; that share any further value."""

TABLE = "sqlite_stat1"
MAKE = "ANALYZE sqlite_schema"
FORGET = f"DELETE FROM {TABLE}"
WRITE = f"INSERT INTO {TABLE} (tbl, idx, stat) VALUES (?, ?, ?)"


def _numbers(table: Table, names: list[str], *, unique: bool) -> str:
    """Records in all, then how many share the first column, the first two, and so on."""
    shared = [RECORDS if name == "account_id" else FEW for name in names]
    if table is FEED:
        shared[1] = IN_A_RESOURCE
    if unique:
        shared[-1] = 1
    return " ".join(map(str, (RECORDS, *shared)))


def _is_unique(index: Index) -> bool:
    return bool(index.unique) or index.columns.keys()[-1] in {"id", "record_id"}


def statistics() -> Iterator[tuple[str, str, str]]:
    """Table, index and numbers, for every index there is."""
    for table in METADATA.sorted_tables:
        if table.name != "account":
            keys = [column.name for column in table.primary_key.columns]
            by_rowid = table.dialect_options["sqlite"]["with_rowid"]
            name = f"sqlite_autoindex_{table.name}_1" if by_rowid else table.name
            yield table.name, name, _numbers(table, keys, unique=True)
        for index in table.indexes:
            names = [column.name for column in index.columns]
            yield table.name, str(index.name), _numbers(table, names, unique=_is_unique(index))
