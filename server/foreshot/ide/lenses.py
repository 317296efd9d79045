"""What stands above a revision's header: what it is in the history, what follows it, what was found in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from foreshot.ide.ids import Place, declaration
from foreshot.ide.navigation import title_of
from foreshot.ide.revision_card import status
from foreshot.text import Span
from foreshot.workspace.project import Project

_MANY = 3


class Lens(Struct, frozen=True):
    """A short text above a line; choosing it shows the graph, or goes to another revision."""

    span: Span
    title: str
    does: Literal["graph", "open"]
    place: Place | None = None


def lenses(project: Project, path: str) -> Iterator[Lens]:
    """The lenses of a revision file; none for any other, nor where the header is not in the current text."""
    analysis = project.analyses.get(path)
    node = project.graph.at(path)
    if analysis is None or analysis.header is None or node is None or project.partial:
        return
    spans = analysis.header.spans
    if "revision" not in spans:
        return
    words = status(project, node)
    children = project.graph.children(node)
    if children:
        words.append("1 child" if len(children) == 1 else f"{len(children)} children")
    count = len(project.reports_for(path))
    if count:
        words.append("1 finding" if count == 1 else f"{count} findings")
    if project.is_stale(path):
        words.append("does not parse")
    yield Lens(spans["revision"], " · ".join(words) or "revision", "graph")
    for child in children[:_MANY]:
        yield Lens(spans["revision"], f"→ {_short(title_of(child))}", "open", declaration(child))
    if "down_revision" in spans:
        for parent in project.graph.parents(node)[:_MANY]:
            yield Lens(spans["down_revision"], f"← {_short(title_of(parent))}", "open", declaration(parent))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
