"""Another id for a revision, everywhere that it is named: headers, docstrings, and the name of its file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from foreshot.ide.actions import Unavailable
from foreshot.ide.ids import Mention, meant, mention_at, mentions, named_in_docstrings, users
from foreshot.lint.words import code
from foreshot.migration.graph import Node
from foreshot.migration.revision_ids import RESERVED, ROOM, is_usable
from foreshot.text import Edit, SourceText, Span
from foreshot.workspace.project import Project

_LITERAL: Final = re.compile(r"""[uU]?[rR]?(?P<quote>'''|\"\"\"|'|")(?P<text>.*)(?P=quote)""", re.DOTALL)
"""A string without escapes, since an id has no backslash."""


class Renaming(Struct, frozen=True):
    """Edits by file, and the new path of the revision's own file where its name begins with the id."""

    edits: Mapping[str, Sequence[Edit]]
    path: str
    new_path: str | None = None


def renamable(project: Project, path: str, offset: int) -> tuple[Span, str] | None:
    """The id at a place, without its quotes, that can be given another name; None where there is none."""
    found = _mentioned(project, path, offset)
    source = project.source(path)
    if found is None or source is None:
        return None
    mention, _ = found
    span = _inside(source, mention)
    return (span, mention.name) if span is not None else None


def rename(project: Project, path: str, offset: int, new: str) -> Renaming:
    """Give the revision at a place another id.

    Raises:
        Unavailable: when the id cannot be used or is taken, or when a place that names the revision cannot be rewritten.
    """
    found = _mentioned(project, path, offset)
    if found is None:
        raise Unavailable("no revision is named here")
    _, node = found
    new = new.strip().strip("\"'")
    if not is_usable(new):
        names = ", ".join(sorted(RESERVED))
        raise Unavailable(
            f"an id has at most {ROOM} characters, none of them @ : + - or a blank, and is none of {names}"
        )
    if new != node.id and (project.graph.node(new) is not None or project.graph.labelled(new) is not None):
        raise Unavailable(f"{code(new)} is taken")
    edits: dict[str, list[Edit]] = {}
    graph = project.graph
    files = [node.key, *(user.key for user, _ in users(graph, node))]
    files += [other.key for other in named_in_docstrings(graph, node)]
    for file in dict.fromkeys(files):
        source = project.source(file)
        for mention in mentions(project, file) if source is not None else ():
            if source is None or meant(graph, mention, file) is not node or not _is_id(mention, node):
                continue
            span = _inside(source, mention)
            if span is None:
                raise Unavailable(
                    f"{file.rpartition('/')[2]} names the revision in a way that cannot be rewritten"
                )
            edits.setdefault(file, []).append(Edit(span, new))
    moved = _new_path(node, new)
    return Renaming(
        {file: sorted(found) for file, found in edits.items()},
        node.key,
        moved if moved not in project.analyses else None,
    )


def _mentioned(project: Project, path: str, offset: int) -> tuple[Mention, Node] | None:
    mention = mention_at(project, path, offset)
    node = meant(project.graph, mention, path) if mention is not None else None
    if mention is None or node is None or not _is_id(mention, node) or node.id in project.graph.duplicates:
        return None
    return mention, node


def _is_id(mention: Mention, node: Node) -> bool:
    """Whether it names the revision by its id, or by the beginning of it, and not by a label."""
    return bool(mention.name) and node.id.startswith(mention.name)


def _inside(source: SourceText, mention: Mention) -> Span | None:
    """The characters of a mention that are the id, in a plain string or a docstring."""
    text = source.content[mention.span.start : mention.span.end]
    if text == mention.name:
        return mention.span
    literal = _LITERAL.fullmatch(text)
    if literal is None or literal["text"] != mention.name:
        return None
    start = mention.span.start + literal.start("text")
    return Span(start, start + len(mention.name))


def _new_path(node: Node, new: str) -> str | None:
    """Where the file goes whose name begins with the id, or has it after a date or a number (``file_template``)."""
    folder, _, name = node.key.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    places = [match.start() for match in re.finditer(rf"(?<![^\W_]){re.escape(node.id)}(?![^\W_])", stem)]
    is_word = not any(character.isdigit() for character in node.id)
    if new == node.id or not places or (places[0] > 0 and (is_word or len(places) > 1)):
        return None
    renamed = f"{stem[: places[0]]}{new}{stem[places[0] + len(node.id) :]}"
    return f"{folder}/{renamed}{dot}{suffix}"
