"""A NOT NULL column without a default cannot be added to a table that has rows.

The rows that are there have no value for it. PostgreSQL refuses the statement (23502), and so does SQLite; on an empty table,
such as that of a developer or of a test, both take it. MySQL and MariaDB take it and fill the rows without a word: with `0`,
`''`, the first value of an enum, on MariaDB `0000-00-00` for a date; MySQL in its strict mode refuses a date (1292). Under
a foreign key that is added then, this value refers to nothing (1452), and under a unique constraint no two rows can have it
(1062). The `default=` of a column is no help: it is Python's, for rows that the application inserts later, and no part of
the DDL.

Give the column a `server_default=`, which from PostgreSQL 11 on is stored once and rewrites no row. Or, where no one value is
right for all rows, add the column as nullable, fill it, and set it NOT NULL afterwards. On a large table the filling belongs in
batches of its own.

It does not matter on a table that the revision created, or emptied, nor for a column that fills itself: an identity, a serial
primary key, a generated column.

```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=False))
#                                                           ^^^^^^^^^^^^^^ fails as soon as `users` has a row
```
```python fixed
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
    op.execute("UPDATE users SET plan = '' WHERE plan IS NULL")
    op.alter_column("users", "plan", existing_type=sa.String(20), nullable=False)
```
```python fixed fix=2
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=False, server_default=""))
```
The value is taken from `default=` where there is one that the database can have too:

```python bad
def upgrade():
    op.add_column("users", sa.Column("active", sa.Boolean(), nullable=False, default=True))
#                                                            ^^^^^^^^^^^^^^ fails as soon as `users` has a row
```
```python fixed
def upgrade():
    op.add_column("users", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
```
In a batch block, what fills the column stands behind the block:

```python bad dialect=postgresql,sqlite
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen", sa.Integer(), nullable=False))
#                                                           ^^^^^^^^^^^^^^ fails as soon as `users` has a row
        batch_op.drop_column("age")
```
```python fixed fix=2
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen", sa.Integer(), nullable=False, server_default=sa.text("0")))
        batch_op.drop_column("age")
```
Where no value would do, as for a key to another table, the column can only be nullable at first:

```python bad
def upgrade():
    op.add_column("orders", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False))
#                                                                                         ^^^^^^^^^^^^^^ fails as soon as
```
```python fixed
def upgrade():
    op.add_column("orders", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=True))
```
```python bad
def upgrade():
    op.execute("ALTER TABLE users ADD COLUMN plan varchar(20) NOT NULL")
#                                 ^^^^^^^^^^^^^^^ fails as soon as `users` has a row
```
```python bad dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("age", sa.Integer(), nullable=False))
#                                                         ^^^^^^^^^^^^^^ gets 0 in every row of `users`
```
```python bad dialect=mysql
def upgrade():
    op.add_column("orders", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False))
#                                                                                         ^^^^^^^^^^^^^^ fails as soon as `orders` has a row
```
```python bad dialect=mysql
def upgrade():
    op.add_column("orders", sa.Column("user_id", sa.Integer(), nullable=False))
#                                                              ^^^^^^^^^^^^^^ fails as soon as `orders` has a row
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"])
```
```python bad dialect=mysql
def upgrade():
    op.add_column("orders", sa.Column("user_id", sa.Integer(), nullable=False))
#                                                              ^^^^^^^^^^^^^^ gets 0 in every row of `orders`
    op.execute("SET foreign_key_checks = 0")
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"])
```
```python bad dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("number", sa.Integer(), nullable=False, unique=True))
#                                                            ^^^^^^^^^^^^^^ fails as soon as `users` has two rows
```
```python bad dialect=mysql
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN user_id integer NOT NULL REFERENCES users (id)")
#                                  ^^^^^^^^^^^^^^^^^^ gets 0 in every row of `orders`
```
```python good dialect=mysql
def upgrade():
    op.add_column("orders", sa.Column("user_id", sa.Integer(), nullable=False))
    op.execute("UPDATE orders SET user_id = (SELECT id FROM users WHERE users.name = orders.user_name)")
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"])
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=False, server_default="free"))
    op.add_column("users", sa.Column("number", sa.Integer(), sa.Identity(), nullable=False))
```
```python good
def upgrade():
    op.create_table("users", sa.Column("email", sa.String(255)))
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=False))
```
```python good
def upgrade():
    op.execute("DELETE FROM sessions")
    op.add_column("sessions", sa.Column("ip", sa.String(45), nullable=False))
```
A column may come from a function of another module:

```python app/columns.py
import sqlalchemy as sa


def tenant():
    return sa.Column("tenant_id", sa.Integer(), nullable=False)
```
```python bad
from app import columns


def upgrade():
    op.add_column("users", columns.tenant())
#                          ^^^^^^^^^^^^^^^^ fails as soon as `users` has a row
```
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from foreshot.knowledge import (
    Effect,
    Target,
    classify,
    effects_of,
    makes_keys,
    transactional_ddl,
    volatility,
)
from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, listed
from foreshot.migration.operations import AddColumn, AddConstraint, Operation, SetOption
from foreshot.rules.data import _filling as filling
from foreshot.rules.data import _rows as rows
from foreshot.rules.locking import _placing as placing
from foreshot.syntax.changes import Change, ReplaceText, SetArgument


class NotNullWithoutDefault(OperationRule[AddColumn]):
    """``add_column`` with ``nullable=False`` and no ``server_default`` on a table that existed before."""

    looks_at = (AddColumn,)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb", "sqlite")
    safety = "unsafe"

    def check(self, operation: AddColumn, context: Context) -> Iterator[Finding]:
        """Whether rows would have no value for the column."""
        column, table = operation.column, operation.table_name
        if table is None or column.is_nullable is not False or not isinstance(column.name, str):
            return
        if column.computed is not None or column.identity is not None:
            return
        if volatility(column.server_default) != "none" or rows.has_no_rows(operation, context):
            return
        # Half of a rename is to be mended as one, not to be given a default.
        if any(rename.add is operation for rename in context.renames.columns):
            return
        found = [
            (target, effects_of(_bare(operation), target))
            for target in context.targets(self.databases, operation)
            # Elsewhere a primary key fills itself, or cannot be added at all.
            if target.database == "postgresql" or column.primary_key is not True
        ]
        at = filling.span_of(column, "nullable", "primary_key") or operation.site.name
        certainty = "possible" if operation.if_not_exists else None
        filled = [(target, effect) for target, effect in found if effect.fills_silently]
        refused = {target: _refused(operation, target, context) for target, _ in filled}
        failing = {
            "a row": [
                target
                for target, effect in found
                if effect.can_fail_on_rows or refused.get(target) == "foreign key"
            ],
            "two rows": [target for target, how in refused.items() if how == "unique"],
        }
        for enough, where in failing.items():
            if not where:
                continue
            advice = (
                "Add it nullable, fill it, then set NOT NULL."
                if filling.is_key(operation, column.name, column, context)
                else "Give it a `server_default`, or fill it first."
            )
            yield self.finding(
                at,
                f"Adding NOT NULL {code(column.name)} without a default fails{context.where(where)} as soon as"
                f" {code(table)} has {enough}. {advice}",
                operation=operation,
                object=column.name,
                targets=where,
                certainty=certainty,
            )
        filled = [(target, effect) for target, effect in filled if refused[target] is None]
        if filled and not rows.is_written_later(table, column.name, operation, context):
            yield self.finding(
                at,
                f"{code(column.name)} gets {_what(operation, filled)} in every row of {code(table)}"
                f"{context.where(target for target, _ in filled)}, silently. Set the value you mean with a `server_default`.",
                operation=operation,
                object=column.name,
                targets=[target for target, _ in filled],
                severity="warning",
                certainty=certainty,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A server default; or NULL at first, then a value for every row, then NOT NULL."""
        operation = finding.operation
        if not isinstance(operation, AddColumn) or not placing.is_plain(operation):
            return
        column = operation.column
        call, name = column.call, column.name
        if call is None or not isinstance(name, str) or "nullable" not in column.keywords:
            return
        nullable = SetArgument(call.span, "nullable", "True")
        value = filling.filling(operation, name, column, column.type, context)
        if value is None:
            yield Fix(
                f"Add {code(name)} as nullable; fill it and set NOT NULL in later revisions",
                "unsafe",
                (nullable,),
            )
            return
        default = value.server_default(context)
        afterwards = _filled_then_set(operation, name, value, context)
        filled = Fix(
            f"Add {code(name)} as nullable, fill it, then set it NOT NULL",
            "unsafe",
            (nullable, placing.after(operation, afterwards)) if afterwards is not None else (),
        )
        # A value that nobody has named is no default for every row to come. False is, where DDL is not rolled back:
        # three statements that stop in the middle cannot run again, and one can.
        flag = default is not None and default[0].endswith(".false()")
        invented = column.default is None and not (flag and not _rolls_back(operation, context))
        if afterwards is not None and invented:
            yield filled
        if default is not None:
            text, imports = default
            at = column.keywords.get("default")
            change: Change = (
                ReplaceText(at, f"server_default={text}")
                if at is not None
                else SetArgument(call.span, "server_default", text)
            )
            yield Fix(f"Give {code(name)} the server default {code(text)}", "unsafe", (change, *imports))
        if afterwards is not None and not invented:
            yield filled


