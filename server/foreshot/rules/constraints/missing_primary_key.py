"""A table is created without a primary key: its rows cannot be told apart.

Two equal rows cannot be updated or deleted one by one, SQLAlchemy's ORM cannot map the table, and logical replication of PostgreSQL and
group replication of MySQL refuse updates and deletes on it. For a table that links two others, the two foreign keys together are the key: it
also keeps a link from being there twice.

Not reported: temporary tables and partitions, which have their parent's; a table that gets its key later in the revision or goes again there, or whose columns could not all be read.

```python bad
def upgrade():
    op.create_table(
        "memberships",
        #| cannot be told apart
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id"), nullable=False),
    )
```
```python good
def upgrade():
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id"), primary_key=True),
    )
    op.create_table("teams", sa.Column("id", sa.Integer()), sa.PrimaryKeyConstraint("id", name="pk_teams"))
    op.execute("CREATE TEMPORARY TABLE seen (id integer)")
    op.create_table("links", sa.Column("user_id", sa.Integer()))
    op.execute("INSERT INTO links SELECT id FROM users")
    op.drop_table("links")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, AddConstraint, CreateTable, DropTable

_NO_TABLE_OF_ROWS = re.compile(
    r"(?i)\b(?:partition\s+of|inherits|like|of\s+\w+\s*\(|virtual\s+table|unlogged\s+table\s+temp)\b"
)


class MissingPrimaryKey(OperationRule[CreateTable]):
    """``create_table`` without a primary key."""

    looks_at = (CreateTable,)
    severity = "warning"
    directions = ("upgrade",)

    def check(self, operation: CreateTable, context: Context) -> Iterator[Finding]:
        """Whether no column and no constraint is one, then or later."""
        if (
            operation.temporary
            or not operation.complete
            or not operation.columns
            or operation.table_name is None
        ):
            return
        if operation.site.sql is not None and _NO_TABLE_OF_ROWS.search(operation.site.sql):
            return
        # What is not known may be one.
        if any(column.primary_key is not False for column in operation.columns):
            return
        if any(item.kind in ("primary key", "unknown") for item in operation.constraints):
            return
        if "postgresql_partition_by" in operation.site.keywords or "prefixes" in operation.site.keywords:
            return
        for later in context.after(operation):
            if isinstance(later, DropTable) and later.table == operation.table:
                return
            if (
                isinstance(later, AddConstraint)
                and later.constraint.kind == "primary key"
                and later.table == operation.table
            ):
                return
            if (
                isinstance(later, AddColumn)
                and later.column.primary_key is not False
                and later.table == operation.table
            ):
                return
        yield self.finding(
            operation.site.args.get("table_name", operation.site.name),
            f"The rows of {code(operation.table_name)} cannot be told apart: the table has no primary key. Give it one.",
            operation=operation,
        )
