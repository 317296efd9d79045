"""``foreshot server`` for the overview and its help; :mod:`foreshot.__main__` starts it, for the command line does not
know the language server."""

from __future__ import annotations

import click


@click.command("server", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="")
def command(arguments: tuple[str, ...]) -> None:  # noqa: ARG001
    """Run the language server over stdio.

    Editors start it. Options that editors add by habit, such as --stdio, are accepted and change nothing.

    Exit status: 0 after shutdown and exit, 1 after exit alone or when the editor vanished.
    """
    raise click.UsageError("Start it as `foreshot server`, with no option before the command.")
