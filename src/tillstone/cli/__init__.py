"""The command line: thin over the library, and imported only when a command runs."""


def main() -> None:
    """`tillstone`."""
    from tillstone.cli.commands import app

    app()
