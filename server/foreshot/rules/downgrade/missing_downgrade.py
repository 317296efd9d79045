"""There is no way back: `downgrade()` does nothing while `upgrade()` changes the schema.

`alembic downgrade` then only rewrites the version table: the database says that it is at the earlier revision and has the
later one's schema, and the next upgrade fails on what exists already.

Where a change cannot be undone, say so: a `downgrade()` that raises is not reported. A revision that only changes data is
not reported either, nor is a project that only goes forward: its own `script.py.mako` has no `downgrade()`, or several revisions before this one change something and
at most one in ten takes anything back.

```python bad
def upgrade():
    op.add_column("users", sa.Column("email", sa.String(255)))


def downgrade():
#   ^^^^^^^^^ does nothing
    pass
```
```python fixed
def upgrade():
    op.add_column("users", sa.Column("email", sa.String(255)))


def downgrade():
    op.drop_column("users", "email")
```
```python bad
def upgrade():
    op.execute("CREATE TRIGGER orders_seen BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION seen()")


def downgrade():
#   ^^^^^^^^^ does nothing
    pass
```
```python good
def upgrade():
    op.execute("CREATE OR REPLACE FUNCTION seen() RETURNS trigger AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql")


def downgrade():
    pass
```
```python bad
def upgrade():
#   ^^^^^^^ no `downgrade()`
    op.create_index("ix_users_email", "users", ["email"])
```
```python good
def upgrade():
    op.drop_column("users", "email")


def downgrade():
    raise NotImplementedError("the addresses are gone")
```

What was dropped or altered is written as the history made it. Where that cannot be told, or a person has to decide (a NOT NULL column
without a default cannot come back onto rows; values may not fit another type), nothing is offered.

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("nick", sa.String(20), nullable=True),
        sa.Column("age", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_index("ix_users_nick", "users", ["nick"], unique=True)
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notes_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )


def downgrade():
    op.drop_table("notes")
    op.drop_index("ix_users_nick", table_name="users")
    op.drop_table("users")
```
```python bad
def upgrade():
    op.drop_index("ix_users_nick", table_name="users")
    op.drop_column("users", "nick")
    op.alter_column("users", "age", existing_type=sa.Integer(), type_=sa.BigInteger(), nullable=True)


def downgrade():
#   ^^^^^^^^^ does nothing
    pass
```
```python fixed
def upgrade():
    op.drop_index("ix_users_nick", table_name="users")
    op.drop_column("users", "nick")
    op.alter_column("users", "age", existing_type=sa.Integer(), type_=sa.BigInteger(), nullable=True)


def downgrade():
    op.alter_column("users", "age", type_=sa.Integer(), existing_type=sa.BigInteger(), nullable=False)
    op.add_column("users", sa.Column("nick", sa.String(20), nullable=True))
    op.create_index("ix_users_nick", "users", ["nick"], unique=True)
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("town", sa.Text()))


def downgrade():
#   ^^^^^^^^^ does nothing
    return
    op.drop_column("users", "town")
```
```python bad
def upgrade():
    op.drop_table("notes")


def downgrade():
#   ^^^^^^^^^ does nothing
    pass
```
```python fixed
def upgrade():
    op.drop_table("notes")


def downgrade():
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notes_user", ondelete="CASCADE"),
    )
```
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.inverse import inverse
from foreshot.lint.rule import RevisionRule
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    Operation,
    RenameTable,
)
from foreshot.syntax.changes import SetFunctionBody

_MAKING = frozenset(
    {
        f"CREATE {kind}"
        for kind in ("FUNCTION", "PROCEDURE", "TRIGGER", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "TYPE")
    }
)
_SCHEMA = (
    AddColumn, AddConstraint, AlterColumn, CreateIndex, CreateTable, DropColumn, DropConstraint, DropIndex, DropTable, RenameTable,
)  # fmt: skip


_HABIT: Final = 3
"""Revisions that change something, after which a project without a way back is one that only goes forward."""
_LOOKED_AT: Final = 50
_RARE: Final = 10
"""Of so many revisions one may take something back, and the others still be left as they are on purpose."""


class MissingDowngrade(RevisionRule):
    """``upgrade()`` changes the schema, ``downgrade()`` nothing."""

    severity = "warning"
    safety = "unsafe"

    def check(self, context: Context) -> Iterator[Finding]:
        """Whether there is a way back."""
        functions = context.revision.functions
        upgrade, downgrade = functions.get("upgrade"), functions.get("downgrade")
        if upgrade is None or not any(map(_stays, context.upgrade)):
            return
        if (downgrade is None or downgrade.empty) and _only_goes_forward(context):
            return
        if downgrade is None:
            template = context.surroundings.template
            if template is not None and template.functions and "downgrade" not in template.functions:
                # The project's own template has no way back: it only goes forward.
                return
            at, what = (
                upgrade.name,
                "fails with an AttributeError: there is no `downgrade()`. Write one that undoes",
            )
        elif downgrade.empty:
            at, what = downgrade.name, "changes only the version table: `downgrade()` does nothing. Undo"
        else:
            return
        yield self.finding(
            at,
            f"`alembic downgrade` {what} the operations, or raise an error that says why not.",
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The inverse operations, where each of them can be told."""
        downgrade = context.revision.functions.get("downgrade")
        undoing = inverse(context.upgrade, context)
        if downgrade is not None and undoing is not None:
            body = SetFunctionBody(downgrade.span, undoing.code)
            yield Fix("Write the inverse into `downgrade()`", "unsafe", (body, *undoing.imports))


def _only_goes_forward(context: Context) -> bool:
    """Whether several revisions above change something, and hardly one of the nearest takes anything back: what there is to say was said of the first ones."""
    story = next(
        (story for target in context.targets() if (story := context.story(target)) is not None), None
    )
    above = list(islice(story.above(), _LOOKED_AT)) if story is not None else []
    changing = sum(bool(delta.upgrade) for _, delta in above)
    taking = sum(bool(delta.downgrade or delta.problem) for _, delta in above)
    return changing >= _HABIT and taking * _RARE <= changing


def _stays(operation: Operation) -> bool:
    """Whether it changes the schema, or makes something that cannot be made twice."""
    if isinstance(operation, Execute):
        words = " ".join((operation.site.sql or "")[:200].upper().split())
        return operation.verb in _MAKING and "IF NOT EXISTS" not in words and "OR REPLACE" not in words
    return isinstance(operation, _SCHEMA)
