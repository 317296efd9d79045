"""Quick looks at Python files that may be revisions or an env.py, before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from foreshot.project import paths
from foreshot.project.disk import Listing
from foreshot.project.files import Files
from foreshot.text import SourceText

MAX_SNIFFED = 3
"""Files of a folder that are opened to learn whether it is a folder of revisions."""

_REVISION = re.compile(r"^revision[ \t]*(?::[^=\r\n]*)?=[ \t]*[\"']([^\"'\r\n]+)[\"']", re.MULTILINE)
_PARENTS = re.compile(r"^(down_revision|depends_on)[ \t]*(?::[^=\r\n]*)?=[ \t]*([^\r\n]*)", re.MULTILINE)
_QUOTED = re.compile(r"[\"']([^\"'\r\n]+)[\"']")
_ALEMBIC = re.compile(r"^[ \t]*(?:from[ \t]+alembic\b|import[ \t]+alembic\b)", re.MULTILINE)
_FILE_NAME = re.compile(
    r"(?:[0-9a-f]{7,40}|[0-9]{3,14}|[0-9]{4}[_-].*)[_-].*\.py|[0-9a-f]{10,40}\.py|.*_[0-9a-f]{10,40}\.py",
    re.I,
)
_FOLDERS = frozenset(
    {"versions", "version", "migrations", "migration", "alembic", "alembic_migrations", "revisions"}
)
_NOT_REVISIONS = frozenset({"__init__.py", "env.py", "conftest.py", "setup.py", "models.py"})


def is_env_py(text: str) -> bool:
    """Whether a text looks like Alembic's env.py: it imports Alembic and configures a migration context."""
    return (
        "context" in text
        and (".configure" in text or "run_migrations" in text)
        and _ALEMBIC.search(text) is not None
    )


def is_revision(text: str) -> bool:
    """Whether a text has the header of a revision."""
    return "down_revision" in text and _REVISION.search(text) is not None


def revision_names(listing: Listing) -> list[str]:
    """The names in a folder that Alembic would take for revisions."""
    return [name for name in listing.files if name.endswith(".py") and name not in _NOT_REVISIONS]


def holds_revisions(files: Files, folder: str, listing: Listing, *, likely_place: bool = False) -> bool:
    """Whether a folder holds revisions, told by its name or its files' names and a look into a few of them.

    In a ``likely_place``, below other revisions, names do not matter.
    """
    names = revision_names(listing)
    likely = [name for name in names if _FILE_NAME.fullmatch(name)]
    if not likely and not likely_place and paths.name(folder).lower() not in _FOLDERS:
        return False
    for name in (likely or names)[:MAX_SNIFFED]:
        source = files.read(paths.child(folder, name))
        if isinstance(source, SourceText) and is_revision(source.content):
            return True
    return False


class Graph:
    """The ids that some revisions have and the ids that they refer to: enough to tell what hangs together."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.references: set[str] = set()

    @classmethod
    def of(cls, files: Files, members: Iterable[str]) -> Graph:
        """The graph of the revision files at some paths."""
        graph = cls()
        for path in members:
            source = files.read(path)
            if not isinstance(source, SourceText):
                continue
            text = source.content
            match = _REVISION.search(text)
            if match is None:
                continue
            graph.ids.add(match.group(1))
            for parents in _PARENTS.finditer(text):
                value = parents.group(2)
                if value[:1] in "([{" and not set(")]}").intersection(value):
                    value = text[parents.start(2) : parents.start(2) + 1_000].split(")", 1)[0]
                graph.references.update(_QUOTED.findall(value.split("#", 1)[0]))
        return graph

    def needs(self, other: Graph) -> bool:
        """Whether these revisions refer to ids that they lack and the others have."""
        return not (self.references - self.ids).isdisjoint(other.ids)

    def shares(self, other: Graph) -> bool:
        """Whether an id is in both, as in a copy or an archive."""
        return not self.ids.isdisjoint(other.ids)

    def add(self, other: Graph) -> None:
        """Take the others in."""
        self.ids |= other.ids
        self.references |= other.references
