"""TRUNCATE deletes every row of a table, without a WHERE and without a way back.

On PostgreSQL it takes ACCESS EXCLUSIVE, so that reads wait too, and with `CASCADE` it also empties every table whose
foreign keys lead to this one. On MySQL and MariaDB it commits at once: when the revision fails later, the rows stay gone.
SQLite has no TRUNCATE.

If rows have to go, delete the ones that you mean, and say which. If the table is a cache that is filled again, say so in a
suppression comment. Where some of its rows were copied to another table first, the finding is milder, and where all were (`SELECT * FROM` it, without
a condition), there is none. It does not matter for a table that the same revision made, nor in `downgrade()`, which empties
what `upgrade()` has filled.

```python bad
def upgrade():
    op.execute("TRUNCATE TABLE sessions")
    #           ^^^^^^^^^^^^^^^^^^^^^^^ Deletes every row of `sessions`
```
```python bad
def upgrade():
    op.execute("TRUNCATE users CASCADE")
    #           ^^^^^^^^^^^^^^ of every table that references it
```
```python bad
def upgrade():
    op.execute("INSERT INTO users_before SELECT * FROM users WHERE active")
    op.execute("TRUNCATE users")
    #           ^^^^^^^^^^^^^^ Deletes every row of `users` that was not copied before
```
```python good
def upgrade():
    op.execute("CREATE TABLE users_before (LIKE users INCLUDING ALL)")
    op.execute("INSERT INTO users_before SELECT * FROM users")
    op.execute("TRUNCATE users")
```
```python bad dialect=mysql
def upgrade():
    op.execute("TRUNCATE TABLE sessions")
    #           ^^^^^^^^^^^^^^^^^^^^^^^ commits at once
```
```python good
def upgrade():
    op.create_table("numbers", sa.Column("n", sa.Integer()))
    op.execute("INSERT INTO numbers SELECT generate_series(1, 10)")
    op.execute("TRUNCATE numbers")
```
```python good
def upgrade():
    op.execute("DELETE FROM sessions WHERE expires < now()")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.knowledge.databases import transactional_ddl
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, on
from foreshot.migration import operations as ops
from foreshot.rules.destructive import _lost as lost

_ALL: Final = re.compile(r"(?is)\bselect\s+\*\s+from\s+(?:only\s+)?(?P<table>[\w.\"`]+)\s*;?\s*\Z")


class TruncateTable(OperationRule[ops.TruncateTable]):
    """``TRUNCATE`` of a table that existed before."""

    looks_at = (ops.TruncateTable,)
    severity = "error"
    directions = ("upgrade",)
    databases = ("postgresql", "mysql", "mariadb", "mssql", "oracle")

    def check(self, operation: ops.TruncateTable, context: Context) -> Iterator[Finding]:
        """Whether rows go that somebody may want."""
        if operation.table_name is None or context.is_new(operation):
            return
        targets = context.targets(self.databases, operation)
        what = f"every row of {code(operation.table_name)}"
        if _is_copied(operation, context):
            return
        copied = lost.is_read_before(operation, context)
        if copied:
            what += " that was not copied before"
        if operation.cascade:
            what += " and of every table that references it"
        committed = [target for target in targets if not transactional_ddl(target.database)]
        commits = "commits" if len(committed) == 1 else "commit"
        at_once = f"; {on(committed)} {commits} at once" if committed else ""
        advice = "Keep a copy of its rows." if copied else "Use DELETE with a WHERE."
        yield self.finding(
            operation.site.name,
            f"Deletes {what}{context.where(targets)}{at_once}. {advice}",
            operation=operation,
            object=operation.table_name,
            targets=targets,
            severity="warning" if copied else None,
        )


def _is_copied(operation: ops.TruncateTable, context: Context) -> bool:
    """Whether a statement before it put all rows into another table."""
    name = operation.table_name
    for other in context.before(operation) if name is not None and not operation.cascade else ():
        copies = isinstance(other, ops.DataChange) and other.verb == "insert"
        found = _ALL.search(other.site.sql or "") if copies or isinstance(other, ops.Execute) else None
        ways = other.site.conditions
        if (
            found is not None
            and (copies or re.match(r"(?i)\s*create\s+table\b", other.site.sql or ""))
            and re.sub(r"[\"`]", "", found["table"]) == name
            and ways == operation.site.conditions[: len(ways)]
        ):
            return True
    return False
