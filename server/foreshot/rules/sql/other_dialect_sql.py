"""The SQL is for another database than the project's: it fails, or does nothing.

`CREATE EXTENSION`, `SET lock_timeout` and `CREATE POLICY` are PostgreSQL's, `PRAGMA` is SQLite's, `ENGINE=InnoDB` and `ON DUPLICATE KEY UPDATE` are MySQL's. On several databases, ask for
the dialect first: `if op.get_context().dialect.name == "postgresql":`.

Only statements that one family of databases alone has are reported, and only where the project tells which databases it runs on. Nothing is said of what stands under
a condition.

```python bad dialect=mysql
def upgrade():
    op.execute("CREATE EXTENSION IF NOT EXISTS pgcrypto")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ for PostgreSQL
```
```python good dialect=mysql,postgresql
def upgrade():
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pgcrypto")
    op.execute("UPDATE users SET name = 'x' WHERE id = 1")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import on, on_databases
from foreshot.migration.operations import Operation, SqlText
from foreshot.syntax.values import Text
from foreshot.text import Span

_MYSQL: Final = ("mysql", "mariadb")
_ONLY: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), databases)
    for pattern, databases in (
        (r"\s*create\s+extension\b", ("postgresql",)),
        (
            r"\s*(?:create|alter|drop)\s+(?:policy|domain|operator|aggregate|publication|subscription)\b",
            ("postgresql",),
        ),
        (r"\s*create\s+type\s+\S+\s+as\b", ("postgresql", "oracle")),
        (r"\s*alter\s+type\b", ("postgresql", "oracle")),
        (r"\s*(?:create|drop)\s+(?:unique\s+)?index\s+concurrently\b", ("postgresql",)),
        (
            r"\s*set\s+(?:local\s+|session\s+)?(?:lock_timeout|statement_timeout|search_path|idle_in_transaction_session_timeout)\b",
            ("postgresql",),
        ),
        (
            r"\s*alter\s+table\b.*\b(?:validate\s+constraint|enable\s+row\s+level\s+security|attach\s+partition|set\s+logged)\b",
            ("postgresql",),
        ),
        (r"\s*do\s+\$", ("postgresql",)),
        (r"\s*pragma\b", ("sqlite",)),
        (r"\s*insert\s+or\s+(?:ignore|replace|abort|fail|rollback)\b", ("sqlite",)),
        (r"\s*(?:create\s+table|alter\s+table)\b.*\bengine\s*=\s*\w+", _MYSQL),
        (r"\s*insert\b.*\bon\s+duplicate\s+key\s+update\b", _MYSQL),
        (r"\s*insert\s+ignore\b", _MYSQL),
        (r"\s*alter\s+table\s+\S+\s+modify\b", (*_MYSQL, "oracle")),
        (r"\s*alter\s+table\s+\S+\s+change\b", _MYSQL),
        (r"\s*set\s+(?:session\s+|global\s+)?(?:foreign_key_checks|sql_mode|innodb_\w+)\b", _MYSQL),
    )
)
_MOST: Final = 4_000


class OtherDialectSql(OperationRule[SqlText]):
    """A statement that the project's databases do not have."""

    looks_at = (SqlText,)
    severity = "warning"
    needs_database = True

    def check(self, operation: SqlText, context: Context) -> Iterator[Finding]:
        """The first statement that is of another database."""
        site = operation.site
        if site.conditional or operation.problem is not None or not isinstance(operation.value, Text):
            return
        targets = context.targets((), operation)
        for statement in operation.statements:
            for pattern, databases in _ONLY:
                if pattern.match(statement[:_MOST]) is None:
                    continue
                missing = [target for target in targets if target.database not in databases]
                if missing and not context.is_forgiven(operation):
                    yield self.finding(
                        _place(operation, statement, context),
                        f"This fails on {on(missing)}: the statement is for {on_databases(databases)}. Check the dialect first.",
                        operation=operation,
                        targets=missing,
                    )
                return


def _place(operation: Operation, statement: str, context: Context) -> Span:
    return next(
        (item.site.call for item in context.after(operation) if item.site.sql == statement),
        operation.site.args.get("sql", operation.site.call),
    )
