"""A column's values are copied and the column is dropped in one revision: nobody can go back, and what is written meanwhile is lost.

The application that is still running writes the old column until the moment it goes. What it writes to rows after they were copied is
lost with the column, and each of its queries that names the column fails from then on. Once the revision has run,
the release before cannot be started again.

Make two revisions and release them apart: the first adds the new column and copies, the application then reads and writes the new
one, and the second drops the old. It does not matter in `downgrade()`, nor where the table is emptied or dropped anyway. Where `downgrade()` copies the values back,
there is a way back; what running code writes meanwhile is lost all the same. Columns that one statement has copied are one place.

```python bad
def upgrade():
    op.add_column("users", sa.Column("full_name", sa.Text(), nullable=True))
    op.execute("UPDATE users SET full_name = first_name || ' ' || last_name")
    op.drop_column("users", "last_name")
#                           ^^^^^^^^^^^ is copied and dropped in one revision
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("town", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("street", sa.Text(), nullable=True))
    op.execute("UPDATE users SET town = old_town, street = old_street")
    op.drop_column("users", "old_town")
#                           ^^^^^^^^^^ `users.old_town` and 1 more are copied and dropped in one revision: running code fails, and its writes are lost
    op.drop_column("users", "old_street")


def downgrade():
    op.add_column("users", sa.Column("old_town", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("old_street", sa.Text(), nullable=True))
    op.execute("UPDATE users SET old_town = town, old_street = street")
    op.drop_column("users", "town")
    op.drop_column("users", "street")
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
from foreshot.migration.operations import DataChange, DropColumn, Operation
from foreshot.rules.destructive import _lost as lost


class CopiedThenDropped(OperationRule[DropColumn]):
    """A column that goes in the revision that has copied it."""

    looks_at = (DropColumn,)
    severity = "warning"
    directions = ("upgrade",)

    def check(self, operation: DropColumn, context: Context) -> Iterator[Finding]:
        """Once for all columns that the same statement has copied."""
        dropped = context.once(_dropped).get(operation.site.order, [])
        if not dropped:
            return
        table, column = operation.table_name, operation.column
        copy = context.once_each_way(lost.copies, "upgrade")[table, column]
        others = len(dropped) - 1
        what = f"{code(f'{table}.{column}')} {f'and {others} more are' if others else 'is'}"
        returns = context.once_each_way(_filled, "downgrade")
        back = all((table, one.column) in returns for one in dropped)
        costs = "its writes are lost" if back else "there is no way back"
        yield self.finding(
            operation.site.args.get("column_name", operation.site.name),
            f"{what} copied and dropped in one revision: running code fails, and {costs}."
            f" {'Drop them later.' if others else 'Drop it in a later one.'}",
            operation=operation,
            object=str(column),
            targets=context.targets((), operation),
            related=[
                Related("It is copied here", copy.site.name),
                *(Related("Dropped as well", one.site.name) for one in dropped[1:]),
            ],
        )


def _dropped(context: Context) -> dict[int, list[DropColumn]]:
    """The drops of columns that one statement has copied, by the place of the first of them."""
    copies = context.once_each_way(lost.copies, "upgrade")
    found: dict[tuple[str | None, int], list[DropColumn]] = {}
    for operation in context.upgrade:
        if isinstance(operation, DropColumn) and _is_copied(operation, context):
            copy = copies[operation.table_name, operation.column]
            found.setdefault((operation.table_name, copy.site.order), []).append(operation)
    return {drops[0].site.order: drops for drops in found.values()}


def _is_copied(operation: DropColumn, context: Context) -> bool:
    """Whether the same direction has copied the values before."""
    table, column = operation.table_name, operation.column
    if table is None or not isinstance(column, str) or context.is_new(operation):
        return False
    if context.renames.of(operation) or not lost.is_copied(operation, context):
        return False
    made_here = context.schema.column(table, column, operation) is not None
    return not made_here and not lost.has_no_rows(operation, context)


def _filled(operations: tuple[Operation, ...]) -> set[tuple[str | None, str]]:
    """The columns that a direction fills from others."""
    return {
        (operation.table_name, column)
        for operation in operations
        if isinstance(operation, DataChange) and operation.verb == "update" and operation.computed
        for column in operation.columns
    }
