"""A revision that fails in the middle stays half applied: MySQL and MariaDB commit at every change of the schema.

There is no transaction around the statements of a revision on these databases, and none on Oracle. When one of them fails on the rows that
are there (a duplicate, a NULL, a value that does not fit), what stood before it has been done, and `alembic_version` still names the
revision before. The next run begins at the top and stops at once: `Duplicate column name`. Somebody has to repair
the database by hand.

Give what can fail a revision of its own. It does not matter where what stands before can be run twice.

```python bad dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("code", sa.String(20), nullable=True))
    op.create_unique_constraint("uq_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ the next run stops at `add_column`
```
```python good dialect=mysql
def upgrade():
    op.create_unique_constraint("uq_users_email", "users", ["email"])
    op.add_column("users", sa.Column("code", sa.String(20), nullable=True))
```
```python good dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("code", sa.String(20), nullable=True))
    op.create_index("ix_users_code", "users", ["code"])
```
```python good dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("team_id", sa.Integer(), nullable=True))
    op.create_foreign_key("fk_users_team", "users", "teams", ["team_id"], ["id"])
```
```python good
def upgrade():
    op.add_column("users", sa.Column("code", sa.String(20), nullable=True))
    op.create_unique_constraint("uq_users_email", "users", ["email"])
```
What one ALTER TABLE says is done as a whole, or not at all:

```python good dialect=mysql
def upgrade():
    op.execute("ALTER TABLE users ADD COLUMN code VARCHAR(20) NULL, ADD UNIQUE KEY uq_users_email (email)")
```
Rows that the revision has filled have no NULL:

```python good dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("code", sa.String(20), nullable=True))
    users = sa.table("users", sa.column("code", sa.String))
    op.execute(users.update().values(code="none"))
    op.alter_column("users", "code", existing_type=sa.String(20), nullable=False)
```
```python bad dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("code", sa.String(20), nullable=True))
    op.alter_column("users", "code", existing_type=sa.String(20), nullable=False)
#   ^^^^^^^^^^^^^^^ the next run stops at `add_column`
```
A key that is made anew fails on no row, for the rows have kept to it so far:

```python setup
def upgrade():
    op.create_table("teams", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("users", sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id", name="users_ibfk_1")))
```
```python good dialect=mysql
def upgrade():
    op.drop_constraint("users_ibfk_1", "users", type_="foreignkey")
    op.create_foreign_key("users_ibfk_1", "users", "teams", ["team_id"], ["id"], ondelete="CASCADE")
```
So it is of what is unique over more columns than what it replaces:

```python good dialect=mysql
def upgrade():
    op.drop_constraint("uq_users_team_id", "users", type_="unique")
    op.create_unique_constraint("uq_users_team_name", "users", ["team_id", "name"])


def downgrade():
    op.drop_constraint("uq_users_team_name", "users", type_="unique")
    op.create_unique_constraint("uq_users_team_id", "users", ["team_id"])
```
```python bad dialect=mysql
def upgrade():
    op.drop_constraint("uq_users_team_name", "users", type_="unique")
    op.create_unique_constraint("uq_users_team_id", "users", ["team_id"])
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ the next run stops at `drop_constraint`


def downgrade():
    op.drop_constraint("uq_users_team_id", "users", type_="unique")
    op.create_unique_constraint("uq_users_team_name", "users", ["team_id", "name"])
```
Nor does a new name for a column that keeps its type:

```python setup
def upgrade():
    op.create_table("users", sa.Column("mail", sa.String(255), nullable=False), sa.Column("note", sa.String(255)))
```
```python good dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("code", sa.String(20), nullable=True))
    op.alter_column("users", "mail", new_column_name="email", type_=sa.String(255), nullable=False)
```
```python bad dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("code", sa.String(20), nullable=True))
    op.alter_column("users", "note", new_column_name="remark", type_=sa.String(255), nullable=False)
#   ^^^^^^^^^^^^^^^ the next run stops at `add_column`
```
A check on columns that are new, and the same in every row, fails at once or never:

```python good dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("threshold", sa.Integer(), nullable=False, server_default="1"))
    op.create_check_constraint("ck_users_threshold", "users", "threshold > 0")
```
```python bad dialect=mysql
def upgrade():
    op.add_column("users", sa.Column("threshold", sa.Integer(), nullable=False, server_default="1"))
    op.create_check_constraint("ck_users_threshold", "users", "threshold > team_id")
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^ the next run stops at `add_column`
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from foreshot.knowledge import Facts, Target, effects_of
from foreshot.lint import blocks
from foreshot.lint.context import Context
from foreshot.lint.facts import facts_of
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import RevisionRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    BulkInsert,
    CreateIndex,
    DropConstraint,
    Operation,
    TableOperation,
)
from foreshot.rules.data._rows import is_written
from foreshot.rules.data._uniques import replaces_another

_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_KEYWORDS: Final = frozenset({"and", "between", "false", "in", "is", "like", "not", "null", "or", "true"})


class HalfAppliedRevision(RevisionRule):
    """What can fail on rows, behind what has been committed by then."""

    severity = "warning"
    databases = ("mysql", "mariadb", "oracle")
    needs_database = True

    def check(self, context: Context) -> Iterator[Finding]:
        """An operation of ``upgrade()`` that can fail, behind one that cannot be run twice."""
        targets = context.targets(self.databases)
        before: TableOperation | None = None
        risky: list[TableOperation] = []
        for operation in context.upgrade:
            if not isinstance(operation, TableOperation) or operation.table_name is None:
                continue
            if before is None:
                if not blocks.runs_twice(operation) and operation.site.runs_on(targets[0].database):
                    before = operation
            elif (
                before.site.runs_if(operation.site)
                and not before.site.shares_statement(operation.site)
                and any(_can_fail(operation, before, target.database, context) for target in targets)
            ):
                risky.append(operation)
        if before is not None and risky:
            # NULLs have mostly been thought of; duplicates and rows without a parent have not.
            chosen = next((one for one in risky if not isinstance(one, AlterColumn)), risky[0])
            yield self._found(chosen, before, context)

    def _found(self, operation: TableOperation, before: TableOperation, context: Context) -> Finding:
        targets = [
            target
            for target in context.targets(self.databases, operation)
            if before.site.runs_on(target.database)
        ]
        first = getattr(before, "alembic_name", None) or before.kind
        return self.finding(
            operation.site.name,
            f"If this fails on existing rows, the next run stops at {code(first)}{context.where(targets)}:"
            " that is not rolled back. Give this its own revision.",
            operation=operation,
            targets=targets,
            related=[Related("This stays, and cannot run twice", before.site.name)],
        )


def _can_fail(operation: Operation, before: Operation, database: str, context: Context) -> bool:
    if not operation.site.runs_on(database) or not before.site.runs_on(database):
        return False
    assert isinstance(operation, TableOperation)
    if isinstance(operation, AddConstraint) and _is_over_new_columns(operation, context):
        return False
    if isinstance(operation, AddConstraint | CreateIndex) and _is_made_anew(operation, context):
        return False
    return any(
        effects_of(operation, target, facts=_facts(operation, context, target)).can_fail_on_rows is not None
        for target in context.targets((database,), operation)
    )


def _facts(operation: TableOperation, context: Context, target: Target) -> Facts:
    """What keeps rows from standing in its way: a new table, or a column that has the type, or is NOT NULL or filled, already."""
    facts = Facts(table_is_new=context.is_new(operation))
    if not isinstance(operation, AlterColumn):
        return facts
    known = facts_of(operation, context, target)
    table, column = operation.table_name, operation.column
    filled = table is not None and isinstance(column, str) and is_written(table, column, operation, context)
    return replace(facts, old_type=known.old_type, old_nullable=False if filled else known.old_nullable)


def _is_made_anew(operation: AddConstraint | CreateIndex, context: Context) -> bool:
    """Whether the rows have kept to it until now: the revision has dropped the same key, and written nothing since it began."""
    if any(
        not isinstance(earlier, TableOperation) or isinstance(earlier, BulkInsert)
        for earlier in context.before(operation)
    ):
        return False
    if isinstance(operation, CreateIndex) or operation.constraint.kind in ("unique", "primary key"):
        made = operation.index if isinstance(operation, CreateIndex) else operation.constraint
        return replaces_another(operation, made.columns, context)
    return operation.constraint.kind == "foreign key" and _is_key_anew(operation, context)


def _is_key_anew(operation: AddConstraint, context: Context) -> bool:
    made = operation.constraint
    if any(
        isinstance(earlier, DropConstraint)
        and earlier.table_name == operation.table_name
        and earlier.constraint_kind == "foreign key"
        and (made.name is None or earlier.name == made.name)
        for earlier in context.before(operation)
    ):
        return True
    for state in states(operation, context):
        table = state.start.tables.get(operation.table_name or "")
        for key in table.foreign_keys if table is not None else ():
            if (key.columns, key.ref_table, key.ref_columns) == (
                made.columns,
                made.ref_table,
                made.ref_columns,
            ):
                return key.validated
    return False


def _is_over_new_columns(operation: AddConstraint, context: Context) -> bool:
    """Whether all rows are alike in what a constraint stands on: columns that the revision has added and nothing has filled.

    NULL breaks neither kind of key. A check is kept by all rows or by none, so that whoever tries it once has seen it.
    """
    kind = operation.constraint.kind
    if kind not in ("foreign key", "unique", "check"):
        return False
    empty: set[object] = set()
    for earlier in context.before(operation):
        if isinstance(earlier, AddColumn) and earlier.table_name == operation.table_name:
            column = earlier.column
            default = (column.server_default, column.computed, column.identity)
            is_null = default == (None, None, None) and column.nullable is not False
            if is_null or (kind == "check" and default[1:] == (None, None)):
                empty.add(column.name)
        elif not isinstance(earlier, TableOperation) or isinstance(earlier, BulkInsert):
            empty.clear()
    if kind != "check":
        return any(column in empty for column in operation.constraint.columns)
    condition = operation.constraint.condition
    words = set(_WORD.findall(_LITERAL.sub("", condition))) if isinstance(condition, str) else set[str]()
    return bool(words & empty) and all(word in empty or word.lower() in _KEYWORDS for word in words)
