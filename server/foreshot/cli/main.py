"""The command line's entrance. A command's module is imported when the command runs, so that every one starts fast."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from pathlib import Path
from typing import Final

import click

from foreshot import __version__
from foreshot.cli import console
from foreshot.cli.problems import say
from foreshot.cli.text import one_line

# The module of each command, which has it as `command`, and what the overview says of it.
COMMANDS: Final = {
    "check": "Find problems in migrations, and fix them.",
    "explain": "Show a rule's page.",
    "rules": "List every rule.",
    "diff": "Show what the models ask for beyond the migrations.",
    "graph": "Show the revision graph.",
    "init": "Look at a project, and propose settings, a hook and a workflow.",
    "schema": "Show the schema that the migrations make, at any revision.",
    "server": "Run the language server over stdio.",
    "sql": "Show the SQL of a revision, as `alembic upgrade --sql` prints it.",
}
_FAILED: Final = 2
_INTERRUPTED: Final = 130


class _Commands(click.Group):
    """The commands, imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"foreshot.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"There is no command {one_line(args[0])!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="foreshot", message="%(prog)s %(version)s")
@click.option(
    "-v", "--verbose", is_flag=True, help="Show what happens, and a traceback when Foreshot itself fails."
)
def commands(verbose: bool) -> None:
    """Review Alembic migrations without running any of their code.

    Exit status: 0 nothing found, 1 findings, 2 a wrong option, a wrong setting or a failure of Foreshot itself.
    """
    if verbose:
        os.environ["FORESHOT_DEBUG"] = "1"


def main() -> int:
    """Run a command; returns the exit status."""
    console.prepare_streams()
    try:
        status = commands.main(prog_name="foreshot", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        console.stderr().line("Interrupted.")
        return _INTERRUPTED
    except console.OutputFailed as error:
        return _cannot_write(error)
    except Exception as error:
        if isinstance(error, OSError) and not _has_current_folder():
            say("The current folder is not there any more.", "error")
        else:
            _report_crash(error)
        return _FAILED
    try:
        console.stdout().flush()
    except console.OutputFailed as error:
        return _cannot_write(error)
    return status if isinstance(status, int) else 0


def _cannot_write(error: console.OutputFailed) -> int:
    """Say that nobody has all of the output; what is still in a buffer goes nowhere, or the interpreter complains when it leaves."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    with contextlib.suppress(console.OutputFailed):
        say(f"The output could not be written: {error}.", "error")
    return _FAILED


def _has_current_folder() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True


def is_verbose() -> bool:
    """Whether ``--verbose`` or ``FORESHOT_DEBUG`` asks for tracebacks."""
    return bool(os.environ.get("FORESHOT_DEBUG"))


def _report_crash(error: Exception) -> None:
    err = console.stderr()
    if isinstance(error, BrokenPipeError):
        return
    if is_verbose():
        import traceback

        err.write("".join(traceback.format_exception(error)))
    what = one_line(f"{type(error).__name__}: {error}")
    hint = "" if is_verbose() else " Run again with FORESHOT_DEBUG=1 in the environment for the traceback."
    err.line(f"{err.paint('error', 'error')}: Foreshot itself failed: {what}.{hint}")


if __name__ == "__main__":
    sys.exit(main())
