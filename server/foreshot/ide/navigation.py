"""From a place to what it speaks of, and back: revisions by their ids, types by their classes, rules by their pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from foreshot.ide.ids import Place, declaration, meant, mention_at, mentions, users
from foreshot.ide.operations_at import custom_type_at, operations_at
from foreshot.ide.pages import url_of
from foreshot.ide.things import made_at, mapped_place, places, things_at
from foreshot.ide.type_card import type_place
from foreshot.migration.graph import Node
from foreshot.rules import NAMES
from foreshot.text import Span
from foreshot.workspace.project import Project


class Link(Struct, frozen=True):
    """A span that leads somewhere: to a web page, or to a place of a file."""

    span: Span
    tooltip: str
    url: str | None = None
    place: Place | None = None


class RevisionSymbol(Struct, frozen=True):
    """A revision as a search finds it."""

    name: str
    """Id and message."""
    project: str
    """What tells its environment from others; empty where there is one."""
    place: Place


def definition(project: Project, path: str, offset: int) -> list[Place]:
    """Where the revision, the type, the table or the column at a place is defined.

    A table or a column is made by an operation; from there the way leads on to the model that has it now.
    """
    mention = mention_at(project, path, offset)
    if mention is not None:
        node = meant(project.graph, mention, path)
        return [declaration(node)] if node is not None else []
    revision = project.revision(path) if path in project.analyses else None
    found = operations_at(revision, offset) if revision is not None else None
    written = custom_type_at(found.operations, offset) if found is not None else None
    if written is not None:
        place = type_place(project, written)
        return [place] if place is not None else []
    places: list[Place] = []
    for thing in things_at(project, path, offset):
        made = made_at(project, thing)
        if not made or any(_is_here(place, path, offset) for place in made):
            mapped = mapped_place(project, thing)
            made = [mapped] if mapped is not None and not _is_here(mapped, path, offset) else made
        places += made
    return list(dict.fromkeys(places))


def _is_here(place: Place, path: str, offset: int) -> bool:
    return place.path == path and place.span.touches(offset)


def references(project: Project, path: str, offset: int, *, with_declaration: bool) -> list[Place]:
    """Every place that names the revision at a place (its children and what depends on it), or touches the table or the column."""
    mention = mention_at(project, path, offset)
    node = meant(project.graph, mention, path) if mention is not None else None
    if node is None:
        return _touching(project, path, offset, with_declaration=with_declaration) if mention is None else []
    found = [declaration(node)] if with_declaration else []
    found.extend(place for _, place in users(project.graph, node))
    return found


def _touching(project: Project, path: str, offset: int, *, with_declaration: bool) -> list[Place]:
    """The operations that touch what is named at a place, and its model."""
    found: list[Place] = []
    for thing in things_at(project, path, offset):
        mapped = mapped_place(project, thing) if with_declaration else None
        found += [mapped] if mapped is not None else []
        found += places(project, thing)
    return list(dict.fromkeys(found))


def links(project: Project, path: str) -> Iterator[Link]:
    """Parents and dependencies that lead to their files, and rules in comments that lead to their pages."""
    for mention in mentions(project, path):
        if mention.role in ("parent", "dependency"):
            node = meant(project.graph, mention, path)
            if node is not None:
                yield Link(mention.span, node.header.message or node.id, place=declaration(node))
    analysis = project.analyses.get(path)
    for suppression in analysis.reports.suppressions if analysis is not None else ():
        if suppression.rule in NAMES:
            yield Link(suppression.span, f"What {suppression.rule} means", url=url_of(suppression.rule))


def find_revisions(projects: Sequence[Project], query: str, limit: int) -> list[RevisionSymbol]:
    """Revisions whose id or message has the letters of a query in this order, the newest first."""
    wanted = query.casefold().replace(" ", "")
    found: list[RevisionSymbol] = []
    for project in projects:
        name = project.surroundings.environment.name or project.relative(
            project.surroundings.environment.script_location
        )
        for node in reversed(project.graph.order):
            if len(found) >= limit:
                return found
            title = title_of(node)
            if _has_letters(title.casefold(), wanted):
                found.append(RevisionSymbol(title, name, declaration(node)))
    return found


def title_of(node: Node) -> str:
    """Id and message on one line of bounded length, without control characters."""
    text = f"{node.id or '(unreadable id)'} {node.header.message}"[:200]
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _has_letters(text: str, wanted: str) -> bool:
    position = 0
    for letter in wanted:
        position = text.find(letter, position) + 1
        if not position:
            return False
    return True
