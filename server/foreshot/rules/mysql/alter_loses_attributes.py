"""MySQL's MODIFY sets the whole column anew: what is not said again is lost without a word.

Alembic writes `MODIFY column type …` for a change of type, nullability or comment, with what it is told. A column that was NOT NULL, or had
a default, a comment or AUTO_INCREMENT, loses it unless `existing_nullable`, `existing_server_default`, `existing_comment` and
`existing_autoincrement` say so. Without AUTO_INCREMENT the next row that comes without an id is refused.

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mail", sa.String(80), nullable=False, server_default="none"),
        sa.Column("note", sa.String(80)),
    )
```
```python bad dialect=mysql
def upgrade():
    op.alter_column("users", "mail", type_=sa.String(90), existing_type=sa.String(80))
    #|                               NOT NULL and its default
```
```python fixed
def upgrade():
    op.alter_column("users", "mail", type_=sa.String(90), existing_type=sa.String(80), existing_nullable=False, existing_server_default="none")
```
```python good dialect=mysql
def upgrade():
    op.alter_column(
        "users", "mail", type_=sa.String(90), existing_type=sa.String(80), existing_nullable=False, existing_server_default="none"
    )
```
```python bad dialect=mysql
def upgrade():
    op.alter_column("users", "id", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)
    #|                             loses AUTO_INCREMENT
```
```python fixed
def upgrade():
    op.alter_column("users", "id", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False, existing_autoincrement=True)
```
```python good dialect=mysql
def upgrade():
    op.alter_column("users", "id", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False, autoincrement=True)
```
In `downgrade()`, what `upgrade()` has brought is to go again:

```python good dialect=mysql
def upgrade():
    op.alter_column("users", "note", existing_type=sa.String(80), nullable=False, server_default="-")


def downgrade():
    op.alter_column("users", "note", existing_type=sa.String(80), nullable=True)
```
```python bad dialect=mysql
def upgrade():
    op.alter_column("users", "mail", existing_type=sa.String(80), existing_server_default="none", nullable=True)


def downgrade():
    op.alter_column("users", "mail", existing_type=sa.String(80), nullable=False)
#                            ^^^^^^ loses its default
```
SQL of one's own is no different:

```python bad dialect=mysql
def upgrade():
    op.execute("ALTER TABLE users MODIFY mail VARCHAR(90)")
    #|                            loses NOT NULL and its default
```
```python good dialect=mysql
def upgrade():
    op.execute("ALTER TABLE users MODIFY mail VARCHAR(90) NULL DEFAULT NULL")
```
```python good dialect=postgresql
def upgrade():
    op.alter_column("users", "mail", type_=sa.String(90), existing_type=sa.String(80))
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

from foreshot.knowledge.databases import Target
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, states
from foreshot.lint.words import code, codes, listed
from foreshot.migration import operations as ops
from foreshot.schema.plain import Called
from foreshot.schema.state import Column
from foreshot.syntax.changes import SetArgument

_REDEFINES: Final = re.compile(r"(?i)\b(?:modify|change)\b")
_NULL: Final = re.compile(r"\bNULL\b")
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.|'')*'")


class AlterLosesAttributes(OperationRule[ops.AlterColumn]):
    """A MODIFY that does not say what stays."""

    looks_at = (ops.AlterColumn,)
    severity = "error"
    databases = ("mysql", "mariadb")
    safety = "safe"

    def check(self, operation: ops.AlterColumn, context: Context) -> Iterator[Finding]:
        """What the column has now and the operation does not say."""
        name, table = operation.column, operation.table_name
        if not isinstance(name, str) or table is None or not _modifies(operation):
            return
        raw = operation.site.sql
        if raw is not None and not _REDEFINES.search(raw):
            return
        for state in states(operation, context, self.databases):
            column = state.column(table, name)
            lost: dict[str, str] = {}
            if column is not None:
                lost = _lost(operation, column) if raw is None else _left_out(raw, operation, column)
            if operation.site.function == "downgrade":
                lost = _beyond_undoing(lost, operation, state.target, context)
            if column is None or not lost:
                continue
            yield self.finding(
                operation.site.keywords.get(
                    "type_", operation.site.args.get("column_name", operation.site.name)
                ),
                f"{code(f'{table}.{name}')} loses {listed(list(lost))}{context.where([state.target])}: MODIFY keeps only what it states. {'Pass the `existing_…` arguments' if raw is None else 'State it too'}.",
                operation=operation,
                object=name,
                targets=[state.target],
                related=made_here(
                    column.nullable_by or column.default_by or column.origin, "it was set here", context
                ),
                state=tuple(text for text in lost.values() if text),
            )
            return

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """What the history knows, as `existing_*`."""
        operation, added = finding.operation, cast("tuple[str, ...]", finding.state)
        if operation is None or not added or operation.site.repeated:
            return
        parts = [item.partition("=") for item in added]
        changes = tuple(SetArgument(operation.site.call, name, value) for name, _, value in parts)
        yield Fix(f"Pass {codes(added)}", "safe", changes)


def _modifies(operation: ops.AlterColumn) -> bool:
    return (
        operation.type is not None
        or operation.nullable is not None
        or operation.comment is not None
        or operation.new_name is not None
        or operation.autoincrement is not None
    )


def _lost(operation: ops.AlterColumn, column: Column) -> dict[str, str]:
    """What goes, each with the keyword that keeps it; the keyword is empty where its value cannot be written."""
    found: dict[str, str] = {}
    if column.nullable is False and operation.nullable is None and operation.existing_nullable is None:
        found["NOT NULL"] = "existing_nullable=False"
    if (
        column.default is not None
        and operation.server_default is None
        and operation.existing_server_default is None
    ):
        found["its default"] = _default(column.default)
    if column.comment and operation.comment is None and "existing_comment" not in operation.site.args:
        found["its comment"] = f"existing_comment={column.comment!r}"
    if column.autoincrement and not {"autoincrement", "existing_autoincrement"} & set(operation.site.args):
        found["AUTO_INCREMENT"] = "existing_autoincrement=True"
    return found


def _left_out(sql: str, operation: ops.AlterColumn, column: Column) -> dict[str, str]:
    """What a MODIFY or CHANGE in SQL does not speak of, and the column has."""
    found: dict[str, str] = {}
    words = _QUOTED.sub("''", sql).upper()
    if column.nullable is False and operation.nullable is True and not _NULL.search(words):
        found["NOT NULL"] = ""
    if column.default is not None and operation.server_default is False and "DEFAULT" not in words:
        found["its default"] = ""
    if column.comment and operation.comment is None and "COMMENT" not in words:
        found["its comment"] = ""
    if column.autoincrement and "AUTO_INCREMENT" not in words:
        found["AUTO_INCREMENT"] = ""
    return found


def _beyond_undoing(
    lost: dict[str, str], operation: ops.AlterColumn, target: Target, context: Context
) -> dict[str, str]:
    """What goes in ``downgrade()`` though the column had it before ``upgrade()`` too, or that cannot be told."""
    story = context.story(target)
    name = operation.new_name or operation.column
    if story is None or not isinstance(name, str):
        return lost
    start = story.start("upgrade")
    before = State(target, start, start).column(operation.table_name, name)
    if before is None:
        return lost
    had = {
        "NOT NULL": before.nullable is not True,
        "its default": before.default is not None,
        "its comment": bool(before.comment),
        "AUTO_INCREMENT": before.autoincrement,
    }
    return {what: text for what, text in lost.items() if had[what]}


def _default(value: object) -> str:
    if isinstance(value, str):
        return (
            f"existing_server_default={value!r}"
            if "'" in value or '"' in value
            else f'existing_server_default="{value}"'
        )
    if (
        isinstance(value, Called)
        and value.path == "sqlalchemy.text"
        and isinstance(value.argument("text", 0), str)
    ):
        return f"existing_server_default=sa.text({value.argument('text', 0)!r})"
    return ""
