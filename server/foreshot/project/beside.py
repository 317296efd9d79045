"""The other environments of a workspace, as far as they may have a part in the database of one.

Two environments can keep their revisions apart in one database, each with a version table of its own; whether they do stands in a deployment,
where it cannot be read. What the revisions of the other speak of is then not known to be missing. They are looked at as words, and only when
something is about to be called missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from foreshot.project.discover import find_environments, revision_files
from foreshot.project.env_facts import Argument, EnvFacts
from foreshot.project.environment import Environment
from foreshot.project.envpy import read_env
from foreshot.project.files import Files
from foreshot.syntax.module import Module, parse
from foreshot.syntax.values import Ref, Unknown
from foreshot.text import SourceText

_MOST_OTHERS: Final = 12
"""Environments of a workspace that are looked at."""
_MOST_FILES: Final = 2_000
"""Revision files of one of them that are looked at."""


class _Neighbour(Struct, frozen=True):
    """Another environment."""

    environment: Environment
    versions: tuple[object, ...] | None
    """Its version table and the schema of that; None where they cannot be told."""
    metadata: str | None
    """The dotted name of its metadata; None where that cannot be told."""


def may_be_made_beside(files: Files, environment: Environment, *names: str) -> bool:
    """Whether an environment that may share this one's database has a revision that mentions all these names: a table, a type, a table's column."""
    own = _described(files, environment)
    return _mentioned(files, names, (one for one in _others(files, environment) if _may_share(own, one)))


def may_be_changed_beside(files: Files, environment: Environment, names: Iterable[str]) -> bool:
    """Whether such an environment, with the same metadata, has a revision that mentions all these names together."""
    own, others = _described(files, environment), _of_same_models(files, environment)
    return _mentioned(files, tuple(names), (one for one in others if _may_share(own, one)))


def is_kept_beside(files: Files, environment: Environment, name: str) -> bool:
    """Whether another environment with the same metadata, of the same database or not, has a revision that mentions the table."""
    return _mentioned(files, (name,), _of_same_models(files, environment))


def files_of_same_env(files: Files, environment: Environment) -> tuple[str, ...]:
    """The revision files of the environments that other sections of the ini file make of the same env.py."""
    found = files.remember(
        ("environments", environment.root), lambda: find_environments(files, environment.root)
    )
    return tuple(
        path
        for other in found
        if other.env_py == environment.env_py and other.section != environment.section
        for path in revision_files(files, other)[:_MOST_FILES]
    )


def other_environments(files: Files, environment: Environment) -> tuple[Environment, ...]:
    """The other environments of the workspace, as many as are looked at."""
    return tuple(one.environment for one in _others(files, environment))


def _may_share(one: _Neighbour, other: _Neighbour) -> bool:
    """Whether two may keep their revisions apart in one database: only with a version table each."""
    return one.versions is None or other.versions != one.versions


def _of_same_models(files: Files, environment: Environment) -> Iterator[_Neighbour]:
    own = _described(files, environment)
    return (
        other
        for other in _others(files, environment)
        if own.metadata is not None and other.metadata == own.metadata
    )


def _mentioned(files: Files, names: tuple[str, ...], others: Iterable[_Neighbour]) -> bool:
    return any(_mention(files, other.environment, names) for other in others)


def _others(files: Files, environment: Environment) -> tuple[_Neighbour, ...]:
    def find() -> tuple[_Neighbour, ...]:
        root = environment.root
        found = files.remember(("environments", root), lambda: find_environments(files, root))
        others = (one for one in found if one.script_location != environment.script_location)
        return tuple(_described(files, other) for other in list(others)[:_MOST_OTHERS])

    return files.remember(("beside", environment.script_location), find, environment.root)


def _described(files: Files, environment: Environment) -> _Neighbour:
    key = ("described", environment.script_location, environment.section)
    return files.remember(key, lambda: _read(files, environment), environment)


def _read(files: Files, environment: Environment) -> _Neighbour:
    source = files.read(environment.env_py) if environment.env_py is not None else None
    module = parse(source) if isinstance(source, SourceText) else None
    env = read_env(module) if isinstance(module, Module) else None
    return _Neighbour(environment, _versions(env), _metadata(env))


def _versions(env: EnvFacts | None) -> tuple[object, ...] | None:
    found = env.version_table if env is not None else None
    return None if found is None or any(isinstance(part, Unknown) for part in found) else found


def _metadata(env: EnvFacts | None) -> str | None:
    argument = env.argument("target_metadata") if env is not None else None
    value = argument.value if isinstance(argument, Argument) else None
    return value.path if isinstance(value, Ref) else None


def _mention(files: Files, environment: Environment, names: tuple[str, ...]) -> bool:
    """Whether one revision file has all the names in it, each as a word."""
    wanted = [name.rpartition(".")[2].encode("utf-8", "replace") for name in names]
    words = [re.compile(rb"(?<!\w)%s(?!\w)" % re.escape(word)) for word in wanted]
    for path in revision_files(files, environment)[:_MOST_FILES]:
        data = files.read_bytes(path)
        # The search for a word is slow, and most files have none of them.
        if not isinstance(data, bytes) or not all(word in data for word in wanted):
            continue
        if all(word.search(data) for word in words):
            return True
    return False
