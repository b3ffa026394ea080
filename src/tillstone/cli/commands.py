"""The tree of commands."""

import sys
import traceback
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import tillstone
from tillstone.cli import accounts, admins, groups, keys, oauth, pages, serving, shop, upkeep
from tillstone.cli.sentences import Sentence, sentence
from tillstone.config import SettingsInvalid
from tillstone.domain.errors import Problem


class Polite(TyperGroup):
    """Turns what goes wrong into one sentence and the next command to type; with --debug into a trace as well."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            _require_text(ctx.args)
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # who reads has read enough, `| head` say: nothing to tell
        except (Problem, Sentence, SettingsInvalid, OSError) as problem:
            if ctx.params.get("debug"):
                traceback.print_exc()
            told = sentence(problem)
            typer.secho(told.text, err=True, fg="red")
            if told.next:
                typer.echo(f"Next: {told.next}", err=True)
            raise typer.Exit(1) from None


def _require_text(words: list[str]) -> None:
    """Whatever is typed is stored or looked up as text."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise Sentence(f"{word!a} is not text in {sys.getfilesystemencoding()}.") from None


app = typer.Typer(
    name="tillstone",
    cls=Polite,
    help="A shop's customers, suppliers, products and orders, in the APIs its till and web shop already speak.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="Settings come from the environment (TILLSTONE_...) and tillstone.toml: see docs/reference/settings.md.",
)

COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serving.serve,
    "demo": serving.demo,
    "migrate": upkeep.migrate,
    "check": upkeep.check,
    "docs": pages.docs,
}
GROUPS: dict[str, typer.Typer] = {
    "account": accounts.app,
    "key": keys.app,
    "oauth": oauth.app,
    "admin": admins.admins,
    "role": admins.roles,
    "group": groups.app,
    "branch": shop.branches,
    "tax-rate": shop.tax_rates,
    "price": shop.prices,
    "website": shop.websites,
}

for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name, no_args_is_help=True)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        typer.echo(f"tillstone {tillstone.__version__} on Python {sys.version.split()[0]}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,  # noqa: FBT002
    version: Annotated[  # noqa: FBT002
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """What every command knows."""
