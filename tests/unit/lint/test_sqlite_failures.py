"""What stands behind an ALTER that SQLite refuses is not said to happen on SQLite."""

from __future__ import annotations

import pytest

from foreshot.lint.words import on_databases
from rules.harness import REVISION, as_revision, project_of, reports_of

ALTER = 'op.alter_column("users", "name", nullable=True)'
DROP = 'op.drop_column("users", "email")'


def dropped_on(body: str, *dialects: str) -> list[str]:
    """The databases that drop-column names."""
    project = project_of(
        {REVISION: as_revision(f"def upgrade():\n{body}\n", "0002", "0001")}, {"dialect": ",".join(dialects)}
    )
    return [on_databases(report.databases) for report in reports_of(project) if report.rule == "drop-column"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"    if not settings.uri:\n        return\n    {ALTER}\n    {DROP}", "PostgreSQL"),
        (f"    if not settings.uri:\n        return\n    {DROP}\n    {ALTER}", "PostgreSQL and SQLite"),
        (f"    if settings.uri:\n        {ALTER}\n    {DROP}", "PostgreSQL and SQLite"),
        (f"    if is_postgresql:\n        {ALTER}\n        {DROP}", "PostgreSQL"),
        (
            f"    try:\n        {ALTER}\n    except Exception:\n        pass\n    {DROP}",
            "PostgreSQL and SQLite",
        ),
        (
            (
                '    with op.batch_alter_table("users") as batch_op:\n'
                f'        batch_op.alter_column("name", nullable=True)\n    {DROP}'
            ),
            "PostgreSQL and SQLite",
        ),
        (
            f'    if op.get_bind().dialect.name == "postgresql":\n        {ALTER}\n    {DROP}',
            "PostgreSQL and SQLite",
        ),
        (
            f'    op.alter_column("users", "name", new_column_name="called")\n    {DROP}',
            "PostgreSQL and SQLite",
        ),
    ],
)
def test_behind_an_alter(body: str, said: str):
    """Behind it, on the same way, SQLite is left out."""
    assert dropped_on(body, "postgresql", "sqlite") == [said]


def test_sqlite_alone():
    """It is not left without any database."""
    assert dropped_on(f"    {ALTER}\n    {DROP}", "sqlite") == ["SQLite"]
