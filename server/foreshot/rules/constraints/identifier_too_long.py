"""The name is longer than the database allows.

PostgreSQL has room for 63 bytes, MySQL and MariaDB for 64 characters, SQL Server and Oracle for 128. SQLAlchemy refuses a longer name of an index or a
constraint before it gets to the database (IdentifierError), so the migration fails. A name inside `op.f(...)`, or inside the `f` of a batch
block, is shortened instead, the same way each time, and is not reported.

The name of a table or a column SQLAlchemy hands over as it is. PostgreSQL cuts it with a notice, in queries too, so that the application works; autogenerate
meets another name than the models have, and wants to drop that one and to create this one, each time (measured with Alembic 1.20 on PostgreSQL 18). There it is a warning. The other databases refuse it.

```python bad
def upgrade():
    op.create_index("ix_notification_history_service_id_template_id_created_at_status", "history", ["status"])
    #               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 1 byte too long for PostgreSQL
```
```python fixed
def upgrade():
    op.create_index("ix_notification_history_service_id_template_id_created__a371", "history", ["status"])
```
```python bad
def upgrade():
    op.add_column("history", sa.Column("number_of_times_that_this_notification_was_sent_again_without_a_reply", sa.Integer()))
    #|                                 PostgreSQL cuts
```
```python bad dialect=mysql
def upgrade():
    op.add_column("history", sa.Column("number_of_times_that_this_notification_was_sent_again_without_a_reply", sa.Integer()))
    #|                                 the migration fails
```
SQL is handed over as it is, whatever it names:

```python bad
def upgrade():
    op.execute("ALTER TABLE history ADD CONSTRAINT uq_notification_history_service_id_template_id_created_at_status UNIQUE (id)")
    #|                                             PostgreSQL cuts
```
```python good
def upgrade():
    op.create_index("ix_history_status", "history", ["status"])
    op.create_index(op.f("ix_notification_history_service_id_template_id_created_at_status"), "history", ["status"])
    with op.batch_alter_table("history") as batch_op:
        batch_op.create_index(batch_op.f("ix_notification_history_service_id_template_id_created_at_service"), ["service"])
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.knowledge.databases import DISPLAY_NAMES, Database, excess_length, identifier_limit, shortened
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
    Operation,
    RenameTable,
)
from foreshot.syntax.changes import Change, ReplaceText
from foreshot.text import Span

_FINAL: Final = re.compile(r"(?:\w+\s*\.\s*)*f\s*\(")
"""A name that ``op.f``, or a batch block's ``f``, hands on as it is: SQLAlchemy shortens it."""


class IdentifierTooLong(OperationRule[Operation]):
    """A name over the database's limit."""

    looks_at = (AddColumn, AddConstraint, AlterColumn, CreateIndex, CreateTable, RenameTable)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb", "mssql", "oracle")
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: Operation, context: Context) -> Iterator[Finding]:
        """Each name that the operation gives."""
        by_sql = operation.site.sql is not None
        for name, span in _names(operation):
            if _FINAL.match(context.text(span)):
                continue
            for target in context.targets(self.databases, operation):
                excess, limit = excess_length(name, target.database), identifier_limit(target.database)
                if excess and limit is not None:
                    unit = limit.unit.removesuffix("s") if excess == 1 else limit.unit
                    display = DISPLAY_NAMES[target.database]
                    checked = isinstance(operation, AddConstraint | CreateIndex) and not by_sql
                    cut = limit.beyond == "truncated" and not checked
                    told = (
                        f"{display} cuts the name {code(name)} to its first {limit.size} {limit.unit}, and autogenerate"
                        " takes it for another. Shorten it."
                        if cut
                        else f"The name {code(name)} is {excess} {unit} too long for {display}:"
                        f" {'SQLAlchemy' if checked else 'the server'} refuses it and the migration fails. Shorten it."
                    )
                    yield self.finding(
                        span,
                        told,
                        operation=operation,
                        object=name,
                        targets=[target],
                        severity="warning" if cut else None,
                    )
                    break

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A shorter name that ends in a hash of the whole one, wherever the file writes it."""
        name, operation = finding.object, finding.operation
        if name is None or operation is None or operation.site.repeated or not finding.databases:
            return
        if operation.site.sql is not None:
            return
        targets = context.targets(self.databases, operation)
        database = min(targets, key=lambda target: _size(target.database)).database
        short = shortened(name, database)
        if context.text(finding.span).strip("\"'") != name:
            return
        changes: list[Change] = [ReplaceText(finding.span, f'"{short}"')]
        for other in context.revision.operations:
            span = other.site.args.get("index_name") or other.site.args.get("constraint_name")
            if isinstance(other, DropIndex | DropConstraint) and other.name == name and span is not None:
                changes.append(ReplaceText(span, f'"{short}"'))
        yield Fix(f"Shorten it to {code(short)}", "unsafe", tuple(changes))


def _size(database: Database) -> int:
    limit = identifier_limit(database)
    return limit.size if limit is not None else 1_000


def _names(operation: Operation) -> Iterator[tuple[str, Span]]:
    args = operation.site.args
    if operation.site.sql is not None:
        given = operation.constraint if isinstance(operation, AddConstraint) else None
        given = operation.index if isinstance(operation, CreateIndex) else given
        if given is not None and isinstance(given.name, str):
            yield given.name, operation.site.name
            return
    match operation:
        case AddColumn(column=column) if isinstance(column.name, str) and "name" in column.args:
            yield column.name, column.args["name"]
        case AlterColumn(new_name=str() as name) if "new_column_name" in args:
            yield name, args["new_column_name"]
        case AddConstraint(constraint=constraint) if (
            isinstance(constraint.name, str) and "constraint_name" in args
        ):
            yield constraint.name, args["constraint_name"]
        case CreateIndex(index=index) if isinstance(index.name, str) and "index_name" in args:
            yield index.name, args["index_name"]
        case RenameTable(new_name=str() as name) if "new_table_name" in args:
            yield name, args["new_table_name"]
        case CreateTable():
            if isinstance(operation.table, str) and "table_name" in args:
                yield operation.table, args["table_name"]
            for column in operation.columns:
                if isinstance(column.name, str) and "name" in column.args:
                    yield column.name, column.args["name"]
        case _:
            pass
