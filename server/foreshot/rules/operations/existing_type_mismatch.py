"""`existing_type` or `existing_nullable` says something else than the column has: MySQL makes it so, without a word.

MySQL's `MODIFY` and `CHANGE` set a column anew. What Alembic is not asked to change it writes from `existing_type` and `existing_nullable`: a rename with
`existing_type=sa.String(50)` makes a `VARCHAR(100)` a `VARCHAR(50)`, which cuts or refuses longer values and copies the table. PostgreSQL and
SQLite are sent neither.

Say what the column has at this point of the history. Lengths that MySQL only displays, as in `INTEGER(11)`, are the same type.

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mail", sa.String(100), nullable=False),
    )
```
```python bad dialect=mysql
def upgrade():
    op.alter_column("users", "mail", new_column_name="email", existing_type=sa.String(50), existing_nullable=False)
    #                                                                       ^^^^^^^^^^^^^ changes from VARCHAR(100) to VARCHAR(50)
```
```python bad dialect=mysql
def upgrade():
    op.alter_column("users", "mail", type_=sa.String(120), existing_type=sa.String(100), existing_nullable=True)
    #                                                                                                      ^^^^ changes from NOT NULL to NULL
```
```python good dialect=mysql
def upgrade():
    op.alter_column("users", "mail", new_column_name="email", existing_type=sa.String(100), existing_nullable=False)
```
```python good dialect=postgresql
def upgrade():
    op.alter_column("users", "mail", new_column_name="email", existing_type=sa.String(50), existing_nullable=True)
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, states
from foreshot.lint.words import code
from foreshot.migration.operations import AlterColumn
from foreshot.schema.lower_parts import type_of
from foreshot.schema.state import Column
from foreshot.schema.types import spell

_SHOWN: Final = re.compile(r"\b(TINYINT|SMALLINT|MEDIUMINT|INTEGER|INT|BIGINT)\s*\(\d+\)", re.IGNORECASE)
_LETTERS: Final = re.compile(r"\s+(CHARACTER SET|COLLATE)\s+\S+", re.IGNORECASE)


_CHANGING: Final = {"existing_type": "type_", "existing_nullable": "nullable"}


class ExistingTypeMismatch(OperationRule[AlterColumn]):
    """A MODIFY that is told what the column never was."""

    looks_at = (AlterColumn,)
    severity = "warning"
    databases = ("mysql", "mariadb")

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """The type first: the other is said where the type is right."""
        name, table = operation.column, operation.table_name
        if not isinstance(name, str) or table is None or operation.site.sql or not _modifies(operation):
            return
        for state in states(operation, context, self.databases):
            column = state.column(table, name)
            found = _amiss(operation, column, state) if column is not None else None
            if column is None or found is None:
                continue
            argument, told = found
            yield self.finding(
                operation.site.args.get(argument, operation.site.name),
                f"{code(f'{table}.{name}')} {told}{context.where([state.target])}: MODIFY applies {code(argument)}. State what it has, or pass"
                f" `{_CHANGING[argument]}`.",
                operation=operation,
                object=name,
                targets=[state.target],
                related=made_here(
                    (column.typed_by if argument == "existing_type" else column.nullable_by) or column.origin,
                    "it was set here",
                    context,
                ),
            )
            return


def _modifies(operation: AlterColumn) -> bool:
    """Whether Alembic writes MODIFY or CHANGE: a default alone is set without the type."""
    changes = (
        operation.type,
        operation.nullable,
        operation.comment,
        operation.new_name,
        operation.autoincrement,
    )
    return any(item is not None for item in changes)


def _amiss(operation: AlterColumn, column: Column, state: State) -> tuple[str, str] | None:
    """The argument that is wrong, and what comes of it."""
    database = state.target.database
    if operation.type is None and operation.existing_type is not None:
        written, sql = type_of(operation.existing_type)
        said, has = spell(written, database, sql).stored, column.type.stored
        if said is not None and has is not None and _plain(said) != _plain(has):
            if said.startswith("ENUM(") and has.startswith("ENUM("):
                return "existing_type", "gets another list of values than it has"
            return "existing_type", f"changes from {has} to {said}"
    if operation.nullable is None and isinstance(operation.existing_nullable, bool):
        if column.nullable is False and operation.existing_nullable and not _is_key(column, operation, state):
            return "existing_nullable", "changes from NOT NULL to NULL"
        if column.nullable is True and not operation.existing_nullable:
            return "existing_nullable", "changes from NULL to NOT NULL"
    return None


def _is_key(column: Column, operation: AlterColumn, state: State) -> bool:
    """Whether a primary key keeps it NOT NULL in any case."""
    table = state.table(operation.table_name)
    return table is None or (table.primary_key is not None and column.name in table.primary_key.columns)


def _plain(stored: str) -> str:
    """A stored type without what a server only displays, and without how letters are compared."""
    shown = _SHOWN.sub(lambda match: match[0] if match[0].upper() == "TINYINT(1)" else match[1], stored)
    found = _LETTERS.sub("", shown).replace("INTEGER", "INT").replace("BOOL", "TINYINT(1)")
    if found.startswith("ENUM("):
        # In another order the values are the same, and so are the rows.
        return ",".join(sorted(found[5:-1].split(", ")))
    return found.upper()
