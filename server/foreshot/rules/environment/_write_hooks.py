"""``[post_write_hooks]`` of an ini file, ``[[tool.alembic.post_write_hooks]]`` of a pyproject.toml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import cast

from msgspec import Struct

from foreshot.lint.context import ProjectContext
from foreshot.lint.mapped import models_of
from foreshot.project.ini import read_ini
from foreshot.project.toml import TomlProblem, read_toml
from foreshot.syntax.module import Module
from foreshot.text import SourceText, Span

_SPLIT = re.compile(r", *| +")  # as Alembic splits the list
_MAX_HOOKS = 50


class HookOption(Struct, frozen=True):
    """A setting of a hook, and where its value stands."""

    value: str
    span: Span


class WriteHook(Struct, frozen=True):
    """A hook that is run on each new revision file."""

    name: str
    path: str
    span: Span
    """Where it is named."""
    options: Mapping[str, HookOption]


def write_hooks(project: ProjectContext) -> tuple[list[WriteHook], set[str]]:
    """The hooks of the configuration that counts, and the names under which the project registers hooks of its own.

    Without any hook, nobody looks for those.
    """
    hooks = list(_configured(project))
    return hooks, _registered(project) if hooks else set()


def _configured(project: ProjectContext) -> Iterator[WriteHook]:
    """The ini file's, where it has the section, else those of pyproject.toml."""
    environment = project.environment
    if environment.ini is not None:
        source = project.source(environment.ini)
        if source is not None and "[post_write_hooks]" in source.content:
            yield from _of_ini(source, environment.ini)
            return
    if environment.pyproject is not None:
        source = project.source(environment.pyproject)
        if source is not None and "post_write_hooks" in source.content:
            yield from _of_toml(source, environment.pyproject)


def _registered(project: ProjectContext) -> set[str]:
    """The names under which env.py, or a module that it imports, registers hooks of its own."""
    surroundings = project.surroundings
    reached = models_of(surroundings).reached
    read = [surroundings.env_module]
    read += (
        module
        for dotted, _, module in surroundings.modules.containing(
            ("write_hooks",), surroundings.environment.version_dirs
        )
        if reached is None or dotted in reached
    )
    return {
        name
        for module in read
        if module is not None and "register" in module.content
        for name in _names(module)
    }


def _names(module: Module) -> Iterator[str]:
    for call in module.nodes(ast.Call):
        match call:
            case ast.Call(
                func=ast.Attribute(
                    attr="register", value=ast.Name(id="write_hooks") | ast.Attribute(attr="write_hooks")
                )
                | ast.Name(id="register"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
            case _:
                pass


def _of_ini(source: SourceText, path: str) -> Iterator[WriteHook]:
    section = read_ini(source).sections.get("post_write_hooks")
    listed = section.options.get("hooks") if section is not None else None
    if section is None or listed is None:
        return
    at = 0
    for name in _SPLIT.split(listed.value)[:_MAX_HOOKS]:
        if not name:
            continue
        at = max(listed.value.find(name, at), 0)
        options = {
            key[len(name) + 1 :]: HookOption(option.value, option.value_span)
            for key, option in section.options.items()
            if key.startswith(name.lower() + ".")
        }
        span = listed.locate(at, at + len(name)) if "\n" not in name else listed.value_span
        yield WriteHook(name, path, span, options)
        at += len(name)


def _of_toml(source: SourceText, path: str) -> Iterator[WriteHook]:
    toml = read_toml(source)
    if isinstance(toml, TomlProblem):
        return
    listed = (toml.table("tool", "alembic") or {}).get("post_write_hooks")
    if not isinstance(listed, list):
        return
    for index, item in enumerate(cast("list[object]", listed)[:_MAX_HOOKS]):
        if not isinstance(item, dict):
            continue
        where = ("tool", "alembic", "post_write_hooks", index)
        options = {
            key: HookOption(value, toml.value_span(*where, key))
            for key, value in cast("dict[str, object]", item).items()
            if isinstance(value, str)
        }
        name = options.pop("name", HookOption("", toml.value_span(*where)))
        yield WriteHook(name.value, path, name.span, options)
