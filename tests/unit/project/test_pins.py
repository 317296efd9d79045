"""Pinned releases, in the spellings that projects use."""

from __future__ import annotations

import pytest

from foreshot.project.discover import find_environments
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.project.pins import Release, certain_major, newest_release
from foreshot.text import SourceText


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("requirements.txt", "alembic==1.13.0\nsqlalchemy==1.4.54\n", (1, 4, 54)),
        ("requirements.txt", "SQLAlchemy[asyncio]>=1.4,<2\n", (1, 999)),
        ("requirements.txt", "sqlalchemy-utils==0.41\n", None),
        ("requirements.txt", "sqlalchemy\nother==3.1\n", None),
        ("requirements.txt", "sentry-sdk[fastapi,sqlalchemy]==15.0.2\n", None),
        ("pyproject.toml", '[project]\ndependencies = ["sqlalchemy~=2.0.1"]\n', (2, 0, 999)),
        ("pyproject.toml", '[tool.poetry.dependencies]\nsqlalchemy = "^1.4"\n', (1, 999)),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nsqlalchemy = {version = "<2.1.0", extras = ["x"]}\n',
            (2, 0, 999),
        ),
        ("uv.lock", '[[package]]\nname = "sqlalchemy"\nversion = "2.0.43"\n', (2, 0, 43)),
        ("setup.cfg", "install_requires =\n    SQLAlchemy<2.0\n", (1, 999)),
    ],
)
def test_the_newest_release_that_is_allowed(name: str, text: str, expected: Release | None) -> None:
    assert newest_release(*project(name, text), "sqlalchemy") == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("requirements.txt", "pydantic==1.10.4\n", 1),
        ("requirements.txt", "pydantic>=2.1\n", 2),
        ("requirements.txt", "pydantic>=1.10,<2\n", 1),
        ("requirements.txt", "pydantic<2\n", 1),
        ("requirements.txt", "pydantic>=1.10\n", None),
        ("requirements.txt", "pydantic>=1.10,<3\n", None),
        ("requirements.txt", "pydantic\n", None),
        ("requirements.txt", "pydantic-settings>=2\n", None),
        ("pyproject.toml", '[tool.poetry.dependencies]\npydantic = "^1.10.4"\n', 1),
        ("pyproject.toml", '[project]\ndependencies = ["pydantic[email]>=2,<3"]\n', 2),
        ("uv.lock", '[[package]]\nname = "pydantic"\nversion = "2.11.3"\n', 2),
    ],
)
def test_the_major_release_that_runs(name: str, text: str, expected: int | None) -> None:
    assert certain_major(*project(name, text), "pydantic", last=2) == expected


def project(name: str, text: str) -> tuple[Files, Environment]:
    files = Files(
        {
            "/p/alembic.ini": SourceText("[alembic]\nscript_location = m\n"),
            "/p/m/env.py": SourceText("from alembic import context\n"),
            "/p/m/versions/1.py": SourceText('revision = "1"\ndown_revision = None\n'),
            f"/p/{name}": SourceText(text),
        }
    )
    (environment,) = find_environments(files, "/p")
    return files, environment
