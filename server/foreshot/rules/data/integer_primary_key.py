"""A table that is likely to grow gets a 32-bit primary key: at 2,147,483,647 rows, deleted ones included, inserts fail.

Changing the type later rewrites the table, and every column that refers to it, under an exclusive lock. `sa.BigInteger()` costs four bytes a row from the beginning.

Only tables that `large-tables` in the settings names, or whose names say that rows come with the traffic (events, logs, messages, …), are reported. It does not matter on
SQLite, where an INTEGER PRIMARY KEY has 64 bits.

```python bad
def upgrade():
    op.create_table("audit_events", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("what", sa.Text()))
#                                                   ^^^^^^^^^^^^ 2,147,483,647
```
```python fixed
def upgrade():
    op.create_table("audit_events", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("what", sa.Text()))
```
```python good
def upgrade():
    op.create_table("audit_events", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("what", sa.Text()))
    op.create_table("countries", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
```
Many in one revision, as in the first of a project, are said once:

```python bad
def upgrade():
    op.create_table("plan_history", sa.Column("id", sa.Integer(), primary_key=True))
#                                                   ^^^^^^^^^^^^ Inserts into `plan_history` fail after 2,147,483,647 rows, deleted ones included. Use a big integer from the start. 3 more places.
    op.create_table("user_history", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("team_history", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("role_history", sa.Column("id", sa.Integer(), primary_key=True))
```
A key that leads to another table has the type of what it leads to:

```python good
def upgrade():
    op.create_table("disk_history", sa.Column("revision", sa.Integer()), sa.ForeignKeyConstraint(["revision"], ["changes.id"]), sa.PrimaryKeyConstraint("revision"))
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from foreshot.knowledge import classify
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import ColumnSpec, CreateTable, TypeSpec
from foreshot.syntax.changes import ReplaceText

_GROWS: Final = re.compile(
    r"(?i)(?:^|_)(?:events?|logs?|audits?|history|messages?|metrics?|measurements?|notifications?|visits?|clicks?|impressions?"
    r"|requests?|samples?|readings?|page_?views?|ticks?|transactions?)$"
)
_NOT: Final = re.compile(
    r"(?i)^(?:lk|lookup|ref|dim)_|^events?$|^transactions?$|(?:types?|kinds?|status(?:es)?|settings?|preferences?|templates?)"
)

_MANY: Final = 4
"""So many tables of one revision have one cause, and are said once."""


class IntegerPrimaryKey(OperationRule[CreateTable]):
    """``sa.Integer()`` as the primary key of a table that grows."""

    looks_at = (CreateTable,)
    severity = "hint"
    databases = ("postgresql", "mysql", "mariadb")
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: CreateTable, context: Context) -> Iterator[Finding]:
        """The single key column, where it is a 32-bit integer of its own."""
        key = self._key(operation, context)
        if key is None or not isinstance(key.type, TypeSpec):
            return
        alike = [
            other
            for other in context.upgrade
            if isinstance(other, CreateTable) and self._key(other, context) is not None
        ]
        yield self.finding(
            key.type.span,
            f"Inserts into {code(operation.table)} fail after 2,147,483,647 rows, deleted ones included. Use a big integer from the start.",
            operation=operation,
            object=key.name if isinstance(key.name, str) else None,
            targets=context.targets(self.databases, operation),
            cause="keys of tables that grow" if len(alike) >= _MANY else "",
        )

    def _key(self, operation: CreateTable, context: Context) -> ColumnSpec | None:
        """The key column that is meant; None where the table is not likely to grow, or has another key."""
        table = operation.table
        targets = context.targets(self.databases, operation)
        if not isinstance(table, str) or not targets:
            return None
        large = context.surroundings.settings.large_tables
        named = any(fnmatchcase(table, pattern) for pattern in large)
        if not named and (_GROWS.search(table) is None or _NOT.search(table)):
            return None
        keys = [column for column in operation.columns if column.primary_key is True]
        listed = [item.columns for item in operation.constraints if item.kind == "primary key"]
        if listed:
            keys = [column for column in operation.columns if (column.name,) == listed[0]]
        if len(keys) != 1 or keys[0].foreign_keys:
            return None
        key = keys[0]
        if any(item.kind == "foreign key" and key.name in item.columns for item in operation.constraints):
            return None  # Its type is that of the column that it leads to.
        type_ = key.type
        if not isinstance(type_, TypeSpec):
            return None
        kinds = [classify(type_, target) for target in targets]
        return key if all(kind.family == "integer" and kind.bits == 32 for kind in kinds) else None

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """``sa.BigInteger()``."""
        operation = finding.operation
        if not isinstance(operation, CreateTable) or operation.site.sql is not None:
            return
        follower = _follower(operation, finding.object, context)
        if follower is not None:
            reason = f"A foreign key of {code(follower)} leads to it, and both columns must have one type."
            yield Fix("Use a big integer", "unsafe", refused=reason)
            return
        sa, imports = context.sa()
        yield Fix("Use a big integer", "unsafe", (ReplaceText(finding.span, f"{sa}.BigInteger()"), *imports))


def _follower(operation: CreateTable, column: object, context: Context) -> str | None:
    """A table with a foreign key to the column when the revision ends."""
    for target in context.targets((), operation):
        story = context.story(target)
        for table in story.end("upgrade").tables.values() if story is not None else ():
            for key in table.foreign_keys:
                if key.ref_table == operation.table_name and column in key.ref_columns:
                    return table.name
    return None
