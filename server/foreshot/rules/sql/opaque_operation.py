"""Something is done here that could not be read, so nothing was checked.

Foreshot reads revisions without running them. A statement whose SQL is put together from values that only a running migration
has, an operation of a plugin, or a helper from another module that is given the connection may do anything. Silence about
them is no sign of safety, so this says where a person has to look.

It is said once a file for each kind of thing. Operations of plugins that are known are none: alembic_utils' entities,
alembic-postgresql-enum's `sync_enum_values`, GeoAlchemy2's tables and columns, Alembic's own recipe for views.

Names that loops and helpers of the same file give to tables and columns are followed as long as they come from literals.

```python bad
from legacy.migrations import rebuild


def upgrade():
    rebuild(op.get_bind())
#   ^^^^^^^ Nothing here was checked
```
```python bad
def upgrade():
    statement = op.get_bind().dialect.name.join(["a", "b"])
    op.execute(statement)
    #          ^^^^^^^^^ Nothing here was checked
```
```python good
users = sa.table("users", sa.column("id", sa.Integer()), sa.column("name", sa.Text()))


def upgrade():
    query = sa.select(users.c.id, users.c.name).where(users.c.name.is_not(None))
    for row in op.get_bind().execute(query):
        change = sa.update(users).where(users.c.id == row.id).values(name=row.name.strip())
        op.get_bind().execute(change)
```
```python bad
def upgrade():
    bind = op.get_bind()
    first, second = bind.dialect.name.join(["a", "b"]), bind.dialect.name.join(["c", "d"])
    op.execute(first)
    #          ^^^^^ known when it runs. One more place
    op.execute(second)
```
```python good
from app.views import active_users


def upgrade():
    op.create_entity(active_users)
    op.sync_enum_values(enum_schema="public", enum_name="kind", new_values=["a", "b"], affected_columns=[])
    op.create_geospatial_table("places", sa.Column("id", sa.Integer(), primary_key=True))
```
```python good
def upgrade():
    for table in ("users", "orders"):
        op.add_column(table, sa.Column("note", sa.Text()))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.migration.operations import Followed, Opaque


class OpaqueOperation(OperationRule[Opaque]):
    """An operation or a statement that could not be read."""

    looks_at = (Opaque,)
    severity = "information"
    fails_outright = True

    def check(self, operation: Opaque, context: Context) -> Iterator[Finding]:
        """Say what could not be read."""
        if isinstance(operation, Followed) and not operation.unread:
            return
        yield self.finding(
            operation.site.name,
            f"Nothing here was checked: {operation.why}.",
            operation=operation,
            certainty="certain",
            cause=f"{operation.what}|{operation.why}",
        )
