"""``foreshot explain RULE``: the rule's page in the terminal."""

from __future__ import annotations

import click

from foreshot.cli import console
from foreshot.cli.problems import unknown_rule
from foreshot.ide.pages import page_of
from foreshot.rules import all_rules


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

    text = StringIO()
    rich = Console(
        file=text,
        width=min(out.columns, 100),
        force_terminal=out.paint.enabled,
        no_color=not out.paint.enabled,
        color_system="standard" if out.paint.enabled else None,
    )
    rich.print(Markdown(page, code_theme="ansi_dark", hyperlinks=False))
    return text.getvalue()
