"""A revision waits for its lock without end, and the application waits behind it.

A lock that blocks others has to wait itself until every transaction that uses the table is over. While it waits, each new
query that it would block queues behind it: one forgotten transaction or one long report is enough to stop the
application, however short the change itself is. PostgreSQL's `lock_timeout` is off unless it is set; MySQL's
`lock_wait_timeout` is a year by default, MariaDB's a day.

Set a timeout of a few seconds. Then the revision gives up with an error, the queue drains, and it can be tried again:
on PostgreSQL nothing has happened. `SET LOCAL` holds until the transaction ends, so an autocommit block ends it too.
A timeout for all migrations stands best in env.py or in the URL.

On MySQL and MariaDB every ALTER wants the table's metadata lock for a moment, however it works otherwise: an INSTANT one
waits for open transactions too, and reads and writes wait behind it.

One finding a direction, at the first lock that blocks others on a table that existed before: dropping a table locks
those that its foreign keys refer to as well. It is silent where `lock_timeout` or `statement_timeout` is set before it, in
the revision, in env.py or in the URL, and behind what always fails: once that is mended, it is what waits first.

```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
#   ^^^^^^^^^^^^^ every read and write of `users` waits behind it


def downgrade():
    op.drop_column("users", "plan")
#   ^^^^^^^^^^^^^^ every read and write of `users` waits behind it
```
```python fixed
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))


def downgrade():
    op.drop_column("users", "plan")
```
```python env.py
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config


def run_migrations_online():
    connectable = engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
```
```python bad
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("plan", sa.String(20), nullable=True))
#       ^^^^^^^^^^^^^^^^^^^ every read and write of `users` waits behind it
```
```python env.py fixed fix=2
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config


def run_migrations_online():
    connectable = engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool, connect_args={"options": "-c lock_timeout=5s"})
    with connectable.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
```
```python bad
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.rename_table("users", "people")
#   ^^^^^^^^^^^^^^^ every read and write of `users` waits behind it
```
```python fixed
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.rename_table("users", "people")
```
```python bad dialect=postgresql,sqlite
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
#   ^^^^^^^^^^^^^ every read and write of `users` waits behind it
```
```python fixed
def upgrade():
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
```
```python bad dialect=mysql
def upgrade():
    op.alter_column("orders", "total", existing_type=sa.Integer(), type_=sa.BigInteger())
#   ^^^^^^^^^^^^^^^ every read and write of `orders` waits behind it
```
```python fixed
def upgrade():
    op.execute("SET SESSION lock_wait_timeout = 5")
    op.alter_column("orders", "total", existing_type=sa.Integer(), type_=sa.BigInteger())
```
```python bad dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
#   ^^^^^^^^^^^^^ every read and write of `users` waits behind it
```
```python bad dialect=postgresql,mysql
def upgrade():
    op.create_index("ix_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^ every write to `users` waits behind it (PostgreSQL and MySQL), and every read too (MySQL)
```

A table that is made with a foreign key locks the one that the key refers to. That is no finding by itself, but a timeout
that is set for the rest is set before it:

```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.create_table("plans", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
#   ^^^^^^^^^^^^^ every read and write of `users` waits behind it
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table("plans", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
```
```python bad
def upgrade():
    op.create_table("plans", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))
    op.drop_column("users", "bio")
#   ^^^^^^^^^^^^^^ every read and write of `users` waits behind it


def downgrade():
    op.drop_table("plans")
#   ^^^^^^^^^^^^^ every read and write of `users` waits behind it
    op.add_column("users", sa.Column("bio", sa.Text()))
```
```python bad
def upgrade():
    op.drop_index("ix_users_bio")
#   ^^^^^^^^^^^^^ every read and write of `users` waits behind it
    op.add_column("orders", sa.Column("note", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("orders", "note")
#   ^^^^^^^^^^^^^^ every read and write of `orders` waits behind it
    op.create_index("ix_users_bio", "users", ["bio"])
```
```python bad
def upgrade():
    op.drop_index("ix_users_bio")
#   ^^^^^^^^^^^^^ every read and write of the index's table waits behind it
    op.add_column("orders", sa.Column("note", sa.Text(), nullable=True))
```
```python bad
def upgrade():
    op.add_column("orders", sa.Column("payer_id", sa.Integer()))
#   ^^^^^^^^^^^^^ every read and write of `orders` waits behind it
    op.create_foreign_key(None, "orders", "users", ["payer_id"], ["id"])


def downgrade():
    # This fails without the name, and takes the lock before the next line with it.
    op.drop_constraint(None, "orders", type_="foreignkey")
    op.drop_column("orders", "payer_id")
```
```python good
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
```
```python good
def upgrade():
    op.create_table("plans", sa.Column("name", sa.String(20)))
    op.add_column("plans", sa.Column("price", sa.Integer()))


def downgrade():
    op.drop_table("plans")
```
```python good dialect=sqlite
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from msgspec.structs import replace

from foreshot.knowledge import Facts, Lock, effects_of
from foreshot.lint.context import Context
from foreshot.lint.finding import FileChanges, Finding, Fix
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code, listed
from foreshot.migration.operations import (
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    SetOption,
    TableOperation,
    TransactionControl,
)
from foreshot.rules.locking import _indexes as indexes
from foreshot.rules.locking import _timeouts as timeouts
from foreshot.rules.locking import _waiting as waiting
from foreshot.syntax.changes import SetArgument


class MissingLockTimeout(RevisionRule):
    """A lock that blocks others, on a table that existed before, with no limit to the waiting for it."""

    severity = "information"
    databases = ("postgresql", "mysql", "mariadb")
    safety = "unsafe"

    def check(self, context: Context) -> Iterator[Finding]:
        """Whether anything limits how long each direction waits."""
        if context.surroundings.lock_timeout or timeouts.is_set_unseen(context):
            return
        databases = {target.database for target in context.targets(self.databases)}
        for operations in (context.upgrade, context.downgrade):
            limits: dict[str, timeouts.Limit] = {}
            drops: list[DropTable] = []
            reported: Finding | None = None
            unlimited: dict[str, None] = {}
            for operation in operations:
                timeouts.follow(operation, limits)
                if isinstance(operation, TransactionControl | SetOption) or operation.site.autocommit:
                    drops.clear()
                elif isinstance(operation, DropTable):
                    drops.append(operation)
                if not isinstance(operation, TableOperation) or isinstance(operation, CreateTable):
                    continue
                if _ends(operation, context):
                    break
                found = [
                    wait
                    for wait in _locks(operation, context)
                    if not timeouts.is_limited(limits.get(wait.target.database))
                ]
                unlimited |= dict.fromkeys(wait.target.database for wait in found)
                if found and reported is None:
                    table = _table_of(operation, context)
                    first, found = _first(operation, found, drops, context)
                    reported = self._found(first, found, table)
                if len(unlimited) == len(databases):
                    break
            if reported is not None:
                # The repair is for what waits further down on other databases too.
                yield replace(reported, state=tuple(unlimited))

    def _found(self, operation: TableOperation, found: list[waiting.Wait], table: str | None) -> Finding:
        options = dict.fromkeys(
            "lock_timeout" if wait.target.database == "postgresql" else "lock_wait_timeout" for wait in found
        )
        # Only PostgreSQL drops an index without its table's name.
        who = waiting.queued_behind(found, code(table) if table else "the index's table")
        return self.finding(
            operation.site.name,
            f"Nothing limits how long this waits for its lock, and while it does, {who}."
            f" Set {listed([f'`{option}`' for option in options])}, so that it gives up and can be tried again.",
            operation=operation,
            targets=waiting.targets(found),
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A timeout for this function's transaction, or for all migrations."""
        operation = finding.operation
        if operation is None:
            return
        change = timeouts.in_revision(operation, cast("tuple[str, ...]", finding.state), context)
        if change is not None:
            yield Fix("Set a lock timeout of five seconds first", "unsafe", (change, *context.op_import))
        env = context.surroundings.environment.env_py
        call = timeouts.engine_of(context)
        if env is not None and call is not None:
            options = SetArgument(call, "connect_args", '{"options": "-c lock_timeout=5s"}')
            title = "Set a lock timeout of five seconds for all migrations, in env.py"
            yield Fix(title, "unsafe", (), (FileChanges(env, (options,)),))


