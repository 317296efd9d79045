"""The operation drops an index or a constraint that is not there at this point of the history: it fails.

The usual causes: the name is the one that another database, or a naming convention, would have given; the constraint was
dropped before; or it was made by hand. A name that the history knows is offered where there is one that fits.

Nothing is said of a table that the history does not know in full, or whose columns have types of the project's own: those may bring constraints
with them, as SQLAlchemy's `Enum` and `Boolean` can.

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(80)),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_index("ix_users_email", "users", ["email"])
    op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("text", sa.Text()))
```
```python bad
def upgrade():
    op.drop_constraint("users_email_key", "users", type_="unique")
    #                  ^^^^^^^^^^^^^^^^^ `users` has no constraint `users_email_key`
```
```python fixed
def upgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
```
```python bad
def upgrade():
    op.drop_index("ix_ghost", table_name="users")
    #             ^^^^^^^^^^ `users` has no index `ix_ghost`
```
```python good
def upgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
    op.drop_index("ix_users_email", table_name="users")
```
```python good
def upgrade():
    op.drop_index("ix_ghost", table_name="users", if_exists=True)
```
```python good
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_index(batch_op.f("ix_users_email_of_a_person_who_has_been_invited_by_somebody_else"), ["email"])


def downgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_email_of_a_person_who_has_been_invited_by_somebody_else"))
```
```python good
from app.types import IntEnum


def upgrade():
    op.create_table("logs", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("realm", IntEnum(), nullable=False))
    op.drop_constraint("valid_enum_realm", "logs")
```
```python bad dialect=sqlite
def upgrade():
    with op.batch_alter_table("notes") as batch_op:
        batch_op.drop_constraint("uq_notes_text", type_="unique")
        #                        ^^^^^^^^^^^^^^^ `notes` has no constraint `uq_notes_text`
```
```python good dialect=sqlite
notes = sa.Table("notes", sa.MetaData(), sa.Column("text", sa.Text()), sa.UniqueConstraint("text", name="uq_notes_text"))


def upgrade():
    with op.batch_alter_table("notes", copy_from=notes) as batch_op:
        batch_op.drop_constraint("uq_notes_text", type_="unique")
```
A handler does not help on PostgreSQL: what follows in the transaction fails (25P02). A savepoint does, and so does a database that rolls back a statement alone:

```python bad dialect=postgresql
def upgrade():
    try:
        op.drop_constraint("users_email_key", "users", type_="unique")
        #                  ^^^^^^^^^^^^^^^^^ `users` has no constraint `users_email_key`. Is it `uq_users_email`? PostgreSQL aborts the transaction, even if the error is caught.
    except Exception:
        pass
```
```python good dialect=postgresql
def upgrade():
    try:
        with op.get_bind().begin_nested():
            op.drop_constraint("users_email_key", "users", type_="unique")
    except Exception:
        pass
```
```python good dialect=mysql
def upgrade():
    try:
        op.drop_constraint("users_email_key", "users", type_="unique")
    except Exception:
        pass
```
```python app/models.py
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"ck": "%(table_name)s_%(constraint_name)s_ck"})
```
```python env.py
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python good
def upgrade():
    op.create_check_constraint("not_empty", "users", "email <> ''")


def downgrade():
    op.drop_constraint("not_empty", "users", type_="check")
```
```python bad
def upgrade():
    op.create_check_constraint("not_empty", "users", "email <> ''")


def downgrade():
    op.drop_constraint("not_empty", "users")
    #                  ^^^^^^^^^^^ `users` has no constraint `not_empty`
```
```python bad
def upgrade():
    op.create_check_constraint("not_empty", "users", "email <> ''")


def downgrade():
    op.drop_constraint(op.f("not_empty"), "users", type_="check")
    #                  ^^^^^^^^^^^^^^^^^ `users` has no constraint `not_empty`
```
The type of a column may be an enum that the history knows; it brings no constraint on PostgreSQL:

```python setup
def upgrade():
    op.execute("CREATE TYPE mood AS ENUM ('good', 'bad')")
    op.create_table("moods", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("ALTER TABLE moods ADD COLUMN mood mood")
```
```python bad dialect=postgresql
def upgrade():
    op.drop_constraint("uq_moods_mood", "moods", type_="unique")
    #                  ^^^^^^^^^^^^^^^ `moods` has no constraint `uq_moods_mood`
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.aborted import although_caught, is_survived
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.lacking import lacks_constraint
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.schema.state import Table
from foreshot.syntax.changes import ReplaceText


class UnknownConstraint(OperationRule[ops.TableOperation]):
    """An index or a constraint that is not there is dropped, renamed or validated."""

    looks_at = (
        ops.DropConstraint,
        ops.DropIndex,
        ops.ValidateConstraint,
        ops.RenameConstraint,
        ops.RenameIndex,
    )
    severity = "error"
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: ops.TableOperation, context: Context) -> Iterator[Finding]:
        """Whether nothing of that name is there on some database."""
        name = getattr(operation, "name", None)
        if not isinstance(name, str) or not name or getattr(operation, "if_exists", False):
            return
        if operation.site.conditional or is_survived(operation, context):
            return
        lacking = [
            state for state in states(operation, context) if lacks_constraint(state, operation, name, context)
        ]
        if not lacking or context.may_be_made_beside(name):
            return
        kind = "index" if isinstance(operation, ops.DropIndex | ops.RenameIndex) else "constraint"
        table = operation.table_name
        others = _candidates(lacking[0].table(table), operation)
        what = f"{code(table)} has no {kind} {code(name)}" if table else f"there is no {kind} {code(name)}"
        more = f" Is it {code(others[0])}?" if len(others) == 1 else ""
        yield self.finding(
            operation.site.args.get(f"{kind}_name", operation.site.name),
            f"This fails{context.where(state.target for state in lacking)}: {what}.{more}{although_caught(operation, context)}",
            operation=operation,
            object=name,
            state=others[0] if len(others) == 1 else None,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The only name of its kind on the table."""
        operation, near = finding.operation, finding.state
        if operation is None or not isinstance(near, str) or operation.site.repeated or operation.site.sql:
            return
        text = context.text(finding.span)
        if len(text) > 2 and text[0] in "\"'" and text[1:-1] == finding.object:
            yield Fix(f"Name it {code(near)}", "unsafe", (ReplaceText(finding.span, f'"{near}"'),))


def _candidates(table: Table | None, operation: ops.TableOperation) -> list[str]:
    """Names of the same kind on the table."""
    if table is None:
        return []
    if isinstance(operation, ops.DropIndex | ops.RenameIndex):
        return [index.name for index in table.indexes if index.name and index.implied_by is None]
    kind = operation.constraint_kind if isinstance(operation, ops.DropConstraint) else "unknown"
    found: list[str | None] = []
    if kind in ("unique", "unknown"):
        found += [item.name for item in table.uniques]
    if kind in ("foreign key", "unknown"):
        found += [item.name for item in table.foreign_keys]
    if kind in ("check", "unknown"):
        found += [item.name for item in table.checks]
    return [name for name in found if name]
