"""Putting environments together from what configuration files say and what lies in the folders."""

from __future__ import annotations

import re

import msgspec

from foreshot.project import paths
from foreshot.project.config import Candidate, Location
from foreshot.project.environment import DatabaseUrl, Environment, Flavour, Problem
from foreshot.project.locate import Outside, Workspace
from foreshot.project.relatives import adopt_revisions
from foreshot.project.sniff import is_env_py
from foreshot.text import SourceText

_MOST_SHOWN = 200
_TEMPLATED = re.compile(r"[{}$<>%]")
_FLASK = re.compile(r"\bcurrent_app\b|flask_migrate")
_MULTI = re.compile(r"bind_names|SQLALCHEMY_BINDS|\bupgrade_token\b")


class Assembly:
    """The environments of one workspace folder, put together once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.env_texts: dict[str, str] = {}
        self._unlocated: list[Environment] = []
        self._urls_only: list[Candidate] = []
        for folder, listing in workspace.listings.items():
            if "env.py" in listing.files:
                source = workspace.files.read(paths.child(folder, "env.py"))
                if isinstance(source, SourceText) and is_env_py(source.content):
                    self.env_texts[folder] = source.content

    def environments(self, candidates: list[Candidate], problems: list[Problem]) -> list[Environment]:
        """The environments that the candidates and the folders make; ``problems`` belong to files of none of them."""
        located = self._locate(candidates)
        found: list[Environment] = []
        for script, members in located.items():
            found.extend(self._configured(script, members))
        for folder, text in self.env_texts.items():
            if folder not in located:
                found.append(self._unconfigured(folder, text))
        found = adopt_revisions(self.workspace, found)
        if len(found) == 1 and self._urls_only:
            # Settings of single deployments that leave the rest to the environment's own configuration.
            urls = [url for candidate in self._urls_only for url in candidate.urls]
            configs = [candidate.config for candidate in self._urls_only]
            only = found[0]
            found = [
                msgspec.structs.replace(only, urls=(*only.urls, *urls), configs=(*only.configs, *configs))
            ]
        found.extend(self._unlocated)
        return _with_problems(sorted(found, key=_order), problems)

    def _locate(self, candidates: list[Candidate]) -> dict[str, list[Candidate]]:
        """The candidates by their script folder; those without one become environments that only have problems."""
        located: dict[str, list[Candidate]] = {}
        open_ended: list[Candidate] = []
        for candidate in sorted(candidates, key=_preference):
            if candidate.script is None:
                if candidate.here in self.env_texts:
                    located.setdefault(candidate.here, []).append(candidate)
                else:
                    open_ended.append(candidate)
                continue
            place = (
                self.workspace.folder(candidate.script.value, candidate.here) if candidate.readable else None
            )
            if isinstance(place, str):
                located.setdefault(place, []).append(candidate)
            elif isinstance(place, Outside):
                self._unlocated.append(
                    _broken(self.workspace.root, candidate, place.path, _outside(candidate, candidate.script))
                )
            else:
                open_ended.append(candidate)
        for candidate in open_ended:
            self._place_open_ended(candidate, located)
        return located

    def _place_open_ended(self, candidate: Candidate, located: dict[str, list[Candidate]]) -> None:
        for members in located.values():
            # An ini file beside the pyproject.toml that has the rest.
            if any(member.is_toml and member.here == candidate.here for member in members):
                members.append(candidate)
                return
        near = [
            folder
            for folder in self.env_texts
            if folder not in located and paths.is_inside(folder, candidate.here)
        ]
        if len(near) == 1:
            located[near[0]] = [candidate]
        elif candidate.script is None:
            self._urls_only.append(candidate)
        elif not _TEMPLATED.search(candidate.script.value):
            message = f"`script_location` names no folder of this workspace: {_shown(candidate.script)}"
            problem = Problem(candidate.config.path, candidate.script.span, message, "missing-folder")
            wanted = paths.join(candidate.here, candidate.script.value.replace(":", paths.SEP))
            self._unlocated.append(_broken(self.workspace.root, candidate, wanted, problem))

    def _configured(self, script: str, members: list[Candidate]) -> list[Environment]:
        """The environments of one script folder: one for each set of version folders that its configurations name."""
        groups: dict[tuple[str, ...], list[tuple[Candidate, list[Problem]]]] = {}
        for candidate in members:
            folders, problems = self._version_dirs(script, candidate)
            groups.setdefault(folders, []).append((candidate, problems))
        default = (paths.child(script, "versions"),)
        if (
            len(groups) > 1
            and default in groups
            and any(c.is_toml or c.script is None for c, _ in groups[default])
        ):
            # An ini file without version_locations and a pyproject.toml with them are one configuration.
            for pair in groups.pop(default):
                next(iter(groups.values())).append(pair)
        return [self._environment(script, folders, group) for folders, group in groups.items()]

    def _environment(
        self, script: str, folders: tuple[str, ...], group: list[tuple[Candidate, list[Problem]]]
    ) -> Environment:
        candidates = [candidate for candidate, _ in group]
        main = candidates[0]
        ini = next((candidate for candidate in candidates if not candidate.is_toml), None)
        toml = next((candidate for candidate in candidates if candidate.is_toml), None)
        section = ini.config.section if ini is not None else "alembic"
        databases = next((candidate.databases for candidate in candidates if candidate.databases), ())
        urls: list[DatabaseUrl] = [url for candidate in candidates for url in candidate.urls]
        return Environment(
            root=self.workspace.root,
            home=main.here,
            script_location=script,
            env_py=self._file(script, "env.py"),
            template=self._file(script, "script.py.mako"),
            version_dirs=folders,
            flavour=_flavour(self.env_texts.get(script, ""), databases, main),
            recursive=any(candidate.recursive for candidate in candidates),
            sourceless=any(candidate.sourceless for candidate in candidates),
            ini=ini.config.path if ini is not None else None,
            section=section,
            pyproject=toml.config.path if toml is not None else None,
            name="" if section == "alembic" else section,
            databases=databases,
            configs=tuple(candidate.config for candidate in candidates),
            urls=tuple(urls),
            problems=tuple(problem for candidate, own in group for problem in (*candidate.problems, *own)),
        )

    def _unconfigured(self, folder: str, text: str) -> Environment:
        flavour = _flavour(text, (), None)
        return Environment(
            root=self.workspace.root,
            home=paths.parent(folder) if folder != self.workspace.root else folder,
            script_location=folder,
            env_py=self._file(folder, "env.py"),
            template=self._file(folder, "script.py.mako"),
            version_dirs=(paths.child(folder, "versions"),),
            flavour="programmatic" if flavour == "alembic" else flavour,
        )

    def _version_dirs(self, script: str, candidate: Candidate) -> tuple[tuple[str, ...], list[Problem]]:
        folders: list[str] = []
        problems: list[Problem] = []
        for location in candidate.locations:
            place = self.workspace.folder(location.value, candidate.here)
            if isinstance(place, str):
                if place not in folders:
                    folders.append(place)
            elif isinstance(place, Outside):
                problems.append(_outside(candidate, location))
            else:
                message = f"`version_locations` names no folder of this workspace: {_shown(location)}"
                problems.append(Problem(candidate.config.path, location.span, message, "missing-folder"))
        return tuple(folders) or (paths.child(script, "versions"),), problems

    def _file(self, folder: str, name: str) -> str | None:
        listing = self.workspace.listing(folder)
        return paths.child(folder, name) if listing is not None and name in listing.files else None


def _flavour(text: str, databases: tuple[str, ...], candidate: Candidate | None) -> Flavour:
    flask = _FLASK.search(text) is not None and (candidate is None or candidate.script is None)
    if flask:
        return "flask-multidb" if _MULTI.search(text) else "flask-migrate"
    return "multidb" if databases else "alembic"


def _preference(candidate: Candidate) -> tuple[bool, bool, int, str, str]:
    """``alembic.ini`` before other names, ini before TOML, near the top before deep, then by name."""
    path = candidate.config.path
    is_usual = paths.name(path) in ("alembic.ini", "pyproject.toml")
    return (candidate.is_toml, not is_usual, path.count(paths.SEP), path, candidate.config.section)


def _order(environment: Environment) -> tuple[str, str, tuple[str, ...]]:
    return environment.script_location, environment.section, environment.version_dirs


def _shown(location: Location) -> str:
    """A folder's name in a message: on one line, and not endless."""
    value = " ".join(location.value.split())
    return value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}…"


