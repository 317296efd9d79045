"""The SQL does not parse: the migration fails when it gets here.

A parenthesis is missing, a keyword is misspelt, a quote is not closed. Only errors that leave no doubt are reported: SQL
that is put together while it runs, and statements that the parser does not know, are passed over.

```python bad
def upgrade():
    op.execute("UPDTE users SET active = true WHERE id = 1")
#               ^^^^^ fails on PostgreSQL
```
```python good
def upgrade():
    op.execute("UPDATE users SET active = true WHERE id = 1")
```
A reserved word is no name without quotes, and PostgreSQL takes no value out of an enum:

```python bad
def upgrade():
    op.execute("UPDATE user SET active = true WHERE id = 1")
#                      ^^^^ is a reserved word
    op.execute("INSERT INTO steps (id, order) VALUES (1, 2)")
#                                      ^^^^^ is a reserved word


def downgrade():
    op.execute("ALTER TYPE mood REMOVE VALUE 'sad'")
#                               ^^^^^^ cannot be taken away
```
```python good
def upgrade():
    op.execute('UPDATE "user" SET active = true WHERE id = 1')
    op.execute('UPDATE steps SET "order" = 3, "end" = CASE WHEN id = 1 THEN 2 END')
    op.execute("INSERT INTO steps (id, owner) SELECT 1, user FROM users u WHERE u.id = 1")
    op.execute("ALTER TYPE address DROP ATTRIBUTE city")
```
```python good dialect=mysql
def upgrade():
    op.execute("UPDATE user SET active = true WHERE id = 1")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge.databases import DISPLAY_NAMES
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import plain
from foreshot.migration.operations import SqlText


class SqlSyntaxError(OperationRule[SqlText]):
    """SQL that the target database's grammar does not take."""

    looks_at = (SqlText,)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb", "sqlite")
    fails_outright = True

    def check(self, operation: SqlText, context: Context) -> Iterator[Finding]:
        """Whether a statement could not be parsed."""
        problem = operation.problem
        if problem is None:
            return
        targets = [
            target
            for target in context.targets(self.databases, operation)
            if target.database == problem.dialect
        ]
        if not targets:
            return
        name = DISPLAY_NAMES[targets[0].database]
        yield self.finding(
            problem.span,
            f"This SQL fails on {name}: {plain(problem.message)}.",
            operation=operation,
            targets=targets,
        )
