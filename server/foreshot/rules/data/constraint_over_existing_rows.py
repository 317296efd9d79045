"""A foreign key over rows that are there, into a table that is new and empty: as soon as there is one row, it fails.

The column has a value for every row, by its `server_default`, and the table that it refers to has been created in the same revision and has no rows, so that no row has a parent. "insert or update on
table violates foreign key constraint" (23503) on PostgreSQL, 1452 on MySQL and MariaDB. Measured on PostgreSQL 18. Insert the parent that the default means before the key, or let the
column be NULL.

```python bad
def upgrade():
    op.create_table("regions", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("orders", sa.Column("region_id", sa.Integer(), server_default="1", nullable=False))
    op.create_foreign_key("fk_orders_region", "orders", "regions", ["region_id"], ["id"])
    #|                    fails as soon as
```
```python good
def upgrade():
    regions = op.create_table("regions", sa.Column("id", sa.Integer(), primary_key=True))
    op.bulk_insert(regions, [{"id": 1}])
    op.add_column("orders", sa.Column("region_id", sa.Integer(), server_default="1", nullable=False))
    op.create_foreign_key("fk_orders_region", "orders", "regions", ["region_id"], ["id"])
    op.create_table("shops", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("orders", sa.Column("shop_id", sa.Integer(), sa.ForeignKey("shops.id"), nullable=True))
```
```python bad
def upgrade():
    regions = op.create_table("regions", sa.Column("id", sa.Integer(), primary_key=True))
    op.bulk_insert(regions, [{"id": 7}, {"id": 8}])
    op.add_column("orders", sa.Column("region_id", sa.Integer(), server_default="1", nullable=False))
    op.create_foreign_key("fk_orders_region", "orders", "regions", ["region_id"], ["id"])
    #|                    `regions` lacks that row
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    BulkInsert,
    ColumnSpec,
    CreateTable,
    DataChange,
    Operation,
    SqlText,
)
from foreshot.rules.data import _rows as rows
from foreshot.rules.data import _seeds as seeds
from foreshot.syntax.values import Unknown


class ConstraintOverExistingRows(OperationRule[AddConstraint | AddColumn]):
    """A key whose parents cannot be there."""

    looks_at = (AddConstraint, AddColumn)
    severity = "error"
    directions = ("upgrade",)

    def check(self, operation: AddConstraint | AddColumn, context: Context) -> Iterator[Finding]:
        """Whether every row gets a value, and the referred table is empty."""
        if isinstance(operation, AddColumn):
            column: ColumnSpec | None = operation.column
            keys = operation.column.foreign_keys
            target = keys[0].target if keys else None
            parent, _, referred = target.rpartition(".") if isinstance(target, str) else (None, "", "")
            at = keys[0].span if keys else operation.site.call
            if keys and keys[0].not_valid:
                return
        else:
            key = operation.constraint
            if key.kind != "foreign key" or key.not_valid or len(key.columns) != 1:
                return
            added = rows.added(operation, key.columns[0], context)
            column = added.column if added is not None else None
            referred = key.ref_columns[0] if key.ref_columns else ""
            parent, at = (
                key.ref_table if isinstance(key.ref_table, str) else None,
                operation.site.args.get("constraint_name", operation.site.call),
            )
        if column is None or parent is None or not _fills(column) or rows.has_no_rows(operation, context):
            return
        made = next(
            (
                item
                for item in context.before(operation)
                if isinstance(item, CreateTable)
                and parent in (item.table_name, item.table)
                and not item.if_not_exists
            ),
            None,
        )
        if made is None:
            return
        filling = [item for item in context.before(operation) if _may_fill(item, parent)]
        if any(_may_give(item, str(referred), column.server_default, context) for item in filling):
            return
        yield self.finding(
            at,
            f"This fails as soon as {code(operation.table_name)} has a row: each gets the default of {code(column.name)},"
            f" and {code(parent)} {'lacks that row' if filling else 'is empty'}. Insert the parent row first.",
            operation=operation,
            object=column.name if isinstance(column.name, str) else None,
            related=(Related("the table is created here, without rows", made.site.name),),
        )


def _may_give(filling: Operation, column: str, default: object, context: Context) -> bool:
    """Whether the parent that a default means may be among the rows that go into the new table."""
    if not isinstance(filling, BulkInsert) or not isinstance(default, str | int):
        return True
    found = list(seeds.rows_of(filling, context))
    values = [row.get(column) for row in found]
    given = {str(value.value) for value in values if isinstance(value, ast.Constant)}
    is_read = 0 < len(found) < seeds.MAX_ROWS and all(isinstance(value, ast.Constant) for value in values)
    return not is_read or str(default) in given


def _fills(column: ColumnSpec) -> bool:
    """Whether every row gets a value that is not NULL."""
    default = column.server_default
    if default is None or default is False or isinstance(default, Unknown):
        return False
    return (
        column.computed is None
        and column.identity is None
        and not (isinstance(default, str) and default.upper() == "NULL")
    )


def _may_fill(operation: Operation, table: str) -> bool:
    if isinstance(operation, BulkInsert | DataChange):
        return operation.table_name in (table, None) or isinstance(operation.table, Unknown)
    return rows.is_unread(operation) or (
        isinstance(operation, SqlText) and "insert" in str(operation.statements).lower()
    )
