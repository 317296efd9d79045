"""The revision graph as data for whoever draws it, with what was found in each file."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from foreshot.migration.graph_render import render_json, render_mermaid, render_text
from foreshot.workspace.project import Project

FORMATS = ("json", "mermaid", "text")


def graph_text(project: Project, form: str) -> str:
    """The graph as ``mermaid`` or ``text``."""
    render = render_mermaid if form == "mermaid" else render_text
    return "\n".join(render(project.graph)) + "\n"


def graph_data(project: Project) -> dict[str, Any]:
    """The object of :func:`foreshot.migration.graph_render.render_json`, with more of each revision.

    ``findings`` counts them by severity; ``stale`` tells that the file does not parse now; ``row`` is where its id
    stands, from 0. ``databases`` are what the
    migrations run on, in words for people, such as ``PostgreSQL 15``.
    """
    data: dict[str, Any] = json.loads("\n".join(render_json(project.graph)))
    for record in data["revisions"]:
        path = record["path"]
        counts = Counter(report.severity for report in project.reports_for(path))
        record["findings"] = dict(counts)
        record["stale"] = project.is_stale(path)
        record["row"] = _row(project, path)
    environment = project.surroundings.environment
    data["environment"] = environment.name or project.relative(environment.script_location)
    data["databases"] = [target.display for target in project.surroundings.targets]
    return data


def _row(project: Project, path: str) -> int:
    analysis = project.analyses.get(path)
    if analysis is None or analysis.header is None or "revision" not in analysis.header.spans:
        return 0
    source = project.source(path)
    return source.lines.position(analysis.header.spans["revision"].start)[0] if source is not None else 0
