"""``foreshot rules``: every rule in one table."""

from __future__ import annotations

import click

from foreshot.cli import console
from foreshot.cli.text import as_json, clipped
from foreshot.ide.pages import Page, page_of, url_of
from foreshot.rules import all_rules


@click.command("rules")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(form: str) -> int:
    """List every rule with severity, fix safety and databases."""
    out = console.stdout()
    pages = [page_of(rule) for rule in all_rules().by_name.values()]
    if form == "json":
        out.line(as_json([_as_value(page) for page in pages]))
        return 0
    paint = out.paint
    families: dict[str, list[Page]] = {}
    for page in pages:
        families.setdefault(page.family, []).append(page)
    name_size = max((len(page.name) for page in pages), default=0)
    for number, (family, members) in enumerate(families.items()):
        if number:
            out.line()
        out.line(paint(family, "bold"))
        for page in members:
            severity = paint(page.severity.ljust(len("information")), page.severity)
            fix = (f"{page.safety} fix" if page.safety else "").ljust(len("unsafe fix"))
            head = f"  {page.name.ljust(name_size)}  {severity}  {fix}  "
            size = 2 + name_size + 2 + len("information") + 2 + len("unsafe fix") + 2
            said = (
                f"{page.title.rstrip('.')} ({', '.join(page.databases)})." if page.databases else page.title
            )
            out.line(head + (clipped(said, max(out.columns - size, 20)) if out.is_terminal else said))
    return 0


def _as_value(page: Page) -> dict[str, object]:
    return {
        "rule": page.name,
        "family": page.family,
        "severity": page.severity,
        "safety": page.safety,
        "databases": list(page.databases),
        "summary": page.title,
        "url": url_of(page.name),
    }
