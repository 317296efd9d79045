"""Whether a project writes its migrations as SQL: a workflow, a Makefile or a script that runs Alembic with ``--sql``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from foreshot.project import paths
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.text import SourceText, Span

MAX_FILES = 60
"""Files that are looked into."""

_RUN = re.compile(r"\balembic\b[^\n|;&]{0,200}?\s--sql\b|\bflask\s+db\b[^\n|;&]{0,200}?\s--sql\b")
_NAMES = frozenset(
    {
        "Makefile",
        "justfile",
        "Justfile",
        "tox.ini",
        "noxfile.py",
        "Taskfile.yml",
        ".gitlab-ci.yml",
        "Jenkinsfile",
        "azure-pipelines.yml",
    }
)
_FOLDERS = (".github/workflows", "scripts", "bin", "ci", ".circleci")
_ENDINGS = (".yml", ".yaml", ".sh", ".mk")


class Offline(Struct, frozen=True):
    """Where Alembic is run with ``--sql``."""

    path: str
    span: Span


def find_offline(files: Files, environment: Environment) -> Offline | None:
    """The first place, in the folders from the project's home up to the workspace."""
    for count, path in enumerate(_candidates(files, environment)):
        source = files.read(path) if count < MAX_FILES else None
        if isinstance(source, SourceText) and "--sql" in source.content:
            match = _RUN.search(source.content)
            if match is not None:
                return Offline(path, Span(*match.span()))
    return None


def _candidates(files: Files, environment: Environment) -> Iterator[str]:
    folders = list(
        dict.fromkeys(
            [environment.home, *paths.ancestors(environment.home, environment.root), environment.root]
        )
    )
    for folder in folders:
        listing = files.listing(folder)
        if listing is None:
            continue
        yield from (f"{folder}/{name}" for name in sorted(_NAMES & set(listing.files)))
        tops = set(listing.folders)
        for inner in _FOLDERS:
            if inner.partition("/")[0] not in tops:
                continue
            below = files.listing(f"{folder}/{inner}")
            if below is not None:
                yield from (
                    f"{folder}/{inner}/{name}" for name in sorted(below.files) if name.endswith(_ENDINGS)
                )
