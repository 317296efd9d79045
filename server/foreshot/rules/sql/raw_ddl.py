"""The schema is changed by SQL for which Alembic has an operation.

An operation is spelt as each database wants it, works in a batch on SQLite and in `--sql`, and can be turned round for `downgrade()`. SQL is right where an operation cannot say it: `NOT VALID`, `CONCURRENTLY`
of a partition, `USING`, triggers, functions, views. Only adding, dropping and renaming of columns and tables is reported, one plain statement a call.

Not reported: in a revision that has a guard on the dialect around it, as the SQL is for that database then.

```python bad
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN amount INTEGER")
    #|                             `op.add_column`
```
```python good
def upgrade():
    op.add_column("orders", sa.Column("amount", sa.Integer()))
    op.execute("CREATE TRIGGER tidy AFTER INSERT ON orders EXECUTE FUNCTION tidy()")
    op.execute("ALTER TABLE orders ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID")
    op.execute("ALTER TABLE orders ADD COLUMN IF NOT EXISTS total INTEGER, ADD COLUMN IF NOT EXISTS tax INTEGER")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import (
    AddColumn,
    AlterColumn,
    DropColumn,
    DropTable,
    Operation,
    RenameTable,
)

_NAMES: Final[dict[type[Operation], str]] = {
    AddColumn: "op.add_column",
    DropColumn: "op.drop_column",
    AlterColumn: "op.alter_column(new_column_name=…)",
    DropTable: "op.drop_table",
    RenameTable: "op.rename_table",
}
_SPECIAL: Final = re.compile(
    r"(?i)\b(?:cascade|concurrently|not\s+valid|using|generated|if\s+(?:not\s+)?exists|collate|storage|compression|serial|first|after|algorithm|lock|partition|only|restrict|array)\b"
)


class RawDdl(OperationRule[Operation]):
    """``op.execute("ALTER TABLE … ADD COLUMN …")`` and its like."""

    looks_at = (AddColumn, DropColumn, AlterColumn, DropTable, RenameTable)
    severity = "information"

    def check(self, operation: Operation, context: Context) -> Iterator[Finding]:
        """Whether the operation stands in a plain statement of SQL."""
        site, name = operation.site, _NAMES[type(operation)]
        if site.sql is None or site.dialects is not None or site.excluded or site.repeated:
            return
        if _SPECIAL.search(site.sql) or "," in re.sub(r"\([^)]*\)", "", site.sql) or "$" in site.sql:
            return
        if isinstance(operation, AlterColumn) and operation.new_name is None:
            return
        yield self.finding(
            site.name,
            f"Alembic has an operation for this: use {code(name)}, which is rendered for each database.",
            operation=operation,
        )
