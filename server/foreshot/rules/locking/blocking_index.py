"""Creating an index blocks every write to the table until the index is built.

`CREATE INDEX` takes a SHARE lock on PostgreSQL: reads go on, but every INSERT, UPDATE and DELETE on the table waits
until the whole table has been read and sorted, and until the transaction ends. On 2 million rows that took about a
second on a small machine; on a large table it takes minutes, and the queue behind it takes the application down.
`index=True` on a column in `add_column` emits the same statement. Behind `add_column` or any other change of the table in the
same transaction reads wait as well: that change's lock is still held.

Create the index `CONCURRENTLY`, which blocks neither reads nor writes. It cannot run inside a transaction, so it stands
in an autocommit block. A build that fails there leaves an `INVALID` index behind. So the block drops what may be left of an earlier
try before it builds: with `if_not_exists=True` a second run would take the invalid index for a good one. The build
also waits for every older transaction that uses the table: a lock timeout that the session has is lifted around it. A
partitioned table takes no concurrent build (0A000): create the index on each partition.

The block commits what the revision did before it. If the build then fails, the next `alembic upgrade` would run that a second
time, and fail for good (DuplicateColumn). So the block stands first in its revision: where other changes come before
it, they go to a revision of their own. Where env.py has begun the transaction itself (`engine.begin()`, SQL before
`context.configure`), no such block works, and the repair is not offered.

It does not matter on a table that the same revision created, which nobody uses yet, nor `IF NOT EXISTS` where the revision makes the table so too, or the history has
the index. MySQL and MariaDB build indexes
online (`LOCK=NONE`), full-text indexes and MySQL's indexes over expressions excepted: during those, writes wait.
SQLite has one writer anyway.

```python bad
def upgrade():
    op.create_index("ix_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^ blocks writes to `users`


def downgrade():
    op.drop_index("ix_users_email", table_name="users")
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
```

Out of a batch block it moves behind the block; in `downgrade()`, before it:

```python bad
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plan", sa.String(20), nullable=True))
        batch_op.create_index(batch_op.f("ix_users_plan"), ["plan"], unique=False)
#       ^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `users`


def downgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_plan"))
        batch_op.drop_column("plan")
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index(
            op.f("ix_users_plan"),
            table_name="users",
            postgresql_concurrently=True,
            if_exists=True,
        )
        op.create_index(
            op.f("ix_users_plan"),
            "users",
            ["plan"],
            unique=False,
            postgresql_concurrently=True,
        )


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index(
            op.f("ix_users_plan"),
            table_name="users",
            postgresql_concurrently=True,
            if_exists=True,
        )
```
```python first.py fixed
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plan", sa.String(20), nullable=True))


def downgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("plan")
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), index=True))
#                                                           ^^^^^^^^^^ blocks reads and writes of `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_plan", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_plan", "users", ["plan"], postgresql_concurrently=True)
```
```python bad
def upgrade():
    op.execute("CREATE INDEX ix_users_email ON users (email)")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks writes to `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_users_email")
        op.execute("CREATE INDEX CONCURRENTLY ix_users_email ON users (email)")
```
```python bad dialect=mysql
def upgrade():
    op.execute("CREATE FULLTEXT INDEX ix_users_bio ON users (bio)")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks writes to `users`
```
```python good
def upgrade():
    op.create_table("users", sa.Column("email", sa.String(255)))
    op.create_index("ix_users_email", "users", ["email"])
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
```python good dialect=mysql
def upgrade():
    op.create_index("ix_users_email", "users", ["email"])
```
```python good
def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS plans (id integer PRIMARY KEY, name text)")
    op.execute("CREATE INDEX IF NOT EXISTS ix_plans_name ON plans (name)")
```
```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(80)))
    op.create_index("ix_users_mail", "users", ["email"])
    op.execute("CREATE TABLE events (id integer, at date) PARTITION BY RANGE (at)")
```
```python bad
def upgrade():
    op.create_index("ix_events_at", "events", ["at"])
#   ^^^^^^^^^^^^^^^ Create it `ON ONLY` the table, concurrently on each partition, and attach those
```
```python good
def upgrade():
    op.execute("CREATE INDEX ix_events_at ON ONLY events (at)")
```
```python good
def upgrade():
    op.create_index("ix_users_mail", "users", ["email"], if_not_exists=True)
```
```python bad
def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS users (id integer PRIMARY KEY, email text)")
    op.execute("CREATE INDEX IF NOT EXISTS ix_users_email ON users (email)")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks writes to `users`
```
```python fixed
def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS users (id integer PRIMARY KEY, email text)")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_users_email")
        op.execute("CREATE INDEX CONCURRENTLY ix_users_email ON users (email)")
```
```python good
def upgrade():
    op.execute("CREATE MATERIALIZED VIEW mails AS SELECT email FROM users")
    op.create_index("ix_mails", "mails", ["email"], unique=True)
```

Where a block has committed what comes before it anyway, the index goes into that block:

```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_id", "users", ["id"], postgresql_concurrently=True, if_not_exists=True)
    # The users are few.
    op.create_index("ix_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^ blocks writes to `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_id", "users", ["id"], postgresql_concurrently=True, if_not_exists=True)
        # The users are few.
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```

Nobody writes to a materialized view, so there only a `REFRESH` waits. Several indexes of one table in one function are one finding, and have one repair:

```python setup
def upgrade():
    op.execute("CREATE MATERIALIZED VIEW mails AS SELECT email FROM users")
```
```python good
def upgrade():
    op.execute("CREATE INDEX ix_mails ON mails (email)")
```
```python bad
def upgrade():
    op.create_index("ix_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^ blocks writes to `users` until it is built. Create it concurrently, in an autocommit block. One more place.
    op.create_index("ix_users_both", "users", ["email", "id"])
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
        op.drop_index("ix_users_both", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_both", "users", ["email", "id"], postgresql_concurrently=True)
```
Who builds it concurrently in one branch knows where nobody waits for the other:

```python good
def upgrade():
    if os.environ.get("MODE") == "managed":
        with op.get_context().autocommit_block():
            op.execute("CREATE INDEX CONCURRENTLY ix_users_email ON users (email)")
    else:
        op.create_index("ix_users_email", "users", ["email"])
```
A table that a function of another module creates is as new as one that the revision creates itself:

```python app/helpers.py
import sqlalchemy as sa
from alembic import op


def create_table(name, *columns):
    if sa.inspect(op.get_bind()).has_table(name):
        return
    op.create_table(name, *columns)
```
```python good
from app.helpers import create_table


def upgrade():
    create_table("entries", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("key", sa.Text()))
    op.create_index("ix_entries_key", "entries", ["key"])
```
```python bad
from app.helpers import create_table


def upgrade():
    op.create_index("ix_entries_key", "entries", ["key"])
    #| blocks writes to `entries`
    create_table("others", sa.Column("id", sa.Integer(), primary_key=True))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge import sqlalchemy_index_name
from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import is_partitioned, states
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, CreateIndex
from foreshot.rules.locking import _concurrently as concurrently
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _waiting as waiting
from foreshot.syntax.changes import Change, RemoveArgument

_TITLE = "Create the index concurrently, in an autocommit block"


class BlockingIndex(OperationRule[CreateIndex | AddColumn]):
    """``create_index`` without CONCURRENTLY on a table that existed before."""

    looks_at = (CreateIndex, AddColumn)
    severity = "warning"
    databases = ("postgresql", "mysql", "mariadb")
    safety = "unsafe"

    def check(self, operation: CreateIndex | AddColumn, context: Context) -> Iterator[Finding]:
        """Whether writers have to wait for the index."""
        table = operation.table_name
        if table is None:
            return
        if isinstance(operation, AddColumn):
            column = operation.column
            if column.index is not True:
                return
            asked = waiting.column_with(operation, index=True, unique=column.unique is True)
            at = column.keywords.get("index", operation.site.name)
            name, title = None, f"an index on {code(column.name)}"
        else:
            if (
                operation.concurrently is not False
                or _is_on_view(operation, context)
                or _is_concurrent_elsewhere(operation, context)
            ):
                return
            asked, at, name = operation, operation.site.name, operation.index.name
            title = f"the index {code(name)}" if isinstance(name, str) else "an index"
        found = waiting.waits(asked, context, self.databases)
        partitioned = bool(found) and is_partitioned(operation, context)
        # Which of them an unknown database is, nothing tells: MySQL is accused only where the project runs on it.
        for mysql in (False, True) if context.targets_known else (False,):
            those = [wait for wait in found if wait.target.is_mysql is mysql]
            if those:
                blocked = waiting.blocked_by_now(those, operation, context, (table,))
                advice = (
                    "Build it while nobody writes"
                    if mysql
                    else "Create it `ON ONLY` the table, concurrently on each partition, and attach those"
                    if partitioned
                    else "Create it concurrently, in an autocommit block"
                )
                yield self.finding(
                    at,
                    f"Creating {title} blocks {blocked} until it is built"
                    f"{waiting.where(those, context)}. {advice}.",
                    operation=operation,
                    object=name if isinstance(name, str) else None,
                    targets=waiting.targets(those),
                    cause=waiting.cause(operation, blocked, advice),
                )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """CONCURRENTLY in an autocommit block, and the same for dropping it in the other direction."""
        operation = finding.operation
        changes: list[Change] = []
        if "postgresql" not in finding.databases or operation is None:
            return
        if isinstance(operation, CreateIndex | AddColumn) and is_partitioned(operation, context):
            return
        if isinstance(operation, CreateIndex):
            changes = concurrently.in_both_directions(operation, context)
        elif isinstance(operation, AddColumn):
            changes = _taken_out(operation, context)
        if changes:
            yield Fix(_TITLE, "unsafe", tuple(changes))


def _is_on_view(operation: CreateIndex, context: Context) -> bool:
    """Whether it stands on a materialized view: nobody writes to one, and only a REFRESH waits."""
    return any(operation.table_name in state.schema.views for state in states(operation, context))


def _is_concurrent_elsewhere(operation: CreateIndex, context: Context) -> bool:
    """Whether another branch builds the same index concurrently: this one is for where nobody waits."""
    site = operation.site
    return site.conditional and any(
        isinstance(other, CreateIndex)
        and other.concurrently is True
        and other.index.name == operation.index.name
        and other.table_name == operation.table_name
        for other in context.operations(site.function)
    )


def _taken_out(operation: AddColumn, context: Context) -> list[Change]:
    """``index=True`` as an operation of its own, behind the column's."""
    call, name = operation.column.call, operation.column.name
    if not placing.is_plain(operation) or call is None or not isinstance(name, str):
        return []
    if not isinstance(operation.table, str) or not isinstance(operation.schema, str | None):
        return []
    index = sqlalchemy_index_name(operation.table, name)
    arguments = [
        writing.literal(index),
        writing.literal(operation.table),
        f"[{writing.literal(name)}]",
        *([f"schema={writing.literal(operation.schema)}"] if operation.schema else []),
        *(["unique=True"] if operation.column.unique is True else []),
    ]
    code_ = concurrently.built(context, arguments, index, operation.table, operation.schema or None)
    return [
        RemoveArgument(call.span, "index"),
        *([RemoveArgument(call.span, "unique")] if operation.column.unique is True else []),
        placing.after(operation, code_),
        *context.op_import,
    ]
