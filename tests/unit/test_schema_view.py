"""Constraints of a table, as the operations before leave them."""

from __future__ import annotations

from foreshot.migration.operations import AddColumn
from foreshot.migration.reader import read_revision
from foreshot.schema.view import SchemaView
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

SOURCE = """
from alembic import op
revision = "b"
down_revision = "a"


def upgrade():
    op.create_check_constraint("ck_a", "t", "a > 0", postgresql_not_valid=True)
    op.create_check_constraint("ck_b", "t", "b > 0", postgresql_not_valid=True)
    op.execute("ALTER TABLE t VALIDATE CONSTRAINT ck_a")
    op.drop_constraint("ck_b", "t", type_="check")
    op.drop_table("t")
"""


def test_constraints_follow_validation_and_drops():
    module = parse(SourceText(SOURCE))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    view = SchemaView(revision)
    steps = [
        [(constraint.name, constraint.not_valid) for constraint in view.constraints("t", operation)]
        for operation in revision.operations
        if operation.site.sql is not None or operation.kind in ("drop_constraint", "drop_table")
    ]
    assert steps == [
        [("ck_a", True), ("ck_b", True)],
        [("ck_a", False), ("ck_b", True)],
        [("ck_a", False)],
    ]


REBUILT = """
from alembic import op
import sqlalchemy as sa
revision = "b"
down_revision = "a"


def upgrade():
    if op.get_context().dialect.name == "sqlite":
        op.create_table("t_new", *read_columns(), schema=None)
        op.add_column("t", sa.Column("before", sa.Integer()))
        op.drop_table("t")
        op.rename_table("t_new", "t")
        op.add_column("t", sa.Column("sqlite", sa.Integer()))
    elif op.get_context().dialect.name == "postgresql":
        op.add_column("t", sa.Column("postgresql", sa.Integer()))
    op.add_column("t", sa.Column("both", sa.Integer()))
    op.create_table("u", **options())
    op.add_column("u", sa.Column("unknown", sa.Integer()))
"""


def test_a_table_is_new_where_it_was_made_and_from_when_it_is_called_so():
    module = parse(SourceText(REBUILT))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    view = SchemaView(revision)
    assert {
        operation.column.name: view.is_new(operation.table_name, operation)
        for operation in revision.operations
        if isinstance(operation, AddColumn)
    } == {"before": False, "sqlite": True, "postgresql": False, "both": True, "unknown": True}


UNNAMED = """
from alembic import op
import sqlalchemy as sa
revision = "b"
down_revision = "a"


def upgrade():
    op.add_column("t", sa.Column("early", sa.Integer()))
    for name in names():
        op.create_table("old_" + name, sa.Column("id", sa.Integer()))
    op.add_column("old_t", sa.Column("old", sa.Integer()))
    op.add_column("t", sa.Column("late", sa.Integer()))
"""


def test_a_table_of_which_nothing_is_known_may_be_one_that_was_made_under_a_name_that_cannot_be_told():
    module = parse(SourceText(UNNAMED))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    view = SchemaView(revision, lambda table, _: table == "t")
    assert {
        operation.column.name: view.is_new(operation.table_name, operation)
        for operation in revision.operations
        if isinstance(operation, AddColumn)
    } == {"early": False, "old": True, "late": False}
