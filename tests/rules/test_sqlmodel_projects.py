"""What SQLModel asks of an environment: its base is not the project's own, and its texts are a type of its own."""

from __future__ import annotations

import pytest

from rules.harness import ENV, REVISION, as_revision, project_of, reports_of

MODELS = "from sqlmodel import Field, SQLModel\n\n\nclass Hero(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n    name: str\n"
MADE = 'def upgrade():\n    op.create_table("hero", sa.Column("id", sa.Integer(), primary_key=True))\n'
MAKO = '''"""${message}"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade():
    ${upgrades if upgrades else "pass"}
'''


def found(rule: str, env: str, template: str = MAKO) -> list[str]:
    files = {
        REVISION: as_revision(MADE, "0002", "0001"),
        "app/models.py": MODELS,
        "migrations/env.py": env,
        "migrations/script.py.mako": template,
    }
    reports = reports_of(project_of(files, {"dialect": "postgresql"}), rule)
    return [report.severity for report in reports]


@pytest.mark.parametrize(
    ("line", "expected"),
    [("", ["warning"]), ("import sqlmodel\n", []), ("import sqlmodel.sql.sqltypes\n", [])],
)
def test_the_template_has_to_import_it(line: str, expected: list[str]) -> None:
    env = ENV.replace(
        "from app.models import Base", "import app.models\nfrom sqlmodel import SQLModel"
    ).replace("Base.", "SQLModel.")
    template = MAKO.replace("import sqlalchemy as sa\n", f"import sqlalchemy as sa\n{line}")
    assert found("template-missing-import", env, template) == expected


def test_its_models_need_a_metadata() -> None:
    env = "from alembic import context\n\ntarget_metadata = None\ncontext.configure(connection=None, target_metadata=target_metadata)\n"
    assert found(
        "target-metadata-missing", env + "with context.begin_transaction():\n    context.run_migrations()\n"
    ) == ["error"]
