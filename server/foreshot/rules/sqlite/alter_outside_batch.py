"""SQLite has no such ALTER: outside of a batch block this fails.

SQLite can add, drop and rename columns and rename tables. It cannot change a column's type, nullability, default or comment, and
cannot add or drop a constraint: Alembic or SQLAlchemy raises an error, or SQLite a syntax error. `op.batch_alter_table` copies
the table into one of the new shape instead.

The batch loses unnamed checks, triggers and expression indexes of the table, and with `PRAGMA foreign_keys=ON` and
`ON DELETE CASCADE` it deletes the rows of tables that refer to this one.

Where a handler around it catches the error and goes on, the migration does not fail; that is no finding. It is said once of a function, at the first of such
changes: nothing behind it is come to.

```python bad dialect=sqlite
def upgrade():
    op.alter_column("users", "email", nullable=False)
#   ^^^^^^^^^^^^^^^ fails on SQLite
```
```python fixed
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.alter_column("email", nullable=False)
```
```python bad dialect=sqlite
def upgrade():
    op.create_unique_constraint("uq_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails on SQLite
```
```python fixed
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_unique_constraint("uq_users_email", ["email"])
```
```python good dialect=sqlite
def upgrade():
    op.alter_column("users", "email", new_column_name="address")
    with op.batch_alter_table("users") as batch_op:
        batch_op.alter_column("address", nullable=False)
```
```python bad dialect=sqlite
def upgrade():
    op.alter_column("users", "email", comment="where bills go")
#   ^^^^^^^^^^^^^^^ fails on SQLite
```
```python good dialect=sqlite
def upgrade():
    op.alter_column("users", "id", autoincrement=True)
```
```python good dialect=sqlite
def upgrade():
    try:
        op.alter_column("users", "email", nullable=False)
        op.create_unique_constraint("uq_users_email", "users", ["email"])
    except Exception:
        pass
```
```python bad dialect=sqlite
def upgrade():
    try:
        op.alter_column("users", "email", nullable=False)
#       ^^^^^^^^^^^^^^^ fails on SQLite
    except Exception:
        print("users.email was not changed")
        raise
```
```python good dialect=postgresql,sqlite
def upgrade():
    try:
        is_sqlite = op.get_bind().dialect.name == "sqlite"
    except AttributeError:
        is_sqlite = False
    if not is_sqlite:
        op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
```
```python bad dialect=sqlite
def upgrade():
    op.execute("ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE (email)")
#                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails on SQLite
```
```python good dialect=sqlite
def upgrade():
    op.execute("ALTER TABLE users RENAME COLUMN email TO address")
```
```python good dialect=sqlite,postgresql
from app.migrations import not_on_sqlite


@not_on_sqlite
def upgrade():
    op.alter_column("users", "email", nullable=False)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.sqlite_failures import fails
from foreshot.lint.words import code
from foreshot.migration.operations import AddConstraint, AlterColumn, DropConstraint
from foreshot.syntax.changes import Change, RemoveArgument, ReplaceText, WrapStatements
from foreshot.text import Span

_PRAGMA = "pragma foreign_keys"
_TITLE = "Use a batch block, which copies the table and drops the old one"
_CASCADES = "Foreign keys are on: dropping the old table would delete the rows that reference it with ON DELETE CASCADE."


def _decorated(context: Context) -> frozenset[str]:
    """The functions of the file that stand under a decorator."""
    return frozenset(
        node.name
        for node in context.module.tree.body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    )


class AlterOutsideBatch(OperationRule[AlterColumn | AddConstraint | DropConstraint]):
    """An ALTER that SQLite does not have, outside of a batch block."""

    looks_at = (AlterColumn, AddConstraint, DropConstraint)
    severity = "error"
    databases = ("sqlite",)
    safety = "unsafe"
    needs_database = True
    fails_outright = True

    def check(
        self, operation: AlterColumn | AddConstraint | DropConstraint, context: Context
    ) -> Iterator[Finding]:
        """Whether SQLite can do it."""
        site = operation.site
        # A condition that cannot be read may be the one that keeps SQLite away.
        if site.conditional or not fails(operation) or context.is_forgiven(operation):
            return
        if site.function in context.once(_decorated):
            # So may what a decorator asks first.
            return
        yield self.finding(
            operation.site.name,
            f"This fails on SQLite, which cannot change {code(operation.table_name)} in place. Use `op.batch_alter_table`.",
            operation=operation,
            targets=context.targets(self.databases, operation),
            # Nothing behind the first is come to.
            cause=site.function,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The same operation in a batch block of its own."""
        operation = finding.operation
        if not isinstance(operation, AlterColumn | AddConstraint | DropConstraint) or operation.site.repeated:
            return
        site = operation.site
        name = "source_table" if "source_table" in site.args else "table_name"
        table = site.args.get(name)
        if (
            table is None
            or site.statement != site.call
            or any(key in site.keywords for key in ("schema", "source_schema"))
        ):
            return
        position = None if name in site.keywords else 0 if isinstance(operation, AlterColumn) else 1
        header = f"with {context.op}.batch_alter_table({context.text(table)}) as batch_op:"
        written = context.text(site.name)
        if not written.startswith(f"{context.op}."):
            return
        if _has_foreign_keys(context):
            yield Fix(_TITLE, "unsafe", refused=_CASCADES)
            return
        changes: tuple[Change, ...] = (
            ReplaceText(Span(site.name.start, site.name.start + len(context.op)), "batch_op"),
            RemoveArgument(site.call, name, position),
            WrapStatements(site.statement, site.statement, header),
        )
        yield Fix(_TITLE, "unsafe", changes)


def _has_foreign_keys(context: Context) -> bool:
    """Whether env.py, or a module of the project that it imports, turns SQLite's foreign keys on."""
    env, source = context.env, context.surroundings.env_source
    if env is None or source is None:
        return False
    if _PRAGMA in source.content.lower():
        return True
    imported = [
        name for item in env.imports for name in (item.module, *(f"{item.module}.{n}" for n in item.names))
    ]
    modules = context.surroundings.modules
    return modules.any_contains(imported, _PRAGMA) or modules.any_contains(imported, _PRAGMA.upper())
