"""A row that the revision inserts has a text that does not fit its column: the migration fails.

PostgreSQL refuses it (22001), and so does MySQL in its strict mode, which is the default since 5.7; SQLite knows no lengths, so that tests on it see nothing. Measured on PostgreSQL
18. Only rows that are written out in the revision are looked at, and only columns that the revision creates.

```python bad
def upgrade():
    kinds = op.create_table("kinds", sa.Column("code", sa.String(8), primary_key=True), sa.Column("label", sa.String(64)))
    op.bulk_insert(
        kinds,
        [
            {"code": "DRAFT", "label": "Draft"},
            {"code": "SENT_BY_EXPRESS", "label": "Sent"},
#                    ^^^^^^^^^^^^^^^^^ fails
        ],
    )
```
```python good
def upgrade():
    kinds = op.create_table("kinds", sa.Column("code", sa.String(20), primary_key=True), sa.Column("label", sa.Text()))
    op.bulk_insert(kinds, [{"code": "SENT_BY_EXPRESS", "label": "Sent by express, which takes a day and a half"}])
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.knowledge import classify
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import BulkInsert
from foreshot.rules.data import _seeds as seeds

_MOST = 20


class ValueTooLong(OperationRule[BulkInsert]):
    """A literal that is longer than its column."""

    looks_at = (BulkInsert,)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb")
    directions = ("upgrade",)

    def check(self, operation: BulkInsert, context: Context) -> Iterator[Finding]:
        """Each such value."""
        table = seeds.made(operation.table_name, operation.site.order, context)
        targets = context.targets(self.databases, operation)
        if table is None or not targets:
            return
        lengths: dict[str, int] = {}
        spans = {column.name: column.span for column in table.columns}
        for column in table.columns:
            kinds = [classify(column.type, target) for target in targets]
            if isinstance(column.name, str) and all(
                kind.family == "string" and kind.exact and kind.length for kind in kinds
            ):
                lengths[column.name] = max(kind.length or 0 for kind in kinds)
        count = 0
        for row in seeds.rows_of(operation, context) if lengths else ():
            for name, value in row.items():
                text = value.value if isinstance(value, ast.Constant) else None
                if isinstance(text, str) and len(text) > lengths.get(name, len(text)) and count < _MOST:
                    count += 1
                    yield self.finding(
                        context.module.span(value),
                        f"This fails{context.where(targets)}: {len(text)} characters do not fit in {code(name)}, which holds {lengths[name]}.",
                        operation=operation,
                        object=name,
                        targets=targets,
                        related=(Related("the column is created here", spans[name]),),
                    )
