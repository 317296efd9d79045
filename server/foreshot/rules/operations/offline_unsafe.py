"""A revision reads rows or looks at the database, and the project writes its migrations as SQL: `--sql` has no database to query.

With `alembic upgrade --sql` there is no connection. `op.get_bind().execute(…)` returns None, so `.fetchall()` stops with an AttributeError, and
`sa.inspect(…)` with NoInspectionAvailable. Measured with Alembic 1.20.

Reported only where the repository runs Alembic with `--sql`, in a workflow, a Makefile or a script, and once a function. Ask `context.is_offline_mode()` first, and do without, or write one
statement that needs no answer (`INSERT … SELECT`, `UPDATE … FROM`).

```yaml .gitlab-ci.yml
sql:
  script: alembic upgrade head --sql > upgrade.sql
```
```python bad
def upgrade():
    rows = op.get_bind().execute(sa.text("SELECT id FROM users")).fetchall()
    #|     no database to query
    for row in rows:
        print(row)
```
```python good
from alembic import context


def upgrade():
    if not context.is_offline_mode():
        rows = op.get_bind().execute(sa.text("SELECT id FROM users")).fetchall()
        print(rows)


def downgrade():
    op.execute("UPDATE users SET name = old.name FROM old WHERE old.id = users.id")
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import RevisionRule

_READS = frozenset(
    {
        "fetchall",
        "fetchone",
        "fetchmany",
        "first",
        "one",
        "one_or_none",
        "scalar",
        "scalar_one",
        "scalar_one_or_none",
        "scalars",
        "all",
        "mappings",
        "rowcount",
    }
)
_EXECUTES = ("execute", "exec_driver_sql")


class OfflineUnsafe(RevisionRule):
    """A result that is read, in a project that uses ``--sql``."""

    severity = "information"

    def check(self, context: Context) -> Iterator[Finding]:
        """The first such place of each function."""
        offline = context.surroundings.offline
        if offline is None:
            return
        content = context.module.content
        if "is_offline_mode" in content or "as_sql" in content:
            return
        for name in ("upgrade", "downgrade"):
            function = context.module.functions.get(name)
            at = next(_reading(function), None) if function is not None else None
            if at is not None:
                yield self.finding(
                    context.module.span(at),
                    "This stops under `--sql`, which the project uses: there is no database to query. Check `context.is_offline_mode()` first.",
                    related=(Related("Alembic is run with `--sql` here", offline.span, offline.path),),
                )


def _reading(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """What reads an answer of the database, in source order."""
    found: list[ast.expr] = []
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _READS and _executes(value):
                found.append(node)
            case ast.Call(func=ast.Name(id="inspect") | ast.Attribute(attr="inspect")):
                found.append(node)
            case ast.For(iter=value) if _executes(value):
                found.append(value)
            case _:
                pass
    yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _executes(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _EXECUTES
