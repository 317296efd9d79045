"""PostgreSQL refuses a change of type for which there is no cast that applies by itself.

`ALTER COLUMN … TYPE` converts the values by an assignment cast. Where there is none, as from text to a number, to `jsonb`, `uuid` or
an enum, from `integer` to `boolean`, from one enum to another, the statement fails (42804), on an empty table too: "column
cannot be cast automatically". Autogenerate writes such changes without a word about it.

`postgresql_using` says how to convert: `"age::integer"`. Values that do not convert still make it fail, on the rows that are there. A
default of the column is not converted by it: one without a cast of its own has to be dropped first and set again
afterwards. Towards text anything converts by itself.

The old type is what the history made of the column; where that does not tell, it is taken from `existing_type`, from what the revision did before, or
from the other direction.

```python bad
def upgrade():
    op.alter_column("users", "active", existing_type=sa.BOOLEAN(), type_=sa.Integer(), existing_nullable=True)
#                                                                  ^^^^^^^^^^^^^^^^^^ fails on PostgreSQL
```
```python fixed
def upgrade():
    op.alter_column("users", "active", existing_type=sa.BOOLEAN(), type_=sa.Integer(), existing_nullable=True, postgresql_using="active::integer")
```
```python bad
def upgrade():
    sa.Enum("new", "old", "gone", name="user_state").create(op.get_bind())
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column(
            "state",
            existing_type=sa.Enum("new", "old", name="state"),
            type_=sa.Enum("new", "old", "gone", name="user_state"),
#           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails on PostgreSQL
            existing_nullable=True,
            existing_server_default=sa.text("'new'::state"),
        )
```
```python fixed
def upgrade():
    sa.Enum("new", "old", "gone", name="user_state").create(op.get_bind())
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("state", server_default=None)
        batch_op.alter_column(
            "state",
            existing_type=sa.Enum("new", "old", name="state"),
            type_=sa.Enum("new", "old", "gone", name="user_state"),
            existing_nullable=True,
            existing_server_default=sa.text("'new'::state"),
            postgresql_using="state::text::user_state",
            server_default="new",
        )
```
```python bad
def upgrade():
    op.alter_column("users", "age", existing_type=sa.VARCHAR(10), type_=sa.Integer())
#                                                                 ^^^^^^^^^^^^^^^^^^ fails on PostgreSQL
```
```python bad
def upgrade():
    op.execute("ALTER TABLE users ALTER COLUMN vip TYPE boolean")
#                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails on PostgreSQL


def downgrade():
    op.execute("ALTER TABLE users ALTER COLUMN vip TYPE integer USING vip::integer")
```
```python good
def upgrade():
    op.alter_column("users", "age", existing_type=sa.VARCHAR(10), type_=sa.Integer(), postgresql_using="age::integer")
    op.alter_column("users", "number", existing_type=sa.Integer(), type_=sa.String(20))
    op.alter_column("users", "size", existing_type=sa.Integer(), type_=sa.Numeric(10, 2))
```
What was reflected from SQLite, where an enum is a string, says nothing of PostgreSQL:

```python good dialect=postgresql,sqlite
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("state", existing_type=sa.VARCHAR(length=3), type_=sa.Enum("new", "done", name="state"))
```
```python good dialect=mysql
def upgrade():
    op.alter_column("users", "age", existing_type=sa.VARCHAR(10), type_=sa.Integer())
```
```python setup
def upgrade():
    op.create_table("users", sa.Column("state", sa.Enum("new", "sent", "lost", name="state"), nullable=False))
```
```python good
def upgrade():
    op.alter_column("users", "state", existing_type=sa.VARCHAR(length=4), type_=sa.Enum("new", "sent", name="state"))
```
```python bad
def upgrade():
    op.alter_column("users", "state", existing_type=sa.VARCHAR(length=4), type_=sa.Integer())
#                                                                         ^^^^^^^^^^^^^^^^^^ no automatic cast from `sa.Enum(
```
`postgresql_using` converts the values, and not the default:

```python setup
def upgrade():
    op.create_table("jobs", sa.Column("done", sa.Integer(), server_default="0", nullable=False))
```
```python bad
def upgrade():
    op.alter_column("jobs", "done", type_=sa.Boolean(), server_default=None, postgresql_using="done <> 0")
#                                   ^^^^^^^^^^^^^^^^^^ the default of `done` cannot be cast
```
```python good
def upgrade():
    op.alter_column("jobs", "done", server_default=None)
    op.alter_column("jobs", "done", type_=sa.Boolean(), server_default=sa.false(), postgresql_using="done <> 0")
```
```python bad
def upgrade():
    op.execute("CREATE TYPE job_kind AS ENUM ('small', 'large')")
    op.create_table("runs", sa.Column("kind", sa.Text()))
    op.execute("ALTER TABLE runs ALTER COLUMN kind TYPE job_kind")
    #|                                        no automatic cast
```
```python good
def upgrade():
    op.execute("ALTER TABLE jobs ALTER done TYPE boolean USING done <> 0, ALTER done DROP DEFAULT")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.knowledge import SqlType, Target, classify, compare_types
from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.specs import type_spec
from foreshot.lint.states import states, type_before
from foreshot.lint.words import code, on, type_code
from foreshot.migration.operations import AlterColumn, CreateEnum, TypeSpec
from foreshot.rules.data import _rows as rows
from foreshot.rules.data._casts import conversion
from foreshot.rules.locking import _placing as placing
from foreshot.schema.state import Column, Schema
from foreshot.syntax.changes import Change, InsertBefore, SetArgument
from foreshot.syntax.values import CallValue, Text, Unknown


class TypeChangeNeedsUsing(OperationRule[AlterColumn]):
    """A type change with no cast that applies by itself, and no ``postgresql_using``."""

    looks_at = (AlterColumn,)
    severity = "error"
    databases = ("postgresql",)
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether PostgreSQL has no way from the one type to the other."""
        new = operation.type
        if not isinstance(new, TypeSpec):
            return
        if operation.using is not None:
            yield from self._of_default(operation, new, context)
            return
        said = _old_type(operation, context)
        reflected = any(target.database == "sqlite" for target in context.targets((), operation))
        failing: list[Target] = []
        for target in context.targets(self.databases, operation):
            known = type_before(operation, target, context)
            old = known or said
            if old is None:
                continue
            before, after = classify(old, target), classify(new, target)
            if before.family in ("string", "text") and _is_enum(operation, new, target, context):
                failing.append(target)
                continue
            stands_in = known is None and reflected and _is_stand_in(before, after)
            if compare_types(before, after, target).needs_using and not stands_in:
                failing.append(target)
        old = _old_type(operation, context, failing[0]) if failing else None
        if old is not None:
            column = operation.column if isinstance(operation.column, str) else None
            yield self.finding(
                operation.site.keywords.get("type_", operation.site.name),
                f"This fails on {on(failing)}: there is no automatic cast from {type_code(old)} to {type_code(new)}."
                " Give the cast in `postgresql_using`.",
                operation=operation,
                object=column,
                targets=failing,
            )

    def _of_default(self, operation: AlterColumn, new: TypeSpec, context: Context) -> Iterator[Finding]:
        """The default of a column whose values are converted: USING says nothing of it."""
        site = operation.site
        # PostgreSQL drops a default before it changes a type, in whatever order one statement asks for both.
        if site.conditional or (
            site.sql is not None and "drop default" in " ".join(site.sql.lower().split())
        ):
            return
        failing: list[Target] = []
        for state in states(operation, context, self.databases):
            target = state.target
            column = state.column(operation.table_name, str(operation.column))
            old = type_spec(column)
            if column is None or old is None or column.default is None:
                continue
            before, after = classify(old, target), classify(new, target)
            exact = before.exact and after.exact
            if (exact and compare_types(before, after, target).needs_using) or _is_other_enum(
                column, new, after, state.schema
            ):
                failing.append(target)
        if failing:
            column_name = operation.column if isinstance(operation.column, str) else None
            yield self.finding(
                site.keywords.get("type_", site.name),
                f"This fails on {on(failing)}: the default of {code(operation.column)} cannot be cast to {type_code(new)}."
                " Drop it before, and set it again.",
                operation=operation,
                object=column_name,
                targets=failing,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """``postgresql_using``, and the default out of its way."""
        operation = finding.operation
        if not isinstance(operation, AlterColumn) or not placing.is_plain(operation):
            return
        given = operation.using
        if given is not None:
            # Where the default goes, and what it is then, is for its author to say.
            return
        target = next(iter(context.targets(self.databases, operation)), None)
        new, old = operation.type, _old_type(operation, context, target)
        column = writing.quoted(operation.column) if isinstance(operation.column, str) else None
        if not isinstance(new, TypeSpec) or old is None or column is None or target is None:
            return
        enum = new.argument("name") if classify(new, target).family == "enum" else None
        if classify(new, target).family == "enum" and not _is_made(enum, operation, context):
            refused = "This revision does not create the enum type, and whether it exists is not known."
            yield Fix("Convert the values with `USING`", "unsafe", refused=refused)
            return
        using = conversion(column, classify(old, target), classify(new, target), new)
        around = _around_default(operation, context)
        if using is not None and around is not None:
            call = operation.site.call
            yield Fix(
                f"Convert the values with {code(using)}",
                "unsafe",
                (*around[:1], SetArgument(call, "postgresql_using", writing.literal(using)), *around[1:]),
            )


def _is_enum(operation: AlterColumn, new: TypeSpec, target: Target, context: Context) -> bool:
    """Whether SQL names an enum type of the history."""
    name = new.sql.strip().replace('"', "") if new.sql is not None else None
    found = (state.schema for state in states(operation, context, (target.database,)))
    return name is not None and any(name in schema.enums for schema in found)


def _is_other_enum(column: Column, new: TypeSpec, after: SqlType, schema: Schema) -> bool:
    """Whether the column is of one enum of the history, whatever it is called by now, and is to be of another."""
    name = new.sql.strip().strip('"') if new.sql is not None else after.name
    return column.type.enum is not None and name in schema.enums and name != column.type.enum


def _is_made(name: object, operation: AlterColumn, context: Context) -> bool:
    """Whether the revision has created the enum's type before, or ``downgrade()`` goes back to what was there."""
    return operation.site.function == "downgrade" or any(
        isinstance(other, CreateEnum) and other.name == name for other in context.before(operation)
    )


def _old_type(operation: AlterColumn, context: Context, target: Target | None = None) -> TypeSpec | None:
    """The type before, as the history has it on a database; else as the revision says."""
    made = type_before(operation, target, context) if target is not None else None
    if made is not None:
        return made
    known = context.schema.column(operation.table_name, str(operation.column), operation)
    types = [operation.existing_type, known.type if known else None]
    types += [other.type for other in rows.counterparts(operation, operation.column, context)]
    return next((type_ for type_ in types if isinstance(type_, TypeSpec)), None)


def _is_stand_in(old: SqlType, new: SqlType) -> bool:
    """Whether the old type is what SQLite, where autogenerate may have looked, has in place of the new one."""
    return old.family == "string" and new.family in ("enum", "uuid")


def _around_default(operation: AlterColumn, context: Context) -> list[Change] | None:
    """The default dropped before, and set again after; None where it cannot be written for the new type."""
    default = operation.existing_server_default
    site = operation.site
    if default is None or default is False:
        return []
    if isinstance(default, CallValue):
        default = default.argument("text", 0)
    text = default.value if isinstance(default, Text) else default
    # What PostgreSQL reports of a string's default.
    found = re.fullmatch(r"'([^']*)'(?:::[\w ]+(?:\(\d+\))?)?", text) if isinstance(text, str) else None
    if found is None or not isinstance(operation.column, str) or isinstance(operation.schema, Unknown):
        return None
    arguments = [writing.literal(operation.column), "server_default=None"]
    callee = f"{site.batch.alias}.alter_column" if site.batch else f"{context.op}.alter_column"
    if site.batch is None:
        if not isinstance(operation.table, str):
            return None
        arguments.insert(0, writing.literal(operation.table))
        arguments += [f"schema={writing.literal(operation.schema)}"] if operation.schema else []
    dropped = InsertBefore(site.statement, writing.call(callee, arguments))
    if operation.server_default is not None:
        return [dropped]
    return [dropped, SetArgument(site.call, "server_default", writing.literal(found[1]))]
