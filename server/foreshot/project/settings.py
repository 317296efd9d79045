"""Foreshot's own settings: ``[tool.foreshot]`` in a pyproject.toml, or a ``foreshot.toml``; the nearest one above counts.

One table, :data:`KEYS`, says what each key takes; checking, the JSON Schema and the editor's camelCase names follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from foreshot.project import paths
from foreshot.project.dialect_names import Dialect
from foreshot.project.environment import Problem
from foreshot.project.files import Files
from foreshot.project.settings_keys import KEYS, Key, Wrong, camel_case
from foreshot.project.toml import TomlFile, TomlProblem, read_toml
from foreshot.text import SourceText, Span, Unreadable

Severity = Literal["error", "warning", "information", "hint"]

FILE_NAMES = ("foreshot.toml", "pyproject.toml")
"""Where settings are looked for in a folder, the one that counts first."""


class Settings(Struct, frozen=True):
    """The settings of one project, whatever file or editor they come from. Globs are relative to the settings' folder."""

    select: tuple[str, ...] = ()
    """The only rules that run; empty for all."""
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}
    dialect: tuple[Dialect, ...] = ()
    server_version: Mapping[Dialect, str] = {}
    """Server version by dialect, such as ``16`` or ``10.6``."""
    since: str | None = None
    base: str | None = None
    """A git ref that others have already; None: it is found."""
    review: Literal["new", "all"] = "new"
    per_file_ignores: Mapping[str, tuple[str, ...]] = {}
    exclude: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    large_tables: tuple[str, ...] = ()
    small_tables: tuple[str, ...] = ()
    lock_rules_in_downgrade: bool = False
    fail_level: Severity = "warning"


class RuleMention(Struct, frozen=True):
    """A rule's name in the settings, for those who know which rules there are."""

    name: str
    path: str
    span: Span


class LoadedSettings(Struct, frozen=True):
    """Settings, the file that they come from (None for defaults), and what is wrong with it."""

    settings: Settings = Settings()
    path: str | None = None
    base: str | None = None
    """The folder that globs are relative to."""
    problems: tuple[Problem, ...] = ()
    rules: tuple[RuleMention, ...] = ()


def load_settings(files: Files, folder: str, top: str) -> LoadedSettings:
    """The settings that hold for a folder: of the nearest file at or above it, up to ``top``.

    A key that is unknown or has a wrong value is a problem at its place, and its default holds.
    """
    for above in paths.ancestors(folder, top):
        for name in FILE_NAMES:
            path = paths.child(above, name)
            source = files.read(path)
            if isinstance(source, SourceText):
                if name == "foreshot.toml" or "tool.foreshot" in source.content:
                    found = read_settings(source, path)
                    if found is not None:
                        return found
            elif isinstance(source, Unreadable) and name == "foreshot.toml":
                problem = Problem(path, Span(0, 0), source.reason, "unreadable", "error")
                return LoadedSettings(path=path, base=above, problems=(problem,))
    return LoadedSettings()


def read_settings(source: SourceText, path: str) -> LoadedSettings | None:
    """The settings of one file; None for a pyproject.toml without any."""
    base = paths.parent(path)
    toml = read_toml(source)
    if isinstance(toml, TomlProblem):
        problem = Problem(path, toml.span, f"this file is not valid TOML: {toml.message}", "syntax", "error")
        return LoadedSettings(path=path, base=base, problems=(problem,))
    prefix = () if paths.name(path) == "foreshot.toml" else ("tool", "foreshot")
    table = toml.table(*prefix)
    if table is None:
        return None

    def span(*keys: str | int, key: bool = False) -> Span:
        return toml.key_span(*prefix, *keys) if key else toml.value_span(*prefix, *keys)

    settings, problems = _checked(table, Settings(), path, span, str)
    return LoadedSettings(
        settings, path, base, tuple(problems), tuple(_mentions(toml, prefix, settings, path))
    )


def settings_from_options(
    options: Mapping[str, object], base: Settings | None = None, also_known: frozenset[str] = frozenset()
) -> tuple[Settings, tuple[Problem, ...]]:
    """The settings that an editor sends, camelCase, laid over ``base``; problems have an empty path.

    ``also_known`` are keys of the editor's own that are none of these settings.
    """
    known = {key: value for key, value in options.items() if key not in also_known and value is not None}

    def span(*_: str | int, key: bool = False) -> Span:  # noqa: ARG001
        return Span(0, 0)

    settings, problems = _checked(known, base or Settings(), "", span, camel_case)
    return settings, tuple(problems)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the settings, as in ``settings.schema.json``."""
    properties = {key.name: {"description": key.description, **key.schema} for key in KEYS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Foreshot",
        "description": "Settings of Foreshot: the table [tool.foreshot] of pyproject.toml, or foreshot.toml.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def schema_text() -> str:
    """The text of ``settings.schema.json``."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


def matcher(globs: tuple[str, ...], base: str) -> Callable[[str], bool]:
    """A test whether a path is matched by globs as in ``.gitignore``, relative to ``base``. No globs match nothing."""
    if not globs:
        return lambda _path: False
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(globs)

    def matches(path: str) -> bool:
        return paths.is_inside(path, base) and path != base and spec.match_file(paths.relative(path, base))

    return matches


def _checked(
    table: Mapping[str, object],
    base: Settings,
    path: str,
    span: Callable[..., Span],
    spell: Callable[[str], str],
) -> tuple[Settings, list[Problem]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    keys: dict[str, Key] = {spell(key.name): key for key in KEYS}
    for name, value in table.items():
        key = keys.get(name)
        if key is None:
            message = f"Foreshot has no setting `{name}`{_suggestion(name, list(keys))}"
            problems.append(Problem(path, span(name, key=True), message, "unknown-key"))
            continue
        wrong: list[Wrong] = []
        result = key.read(value, wrong)
        problems.extend(
            Problem(path, span(name, *item.path), f"`{name}` {item.message}", "wrong-value") for item in wrong
        )
        if result is not None:
            values[key.field] = result
    versions = values.get("server_version")
    if isinstance(versions, str):
        targets: tuple[Dialect, ...] = values.get("dialect", base.dialect)
        if len(targets) == 1:
            values["server_version"] = {targets[0]: versions}
        else:
            message = '`server-version` is of one `dialect`: name it, or write `{ postgresql = "16" }`'
            problems.append(Problem(path, span(spell("server-version")), message, "wrong-value"))
            del values["server_version"]
    return msgspec.structs.replace(base, **values), problems


def _mentions(toml: TomlFile, prefix: tuple[str, ...], settings: Settings, path: str) -> list[RuleMention]:
    found: list[RuleMention] = []
    for key in ("select", "ignore"):
        for index, name in _indexed(toml.table(*prefix), key):
            found.append(RuleMention(name, path, toml.value_span(*prefix, key, index)))
    found.extend(
        RuleMention(name, path, toml.key_span(*prefix, "severity", name)) for name in settings.severity
    )
    for glob in settings.per_file_ignores:
        for index, name in _indexed(toml.table(*prefix, "per-file-ignores"), glob):
            found.append(RuleMention(name, path, toml.value_span(*prefix, "per-file-ignores", glob, index)))
    return found


def _indexed(table: dict[str, object] | None, key: str) -> list[tuple[int, str]]:
    value = table.get(key) if table is not None else None
    if not isinstance(value, list):
        return []
    return [(index, item) for index, item in enumerate(cast("list[object]", value)) if isinstance(item, str)]


def _suggestion(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1)
    return f"; did you mean `{close[0]}`?" if close else ""
