"""A batch block makes the table anew while foreign keys are on: SQLite deletes the rows of every table that refers to it with CASCADE.

The block creates a copy, drops the old table and renames the copy. With `PRAGMA foreign_keys=ON` dropping a table deletes its rows first, and
`ON DELETE CASCADE` takes the children along, without an error (measured on SQLite 3.40). Turn the pragma off for the migration:
outside of a transaction, in env.py, or in a block that commits before it.

```python env.py
from alembic import context
from sqlalchemy import event

from app.db import engine


@event.listens_for(engine, "connect")
def pragma(connection, record):
    connection.execute("PRAGMA foreign_keys=ON")


with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
```
```python setup
def upgrade():
    op.create_table("docs", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("title", sa.String(80)))
    op.create_table(
        "pages",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("doc_id", sa.Integer(), sa.ForeignKey("docs.id", ondelete="CASCADE")),
    )
```
```python bad dialect=sqlite
def upgrade():
    with op.batch_alter_table("docs") as batch_op:
        #|                    deletes every row of `pages`
        batch_op.alter_column("title", type_=sa.Text(), existing_type=sa.String(80))
```
```python good dialect=sqlite
def upgrade():
    with op.batch_alter_table("pages") as batch_op:
        batch_op.alter_column("doc_id", type_=sa.BigInteger(), existing_type=sa.Integer())
```
```python good dialect=sqlite
def upgrade():
    with op.batch_alter_table("docs") as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text()))
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import RevisionRule
from foreshot.lint.states import states
from foreshot.lint.words import code, codes
from foreshot.migration import operations as ops
from foreshot.text import Span

_ON = re.compile(r"foreign_keys\s*=\s*(?:ON|1|TRUE|YES)\b", re.IGNORECASE)
_OFF = re.compile(r"foreign_keys\s*=\s*(?:OFF|0|FALSE|NO)\b", re.IGNORECASE)
# What SQLite can do to a table without making it anew (Alembic's `requires_recreate_in_batch`).
_IN_PLACE = (ops.AddColumn, ops.CreateIndex, ops.DropIndex, ops.RenameTable, ops.SqlText, ops.DataChange)


class BatchForeignKeyCascade(RevisionRule):
    """A table that others refer to with CASCADE is made anew while SQLite's foreign keys are on."""

    severity = "error"
    databases = ("sqlite",)

    def check(self, context: Context) -> Iterator[Finding]:
        """Each batch block, once."""
        if not _are_on(context):
            return
        said: set[Span] = set()
        for operation in context.revision.operations:
            batch = operation.site.batch
            if (
                batch is None
                or batch.call in said
                or batch.recreate == "never"
                or not isinstance(operation, ops.TableOperation)
            ):
                continue
            if batch.recreate != "always" and isinstance(operation, _IN_PLACE):
                continue
            for state in states(operation, context, self.databases):
                children = [
                    table.name
                    for table in state.schema.tables.values()
                    if table.name != operation.table_name
                    and any(
                        key.ref_table == operation.table_name and (key.ondelete or "").upper() == "CASCADE"
                        for key in table.foreign_keys
                    )
                ]
                if children:
                    said.add(batch.call)
                    yield self.finding(
                        batch.call,
                        f"The batch block recreates {code(operation.table_name)}, which deletes every row of {codes(children[:3])}"
                        " while SQLite's foreign keys are on. Turn `foreign_keys` off first.",
                        operation=operation,
                        object=operation.table_name,
                        targets=[state.target],
                    )


def _are_on(context: Context) -> bool:
    """Whether env.py, or a module of the project that it imports, turns foreign keys on, and the revision does not turn them off."""
    source = context.surroundings.env_source
    if source is None or _OFF.search(context.module.source.content):
        return False
    return _ON.search(source.content) is not None and _OFF.search(source.content) is None
