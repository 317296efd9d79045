"""What is said of models while they are typed."""

from __future__ import annotations

from pathlib import Path

from e2e.server.editor import Editor

FILES = {
    "alembic.ini": "[alembic]\nscript_location = m\n",
    "pyproject.toml": '[tool.foreshot]\ndialect = "postgresql"\n',
    "m/env.py": (
        "from alembic import context\nfrom app.models import Base\n\ntarget_metadata = Base.metadata\n"
        "context.configure(target_metadata=target_metadata)\n"
    ),
    "m/versions/a1.py": (
        'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "a1"\ndown_revision = None\n\n\n'
        "def upgrade():\n    op.create_table(\n        'users',\n        sa.Column('id', sa.Integer(), primary_key=True),\n    )\n\n\n"
        "def downgrade():\n    op.drop_table('users')\n"
    ),
    "app/__init__.py": "",
    "app/models.py": (
        "import sqlalchemy as sa\nfrom sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\n"
        "class Base(DeclarativeBase):\n    metadata = sa.MetaData(naming_convention={'pk': 'pk_%(table_name)s'})\n\n\nclass User(Base):\n    __tablename__ = 'users'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    ),
}


def test_a_column_that_no_migration_adds_is_said_at_its_attribute(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    models = folder / "app/models.py"
    with Editor(folder) as editor:
        editor.open(models)
        editor.wait_for(lambda: editor.command("showGraph")["heads"])
        assert "pending-migration" not in editor.rules(models)
        editor.type(
            models, FILES["app/models.py"] + "    email: Mapped[str | None] = mapped_column(sa.String(80))\n"
        )
        editor.wait_for(lambda: "pending-migration" in editor.rules(models))
        editor.type(models, FILES["app/models.py"])
        editor.wait_for(lambda: "pending-migration" not in editor.rules(models))
