"""Several statements in one call: asyncpg, PyMySQL and SQLite refuse them, and the migration fails.

asyncpg prepares every statement, and PostgreSQL prepares one at a time: "cannot insert multiple commands into a prepared statement". Python's sqlite3 says "You can only execute one statement at a
time" (measured on SQLite 3.40). PyMySQL has told the server since its version 1.0 that it sends one statement at a time: error 1064, near what follows the first. psycopg and psycopg2 send the text as it is, so that the same revision worked before the driver was changed. The driver is known by the URL in the
configuration or in env.py.

```ini alembic.ini
[alembic]
script_location = migrations
sqlalchemy.url = postgresql+asyncpg://localhost/app
```
```python bad
def upgrade():
    op.execute("DROP TRIGGER tidy ON projects; DROP FUNCTION tidy();")
#              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ one statement at a time
```
```python fixed
def upgrade():
    op.execute("DROP TRIGGER tidy ON projects")
    op.execute("DROP FUNCTION tidy()")
```
```python good
def upgrade():
    op.execute("DROP TRIGGER tidy ON projects;")
    op.execute("DROP FUNCTION tidy()")
```
```ini alembic.ini
[alembic]
script_location = migrations
sqlalchemy.url = mysql+pymysql://localhost/app
```
```python bad dialect=mysql
def upgrade():
    op.execute("UPDATE projects SET size = 0; UPDATE users SET age = 0")
#              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ one statement at a time
```
```python good dialect=mysql
def upgrade():
    op.execute("CREATE TRIGGER tidy BEFORE INSERT ON projects FOR EACH ROW BEGIN SET NEW.size = 0; SET NEW.age = 1; END")
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import cast

from foreshot.knowledge.databases import Target
from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.migration.operations import SqlText
from foreshot.syntax.changes import ReplaceStatement
from foreshot.syntax.values import Text

_COMMENT = re.compile(r"(?s)--[^\n]*|/\*.*?\*/")


class SeveralStatementsAtOnce(OperationRule[SqlText]):
    """More than one statement, where the driver takes one."""

    looks_at = (SqlText,)
    severity = "error"
    databases = ("postgresql", "sqlite", "mysql", "mariadb")
    needs_database = True
    safety = "safe"
    fails_outright = True

    def check(self, operation: SqlText, context: Context) -> Iterator[Finding]:
        """Whether the text has a second statement, and the driver refuses it."""
        statements = [item for item in operation.statements if _COMMENT.sub("", item).strip(" \n\t;")]
        if len(statements) < 2 or operation.callee.endswith(("executescript", "executemany")):
            return
        targets = [
            target for target in context.targets(self.databases, operation) if _refuses(target, context)
        ]
        if targets and "cursor" not in operation.callee:
            yield self.finding(
                operation.site.args.get("sql", operation.site.call),
                "This fails: the driver takes one statement at a time (asyncpg, PyMySQL, SQLite). Run them one by one.",
                operation=operation,
                targets=targets,
                state=tuple(statements),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """One call a statement."""
        operation, statements = finding.operation, finding.state
        if not isinstance(operation, SqlText) or not isinstance(statements, tuple) or operation.site.repeated:
            return
        text = operation.value
        if not isinstance(text, Text) or text.interpolated or operation.wrapped:
            return
        call = next(
            (
                node
                for node in context.module.nodes(ast.Call)
                if context.module.span(node) == operation.site.call
            ),
            None,
        )
        whole = (
            call is not None
            and len(call.args) == 1
            and isinstance(call.args[0], ast.Constant)
            and not call.keywords
        )
        if call is None or not whole or operation.site.statement != operation.site.call:
            return
        callee = context.text(context.module.span(call.func))
        lines = [f"{callee}({_literal(str(item))})" for item in cast("tuple[object, ...]", statements)]
        yield Fix(
            "Run them one by one", "safe", (ReplaceStatement(operation.site.statement, "\n".join(lines)),)
        )


def _literal(sql: str) -> str:
    sql = sql.strip().removesuffix(";").rstrip()
    if "\n" not in sql:
        return writing.literal(sql)
    # As repr is one line, statements of several keep theirs between triple quotes.
    return f'"""{sql}"""' if '"""' not in sql and "\\" not in sql and not sql.endswith('"') else repr(sql)


def _refuses(target: Target, context: Context) -> bool:
    if target.database == "sqlite":
        return True
    source = context.surroundings.env_source
    text = source.content if source is not None else ""
    if target.is_mysql and ("client_flag" in text or "MULTI_STATEMENTS" in text):
        return False
    starts = ("mysql", "mariadb") if target.is_mysql else ("postgres",)
    schemes = [url.scheme for url in context.surroundings.environment.urls if url.scheme.startswith(starts)]
    refusing = "+pymysql" if target.is_mysql else "+asyncpg"
    if schemes:
        return all(scheme.endswith(refusing) for scheme in schemes)
    others = ("+mysqldb", "+aiomysql", "+asyncmy", "+mysqlconnector") if target.is_mysql else ("+psycopg",)
    return refusing in text and not any(driver in text for driver in others)
