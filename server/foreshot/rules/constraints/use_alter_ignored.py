"""`use_alter=True` inside `op.create_table`: the foreign key is never made.

The flag tells SQLAlchemy's `create_all` to make the key afterwards, with `ALTER TABLE`, where two tables refer to each other. `op.create_table` leaves it out of
`CREATE TABLE` likewise, and there is no afterwards: no error, and no key. On SQLite, which has no such `ALTER TABLE`, SQLAlchemy makes the key with the table. Measured with Alembic 1.20 and SQLAlchemy 2.0 and 2.1 on PostgreSQL 18.

Without the flag the key is made with the table; where the other table is created later, by `op.create_foreign_key` behind both.

```python bad
def upgrade():
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["users.id"], name="fk_teams_lead", use_alter=True),
        #|                                                                       never created
    )
```
```python fixed
def upgrade():
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["users.id"], name="fk_teams_lead"),
    )
```
```python good
def upgrade():
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
    )
    op.create_foreign_key("fk_teams_lead", "teams", "users", ["lead_id"], ["id"])
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddConstraint, CreateTable
from foreshot.syntax.changes import RemoveArgument


class UseAlterIgnored(RevisionRule):
    """A foreign key with ``use_alter`` in ``create_table``."""

    severity = "warning"
    databases = ("postgresql", "mysql", "mariadb", "mssql", "oracle")
    needs_database = True
    safety = "unsafe"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each such key, unless one with the same columns is created besides."""
        module = context.module
        if "use_alter" not in module.content:
            return
        created = [
            item
            for item in context.revision.operations
            if isinstance(item, CreateTable) and item.site.sql is None
        ]
        made = {
            item.table_name
            for item in context.revision.operations
            if isinstance(item, AddConstraint) and item.constraint.kind == "foreign key"
        }
        for call in module.nodes(ast.Call):
            flag = next((item for item in call.keywords if item.arg == "use_alter"), None)
            if flag is None or not (isinstance(flag.value, ast.Constant) and flag.value.value is True):
                continue
            span = module.span(call)
            table = next((item for item in created if item.site.call.contains(span)), None)
            targets = context.targets(self.databases, table) if table is not None else ()
            if table is None or table.table_name in made or not targets:
                continue
            yield self.finding(
                module.span(flag),
                f"The foreign key of {code(table.table_name)} is never created: `op.create_table` leaves it to an `ALTER TABLE` that Alembic never runs. Remove `use_alter`.",
                operation=table,
                targets=targets,
                state=call,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """Without the flag, where the other table is there by then."""
        call, table = finding.state, finding.operation
        if not isinstance(call, ast.Call) or not isinstance(table, CreateTable) or table.site.repeated:
            return
        keys = [item.ref_table for item in table.constraints if item.kind == "foreign key"]
        keys += [
            key.target.rpartition(".")[0]
            for column in table.columns
            for key in column.foreign_keys
            if isinstance(key.target, str)
        ]
        later = {item.table_name for item in context.after(table) if isinstance(item, CreateTable)}
        if not later & set(keys):
            yield Fix(
                "Create the key with the table",
                "unsafe",
                (RemoveArgument(context.module.span(call), "use_alter"),),
            )
