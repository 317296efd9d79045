"""Adding a check blocks all reads and writes of the table until every row has been checked.

`ADD CONSTRAINT … CHECK` takes an ACCESS EXCLUSIVE lock on PostgreSQL, the strongest: SELECT waits too, while every row of
the table is read, and until the revision's transaction ends. On 2 million rows that took half a second on a small
machine.

Add the check `NOT VALID`: that takes the same lock for a millisecond and holds for new rows at once. Then `VALIDATE` it in
a transaction of its own, which blocks nobody (SHARE UPDATE EXCLUSIVE). In one transaction with the first step nothing is
gained. The autocommit block below ends the transaction before it; a later revision does as well. If a row breaks the check, the
check stays unvalidated until the row is mended and the upgrade runs again: so it first drops what an earlier try has left.

It does not matter on a table that the same revision created. MySQL and MariaDB copy the whole table for a check.

```python bad
def upgrade():
    op.create_check_constraint("ck_orders_total", "orders", "total >= 0")
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `orders`
```
```python fixed
def upgrade():
    op.execute("ALTER TABLE orders DROP CONSTRAINT IF EXISTS ck_orders_total")
    op.create_check_constraint("ck_orders_total", "orders", "total >= 0", postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_total")
```
```python bad
def upgrade():
    with op.batch_alter_table("Order", schema="sales") as batch_op:
        batch_op.create_check_constraint(batch_op.f("ck_Order_total"), sa.column("total") >= 0)
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `sales.Order`
```
```python fixed
def upgrade():
    op.execute('ALTER TABLE sales."Order" DROP CONSTRAINT IF EXISTS "ck_Order_total"')
    with op.batch_alter_table("Order", schema="sales") as batch_op:
        batch_op.create_check_constraint(batch_op.f("ck_Order_total"), sa.column("total") >= 0, postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute('ALTER TABLE sales."Order" VALIDATE CONSTRAINT "ck_Order_total"')
```
```python bad
def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT ck_orders_total CHECK (total >= 0);")
#                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `orders`
```
```python fixed
def upgrade():
    op.execute("ALTER TABLE orders DROP CONSTRAINT IF EXISTS ck_orders_total")
    op.execute("ALTER TABLE orders ADD CONSTRAINT ck_orders_total CHECK (total >= 0) NOT VALID;")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_total")
```
```python good
def upgrade():
    op.create_table("orders", sa.Column("total", sa.Integer()))
    op.create_check_constraint("ck_orders_total", "orders", "total >= 0")
```
```python good
def upgrade():
    op.create_check_constraint("ck_orders_total", "orders", "total >= 0", postgresql_not_valid=True)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddConstraint
from foreshot.rules.locking import _validating as validating
from foreshot.rules.locking import _waiting as waiting


class BlockingCheck(OperationRule[AddConstraint]):
    """A check constraint that is validated under lock."""

    looks_at = (AddConstraint,)
    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def check(self, operation: AddConstraint, context: Context) -> Iterator[Finding]:
        """Whether everybody waits for the rows to be checked."""
        table, name = operation.table_name, operation.constraint.name
        if operation.constraint.kind != "check" or table is None:
            return
        found = waiting.waits(operation, context, self.databases)
        if found:
            title = f"the check {code(name)}" if isinstance(name, str) else "a check"
            yield self.finding(
                operation.site.name,
                f"Adding {title} blocks {waiting.blocked(found, table)} while every row is read"
                f"{waiting.where(found, context)}. Add it NOT VALID, then validate it separately.",
                operation=operation,
                object=name if isinstance(name, str) else None,
                targets=waiting.targets(found),
                cause=waiting.cause(operation),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """NOT VALID, and VALIDATE in an autocommit block."""
        if isinstance(finding.operation, AddConstraint):
            changes = validating.validated_later(finding.operation, context)
            if changes:
                yield Fix(
                    "Add the check NOT VALID, then validate it",
                    "unsafe",
                    tuple(changes),
                )
