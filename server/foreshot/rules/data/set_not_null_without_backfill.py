"""A column cannot be set NOT NULL while one of its rows has no value.

`alter_column(..., nullable=False)` reads every row and fails at the first NULL: with 23502 on PostgreSQL, 1138 on MySQL, 1265 on
MariaDB, and on SQLite where a batch copies the rows. It passes on the empty database of a test. A `server_default=` given in
the same call is for new rows only, and fills none that is there.

Give the rows a value before it, in the same revision or, for a large table, in batches and an earlier one. Code that still
writes NULL must be gone by then.

Nothing is said where the rows are filled before it, by an UPDATE or by code that is not followed; where a validated check
keeps NULL out; where `existing_nullable=False` or the other direction says that the column was NOT NULL already; and in
`downgrade()`, which only takes back what `upgrade()` allowed. Where nothing says whether the column was nullable before, this is
a warning.

```python bad
def upgrade():
    op.alter_column("users", "plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
#                                                                                         ^^^^^^^^^^^^^^ fails if a row of `users` has NULL in `plan`
```
```python fixed
def upgrade():
    op.execute("UPDATE users SET plan = '' WHERE plan IS NULL")
    op.alter_column("users", "plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
```
```python bad dialect=postgresql,sqlite
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("age", existing_type=sa.INTEGER(), nullable=False)
#                                                                ^^^^^^^^^^^^^^ fails if a row of `users` has NULL in `age`


def downgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("age", existing_type=sa.INTEGER(), nullable=True)
```
```python fixed
def upgrade():
    op.execute("UPDATE users SET age = 0 WHERE age IS NULL")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("age", existing_type=sa.INTEGER(), nullable=False)


def downgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("age", existing_type=sa.INTEGER(), nullable=True)
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("seen", sa.DateTime(), nullable=True))
    op.execute("ALTER TABLE users ALTER COLUMN seen SET NOT NULL")
#                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ No row of `users` has a value in `seen` yet
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20)))
    op.execute("UPDATE users SET plan = 'free'")
    op.alter_column("users", "plan", existing_type=sa.String(20), nullable=False)
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), server_default="free"))
    op.alter_column("users", "plan", existing_type=sa.String(20), nullable=False)
```
Records of an ORM that needs no session may have filled it:

```python good
from app.models import User


def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20)))
    for user in User.select():
        user.plan = "free"
        user.save()
    op.alter_column("users", "plan", existing_type=sa.String(20), nullable=False)
```
```python good
from app.models import User


def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20)))
    User.update(plan="free").where(User.plan.is_null()).execute()
    op.alter_column("users", "plan", existing_type=sa.String(20), nullable=False)
```
An UPDATE of rows that have a value fills none that has NULL:

```python bad
def upgrade():
    op.execute("UPDATE users SET plan = 'free' WHERE plan = ''")
    op.alter_column("users", "plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
#                                                                                         ^^^^^^^^^^^^^^ fails if a row of `users` has NULL in `plan`
```
```python bad
users = sa.table("users", sa.column("plan"))


def upgrade():
    op.execute(users.update().where(users.c.plan == "").values(plan="free"))
    op.alter_column("users", "plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
#                                                                                         ^^^^^^^^^^^^^^ fails if a row of `users` has NULL in `plan`
```
```python good
def upgrade():
    op.execute("UPDATE users SET plan = 'free' WHERE plan = '' OR plan IS NULL")
    op.alter_column("users", "plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
```
```python good
def upgrade():
    op.execute("UPDATE users SET plan = 'free' WHERE kind = 'person'")
    op.alter_column("users", "plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
```
A change of type that repeats NOT NULL says nothing new:

```python good dialect=mysql
def upgrade():
    op.alter_column("users", "plan", existing_type=sa.String(20), type_=sa.String(50), nullable=False)
```
What an earlier revision fills in batches is filled:

```python setup
def upgrade():
    op.create_table("pets", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("tag", sa.Text()))
    more = True
    while more:
        done = op.get_bind().execute(
            sa.text("UPDATE pets SET tag = '' WHERE id IN (SELECT id FROM pets WHERE tag IS NULL LIMIT 1000)")
        )
        more = done.rowcount > 0
```
```python good
def upgrade():
    op.alter_column("pets", "tag", existing_type=sa.Text(), nullable=False)
```
So are rows that it deletes where they have no value:

```python setup
def upgrade():
    op.create_table("mice", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("tag", sa.Text()))
    op.execute("DELETE FROM mice WHERE tag IS NULL")
```
```python good
def upgrade():
    op.alter_column("mice", "tag", existing_type=sa.Text(), nullable=False)
```
```python setup
rats = sa.table("rats", sa.column("tag"))


def upgrade():
    op.create_table("rats", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("tag", sa.Text()))
    op.execute(rats.delete().where(rats.c.tag.is_(None)))
```
```python good
def upgrade():
    op.alter_column("rats", "tag", existing_type=sa.Text(), nullable=False)
```
```python setup
def upgrade():
    op.create_table("cats", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("tag", sa.Text()))
    conn, last = op.get_bind(), 0
    while ids := conn.execute(sa.text("SELECT id FROM cats WHERE id > :last ORDER BY id LIMIT 1000"), {"last": last}).scalars().all():
        conn.execute(sa.text("UPDATE cats SET tag = '' WHERE id BETWEEN :last AND :end"), {"last": last, "end": ids[-1]})
        last = ids[-1]
```
```python good
def upgrade():
    op.alter_column("cats", "tag", existing_type=sa.Text(), nullable=False)
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from foreshot.knowledge import Facts, effects_of
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.not_null import surely_takes_null, without_null
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, AlterColumn, Operation, TypeSpec, ValidateConstraint
from foreshot.rules.data import _filling as filling
from foreshot.rules.data import _rows as rows
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _waiting as waiting


class SetNotNullWithoutBackfill(OperationRule[AlterColumn]):
    """``nullable=False`` on a column that may hold NULL, and nothing before it that fills the rows."""

    looks_at = (AlterColumn,)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb", "sqlite")
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether a row may have no value."""
        table, column = operation.table_name, operation.column
        if operation.nullable is not False or table is None or not isinstance(column, str):
            return
        was = _was_nullable(operation, context)
        if was is False or rows.has_no_rows(operation, context) or _is_checked(operation, context):
            return
        if rows.is_written(table, column, operation, context):
            return
        added = _added(operation, context)
        if added is not None and (
            added.column.server_default is not None or added.column.computed is not None
        ):
            return
        asked = waiting.change_of(operation, "nullable")
        facts = Facts(old_nullable=True)
        failing = [
            target
            for target in context.targets(self.databases, operation)
            if effects_of(asked, target, facts=facts).can_fail_on_rows
        ]
        told = [state for state in states(operation, context, self.databases) if state.target in failing]
        # What earlier revisions did counts as what this one does.
        safe = {state.target for state in told if without_null(state, table, column) is not None}
        failing = [target for target in failing if target not in safe]
        if not failing:
            return
        if was is None and told and all(surely_takes_null(state, table, column) for state in told):
            was = True
        where = context.where(failing)
        reason = (
            f"No row of {code(table)} has a value in {code(column)} yet: this fails{where} unless the table is empty"
            if added is not None
            else f"This fails{where} if a row of {code(table)} has NULL in {code(column)}"
        )
        default = " A server default only applies to new rows." if operation.server_default else ""
        yield self.finding(
            operation.site.keywords.get("nullable", operation.site.name),
            f"{reason}. Fill those rows first.{default}",
            operation=operation,
            object=column,
            targets=failing,
            severity=None if was else "warning",
            certainty=None if was else "possible",
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """An UPDATE of the rows that have no value, before it."""
        operation = finding.operation
        if not isinstance(operation, AlterColumn) or operation.site.repeated:
            return
        column, added = operation.column, _added(operation, context)
        batch = operation.site.batch
        inside = added is not None and added.site.batch is not None and added.site.batch == batch
        if not isinstance(column, str) or (inside and batch is not None):
            return
        value = filling.filling(operation, column, None, _type(operation, added, context), context)
        update = filling.backfill(operation, column, value.sql, context) if value and value.sql else None
        if update is not None:
            yield Fix(
                f"Fill {code(column)} before setting NOT NULL", "unsafe", (placing.before(operation, update),)
            )


def _was_nullable(operation: AlterColumn, context: Context) -> bool | None:
    """Whether the column took NULL before; None where the call alone says so."""
    if isinstance(operation.existing_nullable, bool):
        return operation.existing_nullable
    said = {other.nullable for other in rows.counterparts(operation, operation.column, context)}
    if True in said:
        return True
    if False in said:
        return False
    # MODIFY repeats what does not change, and whoever writes for MySQL repeats it too.
    repeats = (
        operation.type is not None or operation.new_name is not None or operation.autoincrement is not None
    )
    return False if repeats or operation.comment is not None else None


def _is_checked(operation: AlterColumn, context: Context) -> bool:
    """Whether a constraint of the table was validated before, which may be one that keeps NULL out."""
    order = operation.site.order
    return context.once_each_way(_validated, operation.site.function).get(operation.table_name, order) < order


def _validated(operations: tuple[Operation, ...]) -> Mapping[str | None, int]:
    """Where a constraint of each table is first validated."""
    found: dict[str | None, int] = {}
    for other in operations:
        if isinstance(other, ValidateConstraint):
            found.setdefault(other.table_name, other.site.order)
    return found


def _added(operation: AlterColumn, context: Context) -> AddColumn | None:
    """The operation that certainly added the column, earlier in the revision."""
    found = rows.added(operation, operation.column, context)
    return None if found is None or found.if_not_exists else found


def _type(operation: AlterColumn, added: AddColumn | None, context: Context) -> object:
    types = [operation.existing_type, operation.type, added.column.type if added else None]
    types += [other.existing_type for other in rows.counterparts(operation, operation.column, context)]
    return next((type_ for type_ in types if isinstance(type_, TypeSpec)), None)