def _table_of(operation: TableOperation, context: Context) -> str | None:
    return indexes.table_of(operation, context) if isinstance(operation, DropIndex) else operation.table_name


def _locks(operation: TableOperation, context: Context) -> list[waiting.Wait]:
    """The databases on which the operation blocks others on a table that somebody may be using."""
    table = _table_of(operation, context)
    if table is None:
        if not isinstance(operation, DropIndex) or _makes_a_table(context):
            return []
    elif context.schema.is_new(table, operation) or (
        operation.site.function == "downgrade" and _is_undone(table, context)
    ):
        return []
    return [
        wait
        for wait in map(_queued, waiting.effects(operation, context, MissingLockTimeout.databases))
        if any(lock.of in ("table", "view") and lock.blocks != "nothing" for lock in wait.effect.locks)
    ]


def _queued(wait: waiting.Wait) -> waiting.Wait:
    """With the metadata lock of MySQL and MariaDB among the locks: whatever it blocks later, for this one it waits."""
    if not wait.effect.metadata_lock:
        return wait
    lock = Lock(None, "metadata lock", "reads and writes")
    return replace(wait, effect=replace(wait.effect, locks=(*wait.effect.locks, lock)))


def _ends(operation: TableOperation, context: Context) -> bool:
    """Whether nothing behind it is come to on any database: another rule says that it fails."""
    targets = context.targets(MissingLockTimeout.databases)
    known = Facts(in_transaction=False)  # whether env.py makes a transaction is not asked here
    return (
        not operation.site.conditional
        and all(effects_of(operation, target, facts=known).always_fails for target in targets)
        and not context.is_forgiven(operation)
    )


