"""What of a comparison is certain: what a doubt may touch is left out, and said."""

from __future__ import annotations

from collections.abc import Container, Iterable

from foreshot.engine.autogenerate import Difference
from foreshot.models.model import Doubt
from foreshot.schema.state import Perhaps, Schema

_TAKES = ("remove_column", "remove_index", "remove_constraint", "remove_fk")
_GIVES = ("add_column", "add_index", "add_constraint", "add_fk", "add_table")


def certain(
    differences: Iterable[Difference], doubts: Iterable[Doubt], schema: Schema, wanted: Container[str]
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """The differences that hold whatever the doubts turn out to be, and the others. ``wanted`` are the models' tables."""
    by_table: dict[str | None, list[Doubt]] = {}
    for doubt in doubts:
        by_table.setdefault(doubt.table, []).append(doubt)
    anything = bool(by_table.get(None))
    sure: list[Difference] = []
    rest: list[Difference] = []
    for item in differences:
        if item.table_name not in wanted:
            doubtful = anything or item.table_name in by_table
        else:
            doubtful = _by_models(item, by_table.get(item.table_name, []))
        doubtful = doubtful or _by_schema(item, schema)
        (rest if doubtful else sure).append(item)
    return tuple(sure), tuple(rest)


def _by_models(item: Difference, doubts: list[Doubt]) -> bool:
    """Whether models may say otherwise: what could not be read may hold what seems to be missing."""
    for doubt in doubts:
        if doubt.column is None and item.kind in _TAKES:
            return True
        if doubt.column is not None and (item.column == doubt.column or doubt.column in item.columns):
            return True
    return False


def _by_schema(item: Difference, schema: Schema) -> bool:
    """Whether the history may say otherwise."""
    table = schema.tables.get(item.table_name)
    if table is None:
        # What nobody could read may have made it.
        return item.kind == "add_table" and any(_about(doubt, item.table_name) for doubt in schema.perhaps)
    if table.there is not None:
        return True
    column = table.columns.get(item.column or "")
    if column is not None and column.perhaps:
        return True
    doubts: tuple[Perhaps, ...] = schema.doubts(table)
    if item.kind in _GIVES or item.kind.startswith("modify_") or item.kind in _TAKES:
        return any(_touches(doubt, item) for doubt in doubts)
    return bool(doubts) and item.kind == "remove_table"


def _about(doubt: Perhaps, table: str) -> bool:
    return doubt.about in ("", table)


def _touches(doubt: Perhaps, item: Difference) -> bool:
    if doubt.about in ("", item.table_name):
        return True
    return item.column is not None and doubt.about == f"{item.table_name}.{item.column}"
