"""MySQL or MariaDB can only do this by copying the table, and nobody writes to it meanwhile.

Most changes of a table are INSTANT, or INPLACE beside the application's writes, by now. For some there is nothing but COPY: a new table is made,
every row is written into it, and all writes wait until it takes the old one's place. It takes as long as the table is large, and as
much disk again.

Do it with a tool that copies beside the application and follows its writes, or while nobody uses the table. pt-online-schema-change takes both databases, and
tables with foreign keys; gh-ost refuses those, and does not promise MariaDB. State what is expected, as in `ALTER TABLE … , ALGORITHM=INPLACE, LOCK=NONE`: then the
database refuses instead of copying.

A foreign key is added in place while `foreign_key_checks` is 0, and then no row is looked at: look for rows without a parent yourself before it. Nothing is said
where the revision has turned the checks off. `table-rewrite` speaks of changes of a type and of new columns.

```python bad dialect=mysql
def upgrade():
    op.create_check_constraint("ck_orders_total", "orders", "total >= 0")
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^ copies `orders`
```
```python bad dialect=mysql
def upgrade():
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ `foreign_key_checks = 0`
```
```python good dialect=mysql
def upgrade():
    op.create_index("ix_orders_total", "orders", ["total"])
    op.execute("SET foreign_key_checks = 0")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
    op.execute("SET foreign_key_checks = 1")
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
from foreshot.migration.operations import (
    AddConstraint,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    Operation,
    SetOption,
)
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
        key = isinstance(operation, AddConstraint) and operation.constraint.kind == "foreign key"
        if found and not (key and _is_unchecked(operation, context)):
            table = operation.table_name
            advice = (
                "Check the rows first, and add it with `foreign_key_checks = 0`."
                if key
                else "Use an online tool, such as pt-online-schema-change."
            )
            yield self.finding(
                operation.site.name,
                f"This copies {code(table)}, and blocks {waiting.blocked(found, table)} meanwhile"
                f"{waiting.where(found, context)}. {advice}",
                operation=operation,
                targets=waiting.targets(found),
            )


def _is_unchecked(operation: Operation, context: Context) -> bool:
    """Whether the revision has turned off the checks of foreign keys before, and so the copying."""
    said = [
        earlier.value
        for earlier in context.before(operation)
        if isinstance(earlier, SetOption) and earlier.name == "foreign_key_checks"
    ]
    return bool(said) and str(said[-1]).lower() in ("0", "off", "false")
