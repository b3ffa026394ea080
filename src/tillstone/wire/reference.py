"""Reference pages and examples, made of the tables, so that they cannot go stale."""

from tillstone.domain.profile import OnLong
from tillstone.wire.table import Absent, Access, Field, Table

_ABSENT = {Absent.NIL: "nil", Absent.EMPTY: "empty", Absent.OMIT: "left out"}
_ACCESS = {
    Access.READ: "read",
    Access.WRITE: "read, write",
    Access.CREATE: "read, write on create",
    Access.WRITE_ONLY: "write",
}


def reference_page(table: Table) -> str:
    """The fields of a table as Markdown."""
    lines = [
        f"## {table.plural}",
        "",
        f"One record is `<{table.item}>`; a page has {table.page_default} records, at most {table.page_max}.",
        "",
        "| field | type | access | required | limits | never set | note | source |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(field) for field in table.fields),
    ]
    return "\n".join(lines) + "\n"


def _line(field: Field) -> str:
    cells = (
        f"`{field.wire}`",
        field.codec.type,
        _ACCESS[field.access],
        "yes" if field.required else "",
        _limits(field),
        _ABSENT[field.absent] if field.access.reads else "",
        field.note,
        field.source,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _limits(field: Field) -> str:
    limits = []
    if field.min is not None:
        limits.append(f"at least {field.min}")
    if field.max is not None:
        long = ", longer is cut" if field.on_long is OnLong.TRUNCATE else ""
        limits.append(f"at most {field.max}{' characters' if field.codec.type == 'string' else ''}{long}")
    return "; ".join(limits)


def example(table: Table) -> str:
    """A request body that names every field that may be written."""
    lines = [f"  <{field.wire}>{field.codec.sample}</{field.wire}>\n" for field in table.fields if field.access.writes]
    return f"<{table.item}>\n{''.join(lines)}</{table.item}>\n"
