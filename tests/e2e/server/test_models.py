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


def made(tmp_path: Path) -> Path:
    folder = tmp_path.resolve()
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_column_that_no_migration_adds_is_said_at_its_attribute(tmp_path: Path) -> None:
    folder = made(tmp_path)
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


def test_a_model_leads_to_its_migration_and_back(tmp_path: Path) -> None:
    folder = made(tmp_path)
    models, first = folder / "app/models.py", folder / "m/versions/a1.py"
    with Editor(folder) as editor:
        editor.open(models)
        found = editor.at("textDocument/definition", models, "class Us|er(")
        assert found["uri"] == first.as_uri()
        back = editor.at("textDocument/definition", first, "'us|ers',")
        assert back["uri"] == models.as_uri()
        context = {"includeDeclaration": True}
        places = editor.at("textDocument/references", first, "'us|ers',", context=context)
        assert [place["uri"] for place in places] == [models.as_uri(), first.as_uri(), first.as_uri()]
        assert "created with the table in [a1](file://" in editor.hover(models, "class Us|er(")


def test_the_pending_migration_follows_the_typing(tmp_path: Path) -> None:
    folder = made(tmp_path)
    models = folder / "app/models.py"
    with Editor(folder) as editor:
        editor.open(models)
        before = editor.command("showPending", uri=models.as_uri())
        assert (before["count"], before["path"]) == (0, None)
        assert before["text"].startswith("# No change is pending")
        editor.type(
            models, FILES["app/models.py"] + "    email: Mapped[str] = mapped_column(sa.String(80))\n"
        )
        after = editor.command("showPending", uri=models.as_uri())
        assert after["count"] == 1
        assert "op.add_column('users', sa.Column('email'" in after["text"]
        assert after["path"].endswith("_model_changes.py")
        card = editor.hover(models, "    em|ail: Mapped")
        assert "has a row. Give it a `server_default`" in card
        [lens, *_] = editor.about("textDocument/codeLens", models)
        assert lens["command"]["title"] == "1 pending change"
        assert editor.call("workspace/executeCommand", **lens["command"])["count"] == 1
