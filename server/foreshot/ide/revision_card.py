"""The card of a revision: what it is about, when it was made, what is before and after it."""

from __future__ import annotations

from foreshot.ide.ids import Mention, meant, short, users
from foreshot.ide.markup import bullets, file_link, prose
from foreshot.lint.words import code, listed
from foreshot.migration.graph import Node
from foreshot.migration.graph_names import nearest
from foreshot.workspace.project import Project

_MANY = 6


def mention_card(project: Project, path: str, mention: Mention) -> str:
    """The revision that a place of a file names."""
    node = meant(project.graph, mention, path)
    if node is not None:
        return revision_card(project, node, here=path)
    near = nearest(project.graph, mention.name)
    hint = f" Most alike: {', '.join(code(name) for name in near)}." if near else ""
    return f"There is no revision {code(mention.name)}.{hint}"


def revision_card(project: Project, node: Node, *, here: str = "") -> str:
    """A revision as Markdown; ``here`` is the file that asks, which needs no link to itself."""
    header = node.header
    title = code(node.id) if node.id else "A revision whose id cannot be read"
    parts = [f"**{title}** {prose(header.message)}".rstrip()]
    standing = status(project, node)
    if header.create_date:
        standing.append(f"created {prose(header.create_date, 40)}")
    if standing:
        parts.append(" · ".join(standing))
    lines = _neighbours(project, node)
    if lines:
        parts.append(bullets(lines))
    if node.key != here:
        parts.append(file_link(short(project, node.key), node.key))
    if project.is_stale(node.key):
        parts.append("The file does not parse now: this is what it said last.")
    others = [other for other in project.graph.duplicates.get(node.id, ()) if other is not node]
    if others:
        names = [file_link(short(project, other.key), other.key) for other in others[:_MANY]]
        parts.append(f"The same id is in {listed(names)}.")
    return "\n\n".join(parts)


def status(project: Project, node: Node) -> list[str]:
    """What a revision is in the history: head, base, merge, branch point."""
    graph = project.graph
    words: list[str] = []
    if node.id and graph.node(node.id) is node and graph.is_head(node):
        words.append("head" if node.id in graph.real_head_set else "head that others depend on")
    if graph.is_base(node):
        words.append("base")
    if graph.is_merge_point(node):
        words.append(f"merge of {len(node.header.down_revisions)}")
    if graph.is_branch_point(node):
        words.append("branch point")
    if node.key in graph.looping:
        words.append("in a loop")
    return words


def _neighbours(project: Project, node: Node) -> list[str]:
    graph, header = project.graph, node.header
    lines: list[str] = []
    for name in header.down_revisions[:_MANY]:
        parent = graph.node(name)
        known = _linked(project, parent) if parent is not None else f"{code(name)}, which does not exist"
        lines.append(f"follows {known}")
    after = {user.key: user for user, _ in users(graph, node)}
    lines += [f"followed by {_linked(project, child)}" for child in list(after.values())[:_MANY]]
    if len(after) > _MANY:
        lines.append(f"and by {len(after) - _MANY} more")
    lines += [f"depends on {_linked(project, other)}" for other in graph.dependencies(node)[:_MANY]]
    labels = sorted(graph.labels_of(node))
    if labels:
        own = header.branch_labels
        shown = [code(label) + ("" if label in own else " (from its branch)") for label in labels[:_MANY]]
        lines.append(f"{'label' if len(labels) == 1 else 'labels'} {listed(shown)}")
    return lines


def _linked(project: Project, node: Node) -> str:
    source = project.source(node.key)
    span = node.header.spans.get("revision")
    row = source.lines.position(span.start)[0] if source is not None and span is not None else None
    message = f" {prose(node.header.message, 80)}" if node.header.message else ""
    return f"{file_link(node.id or '?', node.key, row)}{message}"
