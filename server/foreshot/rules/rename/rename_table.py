"""A table gets another name while code that asks for the old one is running.

From the rename until the new release is everywhere, every statement on the table fails; released the other way round, the
new code fails until the migration has run. The rename itself takes milliseconds.

On PostgreSQL and MySQL a view under the old name bridges the gap: a view that selects all of one table can be written to
like the table. On PostgreSQL 15 INSERT with RETURNING and ON CONFLICT, UPDATE, DELETE and SELECT FOR UPDATE went through it,
defaults and sequences included. Drop the view in a later revision; until then PostgreSQL refuses to drop a column of the
table. Who may use the table has to be granted the view as well. SQLite's views are read-only. On MySQL nothing of the two
statements is taken back when the second fails. So the view is written by hand, with the revision that drops it.

Where downtime is planned, say so in a suppression comment. It is not reported in `downgrade()`, for a table that the
revision made, or where another table or a view takes the old name.

```python bad
def upgrade():
    op.rename_table("address", "addresses")
    #                          ^^^^^^^^^^^ Renaming `address` breaks running code


def downgrade():
    op.rename_table("addresses", "address")
```
```python bad dialect=mysql
def upgrade():
    op.execute("ALTER TABLE address RENAME TO addresses")
    #                               ^^^^^^^^^^^^^^^^^^^ `address`
```
```python bad
def upgrade():
    op.rename_table("address", "addresses", schema="crm")
    #                          ^^^^^^^^^^^ `crm.address`
    op.add_column("addresses", sa.Column("note", sa.Text()), schema="crm")


def downgrade():
    op.drop_column("addresses", "note", schema="crm")
    op.rename_table("addresses", "address", schema="crm")
```
```python good
def upgrade():
    op.rename_table("address", "addresses")
    op.execute("CREATE VIEW address AS SELECT * FROM addresses")
```
```python good
def upgrade():
    op.rename_table("orders", "orders_old")
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))
```
```python good
def upgrade():
    op.create_table("orders_new", sa.Column("id", sa.Integer(), primary_key=True))
    op.rename_table("orders_new", "orders")
```
```python good
def upgrade():
    op.rename_table("orders", "orders_retired_0002")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import RenameTable as Rename
from foreshot.rules.rename import _lasting as lasting

_WRITABLE_VIEWS = {"postgresql", "mysql", "mariadb"}


class RenameTable(OperationRule[Rename]):
    """A table that existed before is renamed."""

    looks_at = (Rename,)
    severity = "warning"
    directions = ("upgrade",)

    def check(self, operation: Rename, context: Context) -> Iterator[Finding]:
        """Whether running code still knows the old name."""
        if not lasting.table_lasts(operation, context) or "_retired_" in str(operation.new_name):
            return
        targets = context.targets((), operation)
        bridged = {target.database for target in targets} <= _WRITABLE_VIEWS
        advice = (
            "Leave a view under the old name"
            if bridged
            else "Keep the name, or deploy the code at the same time"
        )
        yield self.finding(
            operation.site.args.get("new_table_name", operation.site.name),
            f"Renaming {code(operation.table_name)} breaks running code{context.where(targets)} until"
            f" the new release is everywhere. {advice}.",
            operation=operation,
            object=operation.table_name,
            targets=targets,
        )
