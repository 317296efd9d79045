"""`create_all` in a revision makes the tables of today's models, not of the day it was written: a new database cannot be upgraded.

The metadata is the application's, as it is when the migration runs. On a database that has run the revision long ago nothing happens. On a new one it makes every table as the newest model has it,
and the next revision, which adds a column that is there already, fails with "already exists". Measured with Alembic 1.20 on PostgreSQL 18 and SQLite. `drop_all` in
`downgrade()` drops tables that other revisions made.

Write the operations out: `alembic revision --autogenerate` against an empty database does it. Metadata that the revision defines itself is not reported.

```python bad
from app.models import Base


def upgrade():
    Base.metadata.create_all(bind=op.get_bind())
#   ^^^^^^^^^^^^^^^^^^^^^^^^ creates the tables of today's models
```
```python bad
from app.models import Base


def upgrade():
    make(op.get_bind())


def make(bind):
    Base.metadata.create_all(bind)
#   ^^^^^^^^^^^^^^^^^^^^^^^^ creates the tables of today's models
```
```python good
metadata = sa.MetaData()
users = sa.Table("users", metadata, sa.Column("id", sa.Integer(), primary_key=True))


def upgrade():
    metadata.create_all(bind=op.get_bind())
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import RevisionRule
from foreshot.syntax.module import Module
from foreshot.syntax.values import Ref

_DIRECTIONS: tuple[Literal["upgrade", "downgrade"], ...] = ("upgrade", "downgrade")


class CreateAllInMigration(RevisionRule):
    """``metadata.create_all()`` or ``drop_all()`` of imported metadata."""

    severity = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The first such call of each function."""
        module = context.module
        if "create_all" not in module.content and "drop_all" not in module.content:
            return
        for direction in _DIRECTIONS:
            function = module.functions.get(direction)
            reached = _reached(function, context.module) if function is not None else ()
            call = next(filter(None, (_all(node) for item in reached for node in ast.walk(item))), None)
            if call is None or not _is_imported(call, context):
                continue
            what, then = (
                ("creates the tables of today's models", "on a new database, later revisions fail")
                if call.attr == "create_all"
                else ("drops the tables of today's models", "tables of other revisions go with them")
            )
            if call.attr == "create_all" and any(
                isinstance(item, ast.keyword) and item.arg == "tables" for item in ast.walk(module.tree)
            ):
                then = "on a new database, they already have the columns that later revisions add"
            yield self.finding(
                module.span(call),
                f"This {what}: {then}. Write the operations out.",
                severity="warning" if direction == "downgrade" else None,
            )


def _reached(function: ast.FunctionDef, module: Module) -> list[ast.FunctionDef]:
    """The function and the file's own that it calls, each once."""
    found = [function]
    for item in found:
        for node in ast.walk(item):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            called = module.functions.get(name)
            if called is not None and called not in found:
                found.append(called)
    return found


def _all(node: ast.AST) -> ast.Attribute | None:
    match node:
        case ast.Call(func=ast.Attribute(attr="create_all" | "drop_all") as func):
            return func
        case _:
            return None


def _is_imported(func: ast.Attribute, context: Context) -> bool:
    """Whether the metadata comes from another module."""
    root = func.value
    while isinstance(root, ast.Attribute | ast.Call):
        root = root.func if isinstance(root, ast.Call) else root.value
    if not isinstance(root, ast.Name):
        return False
    value = context.revision.scope.lookup(root.id)
    if isinstance(value, Ref):
        first = value.path.partition(".")[0]
        return bool(first) and first not in ("sqlalchemy", "alembic", "<parameter>", "<unknown>")
    # A name that a function imports itself.
    return any(
        (alias.asname or alias.name) == root.id
        for node in (*context.module.nodes(ast.ImportFrom), *context.module.nodes(ast.Import))
        for alias in node.names
    )
