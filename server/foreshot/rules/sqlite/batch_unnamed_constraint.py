"""A batch block drops a constraint by a name that SQLite never gave it: Alembic stops with "No such constraint".

SQLite keeps no name for a constraint that was created without one. PostgreSQL calls it `posts_user_id_fkey`, MySQL `posts_ibfk_1`; a revision that was
written against one of them fails in batch mode, which looks for that name among those that SQLite reflects.

Pass `naming_convention=` to `op.batch_alter_table`: the constraints that are reflected without a name get one by it, and that is the name to drop. Measured with Alembic 1.20.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")),
        sa.Column("slug", sa.String(40)),
        sa.UniqueConstraint("slug", name="uq_posts_slug"),
    )
```
```python bad dialect=sqlite
def upgrade():
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_constraint("posts_user_id_fkey", type_="foreignkey")
        #                        ^^^^^^^^^^^^^^^^^^^^ This fails (SQLite): `posts` has no constraint of that name
```
```python good dialect=sqlite
def upgrade():
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_constraint("uq_posts_slug", type_="unique")
```
```python good dialect=sqlite
def upgrade():
    convention = {"fk": "fk_%(table_name)s_%(column_0_name)s"}
    with op.batch_alter_table("posts", naming_convention=convention) as batch_op:
        batch_op.drop_constraint("fk_posts_user_id", type_="foreignkey")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, states
from foreshot.lint.words import code, on
from foreshot.migration.operations import DropConstraint
from foreshot.schema.state import ForeignKey, Key

_GIVEN: Final = re.compile(r"\b(?:copy_from|table_args|reflect_args|reflect_kwargs)\s*=|\*\*")
"""With these the block knows constraints that are not reflected."""


class BatchUnnamedConstraint(OperationRule[DropConstraint]):
    """A name in a batch block that no constraint has on SQLite, where one has none."""

    looks_at = (DropConstraint,)
    severity = "error"
    databases = ("sqlite",)
    fails_outright = True

    def check(self, operation: DropConstraint, context: Context) -> Iterator[Finding]:
        """Whether the table surely has nothing of that name, and something without one."""
        batch, name = operation.site.batch, operation.name
        if batch is None or batch.naming_convention or not isinstance(name, str):
            return
        if operation.constraint_kind not in ("unique", "foreign key") or context.is_forgiven(operation):
            return
        if _GIVEN.search(context.text(batch.call)):
            return
        for state in states(operation, context, self.databases):
            unnamed = _unnamed(state, operation, name)
            if unnamed is None:
                continue
            yield self.finding(
                operation.site.args.get("constraint_name", operation.site.name),
                f"This fails ({on([state.target])}): {code(operation.table_name)} has no constraint of that name, and its"
                f" {operation.constraint_kind} has none. Pass `naming_convention=` to the block.",
                operation=operation,
                object=name,
                targets=[state.target],
                related=made_here(unnamed.origin, "It was made here, without a name", context),
            )
            return


def _unnamed(state: State, operation: DropConstraint, name: str) -> Key | ForeignKey | None:
    table = state.known_table(operation.table_name)
    if table is None:
        return None
    there: tuple[Key | ForeignKey, ...] = (
        table.foreign_keys if operation.constraint_kind == "foreign key" else table.uniques
    )
    if any(item.name is not None and item.name.lower() == name.lower() for item in there):
        return None
    return next((item for item in there if item.name is None), None)
