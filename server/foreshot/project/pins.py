"""Which release of a library a project runs with, as far as its own files pin it."""

from __future__ import annotations

import re
from typing import Final

from foreshot.project import paths
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.text import SourceText

DEPENDENCY_FILES: Final = (
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "Pipfile",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Pipfile.lock",
)
"""Files besides lists of requirements that say what a project depends on."""
_LIST_FOLDERS: Final = ("requirements",)
_MOST_DIGITS: Final = 9
_BOUND: Final = re.compile(r"(==|~=|<=|<|\^|~)\s*v?(\d+(?:\.\d+){0,3})")

Release = tuple[int, ...]


def tells_dependencies(path: str) -> bool:
    """Whether a file says what a project depends on, told by its name and its folder's."""
    name = paths.name(path)
    if name in DEPENDENCY_FILES or is_list(name):
        return True
    return name.endswith((".txt", ".in")) and not set(_LIST_FOLDERS).isdisjoint(path.split(paths.SEP))


def newest_release(files: Files, environment: Environment, library: str) -> Release | None:
    """The newest release of ``library`` that the project allows, None when nothing bounds it.

    ``== 1.4.46`` is ``(1, 4, 46)``, ``< 2`` everything below ``(2,)`` and so ``(1, 999)``; a lock file says it exactly. The
    nearest folder above the environment whose files mention the library counts, and there the newest mention.
    """
    name = re.escape(library)
    mention = re.compile(
        rf"""(?:^|["' \t]){name}(?![\w.-])(?:\[[^\[\]\n]*\])?[ \t]*["']?[ \t]*(?:=[ \t]*(?:\{{[ \t]*version[ \t]*=[ \t]*)?["'])?(?P<bounds>[^"'\n#;\\]*)""",
        re.IGNORECASE | re.MULTILINE,
    )
    locked = re.compile(
        rf'^name = "{re.escape(library)}"\s*\nversion = "(?P<version>[\d.]+)', re.IGNORECASE | re.MULTILINE
    )
    for folder in paths.ancestors(environment.home, environment.root):
        found: list[Release] = []
        mentioned = False
        for path in _files_of(files, folder):
            source = files.read(path)
            if not isinstance(source, SourceText):
                continue
            found.extend(_release(match["version"]) for match in locked.finditer(source.content))
            if path.endswith(".lock"):
                continue
            for match in mention.finditer(source.content):
                mentioned = True
                bound = _newest(match["bounds"])
                if bound is not None:
                    found.append(bound)
        if found:
            return max(found)
        if mentioned:
            return None
    return None


def _files_of(files: Files, folder: str) -> list[str]:
    listing = files.listing(folder)
    if listing is None:
        return []
    wanted = [f"{folder}/{name}" for name in listing.files if name in DEPENDENCY_FILES or is_list(name)]
    for inner in _LIST_FOLDERS:
        below = files.listing(f"{folder}/{inner}") if inner in listing.folders else None
        if below is not None:
            wanted.extend(
                f"{folder}/{inner}/{name}" for name in below.files if name.endswith((".txt", ".in"))
            )
            for deeper in below.folders[:5]:
                last = files.listing(f"{folder}/{inner}/{deeper}")
                if last is not None:
                    wanted.extend(
                        f"{folder}/{inner}/{deeper}/{name}"
                        for name in last.files
                        if name.endswith((".txt", ".in"))
                    )
    return wanted


def is_list(name: str) -> bool:
    """Whether a file is a list of requirements by its name."""
    return name.startswith("requirements") and name.endswith((".txt", ".in"))


def _newest(bounds: str) -> Release | None:
    for operator, version in _BOUND.findall(bounds):
        release = _release(version)
        match operator:
            case "==" | "<=":
                return release
            case "<":
                return _before(release)
            case "~=" | "~":
                return (*release[:-1], 999) if len(release) > 1 else (*release, 999)
            case "^":
                return (release[0], 999)
            case _:
                pass
    return None


def _before(release: Release) -> Release:
    parts = list(release)
    while parts and parts[-1] == 0:
        parts.pop()
    if not parts:
        return (0,)
    parts[-1] -= 1
    return (*parts, 999)


def _release(version: str) -> Release:
    return tuple(int(part[:_MOST_DIGITS]) for part in version.split(".") if part.isdecimal())
