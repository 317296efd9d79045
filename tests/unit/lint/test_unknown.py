"""What cannot be read is not accused."""

from __future__ import annotations

import pytest

from foreshot.rules import all_rules
from rules.harness import REVISION, as_revision, project_of, reports_of

UNKNOWN = """\
import os

from elsewhere import column, helper, table

NAME = os.environ["NAME"]


def upgrade():
    op.drop_table(NAME)
    op.drop_column(table, column)
    op.create_index(NAME, table, [column])
    op.drop_index(NAME)
    op.add_column(table, sa.Column(column, helper(), nullable=helper()))
    op.alter_column(table, column, type_=helper(), existing_type=helper(), nullable=helper())
    op.alter_column(table, column, existing_type=helper(), nullable=helper())
    op.alter_column(table, column, existing_type=helper(), new_column_name=NAME)
    op.create_foreign_key(NAME, table, helper(), [column], [column])
    op.create_unique_constraint(NAME, table, [column])
    op.create_check_constraint(NAME, table, helper())
    op.create_primary_key(NAME, table, [column])
    op.drop_constraint(NAME, table, type_=helper())
    op.create_table(NAME, *helper())
    op.rename_table(table, NAME)
    op.execute(helper())
    op.execute(f"DELETE FROM {table}")
    op.execute(f"ALTER TABLE {table} {helper()}")


def downgrade():
    helper()
"""


@pytest.mark.parametrize(
    "dialect", ["postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle", "unknown"]
)
def test_names_types_and_statements_that_are_not_known(dialect: str):
    """Whatever the values are, some things fail: SQLite has no such ALTER. Nothing else is said, but that it is not known."""
    project = project_of({REVISION: as_revision(UNKNOWN, "0002", "0001")}, {"dialect": dialect})
    rules = all_rules().by_name
    said = [report for report in reports_of(project) if not rules[report.rule].fails_outright]
    assert [(report.rule, report.message) for report in said if report.rule != "opaque-operation"] == []
    assert {report.severity for report in said} <= {"information"}
