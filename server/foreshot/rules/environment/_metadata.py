"""Where the workspace makes metadata, and what env.py passes on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import takewhile

from msgspec import Struct

from foreshot.lint.context import ProjectContext
from foreshot.lint.mapped import models_of
from foreshot.project import paths
from foreshot.project.env_facts import Argument, ConfigureCall
from foreshot.project.modules import Modules
from foreshot.syntax.changes import Change, InsertAfter
from foreshot.syntax.module import Module

_MAKERS = ("DeclarativeBase", "declarative_base(", "DeclarativeBaseNoMeta", "automap_base(")


class Base(Struct, frozen=True):
    """A declarative base of the workspace."""

    module: str
    name: str


def passed(project: ProjectContext, name: str) -> Iterator[tuple[ConfigureCall, Argument]]:
    """Each call of ``context.configure`` that is given ``name``, with the argument."""
    env = project.env
    for call in env.configures if env is not None else ():
        argument = call.arguments.get(name)
        if argument is not None:
            yield call, argument


def bases(project: ProjectContext) -> list[Base]:
    """The declarative bases that the workspace's modules make, those in files near the scripts first."""
    modules: Modules = project.surroundings.modules
    own = project.environment.script_location
    found: dict[Base, int] = {}
    for dotted, path, module in modules.containing(_MAKERS):
        if not paths.is_inside(path, own):
            shared = _shared(path, own)
            found.update((Base(dotted, name), shared) for name in _bases_in(module))
    return sorted(found, key=lambda base: (-found[base], base.module.count("."), base.module, base.name))


def _shared(one: str, other: str) -> int:
    """How many folders two paths have in common."""
    pairs = zip(one.split(paths.SEP), other.split(paths.SEP), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _bases_in(module: Module) -> Iterator[str]:
    for statement in module.tree.body:
        match statement:
            case ast.ClassDef(name=name, bases=parents) if any(
                _last(parent) in ("DeclarativeBase", "DeclarativeBaseNoMeta") for parent in parents
            ):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)) if _last(func) in (
                "declarative_base",
            ):
                yield name
            case _:
                pass


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def imports_of(modules: Iterable[str], project: ProjectContext) -> tuple[Change, ...]:
    """The imports of modules for what they register, behind those that env.py has."""
    env = project.env
    spans = [item.span for item in env.imports if item.top_level] if env is not None else []
    lines = "\n".join(f"import {module}  # noqa: F401" for module in sorted(set(modules)))
    return (InsertAfter(max(spans, key=lambda span: span.start), lines),) if spans and lines else ()


def modules_on(base: Base, project: ProjectContext) -> set[str]:
    """The modules whose tables are in a base's metadata, the base's own aside."""
    models = models_of(project.surroundings)
    owners = {table.metadata for table in models.tables}
    own = {owner for owner in owners if owner.startswith(f"{base.module}.")} or (
        owners if len(owners) == 1 else set[str]()
    )
    return {table.module for table in models.tables if table.metadata in own} - {base.module}
