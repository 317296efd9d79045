"""A column gets an enum that nobody has created: autogenerate writes the column alone, and PostgreSQL has no such type.

`op.create_table` makes the types of its columns along with it. `op.add_column` and `op.alter_column` do not, and what autogenerate writes for
an enum column that is added to a table fails on PostgreSQL: `type "file_kind" does not exist`.

Create the type first, with `checkfirst=True`, and drop it in `downgrade()` after the column.

```python setup
def upgrade():
    op.create_table("files", sa.Column("id", sa.Integer(), primary_key=True))
```
```python bad
def upgrade():
    op.add_column("files", sa.Column("kind", sa.Enum("general", "data", name="file_kind"), nullable=True))
#                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no revision creates the type `file_kind`


def downgrade():
    op.drop_column("files", "kind")
```
```python fixed
def upgrade():
    sa.Enum("general", "data", name="file_kind").create(op.get_bind(), checkfirst=True)
    op.add_column("files", sa.Column("kind", sa.Enum("general", "data", name="file_kind"), nullable=True))


def downgrade():
    op.drop_column("files", "kind")
    sa.Enum(name="file_kind").drop(op.get_bind(), checkfirst=True)
```
```python bad dialect=postgresql
def upgrade():
    op.add_column("files", sa.Column("kinds", sa.ARRAY(sa.Enum("general", "data", name="file_kind")), nullable=True))
#                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no revision creates the type `file_kind`
```
```python good
def upgrade():
    op.create_table("papers", sa.Column("kinds", sa.ARRAY(sa.Enum("general", "data", name="file_kind"))))
    op.add_column("files", sa.Column("kinds", sa.ARRAY(sa.Enum("general", "data", name="file_kind")), nullable=True))
```
```python good
def upgrade():
    sa.Enum("general", "data", name="file_kind").create(op.get_bind(), checkfirst=True)
    op.add_column("files", sa.Column("kind", sa.Enum("general", "data", name="file_kind"), nullable=True))
```
```python good
def upgrade():
    op.create_table("papers", sa.Column("kind", sa.Enum("general", "data", name="file_kind")))
    op.add_column("files", sa.Column("kind", sa.Enum("general", "data", name="file_kind"), nullable=True))
```
```python good
def upgrade():
    op.execute(f"DO $$ BEGIN {make_the_type()} END $$")
    op.add_column("files", sa.Column("kind", sa.Enum("general", "data", name="file_kind"), nullable=True))
```
What a file does when it is imported, it has done before any revision runs:

```python good
kind = sa.Enum("general", "data", name="file_kind")
try:
    kind.create(op.get_bind(), checkfirst=True)
except NameError:
    pass


def upgrade():
    op.add_column("files", sa.Column("kind", kind, nullable=True))
```
```python good dialect=mysql
def upgrade():
    op.add_column("files", sa.Column("kind", sa.Enum("general", "data", name="file_kind"), nullable=True))
```
```python bad
def upgrade():
    op.execute("ALTER TABLE files ADD COLUMN state file_state NOT NULL DEFAULT 'open'")
#                                 ^^^^^^^^^^^^^^^^ no revision creates the type `file_state`
```
```python good
def upgrade():
    op.execute("ALTER TABLE files ADD COLUMN at point, ADD COLUMN size int4")
    op.execute("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)")
    op.execute("ALTER TABLE files ADD COLUMN count positive")
    op.execute("CREATE TYPE file_state AS ENUM ('open')")
    op.execute("ALTER TABLE files ADD COLUMN state file_state NOT NULL DEFAULT 'open'")
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from foreshot.knowledge.sql_types import may_be_built_in
from foreshot.lint import writing
from foreshot.lint.aborted import is_survived
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, AlterColumn, DropColumn, TypeSpec
from foreshot.rules.enums._types import known_name, native_enum
from foreshot.syntax.changes import AppendToFunction, Change, InsertBefore
from foreshot.syntax.module import module_statements

_PLAIN: Final = re.compile(r"[a-z_]\w*")


class EnumTypeNotCreated(OperationRule[AddColumn | AlterColumn]):
    """A column of an enum type that no revision has made by then."""

    looks_at = (AddColumn, AlterColumn)
    severity = "error"
    databases = ("postgresql",)
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: AddColumn | AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether the whole history makes no type of that name."""
        type_ = operation.column.type if isinstance(operation, AddColumn) else operation.type
        enum = native_enum(type_)
        if operation.site.conditional or is_survived(operation, context):
            return
        if enum is None:
            yield from self._of_sql(operation, type_, context)
            return
        missing = [
            state.target
            for state in states(operation, context, self.databases)
            if state.is_whole
            and known_name(enum.name, state) is None
            and not state.may_exist(enum.name)
            and not any(name == enum.name for _, name in state.schema.things)
        ]
        if not missing or context.may_be_made_beside(enum.name) or _makes_on_import(context):
            return
        yield self.finding(
            enum.type.span,
            f"This fails: no revision creates the type {code(enum.name)}, and adding a column does not{context.where(missing)}."
            " Create it first.",
            operation=operation,
            object=enum.name,
            targets=missing,
        )

    def _of_sql(
        self, operation: AddColumn | AlterColumn, type_: object, context: Context
    ) -> Iterator[Finding]:
        """A type that is named in SQL, and that nothing has made: no revision, and no extension."""
        if not isinstance(type_, TypeSpec) or operation.site.sql is None:
            return
        name = type_.path.removeprefix("sql:")
        if name == type_.path or not _PLAIN.fullmatch(name) or may_be_built_in(name):
            return
        missing = [
            state.target
            for state in states(operation, context, self.databases)
            if state.is_whole
            and known_name(name, state) is None
            and state.lacks_table(name)
            and not any(kind == "extension" or known == name for kind, known in state.schema.things)
        ]
        if missing and not context.may_be_made_beside(name) and not _makes_on_import(context):
            yield self.finding(
                operation.site.name,
                f"This fails{context.where(missing)}: no revision creates the type {code(name)}. Create it first.",
                operation=operation,
                object=name,
                targets=missing,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The type created in front of the column, and dropped behind it on the way back."""
        operation = finding.operation
        if not isinstance(operation, AddColumn) or operation.site.repeated or operation.site.sql is not None:
            return
        enum = native_enum(operation.column.type)
        text = writing.one_line(context.module, enum.type.span) if enum is not None else None
        if enum is None or text is None or "create_type" in text:
            return
        site = operation.site
        statement = site.batch.statement if site.batch is not None else site.statement
        create = f"{text}.create({context.op}.get_bind(), checkfirst=True)"
        changes: list[Change] = [InsertBefore(statement, writing.on_postgresql(context, operation, create))]
        down = context.revision.functions.get("downgrade")
        column = operation.column.name
        if down is not None and any(
            isinstance(one, DropColumn) and one.table_name == operation.table_name and one.column == column
            for one in context.downgrade
        ):
            maker = text.partition("(")[0]
            schema = enum.type.argument("schema")
            arguments = f"name={writing.literal(str(enum.type.argument('name')))}"
            arguments += f", schema={writing.literal(schema)}" if isinstance(schema, str) else ""
            drop = f"{maker}({arguments}).drop({context.op}.get_bind(), checkfirst=True)"
            changes.append(AppendToFunction(down.span, writing.on_postgresql(context, operation, drop)))
        yield Fix("Create the type first, and drop it in `downgrade()`", "unsafe", tuple(changes))


def _makes_on_import(context: Context) -> bool:
    """Whether the file creates something as soon as it is imported, which Alembic does before it runs any revision."""
    return any(
        isinstance(call.func, ast.Attribute) and call.func.attr in ("create", "execute")
        for statement in module_statements(context.module.tree)
        if isinstance(statement, ast.Expr)
        for call in ast.walk(statement)
        if isinstance(call, ast.Call)
    )
