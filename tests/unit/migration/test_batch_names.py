"""Names and SQL inside batch blocks are read as outside."""

from __future__ import annotations

from foreshot.migration.operations import CreateIndex, DataChange, DropConstraint, Opaque, SqlText
from foreshot.migration.reader import read_revision
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

SOURCE = """
from alembic import op
revision = "b"
down_revision = "a"


def upgrade():
    with op.batch_alter_table("users", schema="app") as batch_op:
        batch_op.create_index(batch_op.f("ix_users_email"), ["email"])
        batch_op.drop_constraint(op.f("users_plan_check"), type_="check")
"""


def test_f_of_a_batch_block_is_the_name():
    module = parse(SourceText(SOURCE))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    create, drop = revision.operations
    assert isinstance(create, CreateIndex)
    assert (create.index.name, create.table_name) == ("ix_users_email", "app.users")
    assert isinstance(drop, DropConstraint)
    assert drop.name == "users_plan_check"


def test_sql_of_a_batch_block_runs_at_once():
    body = """
        batch_op.execute("UPDATE app.users SET plan = 'free'")
        batch_op.execute(load())
"""
    module = parse(SourceText(SOURCE + body.lstrip("\n")))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    text, update, unread = revision.operations[2:]
    assert isinstance(text, SqlText)
    assert isinstance(update, DataChange)
    assert (update.table_name, update.columns, update.site.batch) == ("app.users", ("plan",), None)
    assert isinstance(unread, Opaque)


def test_what_is_asked_of_a_block_that_has_ended_never_runs():
    module = parse(SourceText(SOURCE + '    batch_op.drop_index("ix_users_plan")\n'))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    assert [type(operation) for operation in revision.operations] == [CreateIndex, DropConstraint]
