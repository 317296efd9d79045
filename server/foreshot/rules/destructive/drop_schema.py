"""Dropping a schema or a database takes every table in it along.

PostgreSQL refuses `DROP SCHEMA` while anything is in the schema, unless it says `CASCADE`: then all its tables, types and
functions go, together with views and foreign keys of other schemas that use them. `DROP EXTENSION … CASCADE` does the same to columns
of the extension's types. On MySQL and MariaDB a schema is a database, and there is no such refusal.

Without `CASCADE` PostgreSQL takes away only what nobody uses, and refuses the rest: that is reported where the history tells of a table in the
schema, or of a column that has a type of the extension. What else `downgrade()` drops is looked at only where `upgrade()` does not create it.

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
```python setup
from sqlalchemy.dialects import postgresql


def upgrade():
    op.execute("CREATE SCHEMA audit")
    op.execute("CREATE SCHEMA spare")
    op.create_table("events", sa.Column("id", sa.Integer(), primary_key=True), schema="audit")
    op.execute("CREATE EXTENSION citext")
    op.execute("CREATE EXTENSION pg_trgm")
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("mail", postgresql.CITEXT()))
```
```python bad dialect=postgresql
def upgrade():
    op.execute("DROP SCHEMA audit")
    #           ^^^^^^^^^^^^^^^^^ This fails: `audit.events` is still in the schema
    op.execute("DROP EXTENSION citext")
    #           ^^^^^^^^^^^^^^^^^^^^^ `users.mail` has a type of the extension
```
```python good dialect=postgresql
def upgrade():
    op.execute("DROP SCHEMA spare")
    op.execute("DROP EXTENSION pg_trgm")
    op.drop_table("events", schema="audit")
    op.execute("DROP SCHEMA audit")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge import extensions
from foreshot.knowledge.databases import Target
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, states
from foreshot.lint.words import code
from foreshot.migration.operations import DropContainer, Execute, Maintenance, Opaque
from foreshot.schema.state import ColumnType, Origin


class DropSchema(OperationRule[DropContainer]):
    """DROP SCHEMA, DROP DATABASE or DROP EXTENSION that takes something along."""

    looks_at = (DropContainer,)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb", "mssql")

    def check(self, operation: DropContainer, context: Context) -> Iterator[Finding]:
        """Whether anything may be in it."""
        if not operation.cascade and not operation.site.conditional:
            yield from self._refused(operation, context)
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

    def _refused(self, operation: DropContainer, context: Context) -> Iterator[Finding]:
        """What is surely still there, so that PostgreSQL refuses."""
        for state in states(operation, context, ("postgresql",)):
            used = _used(state, operation)
            if used is not None:
                thing, origin, why = used
                yield self.finding(
                    operation.site.name,
                    f"This fails{context.where([state.target])}: {code(thing)} {why}. Drop it first.",
                    operation=operation,
                    object=operation.name,
                    targets=[state.target],
                    related=made_here(origin, f"{code(thing)} was made here", context),
                )
                return


def _used(state: State, operation: DropContainer) -> tuple[str, Origin, str] | None:
    """A table in the schema, or a column of the extension's type: its name, what made it, and what it is."""
    for table in state.schema.tables.values():
        if state.schema.doubts(table):
            continue
        if operation.what == "schema" and table.name.startswith(f"{operation.name}."):
            return table.name, table.origin, "is still in the schema"
        for column in table.columns.values() if operation.what == "extension" else ():
            if not column.perhaps and _extension(column.type) == operation.name:
                return f"{table.name}.{column.name}", column.origin, "has a type of the extension"
    return None


def _extension(type_: ColumnType) -> str | None:
    """The extension that brings a column's type."""
    written = type_.written
    if written is not None:
        known = (written.path, f"{written.path.partition('.')[0]}.{written.path.rpartition('.')[2]}")
        for path, extension in extensions.PYTHON_TYPES.items():
            if path in known or written.path.startswith(f"{path}."):
                return extension
    return extensions.SQL_TYPES.get((type_.stored or "").lower().partition("(")[0].strip())


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