def _outside(candidate: Candidate, location: Location) -> Problem:
    message = f"{_shown(location)} is outside the workspace: what is there is not read"
    return Problem(candidate.config.path, location.span, message, "outside-workspace", "information")


def _broken(root: str, candidate: Candidate, script: str, problem: Problem) -> Environment:
    config = candidate.config
    return Environment(
        root=root,
        home=candidate.here,
        script_location=script,
        env_py=None,
        template=None,
        version_dirs=(),
        flavour="alembic",
        ini=None if candidate.is_toml else config.path,
        section="alembic" if candidate.is_toml else config.section,
        pyproject=config.path if candidate.is_toml else None,
        name="" if candidate.is_toml or config.section == "alembic" else config.section,
        configs=(config,),
        urls=candidate.urls,
        problems=(*candidate.problems, problem),
    )


def _with_problems(environments: list[Environment], problems: list[Problem]) -> list[Environment]:
    """Each problem of a file that configures nothing goes to the first environment whose folder it lies above."""
    result = list(environments)
    for problem in problems:
        folder = paths.parent(problem.path)
        for index, environment in enumerate(result):
            if paths.is_inside(environment.script_location, folder):
                result[index] = msgspec.structs.replace(
                    environment, problems=(*environment.problems, problem)
                )
                break
    return result
