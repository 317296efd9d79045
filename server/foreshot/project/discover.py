"""Finding the Alembic environments of a workspace: from its files alone, whoever set it up."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from foreshot.project import paths
from foreshot.project.assemble import Assembly
from foreshot.project.config import Candidate, read_ini_candidates, read_toml_candidate
from foreshot.project.disk import Listing
from foreshot.project.environment import Environment, Problem
from foreshot.project.files import Files
from foreshot.project.locate import Workspace
from foreshot.project.sniff import revision_names
from foreshot.project.walk import PRUNED, walk
from foreshot.text import SourceText, Span, Unreadable

MAX_CONFIGS = 2_000
"""Configuration files that are opened in one workspace folder."""

_INI_ENDINGS = (".ini", ".cfg")
_REPOSITORIES = (".git", ".hg", ".svn")
_PROJECTS = ("pyproject.toml", "alembic.ini", "setup.py", "setup.cfg")


def find_environments(
    files: Files, root: str, excluded: Callable[[str], bool] | None = None
) -> list[Environment]:
    """The Alembic environments at or below a folder, in the order of their script folders.

    Copies of Alembic and Flask-Migrate themselves, project templates, virtual environments and build results are
    no part of it. ``excluded`` is asked about each folder's path.
    """

    def enter(folder: str, listing: Listing) -> bool:
        return not _is_foreign(folder, listing) and (excluded is None or not excluded(folder))

    listings = dict(walk(files, root, enter))
    workspace = Workspace(files, root, listings)
    candidates, problems = _candidates(files, listings)
    return Assembly(workspace).environments(candidates, problems)


def environments_at(files: Files, path: str, root: str) -> list[Environment]:
    """The environments that somebody means who names a file or folder of the workspace ``root``.

    A folder that holds environments with their configuration needs no walk through all the rest; whatever looks above
    it, such as for settings, still does.
    """
    inside = find_environments(files, path) if files.listing(path) is not None else []
    if inside and (all(found.configs for found in inside) or not _is_project(files, root)):
        return [replace(found, root=root) for found in inside]
    return environments_of(find_environments(files, root), path)


def environments_of(environments: Iterable[Environment], path: str) -> list[Environment]:
    """The environments that a file or folder belongs to.

    Those at or below a folder come first; else those whose scripts, revisions or configuration the path is a part of; else
    the ones whose home is the nearest around it, as for a file of models.
    """
    known = list(environments)
    below = [found for found in known if any(paths.is_inside(place, path) for place in _places(found))]
    if below:
        return below
    part = [found for found in known if any(paths.is_inside(path, place) for place in _places(found))]
    if part:
        return part
    around = [found for found in known if paths.is_inside(path, found.home)]
    nearest = max((len(found.home) for found in around), default=0)
    return [found for found in around if len(found.home) == nearest] or known


def revision_files(files: Files, environment: Environment) -> list[str]:
    """The files that Alembic would read as revisions, in the order of the version folders, then by path."""
    found: list[str] = []
    seen: set[str] = set()
    for version_dir in environment.version_dirs:
        if not environment.recursive:
            listing = files.listing(version_dir)
            folders = [(version_dir, listing)] if listing is not None else []
        else:
            folders = sorted(walk(files, version_dir), key=lambda pair: pair[0])
        for folder, listing in folders:
            if folder in seen:
                continue
            seen.add(folder)
            found.extend(paths.child(folder, name) for name in revision_names(listing))
    return found


def is_revision_place(environment: Environment, path: str) -> bool:
    """Whether Alembic would read a file as a revision, by its place and name; it need not exist."""
    folder, name = paths.parent(path), paths.name(path)
    if not revision_names(Listing((), (name,))):
        return False
    if not environment.recursive:
        return folder in environment.version_dirs
    return any(
        paths.is_inside(folder, place)
        and not any(part in PRUNED or part[:1] == "." for part in paths.relative(folder, place).split("/"))
        for place in environment.version_dirs
    )


def workspace_root(path: str, exists: Callable[[str], bool]) -> str:
    """The folder to read when somebody names one file or folder: the repository around it, else the topmost project.

    ``exists`` tells whether a path exists. Without any sign of a project it is the folder itself. A project inside a package
    is read from where that package is imported.
    """
    best, package = "", ""
    for folder in paths.ancestors(path, paths.top(path)):
        if any(exists(paths.child(folder, name)) for name in _REPOSITORIES):
            return folder
        if any(exists(paths.child(folder, name)) for name in _PROJECTS):
            best = folder
        # PEP 561 lays its marker into the topmost package, which may have no `__init__.py`.
        if any(exists(paths.child(folder, name)) for name in ("__init__.py", "py.typed")):
            package = paths.parent(folder)
    best = best or path
    return package if package and paths.is_inside(best, package) else best


def _is_project(files: Files, folder: str) -> bool:
    """Whether a folder has any sign of a project."""
    listing = files.listing(folder)
    return listing is not None and not {*_REPOSITORIES, *_PROJECTS}.isdisjoint(
        (*listing.files, *listing.folders)
    )


def _places(environment: Environment) -> list[str]:
    places = [environment.script_location, *environment.version_dirs]
    places.extend(config.path for config in environment.configs)
    return places


def _candidates(files: Files, listings: dict[str, Listing]) -> tuple[list[Candidate], list[Problem]]:
    candidates: list[Candidate] = []
    problems: list[Problem] = []
    opened = 0
    for folder, listing in listings.items():
        for name in listing.files:
            is_ini = name.endswith(_INI_ENDINGS)
            if not is_ini and name != "pyproject.toml":
                continue
            opened += 1
            if opened > MAX_CONFIGS:
                return candidates, problems
            path = paths.child(folder, name)
            source = files.read(path)
            if isinstance(source, SourceText):
                if is_ini:
                    candidates.extend(read_ini_candidates(source, path))
                    continue
                found = read_toml_candidate(source, path)
                if isinstance(found, Candidate):
                    candidates.append(found)
                elif found is not None:
                    problems.append(found)
            elif isinstance(source, Unreadable) and name == "alembic.ini":
                problems.append(Problem(path, Span(0, 0), source.reason, "unreadable", "error"))
    return candidates, problems


def _is_foreign(folder: str, listing: Listing) -> bool:
    """Whether a folder is nobody's project: a virtual environment, a project template, a copy of Alembic."""
    name = paths.name(folder)
    if name in PRUNED or "{{" in name or "{%" in name or name.endswith(".egg-info"):
        return True
    held = set(listing.files)
    if "pyvenv.cfg" in held or not held.isdisjoint({"alembic.ini.mako", "pyproject.toml.mako"}):
        return True
    return {"op.py", "context.py", "command.py", "environment.py"} <= held
