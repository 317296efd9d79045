"""Dropping a schema or a database takes every table in it along.

PostgreSQL refuses `DROP SCHEMA` while anything is in the schema, unless it says `CASCADE`: then all its tables, types and
functions go, together with views and foreign keys of other schemas that use them. `DROP EXTENSION … CASCADE` does the same to columns
of the extension's types. On MySQL and MariaDB a schema is a database, and there is no such refusal.

Without `CASCADE` PostgreSQL takes away only what nobody uses, so that is not reported. `downgrade()` is
looked at only where `upgrade()` does not create what it drops.

```python bad
def upgrade():
    op.execute("DROP SCHEMA reporting CASCADE")
    #           ^^^^^^^^^^^^^^^^^^^^^ Deletes the schema `reporting`
```
```python bad
def upgrade():
    op.execute("DROP EXTENSION IF EXISTS hstore CASCADE")
    #|  with every column, index and function
```
```python bad dialect=mysql
def upgrade():
    op.execute("DROP SCHEMA reporting")
    #           ^^^^^^^^^^^^^^^^^^^^^ with every table in it
```
```python good
def upgrade():
    op.execute("DROP SCHEMA reporting")
```
```python good
def upgrade():
    op.execute("CREATE SCHEMA reporting")


def downgrade():
    op.execute("DROP SCHEMA reporting CASCADE")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge.databases import Target
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import DropContainer, Execute, Maintenance, Opaque


class DropSchema(OperationRule[DropContainer]):
    """DROP SCHEMA, DROP DATABASE or DROP EXTENSION that takes something along."""

    looks_at = (DropContainer,)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb", "mssql")

    def check(self, operation: DropContainer, context: Context) -> Iterator[Finding]:
        """Whether anything may be in it."""
        if operation.site.function == "downgrade" and _is_made(operation, context):
            return
        targets = tuple(
            target for target in context.targets(self.databases, operation) if _takes_along(operation, target)
        )
        if not targets:
            return
        along = (
            "every column, index and function that uses it"
            if operation.what == "extension"
            else "every table in it"
        )
        yield self.finding(
            operation.site.name,
            f"Deletes the {operation.what} {code(operation.name)} with {along}, for good{context.where(targets)}. Drop them by name first,"
            " where a review sees them.",
            operation=operation,
            object=operation.name,
            targets=targets,
        )


def _takes_along(operation: DropContainer, target: Target) -> bool:
    if operation.what == "database":
        return True
    if operation.what == "extension":
        return operation.cascade and target.database == "postgresql"
    return target.is_mysql or (operation.cascade and target.database == "postgresql")


def _is_made(operation: DropContainer, context: Context) -> bool:
    """Whether ``upgrade()`` creates it, or may."""
    for other in context.upgrade:
        if isinstance(other, Opaque):
            return True
        if isinstance(other, Execute | Maintenance):
            verb = other.verb if isinstance(other, Execute) else other.what
            if verb.upper() == f"CREATE {operation.what.upper()}" and operation.name in (
                other.site.sql or ""
            ):
                return True
    return False
