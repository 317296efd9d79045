"""An index over the first columns of another one, which finds the same rows.

An index over `(team_id, name)` serves what asks for `team_id` alone nearly as well as one over `(team_id)`. The shorter one is smaller, and
may be worth its cost where the longer one is very wide; mostly it is a leftover. A unique index is never redundant: it forbids
something.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("team_id", sa.Integer()), sa.Column("name", sa.String(80)))
    op.create_index("ix_team_name", "users", ["team_id", "name"])
```
```python bad
def upgrade():
    op.create_index("ix_users_team_id", "users", ["team_id"])
#   ^^^^^^^^^^^^^^^ The index `ix_team_name` begins with the same columns
```
```python good
def upgrade():
    op.create_index("ix_users_name", "users", ["name"])
    op.create_index("uq_users_team_id", "users", ["team_id"], unique=True)
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


class RedundantIndex(OperationRule[CreateIndex]):
    """The first columns of a longer index."""

    looks_at = (CreateIndex,)
    severity = "hint"
    directions = ("upgrade",)

    def check(self, operation: CreateIndex, context: Context) -> Iterator[Finding]:
        """Whether a longer index or key begins with the columns."""
        columns = plain_columns(operation)
        if not columns or operation.index.unique is not False or not is_asked(operation):
            return
        for state in states(operation, context):
            for cover in covers(operation, state, context):
                if len(cover.columns) <= len(columns) or cover.columns[: len(columns)] != columns:
                    continue
                yield self.finding(
                    operation.site.name,
                    f"The {cover.what} {code(cover.name)} begins with the same columns and finds the same rows"
                    f"{context.where([state.target])}. Leave this one out unless measurements say otherwise.",
                    operation=operation,
                    object=operation.index.name if isinstance(operation.index.name, str) else None,
                    targets=[state.target],
                    related=made_here(cover.origin, "It was made here", context),
                )
                return
