"""Alembic's configuration as ini files and pyproject.toml spell it, with the place of every option.

Only Alembic's own options are kept. Of a URL nothing is kept but its scheme and where it stands.
"""

from __future__ import annotations

import re
from typing import cast

import msgspec
from msgspec import Struct

from foreshot.project import paths
from foreshot.project.environment import ConfigFile, ConfigOption, DatabaseUrl, Problem
from foreshot.project.ini import IniFile, IniOption, read_ini
from foreshot.project.locate import split_locations
from foreshot.project.toml import TomlFile, TomlProblem, read_toml
from foreshot.text import SourceText, Span, secrets

OPTIONS = frozenset(
    {
        "script_location",
        "version_locations",
        "path_separator",
        "version_path_separator",
        "prepend_sys_path",
        "file_template",
        "timezone",
        "truncate_slug_length",
        "revision_environment",
        "sourceless",
        "recursive_version_locations",
        "output_encoding",
        "databases",
    }
)

MAX_URL = 4_096
"""Code points of a URL that are looked at."""
MAX_LOCATIONS = 500
"""Version folders that one section may name."""
MAX_SECTIONS = 100
"""Sections of one file that may configure environments."""
MAX_DATABASES = 200
"""Databases that one section may name, and URLs that are looked at for it."""

_URL = re.compile(r"[ \t]*([A-Za-z][\w.+-]*)://(?:[^:/@\s]*(?::(?P<password>[^\s]*))?@(?=[^@]*$))?")
_PARAMETER = re.compile(rf"[?&;]{secrets.NAMES}=(?P<password>[^\s&;#]+)", re.IGNORECASE)
_REFERENCE = re.compile(r"%\([^)]*\)s|\$\{?\w+\}?|\{[^{}]*\}|<[^<>]*>|\*+|%[A-Za-z_]\w*%")
_TRUE = frozenset({"1", "yes", "true", "on"})
_NAMES = re.compile(r"\s*,\s*|\s+")


class Location(Struct, frozen=True):
    """A folder as a configuration file names it."""

    value: str
    span: Span


class Candidate(Struct, frozen=True):
    """One section that may configure an environment."""

    config: ConfigFile
    here: str
    script: Location | None
    """None when the section leaves it open, as in Flask-Migrate's ini file."""
    readable: bool
    """Whether ``script`` is what Alembic would read: every ``%(name)s`` in it could be filled in."""
    locations: tuple[Location, ...]
    recursive: bool
    sourceless: bool
    databases: tuple[str, ...]
    urls: tuple[DatabaseUrl, ...]
    problems: tuple[Problem, ...]

    @property
    def is_toml(self) -> bool:
        """Whether it is ``[tool.alembic]``."""
        return self.config.path.endswith(".toml")


def read_ini_candidates(source: SourceText, path: str) -> list[Candidate]:
    """The sections of an ini file that configure Alembic: those with a script_location, else ``[alembic]``.

    With a script_location in ``[DEFAULT]`` every section has it; those with an option of Alembic's beside it are meant.
    """
    if "script_location" not in source.content and "[alembic]" not in source.content:
        return []
    ini = read_ini(source)
    shared = "script_location" in ini.sections["DEFAULT"].options if "DEFAULT" in ini.sections else False
    telling = OPTIONS if shared else {"script_location"}
    names = [
        name
        for name, section in ini.sections.items()
        if name != "DEFAULT" and not telling.isdisjoint(section.options)
    ]
    if not names and "alembic" in ini.sections:
        names = ["alembic"]
    return [_ini_candidate(ini, name, path) for name in names[:MAX_SECTIONS]]


def read_toml_candidate(source: SourceText, path: str) -> Candidate | Problem | None:
    """The ``[tool.alembic]`` table of a pyproject.toml; a problem when the file is no TOML."""
    if "tool.alembic" not in source.content and "alembic]" not in source.content:
        return None
    toml = read_toml(source)
    if isinstance(toml, TomlProblem):
        return Problem(path, toml.span, f"this file is not valid TOML: {toml.message}", "syntax", "error")
    table = toml.table("tool", "alembic")
    return _toml_candidate(toml, table, path) if table is not None else None


def find_url(value: str, span: Span, path: str, section: str, key: str) -> DatabaseUrl | None:
    """What may be known of a URL that stands at ``span`` exactly as ``value``; None when it is none."""
    match = _URL.match(value[:MAX_URL])
    if match is None:
        return None
    password = None
    for found in (match, *_PARAMETER.finditer(value[:MAX_URL])):
        text = found.group("password")
        if password is None and text and _REFERENCE.search(text) is None:
            start, end = found.span("password")
            password = Span(span.start + start, span.start + end)
    lock_timeout = "lock_timeout" in value or "lock_wait_timeout" in value
    return DatabaseUrl(path, section, key, match.group(1).lower(), span, password, lock_timeout)


