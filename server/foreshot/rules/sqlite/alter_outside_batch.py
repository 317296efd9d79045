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
Columns it adds and drops itself, but for some. To a table with rows it adds none whose default is computed, and it drops none that is part of a
key, an index or a constraint:

```python setup
def upgrade():
    op.create_table(
        "pets",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tag", sa.String(9)),
        sa.Column("color", sa.String(9)),
        sa.UniqueConstraint("tag", name="uq_pets_tag"),
    )
    op.create_index("ix_pets_color", "pets", ["color"])
```
```python bad dialect=sqlite
def upgrade():
    op.add_column("pets", sa.Column("made_at", sa.DateTime(), server_default=sa.func.now()))
#   ^^^^^^^^^^^^^ if `pets` has rows: the default of `made_at` is computed
```
```python fixed
def upgrade():
    with op.batch_alter_table("pets") as batch_op:
        batch_op.add_column(sa.Column("made_at", sa.DateTime(), server_default=sa.func.now()))
```
```python bad dialect=sqlite
def upgrade():
    op.add_column("pets", sa.Column("chip", sa.String(9), unique=True))
#   ^^^^^^^^^^^^^ the unique constraint of `chip`
```
```python good dialect=sqlite
def upgrade():
    op.add_column("pets", sa.Column("chip", sa.String(9), unique=True, index=True))
    op.add_column("pets", sa.Column("mother_id", sa.Integer(), sa.ForeignKey("pets.id")), inline_references=True)
```
```python bad dialect=sqlite
def upgrade():
    op.drop_column("pets", "tag")
#   ^^^^^^^^^^^^^^ `uq_pets_tag` needs `tag`
```
```python bad dialect=sqlite
def upgrade():
    op.drop_column("pets", "color")
#   ^^^^^^^^^^^^^^ the index `ix_pets_color` needs `color`. Drop the index first.
```
```python fixed
def upgrade():
    op.drop_index("ix_pets_color", table_name="pets", if_exists=True)
    op.drop_column("pets", "color")
```
```python bad dialect=sqlite
def upgrade():
    with op.batch_alter_table("pets") as batch_op:
        batch_op.drop_column("color")
#       ^^^^^^^^^^^^^^^^^^^^ the index `ix_pets_color` needs `color`. Drop the index first.
```
```python good dialect=sqlite
def upgrade():
    with op.batch_alter_table("pets") as batch_op:
        batch_op.drop_index("ix_pets_color")
        batch_op.drop_column("color")
```
```python good dialect=sqlite
def upgrade():
    op.drop_index("ix_pets_color", "pets")
    op.drop_column("pets", "color")
    op.add_column("pets", sa.Column("color", sa.String(9), server_default="red", nullable=False))
    with op.batch_alter_table("pets") as batch_op:
        batch_op.drop_column("tag")
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
A column comes without its constraint there:

```python bad dialect=sqlite
def upgrade():
    op.execute("ALTER TABLE users ADD COLUMN handle VARCHAR(20) UNIQUE")
    #|          fails on SQLite
```
```python bad dialect=sqlite
def upgrade():
    op.add_column("users", sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id", name="fk_users_team")))
#   ^^^^^^^^^^^^^ fails on SQLite
```
```python good dialect=sqlite
def upgrade():
    op.add_column("users", sa.Column("handle", sa.String(20), unique=True, index=True))
    op.execute("ALTER TABLE users ADD COLUMN team_id INTEGER REFERENCES teams (id)")
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

from foreshot.lint import writing
from foreshot.lint.anew import readers, unreflected
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.sqlite_columns import cannot_add, cannot_drop, indexes_of
from foreshot.lint.sqlite_failures import fails
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    DropColumn,
    DropConstraint,
    DropIndex,
)
from foreshot.rules.locking import _placing as placing
from foreshot.schema.state import Table
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


_Altering = AlterColumn | AddConstraint | DropConstraint | AddColumn | DropColumn


