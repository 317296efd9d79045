"""An index over the columns that another one has already.

Each index costs time at every write, room on the disk and in memory, and work at every vacuum. A second one over the same columns in the same
order finds nothing that the first does not. It comes from `index=True` on a column beside an `op.create_index`, from a unique
constraint, which has an index behind it, and from models and migrations that name it differently.

It is said of indexes of the usual kind over all rows: not of partial ones, nor of expressions or of other methods. An index that the
same function drops is one that is replaced.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(80)), sa.Column("name", sa.String(80)))
    op.create_index("ix_email", "users", ["email"])
    op.create_unique_constraint("uq_name", "users", ["name"])
```
```python bad
def upgrade():
    op.create_index("ix_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^ The index `ix_email` already covers the same columns
```
```python bad
def upgrade():
    op.create_index("ix_users_name", "users", ["name"])
#   ^^^^^^^^^^^^^^^ The unique constraint `uq_name` already covers the same columns
```
```python good
def upgrade():
    op.create_index("ix_users_email", "users", ["email"], unique=True)
    op.create_index("ix_users_email_name", "users", ["name", "email"])
    op.create_index("ix_pat", "users", ["email"], postgresql_ops={"email": "varchar_pattern_ops"})
    op.create_index("ix_users_here", "users", ["email"], postgresql_where=sa.text("name IS NOT NULL"))
```
```python good
def upgrade():
    op.create_index("ix_users_email", "users", ["email"])
    op.drop_index("ix_email", table_name="users")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import made_here, states
from foreshot.lint.words import code
from foreshot.migration.operations import CreateIndex
from foreshot.rules.constraints._covering import covers, is_asked, plain_columns


class DuplicateIndex(OperationRule[CreateIndex]):
    """The same columns once more."""

    looks_at = (CreateIndex,)
    severity = "warning"
    directions = ("upgrade",)

    def check(self, operation: CreateIndex, context: Context) -> Iterator[Finding]:
        """Whether something of the same kind is over the same columns."""
        columns = plain_columns(operation)
        if not columns or not is_asked(operation):
            return
        for state in states(operation, context):
            for cover in covers(operation, state, context):
                if cover.columns != columns or (operation.index.unique is True and not cover.unique):
                    continue
                yield self.finding(
                    operation.site.name,
                    f"The {cover.what} {code(cover.name)} already covers the same columns{context.where([state.target])}: this one slows"
                    " every write and speeds up no query. Leave it out.",
                    operation=operation,
                    object=operation.index.name if isinstance(operation.index.name, str) else None,
                    targets=[state.target],
                    related=made_here(cover.origin, "It was made here", context),
                )
                return
