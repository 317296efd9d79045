"""Names inside batch blocks are read as outside."""

from __future__ import annotations

from foreshot.migration.operations import CreateIndex, DropConstraint
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
