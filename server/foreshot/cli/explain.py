"""``foreshot explain RULE``: the rule's page in the terminal."""

from __future__ import annotations

import re

import click

from foreshot.cli import console
from foreshot.cli.problems import unknown_rule
from foreshot.ide.pages import page_of
from foreshot.rules import all_rules

_ESCAPES = re.compile(r"\x1b\[[\d;]*m")


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> int:
    """Show the page of RULE: what happens, why, what to do instead, and examples.

    On a terminal it is laid out; in a pipe it is Markdown.
    """
    name = rule.strip().lower().replace("_", "-").rpartition("/")[2]
    found = all_rules().by_name.get(name)
    if found is None:
        raise unknown_rule(rule)
    page = page_of(found).to_markdown()
    out = console.stdout()
    if out.is_terminal or out.paint.enabled:
        out.write(_laid_out(page, out))
    else:
        out.write(page)
    return 0


def _laid_out(page: str, out: console.Console) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    text = StringIO()
    rich = Console(
        file=text,
        width=min(out.columns, 100),
        force_terminal=out.paint.enabled,
        no_color=not out.paint.enabled,
        color_system="standard" if out.paint.enabled else None,
        # A black ground behind a word is a blot on a white terminal.
        theme=Theme({"markdown.code": "bold cyan"}),
    )
    heading, _, rest = page.partition("\n")
    rich.print(heading.lstrip("# "), style="bold", highlight=False, end="\n\n")
    rich.print(Markdown(rest, code_theme="ansi_dark", hyperlinks=False))
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    # Blocks of code come padded with a line at either end, on top of the line between blocks.
    kept = [
        line
        for line, above in zip(lines, ["", *lines], strict=False)
        if not (_is_blank(line) and _is_blank(above))
    ]
    return "\n".join(kept) + "\n"


def _is_blank(line: str) -> bool:
    return not _ESCAPES.sub("", line).strip()
