"""A constraint that is validated in the transaction that added it NOT VALID gains nothing.

`NOT VALID` adds a foreign key or a check in a millisecond, and `VALIDATE CONSTRAINT` reads the table under a lock that blocks nobody. But
the lock of `ADD CONSTRAINT` is held until the transaction ends. In one transaction it is still there while the rows are read:
a check blocks all reads and writes of the table, a foreign key all writes to both tables, as if it had been added in one
step. Measured on PostgreSQL 12 to 18.

Validate in `op.get_context().autocommit_block()`, which commits the constraint first, or in a later revision; if one upgrade runs both,
that takes `transaction_per_migration=True` in env.py.

It does not matter on a table that the revision created.

```python bad
def upgrade():
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user")
#                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ still blocks writes to `orders` and `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user")
```
```python first.py fixed
def upgrade():
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)
```
```python bad
def upgrade():
    op.execute(\"""
        ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;
        ALTER TABLE orders VALIDATE CONSTRAINT total_positive;
#                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ still blocks reads and writes of `orders`
    \""")
```
```python good
def upgrade():
    op.create_check_constraint("total_positive", "orders", "total > 0", postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT total_positive")
```
```python good
def upgrade():
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT total_positive")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge import effects_of
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix, Related
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, codes
from foreshot.migration.operations import AddConstraint, ValidateConstraint
from foreshot.rules.transaction import _commits as commits
from foreshot.schema.names import by_convention


class ValidateInSameTransaction(OperationRule[ValidateConstraint]):
    """NOT VALID and VALIDATE of one constraint in one transaction."""

    looks_at = (ValidateConstraint,)
    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def check(self, operation: ValidateConstraint, context: Context) -> Iterator[Finding]:
        """Whether the lock of the constraint's making is still held."""
        name = operation.name
        if operation.table_name is None or not isinstance(name, str) or context.is_new(operation):
            return
        added = _added(operation, context)
        if added is None or commits.is_autocommit(context):
            return
        if commits.is_committed_between(added, operation, context):
            return
        targets = context.targets(self.databases, operation)
        blocks = {effects_of(added, target).blocks for target in targets}
        tables = [operation.table_name]
        if isinstance(added.constraint.ref_table, str):
            tables = list(dict.fromkeys([*tables, added.constraint.ref_table]))
        blocked = "reads and writes of" if "reads and writes" in blocks else "writes to"
        yield self.finding(
            operation.site.name,
            f"Validating {code(name)} in the transaction that added it still blocks {blocked}"
            f" {codes(tables)}{context.where(targets)}. Use an autocommit block or a later revision.",
            operation=operation,
            object=name,
            targets=targets,
            related=[Related(f"{code(name)} is added here", added.site.name)],
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """An autocommit block around the validation."""
        operation = finding.operation
        changes = commits.in_autocommit(operation, context) if operation is not None else []
        if changes:
            yield Fix("Validate it in an autocommit block", "unsafe", tuple(changes))


def _added(operation: ValidateConstraint, context: Context) -> AddConstraint | None:
    """The operation that added the constraint NOT VALID, earlier in the same direction."""
    for other in context.before(operation):
        if (
            isinstance(other, AddConstraint)
            and other.constraint.not_valid
            and other.table_name == operation.table_name
            and operation.name in _names(other, context)
        ):
            return other
    return None


def _names(added: AddConstraint, context: Context) -> Iterator[object]:
    """The name as it is written, and as the naming convention makes it."""
    constraint = added.constraint
    yield constraint.name
    if constraint.final or added.site.sql is not None:
        return
    name = constraint.name if isinstance(constraint.name, str) else ""
    columns = [column for column in constraint.columns if isinstance(column, str)]
    referred = [column for column in constraint.ref_columns if isinstance(column, str)]
    ref_table = constraint.ref_table if isinstance(constraint.ref_table, str) else ""
    kind = {"check": "ck", "foreign key": "fk"}.get(constraint.kind, "")
    for target in context.targets(("postgresql",), added):
        story = context.story(target)
        if story is not None:
            table = added.table_name or ""
            yield by_convention(story.target, kind, table, columns, ref_table, referred, name)
