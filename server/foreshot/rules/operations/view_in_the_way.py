"""A view, or a generated column, that an earlier revision made reads the column or the table: the database refuses the change.

"cannot alter type of a column used by a view or rule", "cannot drop column … because other objects depend on it", "cannot drop
table …": PostgreSQL stops the upgrade. Drop the view first and create it again after the change, in both directions. Whoever has rights on the
view needs them granted again. A generated column, as one for text search, has to go and come back likewise; no database drops a column
that one is computed from.

SQLite makes a table anew for most of what a batch block does. While a view reads that table, it cannot be given its name: "error in view …: no
such table". A plain `ADD COLUMN` needs no new table.

Setting or dropping a default, NOT NULL and renames pass. Nothing is said of views whose text does not name the column.

```python setup
def upgrade():
    op.create_table("a", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("price", sa.Integer()), sa.Column("note", sa.Text()))
    op.execute("CREATE VIEW cheap AS SELECT id, price FROM a WHERE price < 10")
```
```python bad dialect=postgresql
def upgrade():
    op.alter_column("a", "price", type_=sa.BigInteger(), existing_type=sa.Integer())
    #                             ^^^^^^^^^^^^^^^^^^^^^ the view `cheap` reads `a.price`
```
```python bad dialect=postgresql
def upgrade():
    op.drop_column("a", "price")
    #                   ^^^^^^^ the view `cheap` reads `a.price`
```
```python good dialect=postgresql
def upgrade():
    op.drop_column("a", "note")
```
```python good dialect=postgresql
def upgrade():
    op.execute("DROP VIEW cheap")
    op.alter_column("a", "price", type_=sa.BigInteger(), existing_type=sa.Integer())
    op.execute("CREATE VIEW cheap AS SELECT id, price FROM a WHERE price < 10")
```
```python good dialect=mysql
def upgrade():
    op.alter_column("a", "price", type_=sa.BigInteger(), existing_type=sa.Integer())
```
```python setup
def upgrade():
    op.create_table("posts", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("title", sa.Text()), sa.Column("body", sa.Text()))
    op.execute("ALTER TABLE posts ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('english', title)) STORED")
```
```python bad dialect=postgresql
def upgrade():
    op.alter_column("posts", "title", type_=sa.String(), existing_type=sa.Text())
    #                                 ^^^^^^^^^^^^^^^^^ `posts.search` is computed from `posts.title`
```
```python bad dialect=postgresql
def upgrade():
    op.drop_column("posts", "title")
    #                       ^^^^^^^ `posts.search` is computed from `posts.title`
```
```python good dialect=postgresql
def upgrade():
    op.drop_column("posts", "body")
    op.drop_column("posts", "search")
    op.drop_column("posts", "title")
```
```python good dialect=postgresql
def upgrade():
    op.alter_column("posts", "title", new_column_name="heading")
    op.add_column("posts", sa.Column("title", sa.Text()))
    op.drop_column("posts", "title")
```
```python bad dialect=postgresql
def upgrade():
    op.alter_column("posts", "title", new_column_name="heading")
    op.drop_column("posts", "heading")
    #                       ^^^^^^^^^ `posts.search` is computed from `posts.heading`
```
```python setup
def upgrade():
    op.create_table("b", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(20)), sa.Column("note", sa.Text()))
    op.execute("CREATE VIEW named AS SELECT id, name FROM b")
```
```python bad dialect=sqlite
def upgrade():
    with op.batch_alter_table("b") as batch_op:
        #|  This fails: the view `named` reads `b`, which the batch block recreates.
        batch_op.alter_column("note", existing_type=sa.Text(), nullable=False)
```
```python bad dialect=sqlite
def upgrade():
    op.drop_column("b", "name")
    #                   ^^^^^^ the view `named` reads `b.name`
```
```python good dialect=sqlite
def upgrade():
    with op.batch_alter_table("b") as batch_op:
        batch_op.add_column(sa.Column("nick", sa.String(20)))
    op.drop_column("b", "note")
    op.execute("DROP VIEW named")
    with op.batch_alter_table("b") as batch_op:
        batch_op.alter_column("name", existing_type=sa.String(20), nullable=False)
```
```python good dialect=sqlite
def upgrade():
    op.execute("PRAGMA legacy_alter_table = ON")
    with op.batch_alter_table("b") as batch_op:
        batch_op.alter_column("name", existing_type=sa.String(20), nullable=False)
```
A view goes on reading a column that gets another name:

```python setup
def upgrade():
    op.create_table("c", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("mail", sa.String(20)))
    op.execute("CREATE VIEW mails AS SELECT id, mail FROM c")
    op.alter_column("c", "mail", new_column_name="email")
```
```python bad dialect=postgresql
def upgrade():
    op.execute("ALTER TABLE c ALTER email TYPE varchar(300)")
    #|                        the view `mails` reads `c.email`
```
Views of alembic_utils are known, too:

```python setup
from alembic_utils.pg_view import PGView


def upgrade():
    op.create_table("people", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(20)))
    op.create_entity(PGView(schema="public", signature="names", definition="SELECT name FROM people"))
```
```python bad
def upgrade():
    op.drop_column("people", "name")
    #                        ^^^^^^ `names` reads `people.name`
```
```python good
from alembic_utils.pg_view import PGView


def upgrade():
    op.drop_entity(PGView(schema="public", signature="names", definition="SELECT name FROM people"))
    op.drop_column("people", "name")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.anew import readers
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.schema.plain import Called
from foreshot.schema.state import Column, View
from foreshot.text import Span

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r"\w+")
_ANEW = (ops.AlterColumn, ops.DropColumn, ops.AddConstraint, ops.DropConstraint)
"""What SQLite does in a batch block by making the table anew (Alembic's `requires_recreate_in_batch`)."""


class ViewInTheWay(OperationRule[ops.TableOperation]):
    """A type change or a drop of what a view or a generated column reads."""

    looks_at = (ops.AlterColumn, ops.DropColumn, ops.DropTable, ops.AddConstraint, ops.DropConstraint)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb", "sqlite")
    fails_outright = True

    def check(self, operation: ops.TableOperation, context: Context) -> Iterator[Finding]:
        """Whether something surely reads it."""
        table = operation.table_name
        if table is None or getattr(operation, "cascade", False) or operation.site.conditional:
            return
        column, at = _changed(operation)
        what = code(table if column is None else f"{table}.{column}")
        for state in states(operation, context, self.databases):
            view = _view(state, operation, column, context)
            if view is not None:
                kind = "materialized view" if view.materialized else "view"
                why = f"the {kind} {code(view.name)} reads {what}"
                if state.target.database == "sqlite" and operation.site.batch is not None:
                    at = operation.site.batch.call
                    why = f"the view {code(view.name)} reads {code(table)}, which the batch block recreates"
                origin, name = view.origin, view.name
            else:
                other = _computed(state, operation, column)
                if other is None:
                    continue
                origin, name = other.origin, f"{table}.{other.name}"
                why = f"{code(name)} is computed from {what}"
            yield self.finding(
                at,
                f"This fails{context.where([state.target])}: {why}. Drop it first, and recreate it afterwards.",
                operation=operation,
                object=column or table,
                targets=[state.target],
                related=made_here(origin, f"{code(name)} was made here", context),
            )
            return


def _view(state: State, operation: ops.TableOperation, column: str | None, context: Context) -> View | None:
    """The oldest view that is in the way."""
    table = operation.table_name or ""
    if state.target.database == "postgresql":
        wanted = column is not None or isinstance(operation, ops.DropTable)
        return next(readers(state, table, column, stars=True), None) if wanted else None
    if state.target.database != "sqlite" or _is_legacy(context):
        return None
    batch = operation.site.batch
    if batch is None:
        is_drop = isinstance(operation, ops.DropColumn) and column is not None
        return next(readers(state, table, column, stars=False), None) if is_drop else None
    first = next(
        (
            other
            for other in context.revision.operations
            if other.site.batch is batch and isinstance(other, _ANEW)
        ),
        None,
    )
    if first is not operation or batch.recreate == "never":
        return None
    return next(readers(state, table, None, stars=True), None)


def _is_legacy(context: Context) -> bool:
    """Whether SQLite is told to let views be while a table is renamed."""
    env = context.surroundings.env_source
    return any(
        "legacy_alter_table" in source.content
        for source in (context.module.source, env)
        if source is not None
    )


def _computed(state: State, operation: ops.TableOperation, column: str | None) -> Column | None:
    """A generated column that is computed from it."""
    known = state.table(operation.table_name)
    if column is None or known is None or state.schema.doubts(known):
        return None
    if not isinstance(operation, ops.DropColumn) and state.target.database != "postgresql":
        return None
    if state.target.database == "sqlite" and operation.site.batch is not None:
        # The new table may lack both.
        return None
    for other in known.columns.values():
        if other.name != column and not other.perhaps and column.lower() in _words(other.computed):
            return other
    return None


def _words(computed: Called | None) -> frozenset[str]:
    text: object = computed.argument("sqltext", 0) if computed is not None else None
    while isinstance(text, Called):
        text = text.argument("text", 0)
    return frozenset(_NAME.findall(_LITERAL.sub("", text).lower())) if isinstance(text, str) else frozenset()


def _changed(operation: ops.TableOperation) -> tuple[str | None, Span]:
    """The column that a view is in the way of, and the place to point at."""
    args, name = operation.site.args, operation.site.name
    match operation:
        case ops.AlterColumn(column=str() as column) if operation.type is not None:
            return column, operation.site.keywords.get("type_", args.get("type_", name))
        case ops.DropColumn(column=str() as column):
            return column, args.get("column_name", name)
        case _:
            return None, args.get("table_name", name)
