"""All rows are filled in one transaction.

Each row that an UPDATE writes stays locked until the transaction ends: whoever wants to change one waits. On PostgreSQL every row is
written a second time, so the table grows to twice its size, and vacuum cannot clean up before the end; on MySQL the undo log
grows, and replicas fall behind by as long as it took. If it fails near the end, everything is done again.

Fill a thousand rows at a time, in the order of the primary key, each batch committed by itself. It is said of an UPDATE of every row whose
column is empty yet, and of a loop that writes one row after the other, unless a query has picked the rows by their values. `whole-table-write` speaks of those without a WHERE,
`mixed-schema-and-data` of those that run while the table is locked against everybody.

```python bad
def upgrade():
    op.execute("UPDATE users SET plan = 'free' WHERE plan IS NULL")
#               ^^^^^^^^^^^^ stays locked until all are written
```
```python bad
def upgrade():
    bind = op.get_bind()
    for row in bind.execute(sa.text("SELECT id, name FROM users")):
        bind.execute(sa.text("UPDATE users SET slug = lower(:name) WHERE id = :id"), {"id": row.id, "name": row.name})
#                             ^^^^^^^^^^^^ stays locked until all are written
```
```python bad
def upgrade():
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT id, name FROM users WHERE name IS NOT NULL AND name <> ''")).fetchall()
    for row in rows:
        bind.execute(sa.text("UPDATE users SET slug = lower(:name) WHERE id = :id"), {"id": row.id, "name": row.name})
#                             ^^^^^^^^^^^^ stays locked until all are written
```
```python good
pages = sa.table("pages", sa.column("id", sa.Integer()), sa.column("content", sa.Text()))


def upgrade():
    bind = op.get_bind()
    old = bind.execute(pages.select().where(pages.c.content.like("%themes/old%"))).fetchall()
    for page in old:
        bind.execute(pages.update().where(pages.c.id == page.id).values(content=page.content.replace("old", "new")))
```
```python good
def upgrade():
    bind = op.get_bind()
    query = sa.text("SELECT slug FROM books GROUP BY slug HAVING COUNT(*) > 1")
    for (slug,) in bind.execute(query).fetchall():
        bind.execute(sa.text("UPDATE books SET slug = slug || '-' || id WHERE slug = :slug"), {"slug": slug})
```
```python good
def upgrade():
    op.execute("UPDATE users SET plan = 'free' WHERE id IN (SELECT id FROM users WHERE plan IS NULL LIMIT 1000)")
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("UPDATE users SET plan = 'free' WHERE plan IS NULL AND id BETWEEN 1 AND 1000")
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.execute("UPDATE users SET plan = 'free' WHERE plan IS NULL")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.held import firmly, held_before
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.migration.operations import DataChange
from foreshot.rules.transaction import _commits as commits
from foreshot.rules.transaction._many import is_over_many


class UnbatchedBackfill(RevisionRule):
    """Every empty row, or one row after the other, in one transaction."""

    severity = "warning"
    databases = ("postgresql", "mysql", "mariadb")
    directions = ("upgrade",)
    is_about_locks = True

    def check(self, context: Context) -> Iterator[Finding]:
        """Each such statement that another rule does not speak of."""
        if commits.is_autocommit(context):
            return
        under_lock = {
            operation.site.order
            for operation, held in held_before(context.upgrade, context)
            if isinstance(operation, DataChange) and firmly(held, operation)
        }
        for operation in context.upgrade:
            if not isinstance(operation, DataChange) or operation.verb != "update" or not operation.has_where:
                continue
            if (
                operation.site.autocommit
                or operation.site.order in under_lock
                or not is_over_many(operation, context)
            ):
                continue
            yield self.finding(
                operation.site.name,
                f"Every row of {code(operation.table_name)} that this writes stays locked until all are written, in one"
                " transaction. Commit in batches.",
                operation=operation,
                targets=context.targets(self.databases, operation),
            )
