"""The dropped table is somebody else's: no revision of this history made it.

Autogenerate proposes to drop whatever it finds in the database and not in the models: PostGIS's `spatial_ref_sys`, Celery's and
APScheduler's tables, those of another application in the same schema, Alembic's own `alembic_version`. Take the operation out of both
functions, and tell env.py which tables are yours with `include_name` or `include_object`, so that it does not come back.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
```
```python bad
def upgrade():
    op.drop_table("spatial_ref_sys")
    #             ^^^^^^^^^^^^^^^^^ belongs to PostGIS
```
```python bad
def upgrade():
    op.drop_table("alembic_version")
    #             ^^^^^^^^^^^^^^^^^ belongs to Alembic
```
```python bad
def upgrade():
    op.drop_table("legacy_things")
    #             ^^^^^^^^^^^^^^^ no revision created it
```
```python good
def upgrade():
    op.drop_table("users")
```
```python good
def upgrade():
    op.execute("DROP TABLE IF EXISTS legacy_things")
```
```python bad
def upgrade():
    if sa.inspect(op.get_bind()).has_table("apscheduler_jobs"):
        op.drop_table("apscheduler_jobs")
#                     ^^^^^^^^^^^^^^^^^^ belongs to APScheduler
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import foreign_owner, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops


class DropForeignOwnedTable(OperationRule[ops.DropTable]):
    """A table is dropped that this history never made."""

    looks_at = (ops.DropTable,)
    severity = "error"
    directions = ("upgrade",)
    fails_outright = True

    def check(self, operation: ops.DropTable, context: Context) -> Iterator[Finding]:
        """Whether it is a tool's, or surely nobody's of this history."""
        name = operation.table_name
        if name is None:
            return
        at = operation.site.args.get("table_name", operation.site.name)
        found = list(states(operation, context))
        owner = foreign_owner(name, found)
        if owner is not None:
            yield self.finding(
                at,
                f"The table {code(name)} belongs to {owner}, not to this project. Remove its drop from both functions, and exclude it"
                " in env.py with `include_name`.",
                operation=operation,
                object=name,
            )
            return
        if operation.if_exists or operation.site.conditional:
            return
        lacking = [state for state in found if state.lacks_table(name) and name not in state.schema.gone]
        if lacking and not context.may_be_made_beside(name):
            yield self.finding(
                at,
                f"The table {code(name)} is somebody else's: no revision created it{context.where(state.target for state in lacking)}. Exclude it"
                " in env.py with `include_name`.",
                operation=operation,
                object=name,
            )
