"""Dropping the column silently takes indexes and constraints with it.

PostgreSQL drops every index, unique constraint, check and foreign key that has the column, one over several columns too. MySQL takes the
column out of an index and drops what is left empty. If they are not made again elsewhere, queries get slow and duplicates get in, and
nobody has been told. `downgrade()` brings the column back without them.

Write the drops out before it, or make anew what has to stay.

```python setup
def upgrade():
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text()),
        sa.Column("town", sa.Text()),
    )
    op.create_index("ix_people_name_town", "people", ["name", "town"])
```
```python bad dialect=postgresql
def upgrade():
    op.drop_column("people", "town")
    #                        ^^^^^^ also drops the index `ix_people_name_town`
```
```python good dialect=postgresql
def upgrade():
    op.drop_index("ix_people_name_town", table_name="people")
    op.drop_column("people", "town")
```
```python good dialect=postgresql
def upgrade():
    op.drop_column("people", "town")
    op.create_index("ix_people_name", "people", ["name"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, states
from foreshot.lint.words import code, listed
from foreshot.migration import operations as ops
from foreshot.schema.state import Table


class DropColumnDependents(OperationRule[ops.DropColumn]):
    """A dropped column takes an index or a constraint with it."""

    looks_at = (ops.DropColumn,)
    severity = "warning"
    databases = ("postgresql", "mysql", "mariadb")
    directions = ("upgrade",)

    def check(self, operation: ops.DropColumn, context: Context) -> Iterator[Finding]:
        """What is lost besides the column, and not made again in the revision."""
        column, name = operation.column, operation.table_name
        if not isinstance(column, str) or name is None or context.renames.of(operation):
            return
        for state in states(operation, context, self.databases):
            table = state.known_table(name)
            lost = _taken(state, table, column) if table is not None else []
            if not lost or _made_again(operation, context):
                continue
            yield self.finding(
                operation.site.args.get("column_name", operation.site.name),
                f"Dropping {code(f'{name}.{column}')} also drops {listed(lost[:3])}{context.where([state.target])}."
                " Recreate what should stay.",
                operation=operation,
                object=column,
                targets=[state.target],
            )
            return


def _taken(state: State, table: Table, column: str) -> list[str]:
    """What goes with a column besides what has this column alone, which goes without saying."""
    computed = table.columns[column].computed is not None if column in table.columns else False
    found = [
        f"the index {code(index.name)}"
        for index in table.indexes
        if index.name
        and column in index.columns
        and index.implied_by is None
        # MySQL takes the column out of an index over several.
        and (computed or (state.target.database == "postgresql" and (len(index.columns) > 1 or index.unique)))
    ]
    found += [
        f"the unique constraint {code(key.name)}"
        for key in table.uniques
        if column in key.columns and key.name and len(key.columns) > 1
    ]
    found += [
        f"the foreign key {code(key.name)}"
        for key in table.foreign_keys
        if column in key.columns and key.name and len(key.columns) > 1
    ]
    if table.primary_key is not None and column in table.primary_key.columns:
        found.append("the primary key")
    return found


def _made_again(operation: ops.DropColumn, context: Context) -> bool:
    """Whether the revision makes an index or a key on the table afterwards."""
    return any(
        isinstance(other, ops.CreateIndex | ops.AddConstraint) and other.table_name == operation.table_name
        for other in context.after(operation)
    )
