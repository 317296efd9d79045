"""MySQL reads `REFERENCES` behind a column and creates no foreign key, without an error or a warning.

Before MySQL 9.0 a reference inside of a column's definition is parsed and ignored; only `FOREIGN KEY (…) REFERENCES …` of the table makes a key. Measured on MySQL 8.0.46 and 8.4.10. MariaDB makes
the key, and so does MySQL 9. `op.add_column` with `sa.ForeignKey` is no mistake: Alembic adds the key by a statement of its own, unless it is given `inline_references=True`.

```python bad dialect=mysql
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN buyer INTEGER REFERENCES users (id)")
    #|                                              creates no foreign key
```
```python good dialect=mysql
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN buyer INTEGER, ADD FOREIGN KEY (buyer) REFERENCES users (id)")
    op.add_column("orders", sa.Column("seller", sa.Integer(), sa.ForeignKey("users.id", name="fk_seller")))
```
```python good dialect=mariadb
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN buyer INTEGER REFERENCES users (id)")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, on
from foreshot.migration.operations import AddColumn, CreateTable


class InlineReferenceIgnored(OperationRule[AddColumn | CreateTable]):
    """``REFERENCES`` inside of a column."""

    looks_at = (AddColumn, CreateTable)
    severity = "error"
    databases = ("mysql",)
    needs_database = True

    def check(self, operation: AddColumn | CreateTable, context: Context) -> Iterator[Finding]:
        """Each column with a reference of its own."""
        targets = [
            target
            for target in context.targets(self.databases, operation)
            if target.version is None or target.version.at_most(8)
        ]
        if not targets:
            return
        if operation.site.sql is None and not (
            isinstance(operation, AddColumn) and operation.inline_references is True
        ):
            return
        for column in operation.columns if isinstance(operation, CreateTable) else (operation.column,):
            if column.foreign_keys:
                yield self.finding(
                    column.foreign_keys[0].span,
                    f"{on(targets)} creates no foreign key on {code(column.name)}: it ignores an inline REFERENCES. Add the key with `FOREIGN KEY`.",
                    operation=operation,
                    object=column.name if isinstance(column.name, str) else None,
                    targets=targets,
                )
