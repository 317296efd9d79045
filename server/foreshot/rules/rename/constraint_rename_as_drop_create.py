"""An index or a constraint is dropped and made again with another name only.

That builds what is there already. On PostgreSQL an index is sorted and written anew, and a foreign key is checked row by
row, while the reads and writes of the table wait: the drop before it locks it against both until the transaction ends. MySQL and MariaDB commit at each statement, so that nothing
enforces it in between. A rename takes milliseconds and changes nothing else.

Autogenerate writes it so when a naming convention is introduced or changed, and when a table or a column is renamed. What
the dropped one was is read in `downgrade()`.

PostgreSQL renames indexes and constraints, MySQL and MariaDB indexes and unique constraints (which are indexes there). SQLite
can rename neither; in a project that runs on several databases the statement has to be guarded, so no repair is
offered there.

```python bad
def upgrade():
    op.drop_index("users_email_idx", table_name="users")
    op.create_index("ix_users_email", "users", ["email"], unique=False)
#   ^^^^^^^^^^^^^^^ Rebuilds the index `users_email_idx` of `users` only to rename it: the whole table is read, and reads and writes wait


def downgrade():
    op.drop_index("ix_users_email", table_name="users")
    op.create_index("users_email_idx", "users", ["email"], unique=False)
```
```python fixed
def upgrade():
    op.execute("ALTER INDEX users_email_idx RENAME TO ix_users_email")


def downgrade():
    op.execute("ALTER INDEX ix_users_email RENAME TO users_email_idx")
```
```python bad
def upgrade():
    op.drop_constraint("orders_user_id_fkey", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ the foreign key `orders_user_id_fkey`


def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("orders_user_id_fkey", "orders", "users", ["user_id"], ["id"])
```
```python fixed
def upgrade():
    op.execute("ALTER TABLE orders RENAME CONSTRAINT orders_user_id_fkey TO fk_orders_user_id")


def downgrade():
    op.execute("ALTER TABLE orders RENAME CONSTRAINT fk_orders_user_id TO orders_user_id_fkey")
```

A lock that the drop took in a transaction of its own is gone by then:

```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("users_email_idx", table_name="users", postgresql_concurrently=True)
    op.create_index("ix_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^ the whole table is read, and writes wait


def downgrade():
    op.drop_index("ix_users_email", table_name="users")
    op.create_index("users_email_idx", "users", ["email"])
```
```python bad dialect=mysql
def upgrade():
    op.drop_constraint("email", "users", type_="unique")
    op.create_unique_constraint("uq_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ the unique constraint `email`


def downgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
    op.create_unique_constraint("email", "users", ["email"])
```
```python fixed
def upgrade():
    op.execute("ALTER TABLE users RENAME INDEX email TO uq_users_email")


def downgrade():
    op.execute("ALTER TABLE users RENAME INDEX uq_users_email TO email")
```
```python good
def upgrade():
    op.drop_index("ix_users_email", table_name="users")
    op.create_index("ix_users_email_name", "users", ["email", "name"])


def downgrade():
    op.drop_index("ix_users_email_name", table_name="users")
    op.create_index("ix_users_email", "users", ["email"])
```
```python good
def upgrade():
    op.drop_constraint("orders_user_id_fkey", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")


def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("orders_user_id_fkey", "orders", "users", ["user_id"], ["id"])
```
```python good dialect=mysql
def upgrade():
    op.drop_constraint("orders_ibfk_1", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])


def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("orders_ibfk_1", "orders", "users", ["user_id"], ["id"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge.databases import Target
from foreshot.knowledge.effects import effects_of
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.migration.operations import AlterColumn, RenameTable, TableOperation, TransactionControl
from foreshot.rules.rename import _carried as carrying


class ConstraintRenameAsDropCreate(RevisionRule):
    """An index or a constraint that gets another name by being made again."""

    severity = "warning"
    databases = ("postgresql", "mysql", "mariadb")
    safety = "unsafe"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each one that could be renamed in place."""
        for item in _renamed(context):
            targets = [
                target
                for target in context.targets(self.databases, item.made)
                if target.database == "postgresql" or item.kind in ("index", "unique")
            ]
            if not targets or context.is_new(item.made):
                continue
            what = {"index": "index", "unique": "unique constraint"}.get(item.kind, item.kind)
            yield self.finding(
                item.made.site.name,
                f"Rebuilds the {what} {code(item.old_name)} of {code(item.made.table_name)} only to rename it:"
                f" {_cost(item, targets, context)}. Rename it in place.",
                operation=item.made,
                object=item.new_name,
                targets=targets,
                state=item,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The statement that renames it, in both functions."""
        item = finding.state
        if isinstance(item, carrying.Carried):
            changes = carrying.changes_for(item, context)
            if changes:
                yield Fix(
                    f"Rename it to {code(item.new_name)} in place, and back in `downgrade()`",
                    "unsafe",
                    tuple(changes),
                )


def _cost(item: carrying.Carried, targets: list[Target], context: Context) -> str:
    """What the creation does, by database, under the locks that the drop has left."""
    waiting: dict[str, list[Target]] = {}
    for target in targets:
        blocked = effects_of(item.made, target).blocks
        if target.database == "postgresql" and _holds(item, target, context):
            blocked = "reads and writes"
        waiting.setdefault(blocked, []).append(target)
    said = [
        f"{blocked} wait{context.where(found)}" for blocked, found in waiting.items() if blocked != "nothing"
    ]
    return (
        f"the whole table is read, and {' and '.join(said)}"
        if said
        else f"the whole table is read{context.where(targets)}"
    )


def _holds(item: carrying.Carried, target: Target, context: Context) -> bool:
    """Whether the drop's lock keeps readers out when the new one is made: in one transaction, after the drop."""
    dropped, made = item.dropped.site, item.made.site
    return (
        dropped.order < made.order
        and dropped.runs_if(made)
        and effects_of(item.dropped, target).blocks == "reads and writes"
        and not any(
            other.site.autocommit or isinstance(other, TransactionControl)
            for other in context.upgrade
            if dropped.order <= other.site.order <= made.order
        )
    )


def _renamed(context: Context) -> Iterator[carrying.Carried]:
    """Those that get another name in ``upgrade()``."""
    tables: dict[str, str] = {}
    columns: dict[str, str] = {}
    for operation in context.upgrade:
        if isinstance(operation, TableOperation) and operation.table_name is not None:
            tables.setdefault(operation.table_name, operation.table_name)
        if isinstance(operation, RenameTable) and isinstance(operation.new_name, str):
            prefix = f"{operation.schema}." if isinstance(operation.schema, str) else ""
            tables[operation.table_name or ""] = prefix + operation.new_name
        elif isinstance(operation, AlterColumn) and isinstance(operation.new_name, str):
            columns[str(operation.column)] = operation.new_name
    for item in carrying.carried(context, tables, columns):
        if item.new_name is not None and item.new_name != item.old_name:
            yield item
