"""Adding an exclusion constraint blocks all reads and writes of the table until its index is built.

`ADD CONSTRAINT … EXCLUDE` takes an ACCESS EXCLUSIVE lock on PostgreSQL: SELECT waits too, while the whole table is read and
indexed, and until the revision's transaction ends.

There is no way around the lock: an exclusion constraint cannot be built concurrently, and takes no index that was
built before. Add it while the table is small or nobody uses it, with a `lock_timeout`, or build a new table that
has it and move the rows over.

It does not matter on a table that the same revision created. No other database has exclusion constraints.

```python bad
def upgrade():
    op.create_exclude_constraint("ex_bookings_during", "bookings", ("during", "&&"))
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `bookings`
```
```python bad
def upgrade():
    op.execute("ALTER TABLE bookings ADD CONSTRAINT ex_bookings_during EXCLUDE USING gist (during WITH &&)")
#                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `bookings`
```
```python good
from sqlalchemy.dialects import postgresql


def upgrade():
    op.create_table("bookings", sa.Column("during", postgresql.TSRANGE()))
    op.create_exclude_constraint("ex_bookings_during", "bookings", ("during", "&&"))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddConstraint
from foreshot.rules.locking import _waiting as waiting


class BlockingExclude(OperationRule[AddConstraint]):
    """An exclusion constraint on a table that existed before."""

    looks_at = (AddConstraint,)
    severity = "warning"
    databases = ("postgresql",)

    def check(self, operation: AddConstraint, context: Context) -> Iterator[Finding]:
        """Whether everybody waits for the constraint's index."""
        table, name = operation.table_name, operation.constraint.name
        if operation.constraint.kind != "exclude" or table is None:
            return
        found = waiting.waits(operation, context, self.databases)
        if found:
            title = (
                f"the exclusion constraint {code(name)}"
                if isinstance(name, str)
                else "an exclusion constraint"
            )
            yield self.finding(
                operation.site.name,
                f"Adding {title} blocks {waiting.blocked(found, table)} until its index is built"
                f"{waiting.where(found, context)}. Add it while nobody uses the table.",
                operation=operation,
                object=name if isinstance(name, str) else None,
                targets=waiting.targets(found),
            )
