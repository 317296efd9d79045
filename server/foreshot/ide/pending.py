"""The migration that models ask for and no revision has yet, as the revision that it would be: its card, its findings, its text."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent
from typing import TYPE_CHECKING

from msgspec import Struct

from foreshot.history.delta import NOTHING, delta_of
from foreshot.history.revision_story import RevisionStory
from foreshot.history.story import Story
from foreshot.ide.operation_card import operations_card
from foreshot.ide.operations_at import Found
from foreshot.knowledge.databases import Target
from foreshot.lint.context import Context
from foreshot.lint.mapped import draft, drift_of_project, written
from foreshot.lint.report import Report
from foreshot.lint.run import revision_reports
from foreshot.migration.graph import Node
from foreshot.migration.operations import Operation, SqlText
from foreshot.migration.revision import Revision
from foreshot.models.model import Origin
from foreshot.project import paths
from foreshot.rules import family_of, revision_rules
from foreshot.schema.state import Schema
from foreshot.text import SourceText, Span
from foreshot.workspace.project import Project
from foreshot.workspace.sift import chosen

if TYPE_CHECKING:
    from foreshot.engine.drift import Drift, Pending

MESSAGE = "model changes"
"""What a revision is called that nobody has named."""
_INDENT = "    "


class PendingOperation(Struct, frozen=True):
    """One operation that is pending, as it would stand in a revision."""

    pending: Pending
    operations: tuple[Operation, ...]
    span: Span
    reports: tuple[Report, ...]

    @property
    def table(self) -> str:
        """The table that it is about."""
        return self.pending.difference.table_name


class PendingRevision(Struct, frozen=True):
    """All that is pending, read as a revision that follows the heads."""

    context: Context
    items: tuple[PendingOperation, ...]
    drift: Drift

    def at(self, origin: Origin, table: str) -> list[PendingOperation]:
        """What a line of the models asks for, for one of the tables that it makes."""
        return [item for item in self.items if item.pending.origin == origin and item.table == table]

    def of(self, table: str) -> list[PendingOperation]:
        """What is pending for a table."""
        return [item for item in self.items if item.table == table]

    def card(self, item: PendingOperation) -> str:
        """What the operation will do and how risky that is, as Markdown."""
        return operations_card(Found(item.operations, item.span), self.context, item.reports)

    def brief(self, items: Sequence[PendingOperation]) -> str:
        """Several operations in a line each, as Markdown."""
        operations = tuple(operation for item in items for operation in item.operations)
        if len(operations) == 1:
            return self.card(next(item for item in items if item.operations))
        return operations_card(Found(operations, Span(0, 0), "Pending, in no revision yet"), self.context, ())


class PendingText(Struct, frozen=True):
    """The revision that would be created."""

    path: str
    text: str
    count: int
    complete: bool
    notes: tuple[str, ...]
    """What may be otherwise, and why."""


def pending_revision(project: Project) -> PendingRevision | None:
    """What is pending; None where there is nothing to compare, or it is not known yet."""
    if project.partial or project.history is None:
        return None
    drift = drift_of_project(project.context)
    if drift is None:
        return None
    environment = project.surroundings.environment
    key = ("pending revision", environment.script_location, environment.section)
    given = (drift, project.graph.heads, project.surroundings.key)
    return project.files.remember(key, lambda: _read(project, drift), given)


def pending_text(project: Project) -> PendingText | None:
    """The text of the revision that makes what is pending; empty when nothing is."""
    found = pending_revision(project)
    if found is None:
        return None
    drift, heads = found.drift, project.graph.heads
    count = len(written(drift.pending))
    notes = [
        *(f"{doubt.table or 'the models'}: {doubt.why}" for doubt in drift.doubts),
        *(f"{reason.about or 'the history'}: {reason.why}" for reason in drift.perhaps),
        *(f"not decided: {item}" for item in drift.undecided),
    ]
    if len(heads) > 1:
        notes.insert(0, f"there are {len(heads)} heads: merge them before this can be created")
    if not count:
        return PendingText("", "", 0, drift.complete, tuple(dict.fromkeys(notes)))
    path, text = draft(project.surroundings, drift, heads[0] if heads else None, MESSAGE)
    return PendingText(path, text, count, drift.complete, tuple(dict.fromkeys(notes)))


def _read(project: Project, drift: Drift) -> PendingRevision | None:
    from foreshot.workspace.reading import open_revision

    history, surroundings = project.history, project.surroundings
    text, spans = _source(drift, project.graph.heads)
    revision = open_revision(SourceText(text), surroundings)
    if history is None or not isinstance(revision, Revision):
        return None
    path = paths.child(surroundings.environment.version_dirs[0], "pending.py")
    node = Node(path, revision.header)

    def tell(target: Target, told: Revision) -> RevisionStory:
        return RevisionStory(_AtHeads(history.story(target)), node, delta_of(told, history.settle))

    context = Context(revision, surroundings, path, tell)
    found = revision_reports(revision_rules(), context).reports
    reports = chosen(found, surroundings.settings, project.relative, family_of)
    items = [
        PendingOperation(
            item,
            tuple(
                operation
                for operation in revision.of("upgrade")
                if span.contains(operation.site.call)
                and not (isinstance(operation, SqlText) and operation.statements)
            ),
            span,
            tuple(report for report in reports if span.contains(report.span)),
        )
        for item, span in zip(drift.pending, spans, strict=True)
    ]
    return PendingRevision(context, tuple(items), drift)


def _source(drift: Drift, heads: Sequence[str]) -> tuple[str, list[Span]]:
    """A revision of everything that is pending, and where each operation stands in its ``upgrade()``."""
    imports = [*drift.comparison.imports, *(f"import {module}" for module in drift.modules)]
    lines = ["from alembic import op", "import sqlalchemy as sa", *imports]
    text = (
        "\n".join(lines) + f'\n\nrevision = "pending"\ndown_revision = {tuple(heads)!r}\n\n\ndef upgrade():\n'
    )
    spans: list[Span] = []
    for item in drift.pending:
        start = len(text)
        text += indent(item.difference.text, _INDENT) + "\n"
        spans.append(Span(start, len(text)))
    back = [item.difference.reverse for item in reversed(drift.pending) if item.difference.reverse]
    return (
        f"{text}{_INDENT}pass\n\n\ndef downgrade():\n{indent(chr(10).join(back), _INDENT)}\n{_INDENT}pass\n",
        spans,
    )


class _AtHeads(Story):
    """A story in which the next revision finds what all heads together have made."""

    def __init__(self, story: Story) -> None:
        super().__init__(story.graph, lambda _: NOTHING, story.target)
        self._heads = story.at_heads()

    def before_key(self, key: str) -> Schema:
        del key
        return self._heads
