"""An extension's revisions begin with what the application's leave in the database that they share."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.history.story import Story
from foreshot.project.discover import environments_at
from foreshot.project.disk import DiskFiles
from foreshot.project.files import Files
from foreshot.workspace.reading import read_history
from foreshot.workspace.shared_database import whole_story

REVISION = """from alembic import op
import sqlalchemy as sa
revision = {name!r}
down_revision = None

def upgrade():
    {body}

def downgrade():
    pass
"""
MAKES = 'op.create_table("events", sa.Column("id", sa.Integer(), primary_key=True))'


def whole(root: Path, env: str, *makers: str) -> Story:
    """The story of an extension that adds a column to `events`, beside applications whose revisions do this."""
    folders = {"plugin": (env, 'op.add_column("events", sa.Column("label", sa.Text()))')}
    folders |= {f"app{place}": ("context.configure()", body) for place, body in enumerate(makers)}
    for name, (configured, body) in folders.items():
        versions = root / name / "versions"
        versions.mkdir(parents=True)
        (root / name / "env.py").write_text(
            f"from alembic import context\n{configured}\ncontext.run_migrations()\n"
        )
        (root / name / "script.py.mako").write_text("revision = ${repr(up_revision)}\n")
        (versions / "a.py").write_text(REVISION.format(name=name, body=body))
    files = Files(disk=DiskFiles([str(root)]))
    (environment,) = environments_at(files, str(root / "plugin"), str(root))
    surroundings, told = read_history(files, environment, "postgresql")
    return whole_story(files, environment, surroundings, told, "postgresql")[0][0]


OWN = 'context.configure(version_table="plugin_version")'


@pytest.mark.parametrize(
    "env",
    [
        OWN,
        'name = context.config.get_section_option("app", "name")\n'
        + OWN.replace('"plugin_version"', '"{}_version".format(name)'),
    ],
)
def test_the_extension_begins_with_the_application(tmp_path: Path, env: str) -> None:
    schema = whole(tmp_path, env, MAKES).at_heads()
    assert list(schema.tables["events"].columns) == ["id", "label"]
    assert [doubt.why for doubt in schema.unknown] == [
        "what the revisions of app0 leave is taken for the beginning"
    ]


@pytest.mark.parametrize(
    ("env", "makers"),
    [
        ("context.configure()", (MAKES,)),
        (OWN, (MAKES, MAKES)),
        (OWN, (MAKES.replace("events", "other"),)),
        (OWN, ()),
    ],
)
def test_where_it_is_not_clear_nothing_is_taken_over(
    tmp_path: Path, env: str, makers: tuple[str, ...]
) -> None:
    schema = whole(tmp_path, env, *makers).at_heads()
    assert "id" not in schema.tables["events"].columns
    assert any("was not seen" in doubt.why for doubt in schema.unknown)
