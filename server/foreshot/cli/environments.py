"""The one project that a command is about."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Final

from foreshot.cli.problems import Failure
from foreshot.cli.text import clean, shown_path
from foreshot.project.discover import environments_at, workspace_root
from foreshot.project.disk import DiskFiles
from foreshot.project.environment import Environment
from foreshot.project.files import Files

DIALECTS: Final = ("postgresql", "mysql", "mariadb", "sqlite")
"""The databases that a history can be told for."""


def environment_at(path: str, folder: str) -> tuple[Files, Environment]:
    """The project at or around a path.

    Raises:
        Failure: where there is none, or several.
    """
    root = workspace_root(path, os.path.exists)
    files = Files(disk=DiskFiles([root]))
    found = environments_at(files, path, root)
    if not found:
        raise Failure(f"No Alembic project found in {clean(path)}.")
    exact = [item for item in found if path in (item.script_location, *item.version_dirs)]
    if len(exact) == 1:
        return files, exact[0]
    if len(found) > 1:
        listed = "\n".join(f"  {name}" for name in names_of(found, folder))
        raise Failure(
            f"There are {len(found)} Alembic projects. Name one of them, after the revision:\n{listed}"
        )
    return files, found[0]


def names_of(environments: Sequence[Environment], folder: str) -> list[str]:
    """What each environment is called: its script folder, or its revisions' folder where others share the scripts."""
    shared = Counter(item.script_location for item in environments)
    return [
        clean(shown_path(item.script_location if shared[item.script_location] == 1 else place, folder))
        for item in environments
        for place in (item.version_dirs or (item.script_location,))[:1]
    ]
