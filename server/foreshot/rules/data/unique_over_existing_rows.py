"""A unique constraint or index fails if two rows that are there already have the same values.

It is built over every row of the table, and the first pair that is equal stops it: 23505 on PostgreSQL, 1062 on MySQL and MariaDB.
The database of a test has no such rows, production may. A unique index that is built `CONCURRENTLY` leaves an `INVALID` index
behind when it fails, which goes on costing writes until it is dropped. On MySQL and MariaDB what the revision did before
stays done.

Look for such rows first, and merge them: a query in front of it stops the revision with a message that says which values are
there twice, before anything is locked. Rows with NULL in one of the columns are not equal to any, except on SQL Server.

A primary key is no different. It does not matter on a table that the revision created or emptied, where the constraint takes the place of one over the same
columns or fewer, where a column was added in the same revision and is still NULL in every row, or where the columns
contain the `id`. Nothing is said where the revision has looked at the table before, or one just above it has deleted rows by
these columns.

```python bad
def upgrade():
    op.create_unique_constraint("uq_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails if two rows of `users` have the same `email`
```
```python fixed
\"\"\"example

Revision ID: 0002
Revises: '0001'
Create Date: 2026-01-01 00:00:00

\"\"\"
from alembic import op
from alembic import context
import sqlalchemy as sa

revision = "0002"
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():
    if not context.is_offline_mode():
        duplicate = op.get_bind().execute(
            sa.text(
                "SELECT email FROM users WHERE email IS NOT NULL"
                " GROUP BY email HAVING count(*) > 1"
            )
        ).first()
        if duplicate is not None:
            raise RuntimeError(f"rows of users have the same email: {tuple(duplicate)}, and perhaps others")
    op.create_unique_constraint("uq_users_email", "users", ["email"])
```
```python bad
def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index("ix_users_org_name", ["org", "name"], unique=True)
#       ^^^^^^^^^^^^^^^^^^^^^ fails if two rows of `users` have the same `org` and `name`
```
```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_users_email ON users (lower(email))")
#                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails if two rows of `users` are duplicates
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("code", sa.String(20), server_default="none", unique=True))
#                                                                                  ^^^^^^^^^^^ Every row gets the same default
```
```python good dialect=postgresql
def upgrade():
    # This passes without rows only, and not-null-without-default says so.
    op.add_column("users", sa.Column("team", sa.Integer(), nullable=False))
    op.create_unique_constraint("uq_users_team", "users", ["team"])
```
```python good
def upgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
    op.create_unique_constraint("uq_users_email_org", "users", ["email", "org"])


def downgrade():
    op.drop_constraint("uq_users_email_org", "users", type_="unique")
    op.create_unique_constraint("uq_users_email", "users", ["email"])
```
```python good
def upgrade():
    op.add_column("users", sa.Column("nick", sa.String(20), nullable=True))
    op.create_unique_constraint("uq_users_nick", "users", ["nick"])
```
```python good
def upgrade():
    op.execute("DELETE FROM users a USING users b WHERE a.id > b.id AND a.email = b.email")
    op.create_unique_constraint("uq_users_email", "users", ["email"])
    op.create_unique_constraint("uq_scores", "scores", ["team", "scores_id"])
```
```python good
members = sa.table("members", sa.column("mail"))


def upgrade():
    query = sa.select(members.c.mail).group_by(members.c.mail).having(sa.func.count() > 1)
    if op.get_bind().execute(query).all():
        raise RuntimeError("there are equal addresses")
    op.create_unique_constraint("uq_members_mail", "members", ["mail"])
```
```python good
def upgrade():
    op.drop_index("uq_jobs_open", table_name="jobs")
    op.create_index(
        "uq_jobs_open", "jobs", ["name"], unique=True, postgresql_where=sa.text("state = 'open' AND name IS NOT NULL")
    )


def downgrade():
    op.drop_index("uq_jobs_open", table_name="jobs")
    op.create_index("uq_jobs_open", "jobs", ["name"], unique=True, postgresql_where=sa.text("state = 'open'"))
```
```python good
def upgrade():
    op.add_column("jobs", sa.Column("is_default", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("jobs", sa.Column("code", sa.Text(), nullable=True))
    op.create_index("uq_jobs_default", "jobs", ["owner"], unique=True, postgresql_where=sa.text("is_default IS TRUE"))
    op.create_index("uq_jobs_coded", "jobs", ["owner"], unique=True, postgresql_where=sa.text("code IS NOT NULL"))
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("is_open", sa.Boolean(), nullable=False, server_default="true"))
    op.create_index("uq_users_open", "users", ["org"], unique=True, postgresql_where=sa.text("is_open"))
    #|                                 have the same `org`
```
```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()), sa.Column("name", sa.Text()))
    op.execute("DELETE FROM users WHERE id NOT IN (SELECT min(id) FROM users GROUP BY email)")
```
```python good
def upgrade():
    op.create_unique_constraint("uq_users_email", "users", ["email"])
```
```python bad
def upgrade():
    op.create_unique_constraint("uq_users_name", "users", ["name"])
    #|                          have the same `name`
```
What is unique over fewer of the columns is unique over all of them:

```python setup
def upgrade():
    op.create_table("pets", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("tag", sa.Text(), unique=True), sa.Column("name", sa.Text()))
```
```python good
def upgrade():
    op.create_unique_constraint("uq_pets_tag_name", "pets", ["tag", "name"])
```
Of a new column NULL is in every row: with `NULLS NOT DISTINCT` two rows are equal.

```python bad dialect=postgresql
def upgrade():
    op.add_column("users", sa.Column("handle", sa.String(40), nullable=True))
    op.create_unique_constraint("uq_users_handle", "users", ["handle"], postgresql_nulls_not_distinct=True)
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails if two rows of `users` have the same `handle`
```
```python bad
def upgrade():
    op.create_index("ux_users_one_admin", "users", [sa.text("(true)")], unique=True, postgresql_where=sa.text("admin"))
#   ^^^^^^^^^^^^^^^ if `users` has two rows that it covers
    op.execute("CREATE UNIQUE INDEX ux_users_one ON users ((1))")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ if `users` has two rows: the index lets one be
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from foreshot.knowledge import Facts, effects_of, volatility
from foreshot.lint.context import Context
from foreshot.lint.emptied import is_there_if_its_table_is, is_without_rows
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code, codes
from foreshot.migration.operations import AddColumn, AddConstraint, CreateIndex
from foreshot.rules.data import _filling as filling
from foreshot.rules.data import _rows as rows
from foreshot.rules.data._uniques import (
    condition_of,
    first_to_stay,
    is_unique,
    look_for_equal_rows,
    questions,
    replaces_another,
)
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _waiting as waiting
from foreshot.schema import changes as to
from foreshot.syntax.changes import AddImport
from foreshot.syntax.values import CallValue, Maybe, Unknown

_Unique = AddConstraint | CreateIndex | AddColumn


_ABOUT: Final = re.compile(r"\"?(?P<column>\w+)\"?(?:\s*(?:=|is) true|(?P<value> is not null)|)")
"""The condition of a partial index about one column: ``is_default IS TRUE``, ``code IS NOT NULL``, ``is_default``."""
_MOST_ABOVE: Final = 5
"""Revisions above in which equal rows are looked for."""


_CONSTANT: Final = re.compile(r"[\s(]*(?:true|false|\d+|'[^']*')[\s)]*(?:::\s*\w+[\s)]*)?", re.IGNORECASE)
"""An expression that is the same in every row."""


class UniqueOverExistingRows(OperationRule[_Unique]):
    """A unique constraint or index, or a primary key, on a table that existed before."""

    looks_at = (AddConstraint, CreateIndex, AddColumn)
    severity = "warning"
    databases = ("postgresql", "mysql", "mariadb", "sqlite")
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: _Unique, context: Context) -> Iterator[Finding]:
        """Whether two rows may be equal."""
        table = operation.table_name
        if table is None or rows.has_no_rows(operation, context):
            return
        if isinstance(operation, AddColumn):
            yield from self._of_column(operation, table, context)
            return
        columns = _columns(operation)
        if (
            columns is None
            or _has_key(columns, operation, context)
            or any(_is_apart(one, operation, context) for one in columns)
        ):
            return
        if rows.is_touched(table, operation, context) or replaces_another(operation, columns, context):
            return
        if any(at < operation.site.call.start for at in context.once(questions)):
            # Whoever counts equal rows by Core has thought of them, as one who does in SQL.
            return
        if _covers_none(operation, context) or _deleted_above(columns, table, context):
            return
        targets = [
            target
            for target in context.targets(self.databases, operation)
            if effects_of(operation, target, facts=Facts(in_transaction=False)).can_fail_on_rows
            and not is_without_rows(operation, target, context)
            and not is_there_if_its_table_is(operation, target, context)
        ]
        if not targets:
            return
        name = operation.index.name if isinstance(operation, CreateIndex) else operation.constraint.name
        known = [column for column in columns if isinstance(column, str)]
        same = f"have the same {codes(known)}" if len(known) == len(columns) else "are duplicates"
        covered = isinstance(operation, CreateIndex) and operation.index.where is not None
        partial = " that it covers" if covered else ""
        told = f"if two rows of {code(table)}{partial} {same}. Check for duplicates first."
        if isinstance(operation, CreateIndex) and _is_constant(operation, context):
            told = f"if {code(table)} has two rows{partial}: the index lets one be. Check how many there are first."
        yield self.finding(
            operation.site.name,
            f"This fails{context.where(targets)} {told}",
            operation=operation,
            object=name if isinstance(name, str) else None,
            targets=targets,
            certainty="possible" if isinstance(operation, CreateIndex) and operation.if_not_exists else None,
        )

    def _of_column(self, operation: AddColumn, table: str, context: Context) -> Iterator[Finding]:
        column = operation.column
        if column.unique is not True or volatility(column.server_default) not in ("constant", "stable"):
            return
        asked = waiting.column_with(operation, unique=True)
        targets = [
            target
            for target in context.targets(self.databases, operation)
            if effects_of(asked, target).known and not effects_of(asked, target).always_fails
        ]
        if targets:
            yield self.finding(
                filling.span_of(column, "unique") or operation.site.name,
                f"Every row gets the same default in unique {code(column.name)}: this fails{context.where(targets)}"
                f" once {code(table)} has two rows. Add it without the default, and fill it first.",
                operation=operation,
                object=column.name if isinstance(column.name, str) else None,
                targets=targets,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A query for equal rows that stops the revision with their values."""
        operation = finding.operation
        if not isinstance(operation, AddConstraint | CreateIndex) or operation.site.repeated:
            return
        columns = _columns(operation)
        if columns is None or (isinstance(operation, CreateIndex) and operation.index.where is not None):
            return
        if operation.site.batch is not None and _adds_in_batch(operation, context):
            return
        if all(isinstance(one, str) and rows.added(operation, one, context) for one in columns):
            # Every row has the same in them: there is nothing to look for.
            return
        code_ = look_for_equal_rows(operation, columns, context)
        if code_ is not None:
            sa_imports = context.sa()[1]
            changes = (
                placing.before(first_to_stay(operation, _columns(operation) or (), context), code_),
                AddImport("from alembic import context"),
                *sa_imports,
            )
            yield Fix("Check for duplicates first, and stop with their values", "unsafe", changes)


