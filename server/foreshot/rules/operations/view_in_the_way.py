"""A view that an earlier revision made reads the column or the table: PostgreSQL refuses the change.

"cannot alter type of a column used by a view or rule", "cannot drop column … because other objects depend on it", "cannot drop
table …": the upgrade stops. Drop the view first and create it again after the change, in both directions. Whoever has rights on the
view needs them granted again.

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

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.schema.state import View
from foreshot.text import Span

_STAR = re.compile(r"(?:\bselect\s+(?:distinct\s+)?|,\s*|\.\s*)\*", re.IGNORECASE)


class ViewInTheWay(OperationRule[ops.TableOperation]):
    """A type change or a drop of what a view reads."""

    looks_at = (ops.AlterColumn, ops.DropColumn, ops.DropTable)
    severity = "error"
    databases = ("postgresql",)
    fails_outright = True

    def check(self, operation: ops.TableOperation, context: Context) -> Iterator[Finding]:
        """Whether a view surely reads it."""
        table = operation.table_name
        if table is None or getattr(operation, "cascade", False) or operation.site.conditional:
            return
        column, at = _changed(operation)
        if column is None and not isinstance(operation, ops.DropTable):
            return
        for state in states(operation, context, self.databases):
            views = _readers(state, table, column)
            if not views:
                continue
            view = views[0]
            what = f"{code(table)}.{code(column)}" if column is None else code(f"{table}.{column}")
            what = code(table) if column is None else what
            kind = "materialized view" if view.materialized else "view"
            yield self.finding(
                at,
                f"This fails{context.where([state.target])}: the {kind} {code(view.name)} reads {what}. Drop it first,"
                " and recreate it afterwards.",
                operation=operation,
                object=column or table,
                targets=[state.target],
                related=made_here(view.origin, f"{code(view.name)} was made here", context),
            )
            return


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


def _readers(state: State, table: str, column: str | None) -> list[View]:
    """Views that read the table and, when one is given, the column, the oldest first."""
    known = state.table(table)
    found: list[View] = []
    for view in state.schema.views.values():
        if view.there is not None or known is None or known.name not in view.tables:
            continue
        if column is None or column.lower() in view.words or _STAR.search(view.definition or "") is not None:
            found.append(view)
    return found
