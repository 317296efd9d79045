"""The operation names a table that is not there at this point of the history: it fails.

The table was dropped or renamed by an earlier operation, its name is misspelt, or no revision makes it. On a database that
somebody made by hand it may exist; on a fresh one, in a test or at a new customer's, the upgrade stops here.

Nothing is said where the history does not make the schema from nothing, nor after SQL or a helper that could not be read
and may have made the table, nor where another environment of the workspace speaks of it that may share the database, with a version table of its own.

```python setup
def upgrade():
    op.create_table("customers", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))
    op.rename_table("orders", "purchases")
```
```python bad
def upgrade():
    op.add_column("custommers", sa.Column("email", sa.String(80)))
    #             ^^^^^^^^^^^^ no revision creates the table `custommers`
```
```python fixed
def upgrade():
    op.add_column("customers", sa.Column("email", sa.String(80)))
```
```python bad
def upgrade():
    op.drop_column("orders", "note")
    #              ^^^^^^^^ `orders` no longer exists
```
```python good
def upgrade():
    op.add_column("purchases", sa.Column("email", sa.String(80)))
    op.drop_table("purchases")
```
```python good
def upgrade():
    op.execute("DROP TABLE IF EXISTS phantom")
```
```python setup
def upgrade():
    op.create_table("invoices", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("CREATE SCHEMA archive")
    op.execute("ALTER TABLE invoices SET SCHEMA archive")
```
```python bad
def upgrade():
    op.add_column("invoices", sa.Column("sum", sa.Integer()))
    #             ^^^^^^^^^^ `invoices` no longer exists
```
```python good
def upgrade():
    op.add_column("invoices", sa.Column("sum", sa.Integer()), schema="archive")
    op.execute("ALTER TABLE archive.invoices SET SCHEMA public")
    op.add_column("invoices", sa.Column("tax", sa.Integer()))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.aborted import although_caught, is_survived
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, foreign_owner, made_here, nearest, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.syntax.changes import ReplaceText

_ALTERING = (
    ops.AddColumn,
    ops.AlterColumn,
    ops.DropColumn,
    ops.CreateIndex,
    ops.AddConstraint,
    ops.DropConstraint,
    ops.RenameTable,
    ops.DropTable,
    ops.TableComment,
    ops.ValidateConstraint,
    ops.DataChange,
)


class UnknownTable(OperationRule[ops.TableOperation | ops.DataChange]):
    """A table that is not there is altered, dropped or written to."""

    looks_at = _ALTERING
    severity = "error"
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: ops.TableOperation | ops.DataChange, context: Context) -> Iterator[Finding]:
        """Whether the table is surely missing on some database."""
        name = operation.table_name
        if (
            name is None
            or operation.site.conditional
            or (isinstance(operation, ops.DataChange) and operation.site.sql is None)
            or _tolerates(operation)
            or is_survived(operation, context)
        ):
            return
        lacking = [state for state in states(operation, context) if state.lacks_table(name)]
        if not lacking:
            return
        gone = lacking[0].schema.gone.get(name)
        if gone is None and isinstance(operation, ops.DataChange):
            # What SQL writes to may be a table of the server, or of somebody who shares the database.
            return
        if gone is None and (context.may_be_made_beside(name) or foreign_owner(name, lacking) is not None):
            # Others make these, and `drop-foreign-owned-table` says so.
            return
        near = _near(name, lacking[0])
        why = (
            f"{code(name)} no longer exists"
            if gone is not None
            else f"no revision creates the table {code(name)}"
        )
        then = f" Is it {code(near)}?" if near is not None else ""
        yield self.finding(
            operation.site.args.get("table_name", operation.site.name),
            f"This fails on a fresh database{context.where(state.target for state in lacking)}: {why}.{then}{although_caught(operation, context)}",
            operation=operation,
            object=name,
            related=made_here(gone, f"{code(name)} was dropped or renamed here", context),
            state=near,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The name that is spelled most like it."""
        operation, near = finding.operation, finding.state
        if operation is None or not isinstance(near, str) or operation.site.repeated or operation.site.sql:
            return
        span = operation.site.args.get("table_name")
        if span is not None and "." not in near and context.text(span)[:1] in "\"'":
            yield Fix(f"Name it {code(near)}", "unsafe", (ReplaceText(span, f'"{near}"'),))


def _tolerates(operation: ops.TableOperation | ops.DataChange) -> bool:
    return (
        bool(getattr(operation, "if_exists", False))
        or getattr(operation.site.batch, "if_exists_dialects", None) is not None
    )


def _near(name: str, state: State) -> str | None:
    return nearest(name, (table for table, known in state.schema.tables.items() if known.there is None))
