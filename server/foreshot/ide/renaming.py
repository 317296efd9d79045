"""Another id for a revision, everywhere that it is named: headers, docstrings, and the name of its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from foreshot.ide.actions import Unavailable
from foreshot.ide.ids import Mention, meant, mention_at, mentions, users
from foreshot.lint.words import code
from foreshot.migration.graph import Node
from foreshot.migration.revision_ids import RESERVED, ROOM, is_usable
from foreshot.text import Edit, SourceText, Span
from foreshot.workspace.project import Project


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
    for file in dict.fromkeys([node.key, *(user.key for user, _ in users(project.graph, node))]):
        source = project.source(file)
        for mention in mentions(project, file) if source is not None else ():
            if source is None or meant(project.graph, mention, file) is not node or not _is_id(mention, node):
                continue
            span = _inside(source, mention)
            if span is None:
                raise Unavailable(
                    f"{file.rpartition('/')[2]} names the revision in a way that cannot be rewritten"
                )
            edits.setdefault(file, []).append(Edit(span, new))
    return Renaming({file: sorted(found) for file, found in edits.items()}, node.key, _new_path(node, new))


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
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" and text[1:-1] == mention.name:
        return Span(mention.span.start + 1, mention.span.end - 1)
    return None


def _new_path(node: Node, new: str) -> str | None:
    folder, _, name = node.key.rpartition("/")
    rest = name.removeprefix(node.id)
    return (
        f"{folder}/{new}{rest}" if rest != name and rest[:1] in ("_", "-", ".") and new != node.id else None
    )
