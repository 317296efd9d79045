"""The operation names a column that its table does not have at this point of the history: it fails.

It was dropped or renamed before, is misspelt, or was never added. SQLAlchemy cannot know, so the database says it, in the middle
of an upgrade.

Nothing is said of a table whose columns the history does not know in full.

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(80)),
        sa.Column("name", sa.String(80)),
    )
    op.alter_column("users", "name", new_column_name="full_name")
```
```python bad
def upgrade():
    op.alter_column("users", "emial", server_default="")
    #                        ^^^^^^^ `users` has no column `emial`
```
```python fixed
def upgrade():
    op.alter_column("users", "email", server_default="")
```
```python bad
def upgrade():
    op.create_index("ix_users_name", "users", ["email", "name"], postgresql_concurrently=False)
    #                                         ^^^^^^^^^^^^^^^^^ `users` has no column `name` any more
```
```python good
def upgrade():
    op.add_column("users", sa.Column("name", sa.String(80)))
    op.create_index("ix_users_name", "users", ["name", "full_name"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import made_here, nearest, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span


class UnknownColumn(OperationRule[ops.TableOperation]):
    """A column that is not there is altered, dropped, indexed or constrained."""

    looks_at = (ops.AlterColumn, ops.DropColumn, ops.CreateIndex, ops.AddConstraint)
    severity = "error"
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: ops.TableOperation, context: Context) -> Iterator[Finding]:
        """Each column that is surely missing on some database."""
        if (
            operation.site.conditional
            or context.is_forgiven(operation)
            or getattr(operation, "if_exists", False)
        ):
            return
        found = list(states(operation, context))
        for table, column, at in _named(operation):
            lacking = [state for state in found if state.lacks_column(table, column)]
            if not lacking:
                continue
            known = lacking[0].table(table)
            gone = lacking[0].schema.gone.get(f"{known.name if known is not None else table}.{column}")
            if gone is None and context.may_be_made_beside(table, column):
                continue
            near = nearest(column, known.columns) if known is not None else None
            more = f" Is it {code(near)}?" if near is not None else ""
            yield self.finding(
                at,
                f"This fails{context.where(state.target for state in lacking)}: {code(table)} has no column {code(column)}"
                f"{' any more' if gone is not None else ''}.{more}",
                operation=operation,
                object=column,
                related=made_here(gone, f"{code(column)} was dropped or renamed here", context),
                state=near,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The column that is spelled most like it."""
        operation, near = finding.operation, finding.state
        if operation is None or not isinstance(near, str) or operation.site.repeated or operation.site.sql:
            return
        text = context.text(finding.span)
        if len(text) > 2 and text[0] in "\"'" and text[1:-1] == finding.object:
            yield Fix(f"Name it {code(near)}", "unsafe", (ReplaceText(finding.span, f'"{near}"'),))


def _named(operation: ops.TableOperation) -> Iterator[tuple[str, str, Span]]:
    """The columns that an operation names, each with its table and its place."""
    table = operation.table_name
    args, whole = operation.site.args, operation.site.name
    match operation:
        case ops.AlterColumn(column=str() as column) | ops.DropColumn(column=str() as column) if table:
            yield table, column, args.get("column_name", whole)
        case ops.CreateIndex(index=index) if table:
            for place, column in enumerate(index.columns):
                if isinstance(column, str):
                    yield table, column, args.get(f"columns[{place}]", args.get("columns", whole))
        case ops.AddConstraint(constraint=constraint) if constraint.kind != "check":
            parameter = "local_cols" if constraint.kind == "foreign key" else "columns"
            for place, column in enumerate(constraint.columns):
                if isinstance(column, str) and table:
                    yield table, column, args.get(f"{parameter}[{place}]", args.get(parameter, whole))
            if isinstance(constraint.ref_table, str):
                for place, column in enumerate(constraint.ref_columns):
                    if isinstance(column, str):
                        at = args.get(f"remote_cols[{place}]", args.get("remote_cols", whole))
                        yield constraint.ref_table, column, at
        case _:
            pass
