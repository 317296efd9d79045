"""The SQL is for another database than the project's: it fails, or does nothing.

`CREATE EXTENSION`, `SET lock_timeout` and `CREATE POLICY` are PostgreSQL's, `PRAGMA` is SQLite's, `ENGINE=InnoDB` and `ON DUPLICATE KEY UPDATE` are MySQL's. On several databases, ask for
the dialect first: `if op.get_context().dialect.name == "postgresql":`.

So are `ILIKE`, `::` casts, `ON CONFLICT`, names in backticks and `UPDATE … FROM` within a statement that each of them has: the database that does not know them
answers with a syntax error.

Only what some of the databases surely refuse is reported, and only where the project tells which databases it runs on. Nothing is said of what stands under
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
```python bad dialect=mysql
def upgrade():
    op.execute("DELETE FROM users WHERE name ILIKE 'a%'")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ for PostgreSQL
    op.execute("UPDATE users SET name = 'x' WHERE id = 1 RETURNING id")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ This fails on MySQL
    op.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS nick VARCHAR(9)")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ This fails on MySQL
    op.execute("UPDATE users SET name = t.name FROM teams t WHERE t.id = users.team_id")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ This fails on MySQL
```
```python bad dialect=postgresql
def upgrade():
    op.execute("UPDATE `users` SET name = 'x' WHERE id = 1")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ for MySQL, MariaDB and SQLite
    op.execute("UPDATE users u JOIN teams t ON t.id = u.team_id SET u.name = t.name")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ for MySQL and MariaDB
    op.execute("DELETE FROM users WHERE name = 'x' LIMIT 100")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ This fails on PostgreSQL
```
```python good dialect=mysql
def upgrade():
    op.execute("UPDATE users SET name = 'a ILIKE b::text `x` RETURNING id' WHERE id = 1 /* ILIKE */")
    op.execute("UPDATE users SET `name` = (SELECT name FROM teams LIMIT 1), seen = EXTRACT(YEAR FROM created) WHERE id = 1 LIMIT 5")
    op.execute("INSERT INTO stats (returning) SELECT returning FROM old_stats ORDER BY returning DESC")
```
```python good dialect=postgresql
def upgrade():
    op.execute("UPDATE users SET name = 'x' WHERE id IN (SELECT id FROM users WHERE name IS DISTINCT FROM 'y' LIMIT 100) RETURNING id")
    op.execute("COMMENT ON TABLE users IS 'what `users` are'")
    op.execute("DO $$ BEGIN RAISE NOTICE '`x`'; END $$")
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
_UPDATE: Final = r"\s*update\s+[\w.\"`]+(?:\s+(?:as\s+)?(?!set\b|join\b|inner\b|left\b)\w+)?\s+"
_WORDS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), databases)
    for pattern, databases in (
        (r"\bilike\b", ("postgresql",)),
        (
            r"::\s*(?:text|int\w*|bigint|smallint|jsonb?|uuid|varchar|numeric|bool\w*|date|timestamp\w*)\b",
            ("postgresql",),
        ),
        (r"`\w+`", (*_MYSQL, "sqlite")),
    )
)
"""Asked of a statement without its texts and comments."""
_NO_COLUMN: Final = "".join(
    rf"(?<!\s{word})" for word in ("select", "where", "by", "and", "or", "on", "not", "set")
)
_SHAPES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), databases)
    for pattern, databases in (
        (
            rf"\s*(?:insert|update|delete)\b.*(?<![,.=\s]){_NO_COLUMN}\s+returning\s+(?:\*|[\w.]+(?:\s*,\s*[\w.]+)*)\s*;?\s*$",
            ("postgresql", "sqlite", "mariadb", "oracle"),
        ),
        (r"\s*insert\b.*\bon\s+conflict\b", ("postgresql", "sqlite")),
        (
            r"\s*alter\s+table\s+\S+\s+(?:add|drop)\s+column\s+if\s+(?:not\s+)?exists\b",
            ("postgresql", "mariadb", "mssql"),
        ),
        (r"\s*create\s+(?:unique\s+)?index\s+if\s+not\s+exists\b", ("postgresql", "sqlite", "mariadb")),
        (r"\s*drop\s+index\s+if\s+exists\b", ("postgresql", "sqlite", "mariadb", "mssql", "oracle")),
        (_UPDATE + r"set\b.*(?<!distinct)\s+from\b", ("postgresql", "sqlite", "mssql")),
        (_UPDATE + r"(?:inner\s+|left\s+)?join\b", _MYSQL),
        (r"\s*(?:update|delete)\b.*\blimit\s+\d+\s*;?\s*$", (*_MYSQL, "sqlite")),
    )
)
"""Asked of it without what stands in parentheses, too."""
_TEXTS: Final = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|\"[^\"]*\"|\$(\w*)\$.*?(?:\$\1\$|\Z)|--[^\n]*|/\*.*?\*/", re.DOTALL
)
_PARENTHESES: Final = re.compile(r"\([^()]*\)")
_MOST: Final = 4_000
_DEEPEST: Final = 8


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
            for databases in _spoken(statement[:_MOST]):
                missing = [target for target in targets if target.database not in databases]
                if not missing:
                    continue
                if not context.is_forgiven(operation):
                    yield self.finding(
                        _place(operation, statement, context),
                        f"This fails on {on(missing)}: the statement is for {on_databases(databases)}. Check the dialect first.",
                        operation=operation,
                        targets=missing,
                    )
                return


def _spoken(statement: str) -> Iterator[tuple[str, ...]]:
    """The databases that know each thing of the statement that not every database knows."""
    yield from (databases for pattern, databases in _ONLY if pattern.match(statement))
    text = _TEXTS.sub(" x ", statement)
    yield from (databases for pattern, databases in _WORDS if pattern.search(text))
    for _ in range(_DEEPEST):
        inner = _PARENTHESES.sub(" x ", text)
        if inner == text:
            break
        text = inner
    yield from (databases for pattern, databases in _SHAPES if pattern.match(text))


def _place(operation: Operation, statement: str, context: Context) -> Span:
    return next(
        (item.site.call for item in context.after(operation) if item.site.sql == statement),
        operation.site.args.get("sql", operation.site.call),
    )
