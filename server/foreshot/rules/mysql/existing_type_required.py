"""`alter_column` needs the column's type: without `existing_type` this fails.

MySQL and MariaDB change a column with `MODIFY` or `CHANGE`, which state the whole column again. Alembic therefore asks for
`existing_type` (or a new `type_`) and stops with a CommandError when it has neither. Only a change of the server default alone
works without. SQL Server asks for it when NULL or NOT NULL is changed.

```python bad dialect=mysql
def upgrade():
    op.alter_column("users", "email", nullable=False)
#   ^^^^^^^^^^^^^^^ fails on MySQL
```
```python bad dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("email", sa.String(255)))
    op.alter_column("users", "email", new_column_name="address")
#   ^^^^^^^^^^^^^^^ fails on MySQL
```
```python fixed
def upgrade():
    op.add_column("users", sa.Column("email", sa.String(255)))
    op.alter_column("users", "email", new_column_name="address", existing_type=sa.String(255))
```
```python good dialect=mysql
def upgrade():
    op.alter_column("users", "email", existing_type=sa.String(255), nullable=False)
    op.alter_column("users", "name", server_default="nobody")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, on
from foreshot.migration.operations import AlterColumn
from foreshot.syntax.changes import SetArgument


class ExistingTypeRequired(OperationRule[AlterColumn]):
    """``alter_column`` without ``existing_type`` or ``type_``."""

    looks_at = (AlterColumn,)
    severity = "error"
    databases = ("mysql", "mariadb", "mssql")
    safety = "safe"
    needs_database = True
    fails_outright = True

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether the type is missing where it is asked for."""
        if (
            operation.site.sql is not None
            or operation.type is not None
            or operation.existing_type is not None
        ):
            return
        nullable = operation.nullable is not None
        restated = nullable or any(
            value is not None for value in (operation.new_name, operation.autoincrement, operation.comment)
        )
        targets = [
            target
            for target in context.targets(self.databases, operation)
            if (nullable if target.database == "mssql" else restated)
        ]
        if targets:
            yield self.finding(
                operation.site.name,
                f"This fails on {on(targets)}: changing {code(operation.column)} needs its type. Pass `existing_type`.",
                operation=operation,
                object=operation.column if isinstance(operation.column, str) else None,
                targets=targets,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The type as it is known to be."""
        operation = finding.operation
        if not isinstance(operation, AlterColumn) or operation.site.repeated:
            return
        column = operation.column if isinstance(operation.column, str) else None
        known = context.schema.column(operation.table_name, column, operation)
        if known is None or known.type is None or known.type.sql is not None:
            return
        written = context.text(known.type.call.span if known.type.call else known.type.span)
        if "\n" not in written:
            yield Fix(
                "Pass `existing_type`",
                "safe",
                (SetArgument(operation.site.call, "existing_type", written),),
            )
