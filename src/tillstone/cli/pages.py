"""`tillstone docs`: the reference pages that are made from the tables, and the check that they are up to date."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from tillstone.cli.sentences import Sentence
from tillstone.config import TABLE
from tillstone.dialects.imonggo import tables
from tillstone.dialects.openmage import tables as openmage
from tillstone.dialects.zeald.tables import TABLES as ZEALD
from tillstone.wire.reference import example, reference_page
from tillstone.wire.table import Table

DIALECTS: dict[str, tuple[str, tuple[Table, ...]]] = {
    "imonggo": ("Imonggo", (tables.CUSTOMERS, tables.SUPPLIERS, tables.PRODUCTS, tables.CUSTOMER_TYPES)),
    "openmage": ("OpenMage", (openmage.with_password(openmage.CUSTOMERS), openmage.ADDRESSES)),
    "zeald": ("Zeald", tuple(ZEALD.values())),
}
"""The tables of each dialect."""

NOTE = "<!-- Made by `tillstone docs --write`; do not edit. -->"


def docs(
    context: typer.Context,
    write: Annotated[Path | None, typer.Option(help="Write the pages into this directory.")] = None,
    check: Annotated[Path | None, typer.Option(help="Only say whether the pages there are up to date.")] = None,
) -> None:
    """Make the reference pages: settings, command line, and the fields of every dialect."""
    if (write is None) == (check is None):
        raise Sentence("Say what to do with the pages.", next="tillstone docs --write docs/reference")
    pages = made(context.find_root().command)
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (write / name).write_text(text, encoding="utf-8")
        return
    assert check is not None  # noqa: S101 - one of the two was given
    if stale := [name for name, text in pages.items() if _read(check / name) != text]:
        raise Sentence(f"Not up to date: {', '.join(stale)}.", next=f"tillstone docs --write {check}")


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def made(tree: Any) -> dict[str, str]:
    """Every page by its file name. `tree` is the command that all others belong to."""
    return {
        "settings.md": settings(),
        "command-line.md": command_line(tree),
        **{f"{name}.md": dialect(title, tables) for name, (title, tables) in DIALECTS.items()},
    }


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", NOTE, *(part.strip() for part in parts if part.strip()))) + "\n"


def _table(columns: tuple[str, ...], lines: Iterator[tuple[str, ...]]) -> str:
    rows = [columns, tuple("---" for _ in columns), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def settings() -> str:
    """The settings."""
    lines = (
        (f"`{row.name}`", row.help, row.kind, _default(row.default), f"`{row.environment}`") for row in TABLE.values()
    )
    return _page(
        "Settings",
        "A setting is taken from the first of these that names it: an option of the command line, its environment "
        "variable, `tillstone.toml` in the working directory (or the file that `TILLSTONE_CONFIG` names), its default. "
        "In the file, the part before the dot is a table:",
        '```toml\n[imonggo]\nempty_list = "typed"\n```',
        "In the environment, lists are parted by commas.",
        _table(("setting", "what it is for", "value", "default", "environment"), iter(lines)),
    )


def _default(value: object) -> str:
    if value in ("", ()):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def dialect(title: str, tables: Iterable[Table]) -> str:
    """The fields of a dialect, with a request that names each that may be written."""
    parts = [part for table in tables for part in (reference_page(table), _example(table))]
    return _page(f"{title}: fields", *parts)


def _example(table: Table) -> str:
    writable = "create" in table.verbs or "update" in table.verbs
    return f"What may be sent:\n\n```xml\n{example(table)}```" if writable else ""


def command_line(tree: Any) -> str:
    """Every command with its arguments and options."""
    parts = [part for path, command in _commands("tillstone", tree) for part in _described(path, command)]
    return _page("Command line", str(tree.help), *parts, str(tree.epilog))


def _commands(path: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(f"{path} {name}", command)
        else:
            yield f"{path} {name}", command


def _described(path: str, command: Any) -> Iterator[str]:
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.params if param.param_type_name == "option" and param.name != "help"]
    usage = " ".join(
        (path, *(str(argument.name).upper() for argument in arguments), *(["[OPTIONS]"] if options else []))
    )
    yield f"## {path}"
    yield f"```\n{usage}\n```"
    yield str(command.help)
    if options:
        yield _table(("option", "what it does"), ((_names(option), str(option.help)) for option in options))


def _names(option: Any) -> str:
    return f"`{'`, `'.join(option.opts)}`" + (" (required)" if option.required else "")
