"""A row that the revision inserts has a text that does not fit its column: the migration fails.

PostgreSQL refuses it (22001), and so does MySQL in its strict mode, which is the default since 5.7; SQLite knows no lengths, so that tests on it see nothing. Measured on PostgreSQL
18. Only values that are written out in the revision are looked at, and only columns that the history makes.

```python bad
def upgrade():
    kinds = op.create_table("kinds", sa.Column("code", sa.String(8), primary_key=True), sa.Column("label", sa.String(64)))
    op.bulk_insert(
        kinds,
        [
            {"code": "DRAFT", "label": "Draft"},
            {"code": "SENT_BY_EXPRESS", "label": "Sent"},
#                    ^^^^^^^^^^^^^^^^^ fails
        ],
    )
```
```python good
def upgrade():
    kinds = op.create_table("kinds", sa.Column("code", sa.String(20), primary_key=True), sa.Column("label", sa.Text()))
    op.bulk_insert(kinds, [{"code": "SENT_BY_EXPRESS", "label": "Sent by express, which takes a day and a half"}])
```
```python setup
def upgrade():
    op.create_table("kinds", sa.Column("code", sa.String(8), primary_key=True), sa.Column("label", sa.String(64)))
```
```python bad
def upgrade():
    op.execute("INSERT INTO kinds (code, label) VALUES ('DRAFT', 'Draft'), ('SENT_BY_EXPRESS', 'Sent')")
#                                                                           ^^^^^^^^^^^^^^^^^ fails
    op.execute("UPDATE kinds SET code = 'SENT_BY_AIR' WHERE code = 'SENT_BY_EXPRESS'")
#                                       ^^^^^^^^^^^^^ fails
```
```python good
def upgrade():
    op.execute("UPDATE kinds SET code = 'SENT', label = lower('SENT BY EXPRESS') WHERE label = 'SENT_BY_EXPRESS'")
    op.alter_column("kinds", "code", existing_type=sa.String(8), type_=sa.String(32))
    op.execute("INSERT INTO kinds (label, code) VALUES ('Sent', 'SENT_BY_EXPRESS')")
```
A default is a value too:

```python bad
def upgrade():
    op.add_column("kinds", sa.Column("lang", sa.String(2), server_default="en_GB", nullable=False))
#                                                                         ^^^^^^^ the default's 5 characters do not fit
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from foreshot.knowledge import classify
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.specs import type_spec
from foreshot.lint.states import State, made_here, states
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, BulkInsert, DataChange, TypeSpec
from foreshot.rules.data import _seeds as seeds
from foreshot.schema.state import Column
from foreshot.text import Span

_MOST: Final = 20


class ValueTooLong(OperationRule[BulkInsert | DataChange | AddColumn]):
    """A literal that is longer than its column."""

    looks_at = (BulkInsert, DataChange, AddColumn)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb")
    directions = ("upgrade",)

    def check(self, operation: BulkInsert | DataChange | AddColumn, context: Context) -> Iterator[Finding]:
        """Each such value."""
        if isinstance(operation, AddColumn):
            yield from self._of_default(operation, context)
            return
        values = list(_texts(operation, context))
        found = list(states(operation, context, self.databases)) if values else []
        if not found:
            return
        bounds: dict[str, tuple[int, Column] | None] = {}
        count = 0
        for name, text, at in values:
            if name not in bounds:
                bounds[name] = _bound(operation.table_name, name, found)
            bound = bounds[name]
            # What is beyond the end and blank is cut without an error.
            if bound is None or len(text.rstrip(" ")) <= bound[0] or count == _MOST:
                continue
            count += 1
            most, column = bound
            targets = [state.target for state in found]
            yield self.finding(
                at,
                f"This fails{context.where(targets)}: {len(text)} characters do not fit in {code(name)}, which holds {most}.",
                operation=operation,
                object=name,
                targets=targets,
                related=made_here(
                    column.typed_by or column.origin, "the column got its length here", context
                ),
            )

    def _of_default(self, operation: AddColumn, context: Context) -> Iterator[Finding]:
        """The default that the rows are to get, and that MySQL does not even take."""
        column = operation.column
        text, type_ = column.server_default, column.type
        if not isinstance(text, str) or not isinstance(type_, TypeSpec):
            return
        targets = context.targets(self.databases, operation)
        kinds = [classify(type_, target) for target in targets]
        if any(kind.family != "string" or not kind.exact or not kind.length for kind in kinds):
            return
        most = max((kind.length or 0 for kind in kinds), default=0)
        if targets and len(text.rstrip(" ")) > most:
            yield self.finding(
                column.args.get("server_default", operation.site.name),
                f"This fails{context.where(targets)}: the default's {len(text)} characters do not fit in {code(column.name)}, which holds {most}.",
                operation=operation,
                object=column.name if isinstance(column.name, str) else None,
                targets=targets,
            )


def _texts(operation: BulkInsert | DataChange, context: Context) -> Iterator[tuple[str, str, Span]]:
    """The texts that are written into columns, and where they stand."""
    if isinstance(operation, DataChange):
        for text in operation.texts:
            yield text.column, text.value, text.span
        return
    for row in seeds.rows_of(operation, context):
        for name, value in row.items():
            text = value.value if isinstance(value, ast.Constant) else None
            if isinstance(text, str):
                yield name, text, context.module.span(value)


def _bound(table: str | None, name: str, found: list[State]) -> tuple[int, Column] | None:
    """How many characters the column holds at most on any database; None where one of them bounds it not, or is not known."""
    most = 0
    column = None
    for state in found:
        column = state.column(table, name)
        spec = type_spec(column)
        kind = classify(spec, state.target) if spec is not None else None
        if kind is None or kind.family != "string" or not kind.exact or not kind.length:
            return None
        most = max(most, kind.length)
    return (most, column) if column is not None else None
