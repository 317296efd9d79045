"""Whatever is edited, comes or goes, nobody is answered from the past: not from the cache, and not in an editor."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from foreshot.lint.report import Report
from foreshot.workspace.check import ConfigurationError, Options, check
from foreshot.workspace.session import Session
from unit.ide.world import revision

PROJECTS = 12
SECONDS = 1.5
TYPES = (
    "class Money:\n    pass\n",
    "class Colour:\n    pass\n",
    "from app.other import Money\n",
    "from .other import *\n",
    "import enum\n",
    "class Money(:\n",
    "def __getattr__(name): ...\n",
)
BODIES = (
    'op.add_column("t", sa.Column("a", app.types.Money()))',
    'op.add_column("t", sa.Column("a", Money(), nullable=False))',
    'op.create_index("ix", "t", ["a"])  # foreshot: ignore[blocking-index] small',
    'op.create_index("ix", "t", ["a"])',
    'op.drop_table("t")  # foreshot: ignore[drop-table, blocking-index]',
    'op.execute("UPDATE t SET a = 1")',
    'op.create_unique_constraint(None, "t", ["a"])',
    'op.drop_constraint("uq_t", "t", type_="unique")',
    'op.create_table("t", sa.Column("id", sa.Integer()))',
    "pass",
    "(((",
)
IMPORTS = ("", "import app.types\n", "from app.types import Money\n", "from app import types\n")
POOL: Mapping[str, tuple[str, ...]] = {
    "alembic.ini": (
        "[alembic]\nscript_location = m\nprepend_sys_path = . lib\n",
        "[alembic]\nscript_location = m\nsqlalchemy.url = postgresql://h/d\n",
    ),
    "pyproject.toml": (
        "",
        '[tool.foreshot]\ndialect = "mysql"\n',
        '[tool.foreshot]\nignore = ["drop-table"]\n',
        '[tool.foreshot]\nsince = "r2"\n',
        "\n\n\n[tool.foreshot]\nselect = 3\nnonsense = 1\n",
    ),
    "requirements.txt": ("psycopg2==2.9\nsqlalchemy==1.4.50\n", "pymysql\n", "alembic==1.10\n"),
    "m/env.py": (
        "from alembic import context\ncontext.configure(target_metadata=None)\n",
        'from alembic import context\ncontext.configure(user_module_prefix="types.")\n',
        "from alembic import context\nfrom app.models import metadata\ncontext.configure(target_metadata=metadata)\n",
    ),
    "m/script.py.mako": ("from alembic import op\n${imports}\n", "from alembic import op\n"),
    "app/__init__.py": ("",),
    "app/types.py": TYPES,
    "app/types/__init__.py": TYPES,
    "app/other.py": TYPES,
    "app/models.py": (
        "from sqlalchemy import MetaData\nmetadata = MetaData()\n",
        'from sqlalchemy import MetaData\nmetadata = MetaData(naming_convention={"uq": "uq_%(table_name)s"})\n',
        "x = 1\n",
    ),
    "src/app/types.py": TYPES,
    "src/app/__init__.py": ("",),
    "lib/app.py": ("class types:\n    Money = 1\n",),
    "app.pyi": ("",),
    "types.py": ("",),
}
FOLDERS = ("app", "app/types", "src", "src/app", "lib", "m/versions")


def revision_text(made: random.Random, number: int) -> str:
    parent = made.choice((number - 1, number - 1, number - 1, 0, 7))
    name = f"r{number if made.random() < 0.9 else number - 1}"
    text = revision(name, made.choice(BODIES), f"r{parent}" if number else None)
    return made.choice(IMPORTS) + text


class Player:
    """A project on disk, an editor that has it open, and somebody who changes it at random."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.made = random.Random(seed)
        for name in ("alembic.ini", "m/env.py", "app/__init__.py", "pyproject.toml"):
            self.write(name, POOL[name][0])
        for number in range(5):
            self.write(f"m/versions/{number}.py", revision_text(self.made, number))
        self.buffers: dict[str, str] = {}
        self.session = Session([str(folder)])
        self.load()

    def load(self) -> None:
        self.session.install(self.session.load()(lambda _done, _total: None, lambda: None))

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        for above in reversed(path.relative_to(self.folder).parents):
            if (self.folder / above).is_file():
                (self.folder / above).unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.rmtree(path)
        path.write_text(text)

    def text_for(self, name: str) -> str:
        if name.startswith("m/versions/"):
            return revision_text(self.made, int(Path(name).stem))
        return self.made.choice(POOL[name])

    def step(self) -> str:
        """One change, told to the editor as its client would; what it was."""
        names = [*POOL, *(f"m/versions/{number}.py" for number in range(6))]
        name = self.made.choice(names)
        path = self.folder / name
        what = self.made.choice(("write", "write", "delete", "delete folder", "type", "type", "close"))
        if what == "write":
            self.write(name, self.text_for(name))
            self.told([path])
        elif what == "delete" and path.is_file():
            path.unlink()
            self.told([path])
        elif what == "delete folder":
            name = self.made.choice(FOLDERS)
            shutil.rmtree(self.folder / name, ignore_errors=True)
            self.told([self.folder / name])
        elif what == "type" and name.endswith(".py"):
            self.buffers[str(path)] = text = self.text_for(name)
            self.session.set_text(str(path), text)
            self.told([path], typed=True)
        elif what == "close" and self.buffers:
            closed = self.made.choice(sorted(self.buffers))
            del self.buffers[closed]
            self.session.set_text(closed, None)
            self.told([Path(closed)], typed=True)
        return f"{what} {name}"

    def told(self, changed: list[Path], *, typed: bool = False) -> None:
        paths = [str(path) for path in changed]
        if not typed:
            self.session.touch(paths)
        if any(self.session.is_configuration(path) for path in paths) or self.session.world.is_outdated:
            self.load()


def in_editor(session: Session) -> dict[str, list[Report]]:
    """What is reported of every file."""
    return {
        path: reports
        for project in session.world.projects
        for path in project.reported
        if (reports := project.reports_for(path))
    }


def reopened(player: Player) -> dict[str, list[Report]]:
    """The same in an editor that is opened now.

    It is told what was last known of each file that does not parse, which it cannot know.
    """
    session = Session([str(player.folder)])
    for path, text in player.buffers.items():
        session.set_text(path, text)
    known = {
        project.surroundings.environment.script_location: project for project in player.session.world.projects
    }
    session.install(
        [
            project.with_memory_of(known.get(project.surroundings.environment.script_location))
            for project in session.load()(lambda _done, _total: None, lambda: None)
        ]
    )
    return in_editor(session)


def on_the_command_line(folder: Path, *, cache: bool) -> object:
    """What ``foreshot check`` finds, or why it cannot be done."""
    try:
        return {
            result.environment.script_location: result.reports
            for result in check(Options((str(folder),), cache=cache, jobs=1))
        }
    except ConfigurationError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(PROJECTS))
def test_cached_and_fresh_answers_are_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path.resolve() / "project"
    folder.mkdir()
    player = Player(folder, seed)
    done: list[str] = []
    until = time.monotonic() + SECONDS
    while not done or time.monotonic() < until:
        done.append(player.step())
        fresh = on_the_command_line(folder, cache=False)
        # The second time, what the first has kept is found.
        assert on_the_command_line(folder, cache=True) == fresh, done
        assert on_the_command_line(folder, cache=True) == fresh, done
        assert in_editor(player.session) == reopened(player), done