def _first(
    operation: TableOperation, found: list[waiting.Wait], drops: list[DropTable], context: Context
) -> tuple[TableOperation, list[waiting.Wait]]:
    """What takes the lock first: a table's drop before the operation, where its foreign key refers to the same table."""
    table = operation.table_name
    for drop in drops:
        made = _made(drop.table_name, context) if drop is not operation else None
        if made is None or table is None or not drop.site.runs_if(operation.site):
            continue
        refers = any(
            lock.of == "parent" and lock.table == table
            for wait in waiting.effects(made, context, MissingLockTimeout.databases)
            for lock in wait.effect.locks
        )
        databases = tuple(wait.target.database for wait in found)
        earlier = [
            wait
            for wait in (waiting.effects(drop, context, databases, Facts(parents=(table,))) if refers else [])
            if any(lock.of == "parent" for lock in wait.effect.locks)
        ]
        if earlier:
            return drop, earlier
    return operation, found


def _makes_a_table(context: Context) -> bool:
    """Whether an index of an unknown table may be on one that this revision makes."""
    creations = context.once_each_way(_creations, "upgrade"), context.once_each_way(_creations, "downgrade")
    return any(creations)


def _is_undone(table: str, context: Context) -> bool:
    """Whether ``upgrade()`` made the table that ``downgrade()`` is about."""
    return _made(table, context) is not None


def _made(table: str | None, context: Context) -> CreateTable | None:
    """What made the table in ``upgrade()``."""
    return context.once_each_way(_creations, "upgrade").get(table) if table is not None else None


def _creations(operations: tuple[Operation, ...]) -> Mapping[str | None, CreateTable]:
    """The first creation of each table."""
    return {other.table_name: other for other in reversed(operations) if isinstance(other, CreateTable)}
