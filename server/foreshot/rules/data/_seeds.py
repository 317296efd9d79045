"""Rows that a revision inserts, as far as they stand in it: ``op.bulk_insert(table, [{…}, …])``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from foreshot.lint.context import Context
from foreshot.migration.operations import BulkInsert, ColumnSpec, CreateTable
from foreshot.text import Span

MAX_ROWS = 2_000
"""Rows of one call that are looked at."""

Row = Mapping[str, ast.expr]


def rows_of(operation: BulkInsert, context: Context) -> Iterator[Row]:
    """The rows that are written out, each by column; none where they come from elsewhere."""
    at = operation.site.args.get("rows")
    node = context.once(_sequences).get(at) if at is not None else None
    if node is None and at is not None:
        node = context.once(_assigned).get(context.text(at))
    for item in node.elts[:MAX_ROWS] if node is not None else ():
        if isinstance(item, ast.Dict):
            yield {
                key.value: value
                for key, value in zip(item.keys, item.values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
        elif isinstance(item, ast.Call) and isinstance(item.func, ast.Name) and item.func.id == "dict":
            yield {keyword.arg: keyword.value for keyword in item.keywords if keyword.arg is not None}


def made(table: str | None, before: int, context: Context) -> CreateTable | None:
    """The operation of ``upgrade()`` that created a table, before the operation of that order."""
    found = None
    for operation in context.upgrade:
        if operation.site.order >= before:
            break
        if isinstance(operation, CreateTable) and table is not None and operation.table_name == table:
            found = operation
    return found


def key_of(table: CreateTable) -> ColumnSpec | None:
    """The only column of the primary key; None where there are several, or none."""
    keys = [column for column in table.columns if column.primary_key is True]
    listed = [item.columns for item in table.constraints if item.kind == "primary key"]
    if listed:
        keys = [column for column in table.columns if column.name in listed[0]]
    return keys[0] if len(keys) == 1 else None


def _sequences(context: Context) -> Mapping[Span, ast.List | ast.Tuple]:
    span = context.module.span
    nodes: list[ast.List | ast.Tuple] = [*context.module.nodes(ast.List), *context.module.nodes(ast.Tuple)]
    return {span(node): node for node in nodes if node.elts and isinstance(node.elts[0], ast.Dict | ast.Call)}


def _assigned(context: Context) -> Mapping[str, ast.List | ast.Tuple]:
    """Lists by the only name that they are given."""
    found: dict[str, ast.List | ast.Tuple] = {}
    again: set[str] = set()
    for node in context.module.nodes(ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                if target.id in found:
                    again.add(target.id)
                if isinstance(node.value, ast.List | ast.Tuple):
                    found[target.id] = node.value
                else:
                    again.add(target.id)
    return {name: node for name, node in found.items() if name not in again}
