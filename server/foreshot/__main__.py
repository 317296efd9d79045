"""``foreshot`` and ``python -m foreshot``: the only place that knows both faces."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line or the language server; returns the exit status."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["server"] and not {"-h", "--help"}.intersection(arguments):
        from foreshot.lsp.server import main as serve

        return serve()
    from foreshot.cli.main import main as run

    return run()


def _leave_current_folder() -> None:
    """``python -m`` looks for modules in the current folder first: one called ``click`` there is not ours to run."""
    # Loaded since the interpreter began, unlike pathlib, which the folder could have given.
    import os

    try:
        here = os.getcwd()  # noqa: PTH109
    except OSError:
        return  # it has been deleted
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    if sys.path and not sys.flags.safe_path and sys.path[0] in ("", here) and here != package:
        del sys.path[0]


if __name__ == "__main__":
    _leave_current_folder()
    sys.exit(main())