class AlterOutsideBatch(OperationRule[_Altering]):
    """An ALTER that SQLite does not have, outside of a batch block."""

    looks_at = (AlterColumn, AddConstraint, DropConstraint, AddColumn, DropColumn)
    severity = "error"
    databases = ("sqlite",)
    safety = "unsafe"
    needs_database = True
    fails_outright = True

    def check(self, operation: _Altering, context: Context) -> Iterator[Finding]:
        """Whether SQLite can do it."""
        site = operation.site
        # A condition that cannot be read may be the one that keeps SQLite away.
        if site.conditional or context.is_forgiven(operation):
            return
        if isinstance(operation, AddColumn | DropColumn) and site.sql is None:
            yield from self._of_column(operation, context)
            return
        if not fails(operation):
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

    def _of_column(self, operation: AddColumn | DropColumn, context: Context) -> Iterator[Finding]:
        """A column that SQLite adds or drops by itself, but not this one."""
        site = operation.site
        if site.function in context.once(_decorated):
            return
        if isinstance(operation, DropColumn) and (finding := self._indexed(operation, context)) is not None:
            yield finding
            return
        for state in states(operation, context, self.databases) if site.batch is None else ():
            if isinstance(operation, AddColumn):
                why = cannot_add(operation, state.table(operation.table_name))
            else:
                why = cannot_drop(operation.column, state.known_table(operation.table_name))
            if why:
                yield self.finding(
                    site.name,
                    f"This fails on SQLite{why}. Use `op.batch_alter_table`.",
                    operation=operation,
                    targets=[state.target],
                    cause=site.function,
                )
                return

    def _indexed(self, operation: DropColumn, context: Context) -> Finding | None:
        """A column with an index, which is in the way of SQLite and of a batch block."""
        batch = operation.site.batch
        dropped = {
            other.name
            for other in context.operations(operation.site.function)
            if isinstance(other, DropIndex) and batch is not None and other.site.batch is batch
        }
        for state in states(operation, context, self.databases):
            table = state.known_table(operation.table_name)
            names = [name for name in indexes_of(operation.column, table) if name not in dropped]
            if names:
                return self.finding(
                    operation.site.name,
                    f"This fails on SQLite: the index {code(names[0])} needs {code(str(operation.column))}. Drop the index first.",
                    operation=operation,
                    targets=[state.target],
                    cause=operation.site.function,
                    state="\n".join(names),
                )
        return None

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The same operation in a batch block of its own."""
        operation = finding.operation
        if not isinstance(operation, _Altering) or operation.site.repeated:
            return
        if isinstance(operation, AddColumn) and fails(operation):
            # A batch block asks for a name of the constraint.
            return
        if isinstance(finding.state, str):
            yield from _without_indexes(operation, finding.state.split("\n"), context)
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
        first = isinstance(operation, AlterColumn | AddColumn | DropColumn)
        position = None if name in site.keywords else 0 if first else 1
        header = f"with {context.op}.batch_alter_table({context.text(table)}) as batch_op:"
        written = context.text(site.name)
        if not written.startswith(f"{context.op}."):
            return
        if _has_foreign_keys(context):
            yield Fix(_TITLE, "unsafe", refused=_CASCADES)
            return
        why = _in_the_way(operation, context)
        if why is not None:
            yield Fix(_TITLE, "unsafe", refused=why)
            return
        changes: tuple[Change, ...] = (
            ReplaceText(Span(site.name.start, site.name.start + len(context.op)), "batch_op"),
            RemoveArgument(site.call, name, position),
            WrapStatements(site.statement, site.statement, header),
        )
        yield Fix(_TITLE, "unsafe", changes)


def _without_indexes(operation: _Altering, names: list[str], context: Context) -> Iterator[Fix]:
    """The drops of the indexes that have the column, before its own."""
    table, schema = operation.table, operation.schema
    if operation.site.batch is not None or not isinstance(table, str) or schema is not None:
        return
    drops = [
        writing.call(
            f"{context.op}.drop_index",
            [writing.literal(name), f"table_name={writing.literal(table)}", "if_exists=True"],
        )
        for name in names
    ]
    if cannot_drop(getattr(operation, "column", None), _table(operation, context)):
        return
    column = str(getattr(operation, "column", ""))
    if any(
        any(readers(state, table, column, stars=False)) for state in states(operation, context, ("sqlite",))
    ):
        # That is said by itself, and the index would go for nothing.
        return
    yield Fix(
        f"Drop the index {code(names[0])} first" if len(names) == 1 else "Drop its indexes first",
        "unsafe",
        (placing.before(operation, "\n".join(drops)),),
    )


def _table(operation: _Altering, context: Context) -> Table | None:
    return next(
        (state.known_table(operation.table_name) for state in states(operation, context, ("sqlite",))), None
    )


def _in_the_way(operation: _Altering, context: Context) -> str | None:
    """What a new table would break: SQLite gives it no name while a view reads the old one, and some things do not come back."""
    table = operation.table_name or ""
    for state in states(operation, context, ("sqlite",)):
        view = next(readers(state, table, None, stars=True), None)
        if view is not None:
            return f"The view {code(view.name)} reads the table, and a batch block fails while it does. Drop it first, and make it again afterwards."
        lost = next(iter(unreflected(state, table).values()), None)
        if lost is not None:
            return f"A batch block makes the table anew without {lost}. Write one that makes it again afterwards."
    return None


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
