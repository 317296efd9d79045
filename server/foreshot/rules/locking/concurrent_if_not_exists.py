"""`CREATE INDEX CONCURRENTLY IF NOT EXISTS` takes an index for good that a failed build has left behind.

A concurrent build that fails, on a duplicate, a deadlock, a timeout or because somebody ended it, leaves an index that is marked INVALID:
no query uses it, and every write keeps it up to date. Run again, `IF NOT EXISTS` sees the name, does nothing and succeeds. The
revision counts as applied, and the index is never there.

Drop what may be left of the index first, concurrently too, and build it without `IF NOT EXISTS`. Where nothing is left, the drop
does nothing. It does not matter where the revision looks at `pg_index.indisvalid` itself.

```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True, if_not_exists=True)
#                                                                                           ^^^^^^^^^^^^^^^^^^ leaves an INVALID index


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
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
```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_users_email ON users (email)")
#                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ leaves an INVALID index
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_users_email")
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True, if_not_exists=True)
```
```python good
def upgrade():
    invalid = op.get_bind().scalar(sa.text("SELECT count(*) FROM pg_index WHERE NOT indisvalid"))
    assert not invalid
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True, if_not_exists=True)
```
```python good
def upgrade():
    op.create_index("ix_users_email", "users", ["email"], if_not_exists=True)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import CreateIndex, DropIndex, Operation
from foreshot.rules.locking import _placing as placing
from foreshot.syntax.changes import InsertBefore, RemoveArgument


class ConcurrentIfNotExists(OperationRule[CreateIndex]):
    """A concurrent build that takes a broken index of its name for its own."""

    looks_at = (CreateIndex,)
    severity = "warning"
    databases = ("postgresql",)
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: CreateIndex, context: Context) -> Iterator[Finding]:
        """Whether nothing has taken away what a failed build leaves."""
        name = operation.index.name
        if operation.concurrently is not True or not operation.if_not_exists or not isinstance(name, str):
            return
        if context.is_new(operation) or "indisvalid" in context.module.content:
            return
        if (
            context.once_each_way(_drops, operation.site.function).get(name, operation.site.order)
            < operation.site.order
        ):
            return
        yield self.finding(
            operation.site.keywords.get("if_not_exists", operation.site.name),
            f"A failed build of {code(name)} leaves an INVALID index, and every later run keeps it: IF NOT EXISTS skips the build."
            " Drop it first instead.",
            operation=operation,
            object=name,
            targets=context.targets(self.databases, operation),
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The drop in front of the build, in the same block."""
        operation = finding.operation
        if not isinstance(operation, CreateIndex) or not isinstance(operation.index.name, str):
            return
        site, table = operation.site, operation.table
        own = placing.is_own_statement(operation) and site.batch is None and site.autocommit
        others = {target.database for target in context.targets((), operation)} - {"postgresql"}
        if not own or others or "if_not_exists" not in site.keywords or not isinstance(table, str):
            return
        arguments = [writing.literal(operation.index.name), f"table_name={writing.literal(table)}"]
        if "schema" in site.keywords:
            arguments.append(context.text(site.keywords["schema"]))
        arguments += ["postgresql_concurrently=True", "if_exists=True"]
        drop = writing.call(f"{context.op}.drop_index", arguments)
        yield Fix(
            "Drop what a failed build left, then build the index",
            "unsafe",
            (InsertBefore(site.statement, drop), RemoveArgument(site.call, "if_not_exists")),
        )


def _drops(operations: tuple[Operation, ...]) -> dict[object, int]:
    """Where each index is first dropped."""
    return {
        operation.name: operation.site.order
        for operation in reversed(operations)
        if isinstance(operation, DropIndex)
    }
