"""Adding a primary key blocks all reads and writes of the table until its index is built.

`ADD PRIMARY KEY` takes an ACCESS EXCLUSIVE lock on PostgreSQL, the strongest: SELECT waits too, while the whole table is
read and sorted, and until the revision's transaction ends. On 2 million rows that took about a second on a small
machine.

Build a unique index `CONCURRENTLY` first, which blocks nobody, and make the key out of it with `USING INDEX`. Where the
columns are NOT NULL already that takes the lock for a moment; where they are not, PostgreSQL reads the table under
the lock to make them so: see `blocking-not-null` for how to do that beforehand. The index cannot be built inside a
transaction, so it stands in an autocommit block, which commits what the revision did before it. A build that fails
leaves an `INVALID` index behind, which the block drops before the next try.

A key that replaces another is better built under a name of its own before the old one is dropped: between the two
nothing keeps rows apart.

It does not matter on a table that the same revision created. MySQL and MariaDB rebuild the table for it, and let others
read and write meanwhile (`LOCK=NONE`).

```python bad
def upgrade():
    op.create_primary_key("pk_visits", "visits", ["user_id", "day"])
#   ^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `visits`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("pk_visits", table_name="visits", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            "pk_visits",
            "visits",
            ["user_id", "day"],
            unique=True,
            postgresql_concurrently=True,
        )
    op.execute("ALTER TABLE visits ADD CONSTRAINT pk_visits PRIMARY KEY USING INDEX pk_visits")
```
```python bad
def upgrade():
    op.execute("ALTER TABLE visits ADD PRIMARY KEY (user_id, day)")
#                                  ^^^^^^^^^^^^^^^ blocks reads and writes of `visits`
```
```python bad
def upgrade():
    op.drop_constraint("pk_visits", "visits", type_="primary")
    op.create_primary_key("pk_visits", "visits", ["user_id", "day"])
#   ^^^^^^^^^^^^^^^^^^^^^ blocks reads and writes of `visits`
```
```python good
def upgrade():
    op.create_table("visits", sa.Column("user_id", sa.Integer()), sa.Column("day", sa.Date()))
    op.create_primary_key("pk_visits", "visits", ["user_id", "day"])
```
```python good dialect=mysql
def upgrade():
    op.create_primary_key("pk_visits", "visits", ["user_id", "day"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddConstraint
from foreshot.rules.locking import _keys as keys
from foreshot.rules.locking import _waiting as waiting


class BlockingPrimaryKey(OperationRule[AddConstraint]):
    """A primary key whose index is built under an exclusive lock."""

    looks_at = (AddConstraint,)
    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def check(self, operation: AddConstraint, context: Context) -> Iterator[Finding]:
        """Whether everybody waits for the key's index."""
        table, name = operation.table_name, operation.constraint.name
        if operation.constraint.kind != "primary key" or table is None:
            return
        found = waiting.waits(operation, context, self.databases)
        if found:
            title = f"the primary key {code(name)}" if isinstance(name, str) else "a primary key"
            yield self.finding(
                operation.site.name,
                f"Adding {title} blocks {waiting.blocked(found, table)} until its index is built"
                f"{waiting.where(found, context)}. Build its index concurrently first (USING INDEX).",
                operation=operation,
                object=name if isinstance(name, str) else None,
                targets=waiting.targets(found),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The index concurrently in an autocommit block, then the key on it."""
        if isinstance(finding.operation, AddConstraint):
            changes = keys.over_index(finding.operation, context)
            if changes:
                yield Fix("Build the index concurrently, then add the key with it", "unsafe", tuple(changes))