def _is_constant(operation: CreateIndex, context: Context) -> bool:
    """Whether all that the index holds is one constant: it lets one row be."""
    index = operation.index
    written = [context.text(column.span) for column in index.columns if isinstance(column, Unknown)]
    text = index.mentions or (written[0] if len(written) == 1 else "")
    return len(index.columns) == len(written) == 1 and _CONSTANT.fullmatch(text) is not None


def _columns(operation: AddConstraint | CreateIndex) -> tuple[Maybe[str], ...] | None:
    """The columns of a key, a unique constraint or index; None for one that is not, or that was built before."""
    if isinstance(operation, CreateIndex):
        index = operation.index
        known = index.expressions or all(isinstance(column, str) for column in index.columns)
        return index.columns if index.unique is True and known else None
    constraint = operation.constraint
    if constraint.kind not in ("unique", "primary key") or constraint.using_index is not None:
        return None
    known = all(isinstance(column, str) for column in constraint.columns)
    return constraint.columns if known and constraint.columns else None


def _deleted_above(columns: Sequence[Maybe[str]], table: str, context: Context) -> bool:
    """Whether a revision just above deletes rows of the table by these columns, as one does with what is there twice."""
    for target in context.targets():
        story = context.story(target)
        for _, delta in islice(story.above(), _MOST_ABOVE) if story is not None else ():
            for change in delta.upgrade:
                if (
                    isinstance(change, to.Rows)
                    and change.verb == "delete"
                    and change.table == table
                    and set(columns).issubset(change.columns)
                ):
                    return True
    return False


