"""Dropping an index waits for everybody who uses its table, and everybody else waits behind it.

`DROP INDEX` takes ACCESS EXCLUSIVE locks on the index and on its table on PostgreSQL. The drop itself takes
milliseconds. But it waits until every transaction that has touched the table is over, and meanwhile each new query on
the table, SELECT included, queues behind it: one long report is enough to stop the application. The locks are held
until the revision's transaction ends.

`DROP INDEX CONCURRENTLY` waits for the old transactions too, but lets all others through. It cannot run inside a
transaction, so it stands in an autocommit block, which commits what the revision did before it. It does not drop the
index of a partitioned table or one that a constraint needs.

The lock is a brief one, so this is information only. It does not matter on a table that the same revision created or
drops, nor where something else than another such drop locks the table against everybody in the same transaction, earlier
or later: all queue behind that anyway. Nothing is said of `IF EXISTS` where the history has made no such index. Nor does it matter on MySQL, MariaDB and SQLite, which have no such form. `downgrade()` is
not looked at: it is made to undo a deployment.

```python bad
def upgrade():
    op.drop_index("ix_users_email", table_name="users")
#   ^^^^^^^^^^^^^ reads and writes of `users` queue behind it


def downgrade():
    op.create_index("ix_users_email", "users", ["email"])
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
```python bad
def upgrade():
    op.drop_index("ix_users_email")
#   ^^^^^^^^^^^^^ reads and writes of its table queue behind it
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", postgresql_concurrently=True, if_exists=True)
```
```python bad
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_index("ix_users_email")
#       ^^^^^^^^^^^^^^^^^^^ reads and writes of `users` queue behind it
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
```
```python bad
def upgrade():
    op.execute("DROP INDEX ix_users_email")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^ reads and writes of its table queue behind it
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_users_email")
```
```python good
def upgrade():
    op.execute("DROP INDEX IF EXISTS ix_users_of_a_build_that_failed")
```
```python bad dialect=postgresql,sqlite
def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("users")
    else:
        op.drop_index("ix_users_email", table_name="users")
#       ^^^^^^^^^^^^^ reads and writes of `users` queue behind it
```
```python good
def upgrade():
    op.drop_index("ix_users_email", table_name="users")
    op.drop_table("users")
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True)
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
    op.drop_index("ix_users_email", table_name="users")
```
```python bad
def upgrade():
    op.create_index("ix_users_about", "users", ["bio"])
    op.add_column("orders", sa.Column("note", sa.Text(), nullable=True))
    op.drop_index("ix_users_email", table_name="users")
#   ^^^^^^^^^^^^^ reads and writes of `users` queue behind it
    op.drop_index("ix_users_bio", table_name="users")
#   ^^^^^^^^^^^^^ reads and writes of `users` queue behind it
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index("ix_users_plan", "users", ["plan"], postgresql_concurrently=True)
    op.drop_index("ix_users_email", table_name="users")
#   ^^^^^^^^^^^^^ reads and writes of `users` queue behind it
```
```python good
def upgrade():
    op.drop_index("ix_users_email", table_name="users")
    op.drop_column("users", "email")
```
```python bad
def upgrade():
    op.drop_index("ix_users_email", table_name="users")
#   ^^^^^^^^^^^^^ reads and writes of `users` queue behind it
    with op.get_context().autocommit_block():
        op.create_index("ix_users_plan", "users", ["plan"], postgresql_concurrently=True)
    op.drop_column("users", "email")
```
```python good dialect=mysql
def upgrade():
    op.drop_index("ix_users_email", table_name="users")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import DropIndex, DropTable
from foreshot.rules.locking import _indexes as indexes
from foreshot.rules.locking import _waiting as waiting
from foreshot.rules.locking._concurrently import in_both_directions
from foreshot.rules.transaction import _commits as commits


class BlockingDropIndex(OperationRule[DropIndex]):
    """``drop_index`` without CONCURRENTLY."""

    looks_at = (DropIndex,)
    severity = "information"
    databases = ("postgresql",)
    safety = "unsafe"
    directions = ("upgrade",)

    def check(self, operation: DropIndex, context: Context) -> Iterator[Finding]:
        """Whether everybody queues behind the drop."""
        if operation.concurrently is not False or not isinstance(operation.name, str):
            return
        if operation.if_exists and _is_unheard_of(operation.name, operation, context):
            return
        table = indexes.table_of(operation, context)
        if context.schema.is_new(table, operation) or _is_dropped(table, operation, context):
            return
        if (
            table is not None
            and waiting.is_queued_anyway(table, operation, context)
            and not commits.is_outside(operation, context)
        ):
            return
        found = [
            wait
            for wait in waiting.effects(operation, context, self.databases)
            if wait.effect.blocks == "reads and writes"
        ]
        if found:
            yield self.finding(
                operation.site.name,
                f"Dropping {code(operation.name)} waits for every transaction on"
                f" {code(table) if table else 'its table'}, and reads and writes of"
                f" {code(table) if table else 'its table'} queue behind it{waiting.where(found, context)}."
                " Drop it concurrently.",
                operation=operation,
                object=operation.name,
                targets=waiting.targets(found),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """CONCURRENTLY in an autocommit block, and the same for creating it in the other direction."""
        if isinstance(finding.operation, DropIndex):
            changes = in_both_directions(finding.operation, context)
            if changes:
                yield Fix("Drop the index concurrently, in an autocommit block", "unsafe", tuple(changes))


def _is_unheard_of(name: str, operation: DropIndex, context: Context) -> bool:
    """Whether the history has no index of that name, which `IF EXISTS` allows for."""
    told = list(states(operation, context, ("postgresql",)))
    return bool(told) and all(state.owner_of(name) is None for state in told)


def _is_dropped(table: str | None, operation: DropIndex, context: Context) -> bool:
    """Whether the table, or one that may be it, is dropped in the same direction, on PostgreSQL too."""
    return any(
        isinstance(other, DropTable)
        and (table is None or other.table_name in (table, None))
        and other.site.runs_on("postgresql")
        for other in (*context.before(operation), *context.after(operation))
    )
