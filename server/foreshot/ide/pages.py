"""A rule's page: its docstring, taken apart. The same page is on the web, in the terminal and in the hover.

A page is a title line, prose, and fenced examples whose info string says what they are: a language, then in any order a
kind, the name of a file and options, as in ```` ```python good dialect=mysql ````. A fence that says none of these
belongs to the prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from foreshot.knowledge.databases import DISPLAY_NAMES
from foreshot.lint.rule import Rule
from foreshot.lint.severity import Severity

PAGES: Final = "https://foreshot.readthedocs.io/rules"
"""Where the pages are published."""

KINDS: Final[dict[str, str]] = {
    "setup": "Given",
    "bad": "Reported",
    "fixed": "After the fix",
    "good": "Fine",
    "file": "Beside it",
}
"""The heading of each kind of example."""

_ORDINALS: Final = {"2": "second", "3": "third", "4": "fourth"}
_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n(?P<code>.*?)^(?P=fence)[ \t]*$\n?",
    re.MULTILINE | re.DOTALL,
)


class Example(Struct, frozen=True):
    """One fenced example, caret comments included."""

    kind: str
    """``setup``, ``bad``, ``fixed``, ``good``, or ``file`` for one that the next examples stand beside."""
    code: str
    language: str = "python"
    path: str | None = None
    """The file that it is, where it is not just some revision."""
    options: tuple[tuple[str, str], ...] = ()
    """``dialect=mysql`` as ``("dialect", "mysql")``, in the order written."""

    @property
    def heading(self) -> str:
        """``Fine on MySQL``: what the kind means, and what the options narrow it to."""
        given = dict(self.options)
        words = KINDS[self.kind]
        if self.kind == "fixed" and given.get("fix", "1") != "1":
            words = f"After the {_ORDINALS.get(given['fix'], given['fix'])} fix"
        names = given.get("dialect", "").split(",")
        databases = [shown for database, shown in DISPLAY_NAMES.items() if database in names]
        if databases:
            words += f" on {' and '.join(databases)}"
        version = given.get("version") or given.get("server-version")
        if version:
            words += f" {version}" if databases else f" on version {version}"
        if self.path is None:
            return words
        return f"{words}, `{self.path}`" if self.kind == "file" else f"{words}, in `{self.path}`"


class Page(Struct, frozen=True):
    """A rule's page, and what its header says."""

    name: str
    family: str
    title: str
    """The first sentence: what happens to the person's database."""
    parts: Sequence[str | Example]
    """Prose (Markdown) and examples as they follow each other."""
    severity: Severity
    databases: tuple[str, ...] = ()
    """As people spell them; empty: all."""
    safety: str | None = None

    @property
    def body(self) -> str:
        """The prose without the examples."""
        return "\n\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def summary(self) -> str:
        """The first paragraph of the prose, on one line."""
        return " ".join(self.body.partition("\n\n")[0].split())

    @property
    def examples(self) -> list[Example]:
        """The examples alone."""
        return [part for part in self.parts if isinstance(part, Example)]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Severity, databases and fix, in words."""
        fix = {"safe": "safe", "unsafe": "unsafe: it changes what runs"}.get(self.safety or "", "none")
        return [
            ("Severity", self.severity),
            ("Databases", ", ".join(self.databases) or "all"),
            ("Fix", fix),
        ]

    def to_markdown(self) -> str:
        """The page as Markdown: a heading, the facts, the title, prose and examples."""
        return "\n\n".join([f"# {self.name}", *self._after_heading()]) + "\n"

    def to_hover(self) -> str:
        """The page without its heading, for a place that names the rule already."""
        return "\n\n".join(self._after_heading()) + "\n"

    def _after_heading(self) -> Iterator[str]:
        yield "  \n".join(f"**{label}**: {value}" for label, value in self.facts)
        yield self.title
        previous = ""
        for part in self.parts:
            if isinstance(part, str):
                yield part
                previous = ""
                continue
            # Examples of one kind in a row share their heading.
            if part.heading != previous:
                yield f"{part.heading}:"
            previous = part.heading
            fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", part.code))])
            yield f"{fence}{part.language}\n{part.code}{fence}"
        yield f"To allow it in one place: `# foreshot: ignore[{self.name}] and the reason`, at the end of a line of the operation."


def page_of(rule: Rule) -> Page:
    """The page of a rule."""
    title, parts = parse(rule.page)
    return Page(
        name=rule.name,
        family=rule.family,
        title=title,
        parts=parts,
        severity=rule.severity,
        databases=tuple(name for database, name in DISPLAY_NAMES.items() if database in rule.databases),
        safety=rule.safety,
    )


def url_of(rule: str) -> str:
    """Where a rule's page is published."""
    return f"{PAGES}/{rule}/"


def parse(docstring: str) -> tuple[str, list[str | Example]]:
    """The title of a page, and its prose and examples in order."""
    head, _, rest = docstring.strip().partition("\n\n")
    parts: list[str | Example] = []
    prose = ""
    position = 0
    for fence in _FENCE.finditer(rest):
        example = _example(fence["info"], fence["code"])
        if example is None:
            continue
        prose = rest[position : fence.start()].strip("\n")
        if prose.strip():
            parts.append(prose)
        parts.append(example)
        position = fence.end()
    prose = rest[position:].strip("\n")
    if prose.strip():
        parts.append(prose)
    return " ".join(head.split()), parts


def _example(info: str, code: str) -> Example | None:
    language, *words = info.split() or [""]
    options = [(key, value) for key, equals, value in (word.partition("=") for word in words) if equals]
    names = [word for word in words if "=" not in word]
    path = next((name for name in names if "." in name), None)
    kind = next((name for name in names if "." not in name), "file" if path else "")
    return Example(kind, code, language, path, tuple(options)) if kind in KINDS else None
