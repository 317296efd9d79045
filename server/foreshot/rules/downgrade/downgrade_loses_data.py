"""`downgrade()` drops values that `upgrade()` has moved, and copies nothing back.

The upgrade fills a new column or table from an old one and drops the old one. On the way back the old one comes again, empty: what was in it
goes with the new one. Copy the values back before the drop.

Nothing is said where the upgrade leaves its source as it is: then going back loses nothing that was there before.

```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.execute("UPDATE users SET plan = lower(tariff)")
    op.drop_column("users", "tariff")


def downgrade():
    op.add_column("users", sa.Column("tariff", sa.Text(), nullable=True))
    op.drop_column("users", "plan")
#                           ^^^^^^ `upgrade()` moved into `users.plan`
```
```python bad
def upgrade():
    op.create_table("plans", sa.Column("name", sa.Text()))
    op.execute("INSERT INTO plans SELECT DISTINCT plan FROM tariffs")
    op.drop_table("tariffs")


def downgrade():
    op.create_table("tariffs", sa.Column("plan", sa.Text()))
    op.drop_table("plans")
#                 ^^^^^^^ `upgrade()` moved into `plans`
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.execute("UPDATE users SET plan = lower(tariff)")
    op.drop_column("users", "tariff")


def downgrade():
    op.add_column("users", sa.Column("tariff", sa.Text(), nullable=True))
    op.execute("UPDATE users SET tariff = plan")
    op.drop_column("users", "plan")
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.execute("UPDATE users SET plan = 'free'")


def downgrade():
    op.drop_column("users", "plan")
```
```python good
def upgrade():
    op.create_table("plans", sa.Column("name", sa.Text()))
    op.execute("INSERT INTO plans SELECT DISTINCT plan FROM users")


def downgrade():
    op.drop_table("plans")
```
```python good
def upgrade():
    op.execute("CREATE TABLE users_kept (LIKE users INCLUDING ALL)")
    op.execute("INSERT INTO users_kept SELECT * FROM users")
    op.drop_column("users", "plan")
    op.drop_table("users_kept")


def downgrade():
    op.execute("DROP TABLE IF EXISTS users_kept")
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
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
from foreshot.migration.operations import BulkInsert, DataChange, DropColumn, DropTable, Opaque, Operation

_SELECTS: Final = re.compile(r"\bselect\b", re.IGNORECASE)
_WORD: Final = re.compile(r"\w+")


class DowngradeLosesData(OperationRule[DropColumn | DropTable]):
    """The way back drops what the way there has moved."""

    looks_at = (DropColumn, DropTable)
    severity = "information"
    directions = ("downgrade",)
    fails_outright = True

    def check(self, operation: DropColumn | DropTable, context: Context) -> Iterator[Finding]:
        """Whether ``upgrade()`` filled it from what it then drops, and nothing in ``downgrade()`` writes rows before this."""
        column = operation.column if isinstance(operation, DropColumn) else None
        if operation.table_name is None or not isinstance(column, str | None):
            return
        moved = context.once_each_way(_moved, "upgrade").get((operation.table_name, column))
        if moved is None or any(
            isinstance(earlier, DataChange | BulkInsert | Opaque) for earlier in context.before(operation)
        ):
            return
        name = f"{operation.table_name}.{column}" if column else operation.table_name
        argument = "column_name" if column else "table_name"
        yield self.finding(
            operation.site.args.get(argument, operation.site.name),
            f"The downgrade drops the values that `upgrade()` moved into {code(name)}. Copy them back first.",
            operation=operation,
            object=column or operation.table_name,
            related=[Related("They are moved here", moved.site.name)],
        )


def _moved(operations: tuple[Operation, ...]) -> dict[tuple[str | None, str | None], DataChange]:
    """Columns and tables that are filled from something which is dropped afterwards, with what first fills them."""
    columns: dict[tuple[str | None, object], int] = {}
    tables: dict[str | None, int] = {}
    for operation in operations:
        if isinstance(operation, DropColumn):
            columns[operation.table_name, operation.column] = operation.site.order
        elif isinstance(operation, DropTable):
            tables[operation.table_name] = operation.site.order
    found: dict[tuple[str | None, str | None], DataChange] = {}
    for operation in operations:
        if not isinstance(operation, DataChange):
            continue
        order = operation.site.order
        named = set(_WORD.findall((operation.site.sql or "")[:5_000]))
        from_table = any(at > order and name in named for name, at in tables.items())
        if operation.verb == "update":
            reads = set(operation.reads) - set(operation.columns)
            from_column = any(columns.get((operation.table_name, name), -1) > order for name in reads)
            if from_column or from_table:
                for column in operation.columns:
                    found.setdefault((operation.table_name, column), operation)
        elif operation.verb in ("insert", "merge") and _SELECTS.search(operation.site.sql or ""):
            gone = any(at > order and name in named for (_, name), at in columns.items())
            if from_table or gone:
                found.setdefault((operation.table_name, None), operation)
    # What upgrade() itself drops in the end was a place to keep values for a while.
    return {
        (table, column): moved
        for (table, column), moved in found.items()
        if tables.get(table, -1) < moved.site.order and columns.get((table, column), -1) < moved.site.order
    }
