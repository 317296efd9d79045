#!/usr/bin/env python3
"""The pictures of the README: what Foreshot prints for the sample project, as SVG.

--write writes those that are not current; --check only tells, and exits with 1.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs/pictures"
SAMPLE = ROOT / "tests/projects/distillery"
COLUMNS = 108
PICTURED: Mapping[str, tuple[str, ...]] = {
    "check": (
        "check",
        "--select",
        "blocking-index,column-rename-as-drop-add,missing-type-import",
        "migrations",
    ),
    "diff": ("check", "--diff", "--unsafe-fixes", "--select", "column-rename-as-drop-add", "migrations"),
    "graph": ("graph", "migrations"),
}
"""The name of each picture, and the arguments whose output it shows."""

# Foreground and background, then black, red, green, yellow, blue, magenta, cyan and white; the same again for bold.
_DARK = [(12, 14, 20), (242, 104, 111), (137, 202, 120), (233, 190, 109), (97, 175, 239)]
_DARK += [(198, 130, 222), (86, 190, 202), (200, 206, 217)]
THEME = TerminalTheme((24, 27, 36), (205, 211, 222), _DARK, _DARK)

# As rich has it, but for fonts out of the net: a picture on a page asks nobody for anything.
_FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, &quot;DejaVu Sans Mono&quot;, monospace"
_STYLE_BEGIN = CONSOLE_SVG_FORMAT.index("@font-face")
_STYLE_END = CONSOLE_SVG_FORMAT.index(".{unique_id}-matrix")
FORMAT = (
    (CONSOLE_SVG_FORMAT[:_STYLE_BEGIN] + CONSOLE_SVG_FORMAT[_STYLE_END:])
    .replace("Fira Code, monospace", _FONTS)
    .replace("font-family: arial", "font-family: system-ui, sans-serif")
)
_CELL = 12.0
_SPACED = re.compile(
    r'(?P<before><text class="[^"]*" )x="(?P<x>[^"]*)"(?P<between>[^>]*)textLength="(?P<length>[^"]*)"'
    r"(?P<after>[^>]*>)(?P<spaces>(?:&#160;)+)"
)


def main(arguments: list[str]) -> int:
    """Write, or check; returns the exit status."""
    if arguments not in (["--write"], ["--check"]):
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    wanted = {PICTURES / f"{name}.svg": picture(name) for name in PICTURED}
    stale = [
        path for path, text in wanted.items() if not path.is_file() or path.read_bytes() != text.encode()
    ]
    for path in stale:
        print(f"{'written' if arguments == ['--write'] else 'stale'}: {path.relative_to(ROOT).as_posix()}")
        if arguments == ["--write"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8", newline="\n")
    return 1 if stale and arguments == ["--check"] else 0


def picture(name: str) -> str:
    """A terminal with a command and what it prints."""
    arguments = PICTURED[name]
    terminal = Console(
        record=True,
        width=COLUMNS,
        file=StringIO(),
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
    )
    terminal.print(Text.assemble(("$ ", "bold green"), (" ".join(["foreshot", *arguments]), "bold")))
    terminal.print()
    terminal.print(Text.from_ansi(output(arguments)))
    svg = terminal.export_svg(
        title="distillery",
        theme=THEME,
        code_format=FORMAT,
        font_aspect_ratio=_CELL / 20,
        unique_id=f"foreshot-{name}",
    )
    return "\n".join(line.rstrip() for line in _SPACED.sub(_placed, svg).splitlines()) + "\n"


def _placed(found: re.Match[str]) -> str:
    """A text that begins where its first letter stands: not every viewer shows spaces that a text begins with."""
    spaces = found["spaces"].count("&")
    x = float(found["x"]) + spaces * _CELL
    length = float(found["length"]) - spaces * _CELL
    return f'{found["before"]}x="{x:g}"{found["between"]}textLength="{length:g}"{found["after"]}'


def output(arguments: tuple[str, ...]) -> str:
    """What the command prints on a terminal."""
    environment = {
        key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORESHOT_DEBUG"}
    }
    environment |= {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "PYTHONUTF8": "1"}
    no_cache = ["--no-cache"] if arguments[0] == "check" else []
    ran = subprocess.run(
        [sys.executable, "-m", "foreshot", *arguments, *no_cache],
        cwd=SAMPLE,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if ran.returncode not in (0, 1):
        raise RuntimeError(ran.stderr)
    return ran.stdout.rstrip("\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
