"""`default=` on a column is Python's: in a migration it does nothing.

SQLAlchemy applies `default=` when the application inserts a row, and the DDL has no trace of it: `ADD COLUMN` is emitted without
a DEFAULT on every database. So the rows that are there get NULL where it looks as if they got the value, other programs
that insert rows get none either, and a column that is NOT NULL besides cannot be added to a table with rows at all.

`server_default=` is the database's. Give it as the string of a literal, or as SQL in `sa.text(...)`. The model may keep its
`default=`. It does not matter on a table that the revision creates, which has no rows, or where an UPDATE fills the rows
afterwards.

```python bad
def upgrade():
    op.add_column("users", sa.Column("active", sa.Boolean(), default=False))
#                                                            ^^^^^^^^^^^^^ existing rows of `users` get NULL
```
```python fixed
def upgrade():
    op.add_column("users", sa.Column("active", sa.Boolean(), server_default=sa.false()))
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), default="free", nullable=True))
#                                                           ^^^^^^^^^^^^^^ existing rows of `users` get NULL
    op.add_column("users", sa.Column("seen", sa.Integer(), default=0, server_default="0"))
```
```python fixed
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), server_default="free", nullable=True))
    op.add_column("users", sa.Column("seen", sa.Integer(), default=0, server_default="0"))
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("created", sa.DateTime(timezone=True), default=sa.func.now()))
#                                                                           ^^^^^^^^^^^^^^^^^^^^^ existing rows of `users`
```
```python fixed
def upgrade():
    op.add_column("users", sa.Column("created", sa.DateTime(timezone=True), server_default=sa.func.now()))
```
```python bad
import uuid


def upgrade():
    op.add_column("users", sa.Column("token", sa.Uuid(), default=uuid.uuid4))
#                                                        ^^^^^^^^^^^^^^^^^^ existing rows of `users` get NULL
```
```python good
def upgrade():
    op.create_table("users", sa.Column("active", sa.Boolean(), default=False))
    op.add_column("users", sa.Column("seen", sa.Integer(), default=0))
```
```python good
def upgrade():
    op.add_column("users", sa.Column("active", sa.Boolean(), default=False))
    op.execute("UPDATE users SET active = (plan <> 'closed')")
```
```python good
import uuid


def upgrade():
    op.add_column("users", sa.Column("invited_by", sa.Uuid(), default=uuid.uuid4, nullable=True))
    op.create_foreign_key("fk_users_invited_by", "users", "users", ["invited_by"], ["id"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, AddConstraint
from foreshot.rules.data import _filling as filling
from foreshot.rules.data import _rows as rows
from foreshot.rules.locking import _placing as placing
from foreshot.syntax.changes import ReplaceText
from foreshot.syntax.values import Unknown


class PythonDefaultOnAdd(OperationRule[AddColumn]):
    """``default=`` without ``server_default=`` on a column that is added to a table that existed before."""

    looks_at = (AddColumn,)
    severity = "warning"
    safety = "unsafe"

    def check(self, operation: AddColumn, context: Context) -> Iterator[Finding]:
        """Whether a default is given that the database never sees."""
        column, table = operation.column, operation.table_name
        at = filling.span_of(column, "default", "insert_default")
        if table is None or at is None or not isinstance(column.name, str):
            return
        if column.default is None or column.server_default is not None:
            return
        if column.computed is not None or column.identity is not None:
            return
        if rows.has_no_rows(operation, context):
            return
        if column.is_nullable is True and _refers(operation, context):
            # No row refers to anything yet, and a value for all of them would refer to nothing that is there.
            return
        if rows.is_written_later(table, column.name, operation, context):
            return
        effect = (
            f"existing rows of {code(table)} get no value from it"
            if column.is_nullable is not True
            else f"existing rows of {code(table)} get NULL"
        )
        yield self.finding(
            at,
            f"This default runs in Python, not in the database: {effect}. Use `server_default=`.",
            operation=operation,
            object=column.name,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The same value as a server default."""
        operation = finding.operation
        if not isinstance(operation, AddColumn) or not placing.is_plain(operation):
            return
        column = operation.column
        at = column.keywords.get("default")
        if at is None or isinstance(column.default, Unknown) or not isinstance(column.name, str):
            return
        value = filling.of_default(column, context.targets((), operation), context)
        default = value.server_default(context) if value is not None else None
        if default is None or column.unique is True:
            return
        text, imports = default
        sqlite = any(target.database == "sqlite" for target in context.targets((), operation))
        if sqlite and ("func." in text or "(" in text.partition("(")[2] or "CURRENT_" in text):
            refused = "SQLite cannot add a column with a computed default."
            yield Fix(f"Give {code(column.name)} the server default {code(text)}", "unsafe", refused=refused)
            return
        title = f"Give {code(column.name)} the server default {code(text)}"
        yield Fix(title, "unsafe", (ReplaceText(at, f"server_default={text}"), *imports))


def _refers(operation: AddColumn, context: Context) -> bool:
    """Whether the column gets a foreign key, with it or by itself."""
    return bool(operation.column.foreign_keys) or any(
        isinstance(other, AddConstraint)
        and other.table_name == operation.table_name
        and other.constraint.kind == "foreign key"
        and operation.column.name in other.constraint.columns
        for other in context.after(operation)
    )
