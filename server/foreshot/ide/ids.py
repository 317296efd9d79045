"""Where a file of a project speaks of revisions: in its header, and in the docstring that Alembic writes above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.project import paths
from foreshot.text import SourceText, Span
from foreshot.workspace.project import Project

Role = Literal["own", "parent", "dependency", "docstring"]

_MOST_DOCSTRING = 20_000
_LINE = re.compile(r"^[ \t]*(?:Revision ID|Revises)[ \t]*:[ \t]*([^\r\n]*)", re.MULTILINE)
_WORD = re.compile(r"[^\s,()\[\]'\"]+")


class Mention(Struct, frozen=True):
    """A place that names a revision: ``name`` as it is written, which may be a label or an id that does not exist."""

    name: str
    span: Span
    role: Role


class Place(Struct, frozen=True):
    """A span of a file."""

    path: str
    span: Span


def mentions(project: Project, path: str) -> Iterator[Mention]:
    """Every place of a revision file that names a revision, as its current text has them.

    None for a header that only an earlier text had: its places are not those of this one; nor while the other
    revisions are still being read.
    """
    analysis = project.analyses.get(path) if not project.partial else None
    source = project.source(path)
    if analysis is None or analysis.header is None or source is None:
        return
    header = analysis.header
    if header.revision and "revision" in header.spans:
        yield Mention(header.revision, header.spans["revision"], "own")
    for name, span in zip(header.down_revisions, header.down_spans, strict=False):
        yield Mention(name, span, "parent")
    for name, span in zip(header.depends_on, header.depends_spans, strict=False):
        yield Mention(name, span, "dependency")
    yield from _in_docstring(project.graph, header, source)


def mention_at(project: Project, path: str, offset: int) -> Mention | None:
    """The mention at a place of a file."""
    return next((item for item in mentions(project, path) if item.span.touches(offset)), None)


def meant(graph: RevisionGraph, mention: Mention, path: str) -> Node | None:
    """The revision that a mention leads to; None when there is none."""
    if mention.role == "own":
        return graph.at(path)
    node = graph.node(mention.name)
    if node is not None or mention.role == "parent":
        return node
    node = graph.labelled(mention.name)
    if node is not None or mention.role == "docstring":
        return node
    for unresolved in graph.unresolved_dependencies:
        if unresolved.key == path and unresolved.name == mention.name and unresolved.meant is not None:
            return graph.node(unresolved.meant)
    return None


def declaration(node: Node) -> Place:
    """Where a revision gives its id."""
    return Place(node.key, node.header.spans.get("revision", Span(0, 0)))


def users(graph: RevisionGraph, node: Node) -> Iterator[tuple[Node, Place]]:
    """The revisions that name this one as a parent or a dependency, and where they do."""
    for child in graph.children(node):
        for name, span in zip(child.header.down_revisions, child.header.down_spans, strict=False):
            if name == node.id:
                yield child, Place(child.key, span)
    for other in graph.nodes:
        if not other.header.depends_on or node not in graph.dependencies(other):
            continue
        for name, span in zip(other.header.depends_on, other.header.depends_spans, strict=False):
            if meant(graph, Mention(name, span, "dependency"), other.key) is node:
                yield other, Place(other.key, span)


def named_in_docstrings(graph: RevisionGraph, node: Node) -> Iterator[Node]:
    """The revisions whose docstring names this one in its lines ``Revision ID:`` and ``Revises:``."""
    for other in graph.nodes:
        header = other.header
        if node.id == header.docstring_revision or node.id in (header.docstring_revises or ()):
            yield other


def short(project: Project, path: str) -> str:
    """A path as people of the project say it: relative to its home."""
    return paths.relative(path, project.surroundings.environment.home)


def _in_docstring(graph: RevisionGraph, header: RevisionHeader, source: SourceText) -> Iterator[Mention]:
    """Ids in ``Revision ID:`` and ``Revises:`` lines above the header, which imports may have come before."""
    said = (*(header.docstring_revises or ()), header.docstring_revision)
    end = min((span.start for span in header.spans.values()), default=0)
    for line in _LINE.finditer(source.content, 0, min(end, _MOST_DOCSTRING)):
        for word in _WORD.finditer(source.content, *line.span(1)):
            if word.group() in said or graph.node(word.group()) is not None:
                yield Mention(word.group(), Span(*word.span()), "docstring")
