"""A primary key over a column that takes NULL: it fails when a row has none, and otherwise sets NOT NULL by scanning the table.

PostgreSQL adds NOT NULL to the column and looks at every row under an ACCESS EXCLUSIVE lock; a NULL stops the upgrade (23502).
MySQL and MariaDB do the same by copying the table. Fill the column and make it NOT NULL first.

```python setup
def upgrade():
    op.create_table("tags", sa.Column("name", sa.String(40), nullable=True), sa.Column("lang", sa.String(2), nullable=False))
```
```python bad
def upgrade():
    op.create_primary_key("tags_pkey", "tags", ["name"])
    #                                          ^^^^^^^^ if a row of `tags` has NULL in `name`
```
```python good
def upgrade():
    op.create_primary_key("tags_pkey", "tags", ["lang"])
```
```python good
def upgrade():
    op.create_table("langs", sa.Column("name", sa.String(40)))
    op.create_primary_key("langs_pkey", "langs", ["name"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import made_here, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops


class PrimaryKeyOverNullable(OperationRule[ops.AddConstraint]):
    """A primary key is added over a column that may hold NULL."""

    looks_at = (ops.AddConstraint,)
    severity = "error"

    def check(self, operation: ops.AddConstraint, context: Context) -> Iterator[Finding]:
        """Each column that is known to take NULL, in a table that may have rows."""
        made, table = operation.constraint, operation.table_name
        if made.kind != "primary key" or table is None:
            return
        found = list(states(operation, context))
        for place, name in enumerate(made.columns):
            if not isinstance(name, str):
                continue
            bad = [
                (state, column)
                for state in found
                if (column := state.column(table, name)) is not None
                and column.nullable is True
                and column.filled_by is None
                and (known := state.table(table)) is not None
                and (known.seen or known.rows != "none")
            ]
            if bad:
                args = operation.site.args
                yield self.finding(
                    args.get(f"columns[{place}]", args.get("columns", operation.site.name)),
                    f"This fails{context.where(state.target for state, _ in bad)} if a row of {code(table)} has NULL in {code(name)}."
                    " Fill it and set NOT NULL first.",
                    operation=operation,
                    object=name,
                    targets=[state.target for state, _ in bad],
                    related=made_here(
                        bad[0][1].nullable_by or bad[0][1].origin,
                        f"{code(name)} allows NULL since here",
                        context,
                    ),
                )
