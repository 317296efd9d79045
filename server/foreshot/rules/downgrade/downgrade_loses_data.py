"""`downgrade()` drops what `upgrade()` has filled.

Going back drops the column or the table with every value that the upgrade has computed or moved into it, and whatever the application
has written since. That may be right: it is said so that whoever goes back knows what goes with it.

```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.execute("UPDATE users SET plan = 'free'")


def downgrade():
    op.drop_column("users", "plan")
#                           ^^^^^^ what `upgrade()` put into `users.plan`
```
```python bad
def upgrade():
    op.create_table("plans", sa.Column("name", sa.Text()))
    op.execute("INSERT INTO plans SELECT DISTINCT plan FROM users")


def downgrade():
    op.drop_table("plans")
#                 ^^^^^^^ what `upgrade()` put into `plans`
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("users", "plan")
```
```python good
def upgrade():
    op.create_table("plans", sa.Column("name", sa.Text()))
    op.execute("INSERT INTO plans VALUES ('free')")


def downgrade():
    op.drop_table("plans")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import DataChange, DropColumn, DropTable, Operation

_SELECTS: Final = re.compile(r"\bselect\b", re.IGNORECASE)


class DowngradeLosesData(OperationRule[DropColumn | DropTable]):
    """The way back drops values that the way there has made."""

    looks_at = (DropColumn, DropTable)
    severity = "hint"
    directions = ("downgrade",)
    fails_outright = True

    def check(self, operation: DropColumn | DropTable, context: Context) -> Iterator[Finding]:
        """Whether ``upgrade()`` filled it from what is there; rows that it has written out can be written again."""
        column = operation.column if isinstance(operation, DropColumn) else None
        if operation.table_name is None or not isinstance(column, str | None):
            return
        filled = context.once_each_way(_filled, "upgrade").get((operation.table_name, column))
        if filled is None:
            return
        name = f"{operation.table_name}.{column}" if column else operation.table_name
        argument = "column_name" if column else "table_name"
        yield self.finding(
            operation.site.args.get(argument, operation.site.name),
            f"The downgrade drops what `upgrade()` put into {code(name)}, and everything written there since. Keep a copy.",
            operation=operation,
            object=column or operation.table_name,
            related=[Related("It is filled here", filled.site.name)],
        )


def _filled(operations: tuple[Operation, ...]) -> dict[tuple[str | None, str | None], DataChange]:
    """Columns that are written, and tables that get rows of others, with what does it first."""
    found: dict[tuple[str | None, str | None], DataChange] = {}
    for operation in operations:
        if not isinstance(operation, DataChange):
            continue
        if operation.verb == "update":
            for column in operation.columns:
                found.setdefault((operation.table_name, column), operation)
        elif operation.verb in ("insert", "merge") and _SELECTS.search(operation.site.sql or ""):
            found.setdefault((operation.table_name, None), operation)
    return found
