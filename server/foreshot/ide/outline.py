"""The outline of a revision file: its header, and what its two functions do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from foreshot.ide.navigation import title_of
from foreshot.ide.summary import label, subject
from foreshot.migration import operations as ops
from foreshot.migration.plugins import SyncEnum
from foreshot.migration.revision import Revision
from foreshot.text import Span
from foreshot.workspace.project import Project

Kind = Literal["revision", "function", "table", "column", "index", "constraint", "type", "data", "other"]

_KINDS: dict[type[ops.Operation], Kind] = {
    ops.CreateTable: "table",
    ops.DropTable: "table",
    ops.RenameTable: "table",
    ops.TableComment: "table",
    ops.AddColumn: "column",
    ops.DropColumn: "column",
    ops.AlterColumn: "column",
    ops.CreateIndex: "index",
    ops.DropIndex: "index",
    ops.RenameIndex: "index",
    ops.AddConstraint: "constraint",
    ops.DropConstraint: "constraint",
    ops.RenameConstraint: "constraint",
    ops.ValidateConstraint: "constraint",
    ops.CreateEnum: "type",
    ops.DropType: "type",
    ops.AddEnumValue: "type",
    ops.RenameEnumValue: "type",
    SyncEnum: "type",
    ops.DataChange: "data",
    ops.BulkInsert: "data",
    ops.TruncateTable: "data",
}


class Symbol(Struct, frozen=True):
    """An entry of the outline; ``selection`` lies inside ``span``."""

    name: str
    detail: str
    kind: Kind
    span: Span
    selection: Span
    children: tuple[Symbol, ...] = ()


def outline(project: Project, path: str) -> list[Symbol]:
    """The outline of a revision file; empty for any other, and while the file does not parse."""
    revision = project.revision(path) if path in project.analyses else None
    return list(_symbols(project, path, revision)) if revision is not None else []


def _symbols(project: Project, path: str, revision: Revision) -> Iterator[Symbol]:
    header = revision.header
    node = project.graph.at(path)
    if "revision" in header.spans:
        spans = list(header.spans.values())
        whole = Span(min(span.start for span in spans), max(span.end for span in spans))
        parents = ", ".join(header.down_revisions) or "nothing"
        name = title_of(node) if node is not None else header.revision
        yield Symbol(
            name or "revision", _short(f"follows {parents}"), "revision", whole, header.spans["revision"]
        )
    for function in sorted(revision.functions.values(), key=lambda item: item.span):
        inside = [
            operation
            for operation in revision.of(function.direction)
            if not (isinstance(operation, ops.SqlText) and operation.statements)
        ]
        children = tuple(_symbol(operation) for operation in inside)
        count = f"{len(inside)} operation{'' if len(inside) == 1 else 's'}"
        yield Symbol(function.direction, count, "function", function.span, function.name, children)


def _symbol(operation: ops.Operation) -> Symbol:
    site = operation.site
    span = site.statement if site.statement.contains(site.call) else site.call
    selection = site.name if span.contains(site.name) else span
    name = getattr(operation, "alembic_name", None) or operation.kind
    about = subject(operation)
    return Symbol(
        _short(about or label(operation)), name, _KINDS.get(type(operation), "other"), span, selection
    )


def _short(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text[:120]).strip() or "?"
