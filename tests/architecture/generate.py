#!/usr/bin/env python3
"""Generated files: the pages of the rules, their index, the JSON Schema of the settings, and their table in the README.

--write writes what is not current and removes pages of rules that are gone; --check only tells, and exits with 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from foreshot.ide.pages import Page, page_of
from foreshot.project.settings import schema_text
from foreshot.project.settings_keys import KEYS, Key
from foreshot.rules import all_rules

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs/rules"
README = ROOT / "README.md"
SCHEMA = ROOT / "server/foreshot/project/settings.schema.json"


def main(arguments: list[str]) -> int:
    """Write, or check; returns the exit status."""
    if arguments not in (["--write"], ["--check"]):
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    wanted = generated()
    stale = stale_files(wanted)
    for path in stale:
        print(f"{'written' if arguments == ['--write'] else 'stale'}: {path.relative_to(ROOT).as_posix()}")
    if arguments == ["--check"]:
        return 1 if stale else 0
    for path in stale:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8", newline="\n")
        else:
            path.unlink()
    return 0


def generated() -> dict[Path, str]:
    """The text of every generated file."""
    pages = [page_of(rule) for rule in all_rules().by_name.values()]
    files = {PAGES / f"{page.name}.md": page.to_markdown() for page in pages}
    files[PAGES / "index.md"] = index(pages)
    files[SCHEMA] = schema_text()
    files[README] = filled(README.read_text("utf-8"), settings_table(KEYS))
    return files


def stale_files(wanted: Mapping[Path, str]) -> list[Path]:
    """Files that are missing or differ, and pages that nothing generates any more."""
    stale = [
        path for path, text in wanted.items() if not path.is_file() or path.read_bytes() != text.encode()
    ]
    stale.extend(path for path in PAGES.glob("*.md") if path not in wanted)
    return sorted(stale)


def filled(text: str, table: str) -> str:
    """The README with the table between its two comments."""
    before, begin, rest = text.partition("<!-- settings: written by dev.py docs -->\n")
    _, end, after = rest.partition("<!-- end of settings -->\n")
    if not (begin and end):
        raise SystemExit(f"{README.name} has no place for the table of settings")
    return f"{before}{begin}\n{table}\n{end}{after}"


def settings_table(keys: Iterable[Key]) -> str:
    """Every setting with what it is for."""
    lines = ["| key | what it says |", "|---|---|"]
    lines += [f"| `{key.name}` | {key.description.replace('|', chr(92) + '|')} |" for key in keys]
    return "\n".join(lines) + "\n"


def index(pages: Iterable[Page]) -> str:
    """The table of all rules, family by family."""
    lines = ["# Rules", "", "Names are for `select`, `ignore`, `severity` and `# foreshot: ignore[…]`."]
    family = ""
    for page in pages:
        if page.family != family:
            family = page.family
            lines += [
                "",
                f"## {family}",
                "",
                "| rule | severity | fix | databases | what happens |",
                "|---|---|---|---|---|",
            ]
        databases = ", ".join(page.databases) or "all"
        title = page.title.replace("|", "\\|")
        lines.append(
            f"| [{page.name}]({page.name}.md) | {page.severity} | {page.safety or 'none'} | {databases} | {title} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
