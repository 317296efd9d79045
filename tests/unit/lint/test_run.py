"""A rule that fails costs its own findings and one line in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from foreshot.lint.context import Context, ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule, ProjectRule, RevisionRule
from foreshot.lint.run import RuleSet, fixes_of, project_findings, revision_findings
from foreshot.migration.operations import DropTable
from rules.harness import REVISION, ROOT, project_of

DROP = 'revision = "0002"\ndown_revision = "0001"\n\n\ndef upgrade():\n    op.drop_table("users")\n'


class Sound(OperationRule[DropTable]):
    """Finds every dropped table."""

    name = "sound"
    severity = "error"
    looks_at = (DropTable,)

    def check(self, operation: DropTable, context: Context) -> Iterator[Finding]:
        yield self.finding(operation.site.statement, "sound", operation=operation)

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        raise LookupError("the repair")


class FailingOperationRule(OperationRule[DropTable]):
    """Fails at an operation."""

    name = "failing-operation"
    severity = "error"
    looks_at = (DropTable,)

    def check(self, operation: DropTable, context: Context) -> Iterator[Finding]:
        raise LookupError(self.name)


class FailingRevisionRule(RevisionRule):
    """Fails at a revision."""

    name = "failing-revision"
    severity = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        raise LookupError(self.name)


class FailingProjectRule(ProjectRule):
    """Fails at an environment."""

    name = "failing-project"
    severity = "error"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        raise LookupError(self.name)


@pytest.fixture
def context() -> Context:
    project = project_of({REVISION: f"from alembic import op\n\n{DROP}"}, {})
    revision = project.revision(f"{ROOT}/{REVISION}")
    assert revision is not None
    return Context(revision, project.surroundings, f"{ROOT}/{REVISION}")


def test_the_other_rules_go_on(context: Context, caplog: pytest.LogCaptureFixture):
    rules = RuleSet([FailingOperationRule(), Sound(), FailingRevisionRule()])
    with caplog.at_level(logging.WARNING, "foreshot.rules"):
        found = revision_findings(rules, context)
    assert "sound" in {finding.rule for finding in found}
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert all("\n" not in line for line in said)
    assert ["failing-operation" in said[0], "failing-revision" in said[1]] == [True, True]


def test_a_failing_rule_about_the_project_is_one_line(caplog: pytest.LogCaptureFixture):
    project = project_of({REVISION: DROP}, {})
    with caplog.at_level(logging.WARNING, "foreshot.rules"):
        project_findings(RuleSet([FailingProjectRule()]), project.context)
    assert len(caplog.records) == 1
    assert "failing-project" in caplog.records[0].getMessage()


def test_a_finding_stays_when_its_repair_fails(context: Context, caplog: pytest.LogCaptureFixture):
    rules = RuleSet([Sound()])
    (finding,) = revision_findings(rules, context)
    with caplog.at_level(logging.WARNING, "foreshot.rules"):
        assert fixes_of(rules, finding, context) == []
    assert len(caplog.records) == 1
