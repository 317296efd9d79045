"""SET NOT NULL blocks all reads and writes of the table until every row has been read.

`ALTER COLUMN … SET NOT NULL` takes an ACCESS EXCLUSIVE lock on PostgreSQL, the strongest: SELECT waits too, while every row
of the table is read, and until the revision's transaction ends. On 2 million rows that took about a second on a small
machine.

From PostgreSQL 12 on nothing is read where a validated `CHECK (column IS NOT NULL)` is on the table. So add that check
`NOT VALID`, which takes a millisecond; `VALIDATE` it in a transaction of its own, which blocks nobody; then set the column
NOT NULL, and drop the check. In one transaction nothing is gained: the autocommit block below ends it. The check refuses
every NULL from its own commit on: where the application still writes one, give the column a default and fill it first.

It does not matter on a table that the same revision created, nor for a column that is NOT NULL already. MySQL and
MariaDB rebuild the table for it, and let others read and write meanwhile (`LOCK=NONE`).

```python bad
def upgrade():
    op.alter_column("users", "email", existing_type=sa.String(255), nullable=False)
#                                                                            ^^^^^ blocks reads and writes of `users`
```
```python fixed
def upgrade():
    op.execute("ALTER TABLE users DROP CONSTRAINT IF EXISTS users_email_is_not_null, ADD CONSTRAINT users_email_is_not_null CHECK (email IS NOT NULL) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE users VALIDATE CONSTRAINT users_email_is_not_null")
    op.alter_column("users", "email", existing_type=sa.String(255), nullable=False)
    op.drop_constraint(op.f("users_email_is_not_null"), "users", type_="check")
```
```python bad dialect=postgresql,sqlite
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("email", existing_type=sa.String(255), nullable=False)
#                                                                             ^^^^^ blocks reads and writes of `users`
```
```python fixed
def upgrade():
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE users DROP CONSTRAINT IF EXISTS users_email_is_not_null, ADD CONSTRAINT users_email_is_not_null CHECK (email IS NOT NULL) NOT VALID")
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE users VALIDATE CONSTRAINT users_email_is_not_null")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("email", existing_type=sa.String(255), nullable=False)
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(op.f("users_email_is_not_null"), "users", type_="check")
```
```python bad
def upgrade():
    op.execute('ALTER TABLE users ALTER COLUMN email SET NOT NULL')
#                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `users`
```
```python fixed
def upgrade():
    op.execute("ALTER TABLE users DROP CONSTRAINT IF EXISTS users_email_is_not_null, ADD CONSTRAINT users_email_is_not_null CHECK (email IS NOT NULL) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE users VALIDATE CONSTRAINT users_email_is_not_null")
    op.execute('ALTER TABLE users ALTER COLUMN email SET NOT NULL')
    op.drop_constraint(op.f("users_email_is_not_null"), "users", type_="check")
```
```python bad version=11
def upgrade():
    op.alter_column("users", "email", existing_type=sa.String(255), nullable=False)
#                                                                            ^^^^^ Run it while nobody uses the table
```
```python good
def upgrade():
    op.create_check_constraint("email_is_there", "users", "email IS NOT NULL", postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE users VALIDATE CONSTRAINT email_is_there")
    op.alter_column("users", "email", existing_type=sa.String(255), nullable=False)
    op.drop_constraint("email_is_there", "users", type_="check")
```
```python good
def upgrade():
    op.alter_column("users", "email", existing_type=sa.String(255), existing_nullable=False, nullable=False)
```
```python good
def upgrade():
    op.create_table("users", sa.Column("email", sa.String(255)))
    op.alter_column("users", "email", existing_type=sa.String(255), nullable=False)
```

What `upgrade()` leaves NOT NULL is so still when `downgrade()` says it again:

```python good
def upgrade():
    op.create_check_constraint("plan_is_there", "users", "plan_id IS NOT NULL", postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE users VALIDATE CONSTRAINT plan_is_there")
    op.alter_column("users", "plan_id", new_column_name="tariff_id", existing_type=sa.Integer(), nullable=False)


def downgrade():
    op.alter_column("users", "tariff_id", new_column_name="plan_id", existing_type=sa.Integer(), nullable=False)
```
```python good dialect=mysql
def upgrade():
    op.alter_column("users", "email", existing_type=sa.String(255), nullable=False)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge import Facts, shortened
from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.not_null import validated_check
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, AlterColumn, DropColumn
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _validating as validating
from foreshot.rules.locking import _waiting as waiting


class BlockingNotNull(OperationRule[AlterColumn]):
    """``nullable=False`` on a column of a table that existed before, without a validated check."""

    looks_at = (AlterColumn,)
    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether everybody waits while the rows are read."""
        table, column = operation.table_name, operation.column
        if operation.nullable is not False or table is None or not isinstance(column, str):
            return
        told = list(states(operation, context, self.databases))
        checked = bool(told) and all(validated_check(state, table, column) for state in told)
        known = [state.column(table, column) for state in told]
        nullable = {item.nullable if item is not None else None for item in known}
        old = nullable.pop() if len(nullable) == 1 else None
        if old is None and _is_left_not_null(operation, context):
            old = False
        asked = waiting.change_of(operation, "nullable")
        facts = Facts(old_nullable=old, validated_not_null_check=checked)
        found = waiting.waits(asked, context, self.databases, facts)
        if found:
            facts = Facts(old_nullable=old, validated_not_null_check=True)
            helps = not waiting.waits(asked, context, self.databases, facts)
            advice = "Validate a NOT NULL check first"
            yield self.finding(
                operation.site.args.get("nullable", operation.site.name),
                f"Setting {code(f'{table}.{column}')} NOT NULL blocks {waiting.blocked(found, table)} while every row"
                f" is read{waiting.where(found, context)}. {advice if helps else 'Run it while nobody uses the table'}.",
                operation=operation,
                object=column,
                targets=waiting.targets(found),
                cause=waiting.cause(operation, helps),
                # What changes another thing of the column as well may only repeat that it is NOT NULL.
                state=helps,
                certainty=None if _changes_nothing_else(operation) or old is not None else "possible",
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A check NOT VALID, its validation in an autocommit block, and the check dropped in the end."""
        operation = finding.operation
        if not finding.state or not isinstance(operation, AlterColumn):
            return
        if not _stands_alone(operation, context):
            return
        table, column, schema = operation.table, operation.column, operation.schema
        quoted = writing.quoted(column) if isinstance(column, str) else None
        if quoted is None or not isinstance(table, str) or not isinstance(schema, str | None):
            return
        if not writing.is_exact(operation, column):
            return
        # Not `…_not_null`: PostgreSQL 18 calls the column's own constraint so.
        name = shortened(f"{table}_{column}_is_not_null", "postgresql")
        validation = validating.validated(operation, context, name)
        if validation is None:
            return
        final = f"{context.op}.f({writing.literal(name)})"
        where = [f"schema={writing.literal(schema)}"] if schema else []
        place, check = writing.table_in_sql(operation), writing.quoted(name)
        added = writing.execute(
            context,
            f"ALTER TABLE {place} DROP CONSTRAINT IF EXISTS {check},"
            f" ADD CONSTRAINT {check} CHECK ({quoted} IS NOT NULL) NOT VALID",
        )
        dropped = writing.call(
            f"{context.op}.drop_constraint", [final, writing.literal(table), 'type_="check"', *where]
        )
        yield Fix(
            "Validate a NOT NULL check, then set the column NOT NULL",
            "unsafe",
            (
                placing.before(
                    operation, writing.on_postgresql(context, operation, f"{added}\n{validation}")
                ),
                placing.after(operation, writing.on_postgresql(context, operation, dropped)),
                *context.op_import,
            ),
        )


def _is_left_not_null(operation: AlterColumn, context: Context) -> bool:
    """Whether ``upgrade()`` left the column NOT NULL, and nothing in ``downgrade()`` has changed that yet."""
    return operation.site.function == "downgrade" and operation.site.order in context.once(_left_not_null)


def _left_not_null(context: Context) -> set[int]:
    """The changes of ``downgrade()`` that come to a column which is NOT NULL by then, by their places in its order."""
    found: set[int] = set()
    not_null: set[tuple[object, object]] = set()
    for other in (*context.upgrade, *context.downgrade):
        if isinstance(other, AddColumn | DropColumn):
            column = other.column.name if isinstance(other, AddColumn) else other.column
            not_null.discard((other.table_name, column))
        elif isinstance(other, AlterColumn):
            place = (other.table_name, other.column)
            was = place in not_null
            if was and other.site.function == "downgrade":
                found.add(other.site.order)
            not_null.discard(place)
            name = other.column if other.new_name is None else other.new_name
            told = other.nullable is False and not other.site.conditional
            if was if other.nullable is None else told:
                not_null.add((other.table_name, name))
            else:
                not_null.discard((other.table_name, name))
    return found


def _changes_nothing_else(operation: AlterColumn) -> bool:
    others = (operation.type, operation.server_default, operation.autoincrement, operation.comment)
    return operation.existing_nullable is not None or all(change is None for change in others)


def _stands_alone(operation: AlterColumn, context: Context) -> bool:
    """Whether code can be put before and behind the operation, and will find its column."""
    site = operation.site
    if site.repeated:
        return False
    if site.sql is not None:
        return placing.is_alone_in_sql(operation, context)
    added = _added_by(operation, context)
    batch = added.site.batch if added is not None else None
    return batch is None or site.batch is None or batch.statement != site.batch.statement


def _added_by(operation: AlterColumn, context: Context) -> AddColumn | None:
    """The operation that added the column, earlier in the revision."""
    return next(
        (
            other
            for other in context.before(operation)
            if isinstance(other, AddColumn)
            and other.table_name == operation.table_name
            and other.column.name == operation.column
        ),
        None,
    )