def _has_key(columns: Sequence[Maybe[str]], operation: AddConstraint | CreateIndex, context: Context) -> bool:
    """Whether a key is among the columns, as the history has it, or the primary key by its usual names where that does not know the table: no two rows are equal then."""
    known = [state.known_table(operation.table_name) for state in states(operation, context)]
    tables = [table for table in known if table is not None]
    if tables:
        made = operation.index if isinstance(operation, CreateIndex) else operation.constraint
        return all(is_unique(table, columns, distinct=not made.nulls_not_distinct) for table in tables)
    bare = (operation.table_name or "").rpartition(".")[2]
    return "id" in columns or f"{bare}_id" in columns


def _is_apart(column: Maybe[str], operation: AddConstraint | CreateIndex, context: Context) -> bool:
    """Whether the column was added earlier in the revision, with a value of its own in every row, or NULL that differs from every other."""
    added = rows.added(operation, column, context) if isinstance(column, str) else None
    if added is None:
        return False
    spec = added.column
    default = volatility(spec.server_default)
    own = default in ("volatile", "unknown") or spec.identity is not None or spec.computed is not None
    made = operation.index if isinstance(operation, CreateIndex) else operation.constraint
    return own or (default == "none" and spec.is_nullable is not False and not made.nulls_not_distinct)


def _covers_none(operation: AddConstraint | CreateIndex, context: Context) -> bool:
    """Whether a partial index is about rows in which a new column is true, or has a value, while no row has that yet."""
    match = _ABOUT.fullmatch(condition_of(operation) or "")
    added = rows.added(operation, match["column"], context) if match is not None else None
    if match is None or added is None:
        return False
    default = added.column.server_default
    if match["value"] is not None:
        return default is None and added.column.identity is None and added.column.computed is None
    value = default.args[0] if isinstance(default, CallValue) and default.args else default
    said = value if isinstance(value, str) else value.path if isinstance(value, CallValue) else ""
    return default is None or said.strip("'").rpartition(".")[2].lower() in ("false", "f", "0")


def _adds_in_batch(operation: AddConstraint | CreateIndex, context: Context) -> bool:
    """Whether a column is added in the same batch block, in front of which it cannot be looked at."""
    return any(
        isinstance(other, AddColumn) and other.site.batch == operation.site.batch
        for other in rows.before(operation, context)
    )