def _rolls_back(operation: AddColumn, context: Context) -> bool:
    """Whether a revision that fails leaves nothing behind, on every database that is told."""
    targets = context.targets((), operation) if context.targets_known else ()
    return all(transactional_ddl(target.database) and target.database != "sqlite" for target in targets)


def _bare(operation: AddColumn) -> AddColumn:
    """The column without the constraints and indexes that Alembic makes for it besides."""
    column = replace(operation.column, unique=False, index=False, foreign_keys=())
    return replace(operation, column=column)


def _refused(operation: AddColumn, target: Target, context: Context) -> str | None:
    """What does not take the value that MySQL and MariaDB fill the rows with: a ``foreign key``, or ``unique``."""
    column = operation.column
    keys = {
        kind
        for kind, constraint in _constraints(operation, context)
        if constraint.site.runs_on(target.database)
        and not rows.is_written(operation.table_name or "", str(column.name), constraint, context)
    }
    if makes_keys(operation, target):
        keys.add("foreign key")
    if column.unique is True:
        keys.add("unique")
    unchecked = context.once_each_way(_leaves_unchecked, operation.site.function)
    if unchecked or classify(column.type, target).family == "enum":
        # The first value of an enum may be there.
        keys.discard("foreign key")
    return min(keys, default=None)


