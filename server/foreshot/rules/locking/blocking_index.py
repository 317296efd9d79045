"""Creating an index blocks every write to the table until the index is built.

`CREATE INDEX` takes a SHARE lock on PostgreSQL: reads go on, but every INSERT, UPDATE and DELETE on the table waits
until the whole table has been read and sorted. On 2 million rows that took about a second on a small machine; on a
large table it takes minutes, and the queue behind it takes the application down.

Create the index `CONCURRENTLY`, which blocks neither reads nor writes. It cannot run inside a transaction, so it stands
in an autocommit block; there a failure leaves an `INVALID` index behind, which has to be dropped before the next try
(with `if_not_exists=True` a second run would take the invalid index for a good one).

It does not matter on a table that the same revision created, which nobody uses yet. MySQL and MariaDB build indexes
online (`LOCK=NONE`), and SQLite has one writer anyway.

```python bad
def upgrade():
    op.create_index("ix_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^ blocks every write to `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True, if_not_exists=True)
```
```python bad
def upgrade():
    op.execute("CREATE INDEX ix_users_email ON users (email)")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks every write to `users`
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
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, on
from foreshot.migration.operations import CreateIndex, DropIndex, Operation
from foreshot.syntax.changes import Change, SetArgument, WrapStatements


class BlockingIndex(OperationRule[CreateIndex]):
    """``create_index`` without CONCURRENTLY on a table that existed before."""

    looks_at = (CreateIndex,)
    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def check(self, operation: CreateIndex, context: Context) -> Iterator[Finding]:
        """Whether writers have to wait for the index."""
        if operation.concurrently is not False or operation.table_name is None or context.is_new(operation):
            return
        targets = context.targets(self.databases, operation)
        yield self.finding(
            operation.site.name,
            f"Creating the index {code(operation.index.name)} blocks every write to {code(operation.table_name)} until"
            f" it is built ({on(targets)}). Create it concurrently, in an autocommit block.",
            operation=operation,
            object=operation.index.name if isinstance(operation.index.name, str) else None,
            targets=targets,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """CONCURRENTLY in an autocommit block, and the same for dropping it in the other direction."""
        operation = finding.operation
        if (
            not isinstance(operation, CreateIndex)
            or operation.site.repeated
            or operation.site.sql
            or operation.site.batch
        ):
            return
        changes = list(_concurrently(operation, "if_not_exists", context))
        for other in context.revision.operations:
            if (
                isinstance(other, DropIndex)
                and other.site.function != operation.site.function
                and other.name == operation.index.name
                and not (other.site.repeated or other.site.sql or other.site.batch or other.concurrently)
            ):
                changes.extend(_concurrently(other, "if_exists", context))
        yield Fix("Create the index concurrently, in an autocommit block", "unsafe", tuple(changes))


def _concurrently(operation: Operation, guard: str, context: Context) -> Iterator[Change]:
    site = operation.site
    yield SetArgument(site.call, "postgresql_concurrently", "True")
    yield SetArgument(site.call, guard, "True")
    if not site.autocommit:
        yield WrapStatements(
            site.statement, site.statement, f"with {context.op}.get_context().autocommit_block():"
        )
