"""What a place in a file of models is about, and where models have a table or a column."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from foreshot.ide.ids import Place
from foreshot.lint.mapped import models_of
from foreshot.models.model import ModelColumn, ModelTable
from foreshot.text import SourceText, Span
from foreshot.workspace.project import Project


class Mapped(Struct, frozen=True):
    """A table or one of its columns, and the name by which a model's file has it."""

    table: ModelTable
    column: ModelColumn | None
    span: Span

    @property
    def full_name(self) -> str:
        """``table`` or ``schema.table``."""
        return self.table.full_name


def mapped_at(project: Project, path: str, offset: int) -> list[Mapped]:
    """What the name at a place stands for; several where a mixin's attribute is a column of several tables."""
    source = project.source(path)
    if source is None:
        return []
    found: list[Mapped] = []
    for table in models_of(project.surroundings).target_tables:
        for column in table.columns:
            origin = column.origin
            if origin.path == path and origin.span.touches(offset):
                span = column_name(source, column)
                if span is not None and span.touches(offset):
                    found.append(Mapped(table, column, span))
        if not found and table.origin.path == path:
            found += [
                Mapped(table, None, span) for span in table_names(source, table) if span.touches(offset)
            ]
    return found


def mapped_tables(project: Project, path: str) -> Iterator[Mapped]:
    """The tables that a file makes, each at its class or its call."""
    source = project.source(path)
    if source is None:
        return
    for table in models_of(project.surroundings).target_tables:
        if table.origin.path == path:
            for span in table_names(source, table)[:1]:
                yield Mapped(table, None, span)


def model_place(project: Project, table: str, column: str | None) -> Place | None:
    """Where the models have a table or a column, by the names at the heads."""
    for model in models_of(project.surroundings).target_tables:
        if model.full_name != table:
            continue
        known = model.column(column) if column is not None else None
        if column is not None and known is None:
            return None
        origin = known.origin if known is not None else model.origin
        source = project.source(origin.path)
        if source is None:
            return None
        spans = table_names(source, model)[:1] if known is None else [column_name(source, known)]
        return Place(origin.path, spans[0]) if spans and spans[0] is not None else None
    return None


def column_name(source: SourceText, column: ModelColumn) -> Span | None:
    """The attribute, or of a ``Table(…)`` the text that names the column; None where an edit has moved it."""
    start, end = column.origin.span.start, column.origin.span.end
    text = source.content[start:end]
    if re.match(rf"{re.escape(column.attribute)}\b", text):
        return Span(start, start + len(column.attribute))
    return quoted(source.content, column.origin.span, column.name)


def table_names(source: SourceText, table: ModelTable) -> list[Span]:
    """The name of the class, and the text of its ``__tablename__``; of a ``Table(…)`` the text that names the table."""
    span = table.origin.span
    text = source.content[span.start : span.end]
    if not text.isidentifier():
        named = quoted(source.content, span, table.name)
        return [named] if named is not None else []
    found = [span]
    following = re.compile(r"^class\b", re.MULTILINE).search(source.content, span.end)
    end = following.start() if following is not None else len(source.content)
    written = re.compile(rf"\b__tablename__\b[^=\r\n]*=\s*([\"'])({re.escape(table.name)})\1")
    match = written.search(source.content, span.end, end)
    return [*found, Span(*match.span(2))] if match is not None else found


def quoted(content: str, within: Span, name: str) -> Span | None:
    """The first text in quotes inside a span that is just this name, without its quotes."""
    match = re.compile(rf"([\"'])({re.escape(name)})\1").search(content, within.start, within.end)
    return Span(*match.span(2)) if match is not None else None
