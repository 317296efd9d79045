"""What earlier revisions did counts: a check validated two revisions ago, a backfill one revision ago."""

from __future__ import annotations

from tests.rules.harness import ROOT, as_revision, project_of, reports_of

from foreshot.lint.facts import facts_of
from foreshot.migration.operations import AlterColumn
from foreshot.workspace.project import Project

BASE = 'def upgrade():\n    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()))\n'
CHECK = 'def upgrade():\n    op.execute("ALTER TABLE users ADD CONSTRAINT filled CHECK (email IS NOT NULL) NOT VALID")\n'
VALIDATE = 'def upgrade():\n    op.execute("ALTER TABLE users VALIDATE CONSTRAINT filled")\n'
FILL = "def upgrade():\n    op.execute(\"UPDATE users SET email = '' WHERE email IS NULL\")\n"
SET = 'def upgrade():\n    op.alter_column("users", "email", nullable=False)\n'


def project(*bodies: str) -> Project:
    """A project of revisions one after the other."""
    texts = {
        f"migrations/versions/000{number}_step.py": as_revision(
            body, f"000{number}", f"000{number - 1}" if number > 1 else None
        )
        for number, body in enumerate(bodies, 1)
    }
    texts["migrations/versions/0001_setup.py"] = "(absent)"
    return project_of(texts, {"version": "16"})


def rules_found(*bodies: str) -> set[str]:
    """What is found in the last of the revisions."""
    last = f"{ROOT}/migrations/versions/000{len(bodies)}_step.py"
    wanted = {"set-not-null-without-backfill", "blocking-not-null"}
    return {report.rule for report in reports_of(project(*bodies)) if report.path == last} & wanted


def test_a_validated_check_of_two_revisions_ago_silences_both() -> None:
    assert rules_found(BASE, CHECK, VALIDATE, SET) == set()


def test_a_backfill_of_an_earlier_revision_leaves_only_the_lock() -> None:
    assert rules_found(BASE, FILL, SET) == {"blocking-not-null"}


def test_with_neither_it_is_an_error() -> None:
    assert rules_found(BASE, SET) == {"set-not-null-without-backfill", "blocking-not-null"}
    (report,) = [
        item for item in reports_of(project(BASE, SET)) if item.rule == "set-not-null-without-backfill"
    ]
    assert (report.severity, report.certainty) == ("error", "certain")


def test_the_card_knows_what_the_rules_know() -> None:
    made = project(BASE, CHECK, VALIDATE, SET)
    path = f"{ROOT}/migrations/versions/0004_step.py"
    revision = made.revision(path)
    assert revision is not None
    from foreshot.lint.context import Context

    context = Context(revision, made.surroundings, path, made.tell(path))
    (operation,) = [item for item in context.upgrade if isinstance(item, AlterColumn)]
    facts = facts_of(operation, context)
    assert facts.validated_not_null_check
    assert facts.old_nullable is True
