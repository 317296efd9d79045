"""What the repairs of the locking rooms hold back, and the names that they take for granted."""

from __future__ import annotations

import pytest

from foreshot.text import apply_edits
from rules.harness import ENV, REVISION, ROOT, as_revision, project_of, reports_of

CONVENTION = (
    'from app.db import metadata\n\n\nnaming_convention = {"ck": "ck_%(table_name)s_%(constraint_name)s"}\n'
)


def repaired(
    rule: str, body: str, *, dialect: str = "postgresql", files: dict[str, str] | None = None
) -> str | None:
    """The revision after the first repair of a rule's first finding; None where none is offered."""
    project = project_of({REVISION: as_revision(body, "0002", "0001"), **(files or {})}, {"dialect": dialect})
    report = reports_of(project, rule)[0]
    fixes = project.fixes(report)
    if not fixes:
        return None
    assert fixes[0].refused is None
    path = f"{ROOT}/{REVISION}"
    source = project.source(path)
    assert source is not None
    return apply_edits(source.content, fixes[0].edits[path])


def upgrade(*lines: str) -> str:
    return "def upgrade():\n" + "".join(f"    {line}\n" for line in lines)


def test_a_name_that_a_convention_rewrites_is_not_validated_under_the_given_one():
    body = upgrade('op.create_check_constraint("total", "orders", "total > 0")')
    env = {
        "migrations/env.py": ENV,
        "app/models.py": "from app.base import Base\n",
        "app/base.py": CONVENTION,
    }
    assert repaired("blocking-check", body, files=env) is None
    text = repaired("blocking-check", body.replace('"total", "o', 'op.f("total"), "o'), files=env)
    assert text is not None
    assert "VALIDATE CONSTRAINT total" in text


def test_a_final_name_is_validated_as_sqlalchemy_shortens_it():
    name = "fk_" + "a" * 70
    body = upgrade(f'op.create_foreign_key(op.f("{name}"), "orders", "users", ["user_id"], ["id"])')
    text = repaired("blocking-foreign-key", body)
    assert text is not None
    assert f"VALIDATE CONSTRAINT {name[:55]}_" in text


@pytest.mark.parametrize(("dialect", "guarded"), [("postgresql", False), ("postgresql,mysql", True)])
def test_mysql_has_no_if_exists(dialect: str, guarded: bool):
    text = repaired("blocking-index", upgrade('op.create_index("ix", "users", ["email"])'), dialect=dialect)
    assert text is not None
    assert "if_not_exists" not in text
    guard = '        if op.get_context().dialect.name == "postgresql":\n            op.drop_index("ix", '
    assert (guard in text) is guarded


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (
            "blocking-unique",
            (
                'op.drop_constraint("uq", "users", type_="unique")',
                'op.create_unique_constraint("uq", "users", ["email", "plan"])',
            ),
        ),
        (
            "blocking-unique",
            ('op.create_unique_constraint("uq", "users", ["email"], sqlite_on_conflict="IGNORE")',),
        ),
        ("blocking-index", ('[op.create_index(f"ix_{c}", "users", [c]) for c in ("a", "b")]',)),
        ("blocking-check", ('op.create_check_constraint("a:b", "users", "plan > 0")',)),
        ("blocking-not-null", ('op.execute("ALTER TABLE Users ALTER COLUMN Plan SET NOT NULL; SELECT 1")',)),
        (
            "table-rewrite",
            (
                'op.alter_column("users", "plan", existing_type=sa.Integer(), type_=sa.BigInteger(), nullable=False)',
            ),
        ),
    ],
)
def test_nothing_is_offered(rule: str, lines: tuple[str, ...]):
    assert repaired(rule, upgrade(*lines)) is None


def test_op_is_imported_where_the_file_has_only_its_functions():
    header = (
        'from alembic.op import create_check_constraint\n\nrevision = "0002"\ndown_revision = "0001"\n\n\n'
    )
    text = header + 'def upgrade():\n    create_check_constraint("ck", "users", "plan > 0")\n'
    project = project_of({REVISION: text}, {"dialect": "postgresql"})
    (fix,) = project.fixes(reports_of(project, "blocking-check")[0])
    path = f"{ROOT}/{REVISION}"
    assert "from alembic import op\n" in apply_edits(text, fix.edits[path])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("alembic.ini", "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql://h/d?options=-clock_timeout%%3D5s\n"),
        ("migrations/env.py", ENV + 'context.execute("SET lock_timeout = 5000")\n'),
        (REVISION, as_revision("from app.locks import lock_timeout\n\n\n@lock_timeout\n" + upgrade('op.drop_column("users", "plan")'), "0002", "0001")),
    ],
)  # fmt: skip
def test_a_timeout_that_is_set_elsewhere_counts(path: str, text: str):
    files = {REVISION: as_revision(upgrade('op.drop_column("users", "plan")'), "0002", "0001")}
    assert reports_of(project_of(files, {"dialect": "postgresql"}), "missing-lock-timeout")
    assert not reports_of(
        project_of({**files, path: text}, {"dialect": "postgresql"}), "missing-lock-timeout"
    )
