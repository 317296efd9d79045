"""A table gets another name while code that asks for the old one is running.

From the rename until the new release is everywhere, every statement on the table fails; released the other way round, the
new code fails until the migration has run. The rename itself takes milliseconds.

On PostgreSQL and MySQL a view under the old name bridges the gap: a view that selects all of one table can be written to
like the table. On PostgreSQL 15 INSERT with RETURNING and ON CONFLICT, UPDATE, DELETE and SELECT FOR UPDATE went through it,
defaults and sequences included. Drop the view in a later revision; until then PostgreSQL refuses to drop a column of the
table. Who may use the table has to be granted the view as well. SQLite's views are read-only.

Where downtime is planned, say so in a suppression comment. It is not reported in `downgrade()`, for a table that the
revision made, or where another table or a view takes the old name.

```python bad
def upgrade():
    op.rename_table("address", "addresses")
    #                          ^^^^^^^^^^^ still asks for `address`


def downgrade():
    op.rename_table("addresses", "address")
```
```python fixed
def upgrade():
    op.rename_table("address", "addresses")
    op.execute("CREATE VIEW address AS SELECT * FROM addresses")


def downgrade():
    op.execute("DROP VIEW address")
    op.rename_table("addresses", "address")
```
```python bad dialect=mysql
def upgrade():
    op.execute("ALTER TABLE address RENAME TO addresses")
    #                               ^^^^^^^^^^^^^^^^^^^ `address`
```
The view comes after everything else that is done to the table:

```python bad
def upgrade():
    op.rename_table("address", "addresses", schema="crm")
    #                          ^^^^^^^^^^^ `crm.address`
    op.add_column("addresses", sa.Column("note", sa.Text()), schema="crm")


def downgrade():
    op.drop_column("addresses", "note", schema="crm")
    op.rename_table("addresses", "address", schema="crm")
```
```python fixed
def upgrade():
    op.rename_table("address", "addresses", schema="crm")
    op.add_column("addresses", sa.Column("note", sa.Text()), schema="crm")
    op.execute("CREATE VIEW crm.address AS SELECT * FROM crm.addresses")


def downgrade():
    op.execute("DROP VIEW crm.address")
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

from collections.abc import Iterator, Sequence

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, on
from foreshot.lint.writing import sql_table
from foreshot.migration.operations import Direction, Operation, TableOperation
from foreshot.migration.operations import RenameTable as Rename
from foreshot.rules.rename import _edits as edits
from foreshot.rules.rename import _lasting as lasting
from foreshot.syntax.changes import Change, InsertAfter, InsertBefore
from foreshot.text import Span

_WRITABLE_VIEWS = {"postgresql", "mysql", "mariadb"}


class RenameTable(OperationRule[Rename]):
    """A table that existed before is renamed."""

    looks_at = (Rename,)
    severity = "warning"
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: Rename, context: Context) -> Iterator[Finding]:
        """Whether running code still knows the old name."""
        if not lasting.table_lasts(operation, context) or "_retired_" in str(operation.new_name):
            return
        targets = context.targets((), operation)
        bridged = {target.database for target in targets} <= _WRITABLE_VIEWS
        advice = "Leave a view under the old name" if bridged else "Plan for it, or keep the name"
        yield self.finding(
            operation.site.args.get("new_table_name", operation.site.name),
            f"The application that is running still asks for {code(operation.table_name)}, and fails from this rename until"
            f" the new release is everywhere ({on(targets)}). {advice}.",
            operation=operation,
            object=operation.table_name,
            targets=targets,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A view under the old name."""
        rename = finding.operation
        if not isinstance(rename, Rename) or not edits.is_plain(rename) or not context.targets_known:
            return
        databases = {target.database for target in context.targets((), rename)}
        old = sql_table(rename.table, rename.schema, databases)
        new = sql_table(rename.new_name, rename.schema, databases)
        if old is None or new is None or not databases <= _WRITABLE_VIEWS:
            return
        last, first = _last_use(rename, context), _first_use(rename, context)
        if last is None or (first is None and _renames_back(rename, context)):
            return
        view = edits.execute(f"CREATE VIEW {old} AS SELECT * FROM {new}", context)
        changes: list[Change] = [InsertAfter(last, view)]
        if first is not None:
            changes.append(InsertBefore(first, edits.execute(f"DROP VIEW {old}", context)))
        yield Fix(
            "Leave a view under the old name, to be dropped in a later revision", "unsafe", tuple(changes)
        )


def _last_use(rename: Rename, context: Context) -> Span | None:
    """The last statement of ``upgrade()`` on the table: a view that stood before it would be in its way."""
    uses = [
        rename,
        *(other for other in _uses(rename, "upgrade", context) if other.site.order > rename.site.order),
    ]
    alike = all(edits.run_alike(other, rename) and not other.site.repeated for other in uses)
    return _around(uses[-1]) if alike else None


def _first_use(rename: Rename, context: Context) -> Span | None:
    """The first statement of ``downgrade()`` on the table, where the rename back is what it comes to."""
    uses = _uses(rename, "downgrade", context)
    if not uses or uses[0].site.repeated or uses[0].site.conditional or not _renames_back(rename, context):
        return None
    return _around(uses[0])


def _renames_back(rename: Rename, context: Context) -> bool:
    return any(
        isinstance(other, Rename) and other.new_name == rename.table
        for other in _uses(rename, "downgrade", context)
    )


def _uses(rename: Rename, direction: Direction, context: Context) -> Sequence[TableOperation]:
    """The operations on the table under its new name."""
    return context.once(_by_table).get((direction, lasting.table_after(rename)), ())


def _by_table(context: Context) -> dict[tuple[Direction, str | None], list[TableOperation]]:
    found: dict[tuple[Direction, str | None], list[TableOperation]] = {}
    for operation in context.revision.operations:
        if isinstance(operation, TableOperation):
            found.setdefault((operation.site.function, operation.table_name), []).append(operation)
    return found


def _around(operation: Operation) -> Span:
    batch = operation.site.batch
    return batch.statement if batch else operation.site.statement