def _ini_candidate(ini: IniFile, name: str, path: str) -> Candidate:
    here = paths.parent(path)
    given = {"here": here}
    problems = [
        Problem(path, problem.span, f"Alembic cannot read this file: {problem.message}", "syntax", "error")
        for problem in ini.problems
    ]

    def value(key: str) -> str | None:
        return ini.value(name, key, given)

    options: dict[str, ConfigOption] = {}
    for key in OPTIONS:
        option = ini.option(name, key)
        if option is not None:
            known = None if "://" in option.value else value(key)
            options[key] = ConfigOption(path, key, known, option.key_span, option.value_span)
    script = ini.option(name, "script_location")
    location = None
    if script is not None:
        location = Location(value("script_location") or script.value, script.value_span)
    separator = value("path_separator") or value("version_path_separator")
    locations: list[Location] = []
    listed = ini.option(name, "version_locations")
    filled = value("version_locations")
    if listed is not None and filled:
        items = split_locations(filled, separator, MAX_LOCATIONS)
        if items is None:
            at = ini.option(name, "path_separator") or ini.option(name, "version_path_separator") or listed
            problems.append(
                Problem(
                    path,
                    at.value_span,
                    "Alembic knows the separators `space`, `newline`, `os`, `:` and `;` only",
                    "wrong-value",
                    "error",
                )
            )
            items = split_locations(filled, None, MAX_LOCATIONS) or []
        raw = split_locations(listed.value, separator, MAX_LOCATIONS) or []
        for index, (text, _) in enumerate(items):
            span = listed.value_span
            if len(raw) == len(items):
                span = listed.locate(raw[index][1], raw[index][1] + len(raw[index][0]))
            locations.append(Location(text, span))
    named = _NAMES.split((value("databases") or "").strip(), MAX_DATABASES)[:MAX_DATABASES]
    databases = tuple(part for part in named if part)
    section = ini.sections[name]
    return Candidate(
        config=ConfigFile(path, name, section.span, options),
        here=here,
        script=location,
        readable=script is not None and value("script_location") is not None,
        locations=tuple(locations),
        recursive=(value("recursive_version_locations") or "").lower() in _TRUE,
        sourceless=(value("sourceless") or "").lower() in _TRUE,
        databases=databases,
        urls=_ini_urls(ini, (name, "DEFAULT", *databases), path),
        problems=tuple(problems),
    )


def _ini_urls(ini: IniFile, sections: tuple[str, ...], path: str) -> tuple[DatabaseUrl, ...]:
    found: list[DatabaseUrl] = []
    for name in dict.fromkeys(sections):
        section = ini.sections.get(name)
        options: list[IniOption] = list(section.options.values()) if section is not None else []
        for option in options:
            if "://" in option.value:
                url = find_url(option.value, option.value_span, path, name, option.key)
                if url is not None:
                    found.append(url)
                if len(found) == MAX_DATABASES:
                    return tuple(found)
    return tuple(found)


def _toml_candidate(toml: TomlFile, table: dict[str, object], path: str) -> Candidate:
    here = paths.parent(path)
    problems: list[Problem] = []

    def span(*keys: str | int) -> Span:
        return toml.value_span("tool", "alembic", *keys)

    options: dict[str, ConfigOption] = {}
    urls: list[DatabaseUrl] = []
    for key, value in table.items():
        if isinstance(value, str) and "://" in value:
            at = span(key)
            # The string starts behind its quotes; an escape inside would shift the place, so the span is the whole then.
            url = find_url(value, Span(at.start + 1, at.end - 1), path, "tool.alembic", key)
            if url is not None:
                urls.append(url if at.end - at.start == len(value) + 2 else _without_place(url))
        elif key in OPTIONS:
            key_span = toml.key_span("tool", "alembic", key)
            options[key] = ConfigOption(path, key, _toml_value(value, here), key_span, span(key))
    script = table.get("script_location")
    location = None
    readable = False
    if isinstance(script, str):
        filled = _fill(script, here)
        readable = filled is not None
        location = Location(filled or script, span("script_location"))
    elif script is not None:
        problems.append(
            Problem(
                path, span("script_location"), "`script_location` is a string in TOML", "wrong-value", "error"
            )
        )
    locations: list[Location] = []
    listed = table.get("version_locations")
    if isinstance(listed, list):
        for index, item in enumerate(cast("list[object]", listed)[:MAX_LOCATIONS]):
            filled = _fill(item, here) if isinstance(item, str) else None
            if filled:
                locations.append(Location(filled, span("version_locations", index)))
    elif listed is not None:
        problems.append(
            Problem(
                path,
                span("version_locations"),
                "`version_locations` is a list in TOML",
                "wrong-value",
                "error",
            )
        )
    return Candidate(
        config=ConfigFile(path, "tool.alembic", toml.key_span("tool", "alembic"), options),
        here=here,
        script=location,
        readable=readable,
        locations=tuple(locations),
        recursive=table.get("recursive_version_locations") is True,
        sourceless=table.get("sourceless") is True,
        databases=(),
        urls=tuple(urls),
        problems=tuple(problems),
    )


def _without_place(url: DatabaseUrl) -> DatabaseUrl:
    password = url.value_span if url.password is not None else None
    return msgspec.structs.replace(url, password=password)


def _toml_value(value: object, here: str) -> str | tuple[str, ...] | bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _fill(value, here)
    if isinstance(value, int):
        # Python refuses to write out what a hexadecimal number may be.
        return str(value) if value.bit_length() < 64 else None
    if isinstance(value, list):
        items = [_fill(item, here) for item in cast("list[object]", value) if isinstance(item, str)]
        return tuple(item for item in items if item is not None)
    return None


def _fill(text: str, here: str) -> str | None:
    """The text after ``text % {"here": here}``; None where that fails."""
    filled = text.replace("%%", "\0").replace("%(here)s", here)
    return None if "%" in filled else filled.replace("\0", "%")
