"""The revision graph as data for whoever draws it, with what was found in each file."""

from __future__ import annotations

from typing import Any

from foreshot.migration.graph import Node
from foreshot.migration.graph_render import graph_record, render_mermaid, render_text, revision_record
from foreshot.workspace.project import Project

FORMATS = ("json", "mermaid", "text")


def graph_text(project: Project, form: str) -> str:
    """The graph as ``mermaid`` or ``text``."""
    render = render_mermaid if form == "mermaid" else render_text
    return "\n".join(render(project.graph)) + "\n"


def graph_data(project: Project) -> dict[str, Any]:
    """The object of :func:`foreshot.migration.graph_render.render_json`, with more of each revision.

    ``findings`` counts them by severity; ``stale`` tells that the file does not parse now; ``missing`` are parents that no file has; ``row`` is where its id
    stands, from 0. ``databases`` are what the
    migrations run on, in words for people, such as ``PostgreSQL 15``. ``place`` is the folder of its scripts, which tells
    environments of one name apart. ``shipped`` says of a revision that the base has it; ``new`` counts those that it does not
    have, ``base`` is what people call it (null: nothing tells what has shipped), and ``uncompared`` says what could not be told.
    """
    graph, environment = project.graph, project.surroundings.environment
    missing: dict[str, list[str]] = {}
    for parent in graph.missing_parents:
        missing.setdefault(parent.key, []).append(parent.id)
    return {
        "revisions": [_revision(project, node, missing.get(node.key, [])) for node in graph.order],
        **graph_record(graph),
        "environment": environment.name or project.relative(environment.script_location),
        "place": project.relative(environment.script_location),
        "databases": [target.display for target in project.surroundings.targets],
        "base": project.review.base.name if project.review.base is not None else None,
        "new": sum(not entry.shipped for entry in project.context.entries if entry.header is not None),
        "uncompared": [*project.review.notes, *([project.review.error] if project.review.error else [])],
    }


def _revision(project: Project, node: Node, missing: list[str]) -> dict[str, Any]:
    glance = project.glance(node.key)
    return {
        **revision_record(project.graph, node),
        "findings": dict(glance.severities),
        "missing": missing,
        "stale": project.is_stale(node.key),
        "shipped": project.context.by_path[node.key].shipped,
        "row": glance.row,
    }
