"""Databases that a project declares outside of Alembic's files: its settings' modules, compose files, examples of ``.env``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from foreshot.project import paths
from foreshot.project.dialect_names import Dialect, dialect_of
from foreshot.project.env_facts import EnvFacts
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.text import SourceText

_MAX_MODULES: Final = 20
"""Modules that env.py imports and that are searched for a URL."""
_FLASK: Final = "SQLALCHEMY_DATABASE_URI"
_MAX_FLASK: Final = 60
"""Modules of a Flask application that are searched for it."""
_NEAR: Final = 200
"""Characters behind the name in which its value stands."""
_COMPOSE: Final = frozenset(
    f"{name}.{ending}" for name in ("docker-compose", "compose") for ending in ("yml", "yaml")
)
_EXAMPLES: Final = frozenset(
    {
        ".env.example",
        ".env.sample",
        ".env.template",
        ".env.dist",
        "env.example",
        "example.env",
        ".env.defaults",
    }
)
_SCHEMES: Final = ("postgres", "mysql", "mariadb", "sqlite", "mssql", "oracle")


class _Patterns:
    """What a declaration looks like; made when the first file is searched."""

    def __init__(self) -> None:
        self.url = re.compile(r"[\"'](\w{1,20})(?:\+\w{1,20})?://")
        self.scheme = re.compile(r"\b(?:scheme|drivername)[ \t]*=[ \t]*[\"'](\w{1,20})")
        self.line = re.compile(
            r"^[ \t]*(?:export[ \t]+)?\w{1,80}[ \t]*=[ \t]*[\"']?(\w{1,20})(?:\+\w{1,20})?://", re.M
        )
        self.image = re.compile(r"^[ \t]*image:[ \t]*[\"']?(?:[\w.-]{1,100}/){0,3}([\w-]{1,40})", re.M)


_patterns = cache(_Patterns)


def declared_dialects(
    files: Files, environment: Environment, facts: EnvFacts | None, modules: Modules
) -> frozenset[Dialect]:
    """The databases of the first kind of declaration that names any: what env.py imports, then compose files and examples."""
    return (
        _in_modules(facts, modules) or _in_flask(files, environment, facts) or _in_files(files, environment)
    )


def _in_modules(facts: EnvFacts | None, modules: Modules) -> frozenset[Dialect]:
    found: set[Dialect] = set()
    names = dict.fromkeys(
        dotted
        for item in (facts.imports if facts is not None else ())
        for dotted in (item.module, *(f"{item.module}.{name}" for name in item.names if name != "*"))
        if not dotted.startswith((".", "sqlalchemy", "alembic", "logging"))
    )
    for dotted in list(names)[:_MAX_MODULES]:
        module = modules.module(dotted)
        if module is not None and any(scheme in module.content for scheme in _SCHEMES):
            patterns = _patterns()
            found |= _known(patterns.url.findall(module.content))
            found |= _known(patterns.scheme.findall(module.content))
    return frozenset(found)


def _in_flask(files: Files, environment: Environment, facts: EnvFacts | None) -> frozenset[Dialect]:
    """What Flask-SQLAlchemy is told beside the scripts: Flask-Migrate's env.py asks the application and imports none of it."""
    if facts is None or not any(item.module == "flask" for item in facts.imports):
        return frozenset()
    found: set[Dialect] = set()
    top = paths.parent(environment.script_location)
    listing = files.listing(top)
    folders = (
        [top, *(paths.child(top, name) for name in sorted(listing.folders))] if listing is not None else []
    )
    left = _MAX_FLASK
    for folder in folders[:_MAX_MODULES]:
        listed = files.listing(folder)
        for name in sorted(listed.files) if listed is not None else ():
            if not name.endswith(".py") or name.startswith("test") or left == 0:
                continue
            left -= 1
            source = files.read(paths.child(folder, name))
            if isinstance(source, SourceText) and _FLASK in source.content:
                pattern = _patterns().url
                for part in source.content.split(_FLASK)[1:]:
                    found |= _known(pattern.findall(part[:_NEAR]))
    return frozenset(found)


def _in_files(files: Files, environment: Environment) -> frozenset[Dialect]:
    for folder in paths.ancestors(environment.home, environment.root):
        listing = files.listing(folder)
        found: set[Dialect] = set()
        for name in listing.files if listing is not None else ():
            if name not in _COMPOSE and name not in _EXAMPLES:
                continue
            source = files.read(paths.child(folder, name))
            if isinstance(source, SourceText):
                pattern = _patterns().image if name in _COMPOSE else _patterns().line
                found |= _known(pattern.findall(source.content))
        if found:
            return frozenset(found)
    return frozenset()


def _known(names: Iterable[str]) -> set[Dialect]:
    return {dialect for name in names if (dialect := dialect_of(name)) is not None}
