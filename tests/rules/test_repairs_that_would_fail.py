"""Repairs that are not offered, since the revision would fail with them."""

from __future__ import annotations

import pytest

from rules.harness import REVISION, as_revision, project_of, reports_of

SETUP = """
def upgrade():
    op.create_table("flows", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("steps", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("flow", sa.Integer(), sa.ForeignKey("flows.id")))
"""
DROPS = """
def upgrade():
    op.drop_table("steps")
    op.drop_table("flows")
"""
LOGS = """
def upgrade():
    op.create_table("job_logs", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("lines", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("log", sa.Integer(), sa.ForeignKey("job_logs.id")))
"""


@pytest.mark.parametrize(
    ("body", "rule", "reason"),
    [
        (DROPS, "drop-table", "Its foreign key to `flows` stays, so that dropping `flows` fails."),
        (
            LOGS,
            "integer-primary-key",
            "A foreign key of `lines` leads to it, and both columns must have one type.",
        ),
    ],
)
def test_the_reason_is_told(body: str, rule: str, reason: str) -> None:
    files = {
        "migrations/versions/0001_setup.py": as_revision(SETUP, "0001", None),
        REVISION: as_revision(body, "0002", "0001"),
    }
    project = project_of(files, {"dialect": "postgresql"})
    report = reports_of(project, rule)[0]
    assert not project.fixes(report)
    assert report.withheld[0].reason == reason
