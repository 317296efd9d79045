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
_BOUND: Final = re.compile(r"(==|~=|<=|>=|<|>|\^|~)\s*v?(\d+(?:\.\d+){0,3})")

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
    return max((newest for _, newest in _mentions(files, environment, library) if newest), default=None)


def certain_major(files: Files, environment: Environment, library: str, last: int) -> int | None:
    """The major release of ``library`` that runs, where the project's files leave but one; ``last`` is the newest that there is.

    With ``last`` 2, ``^1.10`` is 1, ``>=2.1`` is 2, and ``>=1.10`` may be either.
    """
    mentions = [found for found in _mentions(files, environment, library) if any(found)]
    exact = {newest[0] for oldest, newest in mentions if newest is not None and oldest == newest}
    majors = exact or {
        major for oldest, newest in mentions for major in (newest[0] if newest else last, *(oldest or ())[:1])
    }
    return majors.pop() if len(majors) == 1 else None


def _mentions(
    files: Files, environment: Environment, library: str
) -> list[tuple[Release | None, Release | None]]:
    """The oldest and the newest release that each mention allows, in the nearest folder that has one."""
    name = re.escape(library)
    mention = re.compile(
        rf"""(?:^|["' \t]){name}(?![\w.-])(?:\[[^\[\]\n]*\])?[ \t]*["']?[ \t]*(?:=[ \t]*(?:\{{[ \t]*version[ \t]*=[ \t]*)?["'])?(?P<bounds>[^"'\n#;\\]*)""",
        re.IGNORECASE | re.MULTILINE,
    )
    locked = re.compile(
        rf'^name = "{re.escape(library)}"\s*\nversion = "(?P<version>[\d.]+)', re.IGNORECASE | re.MULTILINE
    )
    for folder in paths.ancestors(environment.home, environment.root):
        found: list[tuple[Release | None, Release | None]] = []
        for path in _files_of(files, folder):
            source = files.read(path)
            if not isinstance(source, SourceText):
                continue
            exact = [_release(match["version"]) for match in locked.finditer(source.content)]
            found.extend(zip(exact, exact, strict=True))
            if path.endswith(".lock"):
                continue
            bounds = [match["bounds"] for match in mention.finditer(source.content)]
            found.extend((_oldest(item), _newest(item)) for item in bounds)
        if found:
            return found
    return []


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


def _oldest(bounds: str) -> Release | None:
    found = [_release(version) for operator, version in _BOUND.findall(bounds) if operator not in ("<", "<=")]
    return max(found, default=None)


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
