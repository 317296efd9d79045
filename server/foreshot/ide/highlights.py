"""Every place of a file that names the same as one of them: a revision, a table, a column."""

from __future__ import annotations

from msgspec import Struct

from foreshot.ide.ids import meant, mention_at, mentions
from foreshot.ide.named import named_at, named_in
from foreshot.ide.things import Meanings
from foreshot.text import Span
from foreshot.workspace.project import Project


class Highlight(Struct, frozen=True):
    """A place that names it; ``writes`` where the operation makes it, or gives it that name."""

    span: Span
    writes: bool


def highlights(project: Project, path: str, offset: int) -> list[Highlight]:
    """The places of a revision that name what is named at one of them, itself included; none where nothing is."""
    mention = mention_at(project, path, offset)
    if mention is not None:
        node = meant(project.graph, mention, path)
        return [
            Highlight(item.span, item.role == "own")
            for item in mentions(project, path)
            if (meant(project.graph, item, path) is node if node is not None else item.name == mention.name)
        ]
    revision = project.revision(path) if path in project.analyses else None
    named = named_at(revision, offset) if revision is not None else None
    if revision is None or named is None:
        return []
    meanings = Meanings(project)
    thing = meanings.of(path, named)
    if thing is None:
        return []
    is_table, tables = named.column is None, thing.names_of_table()
    return [
        Highlight(item.span, item.after)
        for item in named_in(revision)
        if (item.column is None) == is_table and item.table in tables and meanings.is_it(path, item, thing)
    ]
