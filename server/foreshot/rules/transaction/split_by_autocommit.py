"""An autocommit block commits what stands before it, and a revision that then fails cannot be run again.

Entering `autocommit_block()` commits the transaction. If an index build, a validation or a long UPDATE in the block fails, the database
keeps what stood before it, while `alembic_version` still names the revision before. The next run begins at the top
and stops at once: the column is there already (`DuplicateColumn`). Somebody has to repair the database by hand.

Give what needs the block a revision of its own, after the one with the rest. It does not matter where what stands before can be
run twice, as with `if_not_exists=True`.

```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index("ix_users_plan", "users", ["plan"], postgresql_concurrently=True)
#       ^^^^^^^^^^^^^^^ commits what comes before it
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_users_plan")
        op.create_index("ix_users_plan", "users", ["plan"], postgresql_concurrently=True)
#       ^^^^^^^^^^^^^^^ commits what comes before it
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_users_plan")
        op.create_index("ix_users_plan", "users", ["plan"], postgresql_concurrently=True)
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True), if_not_exists=True)
    op.alter_column("users", "bio", nullable=True)
    with op.get_context().autocommit_block():
        op.create_index("ix_users_plan", "users", ["plan"], postgresql_concurrently=True)
```
```python good
def upgrade():
    op.create_table("plans", sa.Column("name", sa.Text()))
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE kind ADD VALUE IF NOT EXISTS 'late'")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint import blocks
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import RevisionRule
from foreshot.migration.operations import CreateIndex, DataChange, Maintenance, ValidateConstraint
from foreshot.rules.transaction import _commits as commits


class SplitByAutocommit(RevisionRule):
    """What cannot be run twice, before a block that can fail."""

    severity = "warning"
    databases = ("postgresql",)

    def check(self, context: Context) -> Iterator[Finding]:
        """The first thing in a block that can fail, behind something that cannot be run twice."""
        if commits.is_autocommit(context):
            return
        for operation in context.upgrade:
            site = operation.site
            if not site.autocommit or not site.runs_on("postgresql"):
                continue
            if not isinstance(operation, CreateIndex | ValidateConstraint | DataChange | Maintenance):
                continue
            before = blocks.what_stays(operation, context)
            if before is None or before.site.autocommit:
                continue
            if not before.site.runs_if(site) and not site.runs_if(before.site):
                continue
            targets = context.targets(self.databases, operation)
            yield self.finding(
                site.name,
                f"The autocommit block commits what comes before it: if this fails{context.where(targets)}, the next run stops"
                " at what already exists. Give it its own revision.",
                operation=operation,
                targets=targets,
                related=[Related("This is committed by then, and cannot run twice", before.site.name)],
            )
            return
