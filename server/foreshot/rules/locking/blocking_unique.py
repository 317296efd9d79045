"""Adding a unique constraint blocks all reads and writes of the table until its index is built.

`ADD CONSTRAINT … UNIQUE` takes an ACCESS EXCLUSIVE lock on PostgreSQL, the strongest: SELECT waits too, while the whole
table is read and sorted, and until the revision's transaction ends. On 2 million rows that took a second and a half on a
small machine. `unique=True` on a column in `add_column` emits the same statement, and takes about as long although all
values of the new column are NULL.

Build the unique index `CONCURRENTLY` first, which blocks nobody, and make the constraint out of it with
`USING INDEX`: that takes the lock for a millisecond. The index cannot be built inside a transaction, so it stands in
an autocommit block, which commits what the revision did before it: other changes therefore go to a revision of their own. Two
rows with the same values make the build fail; that leaves an `INVALID` index behind, which the block drops before the
next try. A partitioned table takes no concurrent build (0A000).

It does not matter on a table that the same revision created. MySQL and MariaDB build the index online (`LOCK=NONE`).

```python bad
def upgrade():
    op.create_unique_constraint("uq_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("uq_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("uq_users_email", "users", ["email"], unique=True, postgresql_concurrently=True)
    op.execute("ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE USING INDEX uq_users_email")
```
```python bad
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handle", sa.String(40), nullable=True))
        batch_op.create_unique_constraint(None, ["handle"], deferrable=True, initially="DEFERRED")
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("users_handle_key", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("users_handle_key", "users", ["handle"], unique=True, postgresql_concurrently=True)
    op.execute("ALTER TABLE users ADD CONSTRAINT users_handle_key UNIQUE USING INDEX users_handle_key DEFERRABLE INITIALLY DEFERRED")
```
```python first.py fixed
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handle", sa.String(40), nullable=True))
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("handle", sa.String(40), unique=True))
#                                                             ^^^^^^^^^^^ blocks reads and writes of `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("users_handle_key", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("users_handle_key", "users", ["handle"], unique=True, postgresql_concurrently=True)
    op.execute("ALTER TABLE users ADD CONSTRAINT users_handle_key UNIQUE USING INDEX users_handle_key")
```

A project that runs on other databases too does so on PostgreSQL only:

```python bad dialect=postgresql,sqlite
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_unique_constraint("uq_users_email", ["email"])
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `users`
```
```python fixed
def upgrade():
    if op.get_context().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            op.drop_index("uq_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
            op.create_index("uq_users_email", "users", ["email"], unique=True, postgresql_concurrently=True)
        op.execute("ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE USING INDEX uq_users_email")
    else:
        with op.batch_alter_table("users") as batch_op:
            batch_op.create_unique_constraint("uq_users_email", ["email"])
```
```python bad
def upgrade():
    op.execute("ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE (email)")
#                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `users`
```
```python good dialect=postgresql
def upgrade():
    # This passes without rows only, and not-null-without-default says so.
    op.add_column("users", sa.Column("team", sa.Integer(), nullable=False))
    op.create_unique_constraint("uq_users_team", "users", ["team"])
```
```python good
def upgrade():
    op.create_table("users", sa.Column("email", sa.String(255)))
    op.create_unique_constraint("uq_users_email", "users", ["email"])
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("uq_users_email", "users", ["email"], unique=True, postgresql_concurrently=True)
    op.execute("ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE USING INDEX uq_users_email")
```
```python good dialect=mysql
def upgrade():
    op.create_unique_constraint("uq_users_email", "users", ["email"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, codes
from foreshot.migration.operations import AddColumn, AddConstraint
from foreshot.rules.locking import _keys as keys
from foreshot.rules.locking import _waiting as waiting


class BlockingUnique(OperationRule[AddConstraint | AddColumn]):
    """A unique constraint whose index is built under an exclusive lock."""

    looks_at = (AddConstraint, AddColumn)
    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def check(self, operation: AddConstraint | AddColumn, context: Context) -> Iterator[Finding]:
        """Whether everybody waits for the constraint's index."""
        table, name = operation.table_name, None
        if table is None:
            return
        if isinstance(operation, AddColumn):
            column = operation.column
            # With `index=True` too it is one unique index: blocking-index speaks of that.
            if column.unique is not True or column.index is not False:
                return
            asked, columns = waiting.column_with(operation, unique=True), (column.name,)
            at = column.keywords.get("unique", operation.site.name)
        else:
            if operation.constraint.kind != "unique":
                return
            name, columns = operation.constraint.name, operation.constraint.columns
            asked, at = operation, operation.site.name
        found = waiting.waits(asked, context, self.databases)
        if found:
            known = [column for column in columns if isinstance(column, str)]
            over = f"a unique constraint over {codes(known)}" if known else "a unique constraint"
            yield self.finding(
                at,
                f"Adding {f'the unique constraint {code(name)}' if isinstance(name, str) else over} blocks"
                f" {waiting.blocked(found, table)} until its index is built{waiting.where(found, context)}."
                " Build its index concurrently first (USING INDEX).",
                operation=operation,
                object=name if isinstance(name, str) else known[0] if known else None,
                targets=waiting.targets(found),
                cause=waiting.cause(operation),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The index concurrently in an autocommit block, then the constraint on it."""
        operation = finding.operation
        changes = []
        if isinstance(operation, AddConstraint):
            changes = keys.over_index(operation, context)
        elif isinstance(operation, AddColumn):
            changes = keys.column_over_index(operation, context)
        if changes:
            yield Fix(
                "Build the index concurrently, then add the constraint with it", "unsafe", tuple(changes)
            )
