"""A column's values are copied and the column is dropped in one revision: nobody can go back, and what is written meanwhile is lost.

The application that is still running writes the old column until the moment it goes. What it writes to rows after they were copied is
lost with the column, and each of its queries that names the column fails from then on. Once the revision has run,
the release before cannot be started again.

Make two revisions and release them apart: the first adds the new column and copies, the application then reads and writes the new
one, and the second drops the old. It does not matter in `downgrade()`, nor where the table is emptied or dropped anyway.

```python bad
def upgrade():
    op.add_column("users", sa.Column("full_name", sa.Text(), nullable=True))
    op.execute("UPDATE users SET full_name = first_name || ' ' || last_name")
    op.drop_column("users", "last_name")
#                           ^^^^^^^^^^^ is copied and dropped in one revision
```
```python good
def upgrade():
    op.add_column("users", sa.Column("full_name", sa.Text(), nullable=True))
    op.execute("UPDATE users SET full_name = first_name || ' ' || last_name")
```
```python good
def upgrade():
    op.execute("UPDATE users SET team = (SELECT name FROM teams WHERE teams.id = users.team_id)")
    op.drop_column("users", "team_id")
```
```python good
def upgrade():
    op.execute("UPDATE users SET active = true WHERE last_name IS NOT NULL")
    op.drop_column("users", "last_name")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import DropColumn
from foreshot.rules.destructive import _lost as lost


class CopiedThenDropped(OperationRule[DropColumn]):
    """A column that goes in the revision that has copied it."""

    looks_at = (DropColumn,)
    severity = "warning"
    directions = ("upgrade",)

    def check(self, operation: DropColumn, context: Context) -> Iterator[Finding]:
        """Whether the same direction has copied the values before."""
        table, column = operation.table_name, operation.column
        if table is None or not isinstance(column, str) or context.is_new(operation):
            return
        if context.renames.of(operation) or not lost.is_copied(operation, context):
            return
        if context.schema.column(table, column, operation) is not None or lost.has_no_rows(
            operation, context
        ):
            return
        copy = context.once_each_way(lost.copies, "upgrade")[table, column]
        yield self.finding(
            operation.site.args.get("column_name", operation.site.name),
            f"{code(f'{table}.{column}')} is copied and dropped in one revision: running code fails, and there is no way back."
            " Drop it in a later one.",
            operation=operation,
            object=column,
            targets=context.targets((), operation),
            related=[Related("It is copied here", copy.site.name)],
        )
