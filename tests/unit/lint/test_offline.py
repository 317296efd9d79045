"""What a repair needs of a database is not offered where Alembic runs with ``--sql``."""

from __future__ import annotations

from rules.harness import REVISION, as_revision, project_of, reports_of

TEXT = as_revision("def upgrade():\n    op.execute(\"UPDATE users SET name = 'x'\")\n", "0002", "0001")
CI = {".gitlab-ci.yml": "sql:\n  script: alembic upgrade head --sql > upgrade.sql\n"}


def test_no_pages_of_keys_without_a_database() -> None:
    for more, offered in (({}, True), (CI, False)):
        project = project_of({REVISION: TEXT, **more}, {"dialect": "postgresql"})
        [report] = [found for found in reports_of(project) if found.rule == "whole-table-write"]
        assert bool(report.offers) is offered
        assert ["--sql" in withheld.reason for withheld in report.withheld] == ([] if offered else [True])
