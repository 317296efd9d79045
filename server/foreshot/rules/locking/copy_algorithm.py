"""MySQL or MariaDB can only do this by copying the table, and nobody writes to it meanwhile.

Most changes of a table are INSTANT, or INPLACE beside the application's writes, by now. For some there is nothing but COPY: a new table is made,
every row is written into it, and all writes wait until it takes the old one's place. It takes as long as the table is large, and as
much disk again.

Do it with a tool that copies beside the application and follows its writes (gh-ost, pt-online-schema-change), or while nobody uses the table.
State what is expected, as in `ALTER TABLE … , ALGORITHM=INPLACE, LOCK=NONE`: then the database refuses instead of copying.
`table-rewrite` speaks of changes of a type and of new columns.

```python bad dialect=mysql
def upgrade():
    op.create_check_constraint("ck_orders_total", "orders", "total >= 0")
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^ copies `orders`
```
```python good dialect=mysql
def upgrade():
    op.create_index("ix_orders_total", "orders", ["total"])
```
```python good dialect=mysql
def upgrade():
    op.create_table("plans", sa.Column("name", sa.String(20)))
    op.create_check_constraint("ck_plans_name", "plans", "name <> ''")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddConstraint, CreateIndex, DropColumn, DropConstraint, DropIndex
from foreshot.rules.locking import _waiting as waiting


class CopyAlgorithm(OperationRule[AddConstraint | DropConstraint | CreateIndex | DropIndex | DropColumn]):
    """What has no algorithm but COPY."""

    looks_at = (AddConstraint, DropConstraint, CreateIndex, DropIndex, DropColumn)
    severity = "warning"
    databases = ("mysql", "mariadb")

    def check(
        self,
        operation: AddConstraint | DropConstraint | CreateIndex | DropIndex | DropColumn,
        context: Context,
    ) -> Iterator[Finding]:
        """Whether the best that a database offers is a copy that blocks others."""
        if context.is_new(operation) or operation.table_name is None:
            return
        found = [
            wait
            for wait in waiting.effects(operation, context, self.databases)
            if wait.effect.algorithm == "COPY" and wait.effect.blocks != "nothing"
        ]
        if found:
            table = operation.table_name
            yield self.finding(
                operation.site.name,
                f"This copies {code(table)}, and blocks {waiting.blocked(found, table)} meanwhile"
                f"{waiting.where(found, context)}. Use an online tool, such as gh-ost.",
                operation=operation,
                targets=waiting.targets(found),
            )
