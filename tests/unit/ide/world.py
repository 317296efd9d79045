"""A project from a handful of texts, as a session reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from foreshot.ide.hover import Hover, hover
from foreshot.workspace.project import Project
from foreshot.workspace.session import Session

BASE = {
    "alembic.ini": "[alembic]\nscript_location = m\n",
    "pyproject.toml": '[tool.foreshot]\ndialect = "postgresql"\n',
    "m/env.py": "from alembic import context\n\ncontext.configure()\n",
}
HEADER = (
    'from alembic import op\nimport sqlalchemy as sa\n\nrevision = "{id}"\ndown_revision = {parent!r}\n\n\n'
)


def revision(name: str, body: str = "pass", parent: str | None = None, docstring: str = "") -> str:
    """A revision file whose ``upgrade()`` is ``body``."""
    start = f'"""{docstring}"""\n' if docstring else ""
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return (
        start
        + HEADER.format(id=name, parent=parent)
        + f"def upgrade():\n{lines}\n\n\ndef downgrade():\n    pass\n"
    )


def session(folder: Path, files: Mapping[str, str]) -> Session:
    """The files on disk, with what every project has, and a session that has read them."""
    for name, text in {**BASE, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    made = Session([str(folder)])
    made.install(made.load()(lambda _done, _total: None, lambda: None))
    return made


def project(folder: Path, files: Mapping[str, str]) -> Project:
    """The only environment of some files."""
    [found] = session(folder, files).world.projects
    return found


def hover_at(found: Project, name: str, place: str) -> Hover | None:
    """The card at ``|`` in a piece of a file's text."""
    path = f"{found.surroundings.environment.home}/{name}"
    before, _, after = place.partition("|")
    source = found.source(path)
    assert source is not None and source.content.count(before + after) == 1
    return hover(found, path, source.content.index(before + after) + len(before))


def card(found: Project, name: str, place: str) -> str:
    """The Markdown of a card; empty for none."""
    shown = hover_at(found, name, place)
    return shown.markdown if shown is not None else ""
