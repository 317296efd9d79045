"""Adding a foreign key blocks writes to both of its tables until every row has been checked.

`ADD FOREIGN KEY` takes SHARE ROW EXCLUSIVE locks on PostgreSQL, on the table that refers and on the one that is
referred to. Reads go on; INSERT, UPDATE and DELETE on either table wait while every row of the referring table is looked
up in the other, and until the revision's transaction ends. On 2 million rows that took about a second on a small
machine. A key over a column that was added a moment ago, and that has no values yet, takes as long: the whole
table is read all the same. (With an index on it, made just before, that is up to the planner: the message then speaks of
the locks alone.) `sa.ForeignKey` on a column in `add_column` emits the same statement.

Add the key `NOT VALID`: that takes the same locks for milliseconds and holds for new rows at once. Then `VALIDATE` it in
a transaction of its own, which blocks nobody (SHARE UPDATE EXCLUSIVE on the one table, ROW SHARE on the other).
In one transaction with the first step nothing is gained. And if a row breaks the key, the upgrade has to run again without
adding the key a second time: so the second step is a revision of its own, and the first goes to a new one before it.

For a new column there is a shorter way from Alembic 1.18.2 on: with `inline_references=True` PostgreSQL does not
read the table for a column without a default. MySQL 8 makes no key at all from that.

It does not matter on a table that the same revision created. A key inside `create_table` is no finding: there are no
rows to check, though the referred table's writes wait until the transaction ends.

```python bad
def upgrade():
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ blocks writes to `orders` and `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user_id")
```
```python first.py fixed
def upgrade():
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)
```

`VALIDATE` needs a name: an unnamed key gets the one that PostgreSQL would give it.

```python bad
def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.add_column(sa.Column("payer_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(None, "users", ["payer_id"], ["id"])
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `orders` and writes to `users` while `orders` is read, though `payer_id` is empty
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_payer_id_fkey")
```
```python bad
def upgrade():
    op.add_column("orders", sa.Column("payer_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=True))
#                                                               ^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `orders` and writes to `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_payer_id_fkey")
```
```python fixed fix=2
def upgrade():
    op.add_column("orders", sa.Column("payer_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=True), inline_references=True)
```

A project that runs on other databases too validates on PostgreSQL only:

```python bad dialect=postgresql,sqlite
def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.create_foreign_key("fk_orders_user_id", "users", ["user_id"], ["id"])
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks writes to `orders` and `users`
```
```python fixed
def upgrade():
    if op.get_context().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user_id")
```
```python first.py fixed
def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.create_foreign_key("fk_orders_user_id", "users", ["user_id"], ["id"], postgresql_not_valid=True)
```
```python bad
def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT fk_orders_user_id FOREIGN KEY (user_id) REFERENCES users (id)")
#                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks writes to `orders` and `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user_id")
```
```python bad
def upgrade():
    if sa.inspect(op.get_bind()).has_table("payers"):
        return
    op.alter_column("users", "id", existing_type=sa.Integer(), type_=sa.BigInteger())
    op.add_column("orders", sa.Column("payer_id", sa.BigInteger()))
    op.create_foreign_key("fk_orders_payer_id", "orders", "users", ["payer_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `orders` and `users`
```
```python bad
def upgrade():
    if sa.inspect(op.get_bind()).has_table("payers"):
        op.alter_column("users", "id", existing_type=sa.Integer(), type_=sa.BigInteger())
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ blocks writes to `orders` and `users`
```
```python bad
def upgrade():
    op.add_column("orders", sa.Column("payer_id", sa.Integer(), nullable=True))
    op.create_index("ix_orders_payer_id", "orders", ["payer_id"])
    op.create_foreign_key("fk_orders_payer_id", "orders", "users", ["payer_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `orders` and writes to `users` while it is checked.
```

A key that was dropped earlier in the transaction leaves its locks behind, and they are stronger, on both tables:

```python bad
def upgrade():
    op.drop_constraint("fk_user", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")
#   ^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `orders` and `users` while `orders` is read


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_user", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)
```
```python bad locks=downgrade
def upgrade():
    op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")
#   ^^^^^^^^^^^^^^^^^^^^^ blocks writes to `orders` and `users`


def downgrade():
    # As soon as it has its name.
    op.drop_constraint(None, "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `orders` and `users` while `orders` is read
```

There is nothing to read once every row has been deleted, or the table truncated:

```python good
def upgrade():
    op.execute("DELETE FROM orders")
    op.add_column("orders", sa.Column("payer_id", sa.Integer(), nullable=True))
    op.create_foreign_key("fk_orders_payer_id", "orders", "users", ["payer_id"], ["id"])
```
```python bad
def upgrade():
    op.execute("DELETE FROM orders")
    op.execute("INSERT INTO orders (id, total) SELECT id, 0 FROM users")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ blocks writes to `orders` and `users`
```
```python good dialect=postgresql
def upgrade():
    # This passes without rows only, and not-null-without-default says so.
    op.add_column("users", sa.Column("team", sa.Integer(), nullable=False))
    op.create_foreign_key("fk_users_team", "users", "teams", ["team"], ["id"])
```
```python good
def upgrade():
    op.create_table("orders", sa.Column("user_id", sa.Integer()))
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
```
```python good
def upgrade():
    op.create_table("orders", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))
```
```python good
def upgrade():
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)
```
```python good dialect=sqlite
def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.create_foreign_key("fk_orders_user_id", "users", ["user_id"], ["id"])
```

Before PostgreSQL 18, a table with partitions takes no key NOT VALID. Add the same key to each partition, NOT VALID, and validate it;
the key of the whole table then takes those over, and reads no row:

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("CREATE TABLE visits (user_id integer, at date) PARTITION BY RANGE (at)")
```
```python bad
def upgrade():
    op.create_foreign_key("fk_visits_user_id", "visits", "users", ["user_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ while `visits` is read. Add it to each partition first.
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from foreshot.knowledge import Target
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import is_partitioned
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, AddConstraint, ForeignKeyRef
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _validating as validating
from foreshot.rules.locking import _waiting as waiting
from foreshot.syntax.changes import SetArgument

_ADVICE = "Add it NOT VALID; validate later."


class BlockingForeignKey(OperationRule[AddConstraint | AddColumn]):
    """A foreign key that is validated while both tables are locked."""

    looks_at = (AddConstraint, AddColumn)
    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def check(self, operation: AddConstraint | AddColumn, context: Context) -> Iterator[Finding]:
        """Whether writers of either table have to wait for the rows to be checked."""
        if isinstance(operation, AddColumn):
            for key in operation.column.foreign_keys:
                asked = waiting.column_with(operation, foreign_keys=(key,))
                column, spec = operation.column.name, operation.column
                empty = spec.server_default is None and spec.computed is None and spec.identity is None
                empty = empty and spec.is_nullable is not False
                yield from self._found(operation, asked, context, key=key, column=column, empty=empty)
        elif operation.constraint.kind == "foreign key" and operation.table_name is not None:
            columns = operation.constraint.columns
            column = columns[0] if columns else None
            empty = any(
                waiting.is_unfilled(operation.table_name, name, operation, context) for name in columns
            )
            indexed = empty and any(
                waiting.is_indexed(operation.table_name, name, operation, context) for name in columns
            )
            yield from self._found(operation, operation, context, column=column, empty=empty, indexed=indexed)

    def _found(
        self,
        operation: AddConstraint | AddColumn,
        asked: AddConstraint | AddColumn,
        context: Context,
        *,
        column: object,
        empty: bool,
        indexed: bool = False,
        key: ForeignKeyRef | None = None,
    ) -> Iterator[Finding]:
        table = operation.table_name
        found = waiting.waits(asked, context, self.databases)
        if table is None or not found:
            return
        name = (
            key.name if key else operation.constraint.name if isinstance(operation, AddConstraint) else None
        )
        title = f"Adding {code(name)}" if isinstance(name, str) else "This foreign key"
        still = f", though {code(column)} is empty" if empty and isinstance(column, str) else ""
        meanwhile = "it is checked" if indexed else f"{code(table)} is read{still}"
        advice = "Add it NOT VALID." if still and not indexed else _ADVICE
        if _needs_its_partitions(operation, context, waiting.targets(found)):
            advice = "Add it to each partition first."
        yield self.finding(
            key.span if key else operation.site.name,
            f"{title} blocks {_both(found, table, operation, context)}{waiting.where(found, context)}"
            f" while {meanwhile}. {advice}",
            operation=operation,
            object=name if isinstance(name, str) else column if isinstance(column, str) else None,
            targets=waiting.targets(found),
            state=key,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """NOT VALID, and VALIDATE in an autocommit block; for a new column also the key inline."""
        operation, key = finding.operation, finding.state
        changes = []
        if isinstance(operation, AddConstraint | AddColumn) and _needs_its_partitions(
            operation, context, context.targets(self.databases, operation)
        ):
            return
        if isinstance(operation, AddConstraint):
            changes = validating.validated_later(operation, context)
        elif isinstance(operation, AddColumn) and isinstance(key, ForeignKeyRef):
            changes = validating.key_validated_later(operation, key, context)
        if changes:
            yield Fix("Add the foreign key NOT VALID, then validate it", "unsafe", tuple(changes))
        if isinstance(operation, AddColumn) and _can_be_inline(operation, context):
            yield Fix(
                "Declare the foreign key with the column, inline (Alembic 1.18.2 or newer)",
                "unsafe",
                (SetArgument(operation.site.call, "inline_references", "True"),),
            )


def _needs_its_partitions(
    operation: AddConstraint | AddColumn, context: Context, targets: Sequence[Target]
) -> bool:
    """Whether the table has partitions, and some database refuses NOT VALID there: PostgreSQL takes it from 18 on."""
    versions = [target.version for target in targets]
    newer = all(version is not None and version.at_least(18) for version in versions)
    return not newer and is_partitioned(operation, context)


def _both(
    found: list[waiting.Wait], table: str, operation: AddConstraint | AddColumn, context: Context
) -> str:
    """What waits: on the referring table, and on the one that is referred to, unless nobody uses that yet."""
    parents = [
        lock.table for wait in found for lock in wait.effect.locks if lock.of == "parent" and lock.table
    ]
    used = [parent for parent in dict.fromkeys(parents) if not context.schema.is_new(parent, operation)]
    return waiting.blocked_by_now(found, operation, context, (table, *used))


def _can_be_inline(operation: AddColumn, context: Context) -> bool:
    column, targets = operation.column, context.targets((), operation)
    return (
        placing.is_plain(operation)
        and context.targets_known
        and all(target.database == "postgresql" for target in targets)
        and len(column.foreign_keys) == 1
        and column.server_default is None
        and column.computed is None
        and column.identity is None
    )
