"""Revision files that a person asks for: an empty one after the head, and a merge of several heads."""

from __future__ import annotations

from foreshot.ide.actions import Changes, Unavailable
from foreshot.lint.finding import NewFile
from foreshot.lint.words import codes
from foreshot.migration.graph_names import Unresolved, resolve_revision
from foreshot.project.new_file import creation_date, new_revision, revision_id
from foreshot.workspace.project import Project

MERGES = "multiple-heads"
"""The rule that finds heads which nothing tells apart, and whose repair merges them."""


def empty_revision(project: Project, message: str, parent: str | None = None) -> tuple[str, Changes]:
    """The id and the file of a new revision in the project's own style.

    Args:
        project: the environment that gets it.
        message: what it is about; line breaks become blanks.
        parent: what it follows, as Alembic's command line would take it; by default the only head.

    Raises:
        Unavailable: when it cannot be told what it follows, or the file is there already.
    """
    message = " ".join(message.split())[:500]
    follows = _parent(project, parent)
    revision = revision_id(follows or "", message, creation_date().isoformat())
    template = project.surroundings.template_source
    path, text = new_revision(project.surroundings.environment, template, revision, follows, message)
    if project.files.read(path) is not None or revision in project.graph:
        raise Unavailable("there is a revision of that name already")
    return revision, Changes(creates=(NewFile(path, text),))


def merge_of_heads(project: Project) -> Changes:
    """The file that joins the heads which nothing tells apart: the repair of the rule that reports them.

    Raises:
        Unavailable: when there is nothing to merge.
    """
    for reports in project.found.reports.values():
        for report in reports:
            if report.rule != MERGES:
                continue
            for fix in project.fixes(report):
                if fix.creates and fix.refused is None:
                    return Changes(fix.edits, fix.creates)
    heads = project.graph.heads
    if len(heads) > 1:
        raise Unavailable(f"the heads {codes(heads[:8])} are branches that are meant to be apart")
    raise Unavailable("there is one head only" if heads else "there are no revisions")


def _parent(project: Project, asked: str | None) -> str | None:
    graph = project.graph
    if asked is not None:
        found = resolve_revision(graph, asked)
        if isinstance(found, Unresolved):
            raise Unavailable(found.why)
        if len(found) > 1:
            raise Unavailable("it would follow several revisions: merge them first")
        return found[0].id if found else None
    heads = graph.heads
    if len(heads) > 1:
        raise Unavailable(
            f"there are {len(heads)} heads, {codes(heads[:8])}: merge them first, or say which one"
        )
    return heads[0] if heads else None
