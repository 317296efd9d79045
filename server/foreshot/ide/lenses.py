"""What stands above a revision's header and its functions, and above a model: what it is in the history, and what is pending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from foreshot.ide.ids import Place, declaration
from foreshot.ide.mapped_places import Mapped, mapped_tables
from foreshot.ide.navigation import title_of
from foreshot.ide.pending import PendingRevision, pending_revision
from foreshot.ide.revision_card import status
from foreshot.ide.standing import standing
from foreshot.migration.graph import Node
from foreshot.schema.state import Origin, Schema, Table
from foreshot.text import Span
from foreshot.workspace.project import Project

_MANY = 3


class Lens(Struct, frozen=True):
    """A short text above a line; choosing it shows something about the file, or goes to another revision."""

    span: Span
    title: str
    does: Literal["graph", "open", "sql", "schema", "pending"]
    place: Place | None = None


def lenses(project: Project, path: str) -> Iterator[Lens]:
    """The lenses of a revision file or a file of models; none for any other, nor where the header is not in the current text."""
    if project.partial:
        return
    analysis = project.analyses.get(path)
    if analysis is None:
        yield from _of_models(project, path)
        return
    node = project.graph.at(path)
    if analysis.header is None or node is None:
        return
    spans = analysis.header.spans
    if "revision" not in spans:
        return
    words = status(project, node)
    known = standing(project, path)
    if known is not None:
        words.insert(0, known)
    children = project.graph.children(node)
    if children:
        words.append("1 child" if len(children) == 1 else f"{len(children)} children")
    count = len(project.reports_for(path))
    if count:
        words.append("1 finding" if count == 1 else f"{count} findings")
    if project.is_stale(path):
        words.append("does not parse")
    yield Lens(spans["revision"], " · ".join(words) or "revision", "graph")
    for child in children[:_MANY]:
        yield Lens(spans["revision"], f"→ {_short(title_of(child))}", "open", declaration(child))
    if "down_revision" in spans:
        for parent in project.graph.parents(node)[:_MANY]:
            yield Lens(spans["down_revision"], f"← {_short(title_of(parent))}", "open", declaration(parent))
    upgrade = analysis.functions.get("upgrade")
    if upgrade is not None and analysis.acts and not project.is_stale(path):
        yield Lens(upgrade.name, "SQL", "sql")
        yield Lens(upgrade.name, "Schema after", "schema")


def _of_models(project: Project, path: str) -> Iterator[Lens]:
    story = project.story()
    if story is None or not project.spoke_of(path):
        return
    schema = story.at_heads()
    pending = pending_revision(project)
    for item in mapped_tables(project, path):
        yield from _of_model(project, item, schema, pending)


def _of_model(
    project: Project, item: Mapped, schema: Schema, pending: PendingRevision | None
) -> Iterator[Lens]:
    if pending is not None:
        count = len(pending.of(item.full_name))
        title = "in step with the migrations"
        if count:
            title = "1 pending change" if count == 1 else f"{count} pending changes"
        yield Lens(item.span, title, "pending")
    table = schema.table(item.full_name)
    if table is None:
        return
    graph = project.graph
    created = graph.node(table.origin.revision)
    if created is not None:
        yield Lens(item.span, f"created in {_short(title_of(created))}", "open", declaration(created))
    last = _latest(project, table)
    if last is not None and last is not created:
        yield Lens(item.span, f"changed in {_short(title_of(last))}", "open", declaration(last))


def _latest(project: Project, table: Table) -> Node | None:
    """The last revision, as the history is ordered, that had a part in what a table is now."""
    history, graph = project.history, project.graph
    if history is None:
        return None
    known: dict[str, tuple[Table, str]] = history.memory.setdefault("latest", {})
    told = known.get(table.name)
    if told is None or told[0] is not table:
        keys = {node.key for origin in _origins(table) if (node := graph.node(origin.revision)) is not None}
        told = known[table.name] = (table, graph.in_order(keys)[-1].key if keys else "")
    return graph.at(told[1])


def _origins(table: Table) -> Iterator[Origin]:
    yield table.origin
    parts = [table.primary_key, *table.uniques, *table.indexes, *table.foreign_keys, *table.checks]
    yield from (part.origin for part in parts if part is not None)
    for column in table.columns.values():
        by = (column.typed_by, column.nullable_by, column.default_by, column.named_by, column.filled_by)
        yield column.origin
        yield from (origin for origin in (table.named_by, *by) if origin is not None)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