def _constraints(operation: AddColumn, context: Context) -> Iterator[tuple[str, AddConstraint]]:
    """The constraints on the column alone that are added after it, wherever it is."""
    for other in rows.on_table(operation.table_name, operation.site.function, context):
        if (
            isinstance(other, AddConstraint)
            and other.site.order > operation.site.order
            and other.constraint.kind in ("foreign key", "unique")
            and other.constraint.columns == (operation.column.name,)
            and other.site.runs_if(operation.site)
        ):
            yield other.constraint.kind, other


def _leaves_unchecked(operations: tuple[Operation, ...]) -> bool:
    """Whether foreign keys may be left unchecked at some time."""
    return any(
        isinstance(operation, SetOption) and operation.name == "foreign_key_checks"
        for operation in operations
    )


def _what(operation: AddColumn, filled: list[tuple[Target, Effect]]) -> str:
    """What MySQL and MariaDB fill the rows with."""
    texts: list[str] = []
    for target, effect in filled:
        kind = classify(operation.column.type, target)
        text = effect.fills_silently or ""
        if text.startswith("0,"):
            text = "its type's implicit default"
            if kind.family in ("integer", "numeric", "float"):
                text = "0"
            elif kind.family in ("string", "text", "bytes"):
                text = "''"
            elif kind.family == "enum" and kind.values:
                text = code(kind.values[0])
        texts.append(text)
    return listed(list(dict.fromkeys(texts)), "or")


def _filled_then_set(
    operation: AddColumn, column: str, value: filling.Filling, context: Context
) -> str | None:
    """An UPDATE, and ``alter_column(nullable=False)`` behind it."""
    at = operation.column.args.get("type_")
    type_ = writing.one_line(context.module, at) if at is not None else None
    update = filling.backfill(operation, column, value.sql, context) if value.sql is not None else None
    table, schema = operation.table, operation.schema
    if type_ is None or update is None or not isinstance(table, str):
        return None
    where = [f"schema={writing.literal(schema)}"] if isinstance(schema, str) else []
    settings = [f"existing_type={type_}", "nullable=False"]
    sqlite = context.targets_known and any(target.database == "sqlite" for target in context.targets())
    if operation.site.batch is None and not sqlite:
        arguments = [writing.literal(table), writing.literal(column), *settings, *where]
        return f"{update}\n{writing.call(f'{context.op}.alter_column', arguments)}"
    block = writing.call(f"{context.op}.batch_alter_table", [writing.literal(table), *where])
    inner = writing.call("batch_op.alter_column", [writing.literal(column), *settings])
    return f"{update}\n{writing.under(f'with {block} as batch_op:', inner)}"
