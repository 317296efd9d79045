"""A serial column is to become an identity, while it still has its old default: PostgreSQL refuses.

`alter_column(server_default=sa.Identity())` is `ALTER COLUMN … ADD GENERATED … AS IDENTITY`, which fails with "column already has a default value" as long as the column takes its numbers from
`nextval()`. The new identity also begins with 1 and knows nothing of the rows that are there. Measured on PostgreSQL 15 and 18.

Drop the default first, then add the identity, then set it behind the largest number: `SELECT setval(pg_get_serial_sequence('geo', 'id'), max(id)) FROM geo`. The old sequence is dropped by
hand.

Reported where the history knows the column as a serial, or the revision itself tells: by `existing_server_default`, or because its other direction sets `nextval()` again.

```python bad
def upgrade():
    op.alter_column("geo", "id", existing_type=sa.Integer(), server_default=sa.Identity(always=False))
    #|                                                                      already has a default


def downgrade():
    op.alter_column("geo", "id", existing_type=sa.Integer(), server_default=sa.text("nextval('geo_id_seq'::regclass)"))
```
```python good
def upgrade():
    op.alter_column("geo", "id", existing_type=sa.Integer(), server_default=None)
    op.alter_column("geo", "id", existing_type=sa.Integer(), server_default=sa.Identity(always=False))
    op.execute("SELECT setval(pg_get_serial_sequence('geo', 'id'), max(id)) FROM geo")


def downgrade():
    op.alter_column("geo", "id", existing_type=sa.Integer(), server_default=None)
    op.alter_column("geo", "id", existing_type=sa.Integer(), server_default=sa.text("nextval('geo_id_seq'::regclass)"))
```
```python setup
def upgrade():
    op.create_table("geo", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("new", sa.Column("id", sa.Integer(), autoincrement=False, primary_key=True))
```
```python bad
def upgrade():
    op.alter_column("geo", "id", existing_type=sa.Integer(), server_default=sa.Identity(always=True))
    #|                                                                      already has a default
```
```python bad
def upgrade():
    op.execute("ALTER TABLE geo ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY")
    #|          already has a default
```
```python good
def upgrade():
    op.execute("ALTER TABLE geo ALTER COLUMN id DROP DEFAULT")
    op.execute("ALTER TABLE geo ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY")
```
```python good
def upgrade():
    op.alter_column("new", "id", existing_type=sa.Integer(), server_default=sa.Identity(always=True))
```
A column that takes NULL cannot be one either:

```python bad
def upgrade():
    op.add_column("geo", sa.Column("no", sa.Integer(), nullable=True))
    op.execute("ALTER TABLE geo ALTER COLUMN no ADD GENERATED ALWAYS AS IDENTITY")
    #|          takes NULL
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import AlterColumn, SqlText
from foreshot.syntax.values import CallValue, Text, Value

_DROPS = re.compile(r"(?i)drop\s+default|drop\s+sequence")


class SerialToIdentity(OperationRule[AlterColumn]):
    """``server_default=sa.Identity()`` over ``nextval()``."""

    looks_at = (AlterColumn,)
    severity = "error"
    databases = ("postgresql",)
    fails_outright = True

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether the old default is still there."""
        value, at = operation.server_default, operation.site.args.get("server_default", operation.site.name)
        if not (isinstance(value, CallValue) and value.path.endswith(".Identity")):
            return
        others = [
            item
            for item in context.revision.operations
            if isinstance(item, AlterColumn)
            and item.table_name == operation.table_name
            and item.column == operation.column
            and item is not operation
        ]
        earlier = [
            item
            for item in others
            if item.site.function == operation.site.function and item.site.order < operation.site.order
        ]
        if any(item.server_default is False for item in earlier) or _dropped(operation, context):
            return
        serial = (
            _is_nextval(operation.existing_server_default)
            or any(
                _is_nextval(item.server_default)
                for item in others
                if item.site.function != operation.site.function
            )
            or _is_serial(operation, context)
        )
        if serial:
            told = "already has a default, its sequence's `nextval()`. Drop that first."
        elif _takes_null(operation, context):
            told = "takes NULL, and an identity must not. Set it NOT NULL first."
        else:
            return
        yield self.finding(
            at,
            f"This fails (PostgreSQL): {code(operation.column)} {told}",
            operation=operation,
            object=operation.column if isinstance(operation.column, str) else None,
            targets=context.targets(self.databases, operation),
        )


def _is_nextval(value: Value) -> bool:
    if isinstance(value, CallValue):
        value = value.argument("text", 0)
    return isinstance(value, str) and "nextval(" in value.lower()


def _is_serial(operation: AlterColumn, context: Context) -> bool:
    """Whether the history says that the column takes its numbers of a sequence of its own."""
    name = operation.column if isinstance(operation.column, str) else None
    found = [
        state.column(operation.table_name, name) for state in states(operation, context, ("postgresql",))
    ]
    return any(
        column is not None and column.sequence is not None and column.identity is None for column in found
    )


def _takes_null(operation: AlterColumn, context: Context) -> bool:
    """Whether the history says that the column takes NULL, and the call leaves it so."""
    name = operation.column if isinstance(operation.column, str) else None
    found = [
        state.column(operation.table_name, name) for state in states(operation, context, ("postgresql",))
    ]
    return operation.nullable is not False and any(
        column is not None and column.nullable is True for column in found
    )


def _dropped(operation: AlterColumn, context: Context) -> bool:
    """Whether SQL before it drops the default, or may."""
    return any(
        isinstance(item, SqlText)
        and (not isinstance(item.value, Text) or _DROPS.search(item.value.value) is not None)
        for item in context.before(operation)
    )
