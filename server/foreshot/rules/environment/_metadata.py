"""Whether an environment can autogenerate, and where its metadata is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from foreshot.lint.context import ProjectContext
from foreshot.project import paths
from foreshot.project.env_facts import Argument, ConfigureCall
from foreshot.project.modules import Modules
from foreshot.syntax.module import Module
from foreshot.syntax.values import Unknown

_MAKERS = ("DeclarativeBase", "declarative_base(", "DeclarativeBaseNoMeta", "automap_base(")


class Base(Struct, frozen=True):
    """A declarative base of the workspace."""

    module: str
    name: str


def online(project: ProjectContext) -> list[ConfigureCall]:
    """The calls of ``context.configure`` that serve upgrades on a database, not ``--sql``."""
    env = project.env
    return [call for call in env.configures if not call.offline] if env is not None else []


def has_metadata(project: ProjectContext) -> bool | None:
    """Whether ``context.configure`` is given metadata; None when it cannot be told."""
    env = project.env
    calls = online(project)
    if env is None or not calls:
        return None
    found: set[bool | None] = set()
    for call in calls:
        argument = call.arguments.get("target_metadata")
        if argument is None:
            found.add(None if call.open_ended or call.flask else False)
        elif isinstance(argument.value, Unknown):
            found.add(None)
        else:
            found.add(argument.value is not None and argument.value != [] and argument.value != ())
    return found.pop() if len(found) == 1 else None


def passed(project: ProjectContext, name: str) -> Iterator[tuple[ConfigureCall, Argument]]:
    """Each call of ``context.configure`` that is given ``name``, with the argument."""
    env = project.env
    for call in env.configures if env is not None else ():
        argument = call.arguments.get(name)
        if argument is not None:
            yield call, argument


def bases(project: ProjectContext) -> list[Base]:
    """The declarative bases that the workspace's modules make, by module."""
    modules: Modules = project.surroundings.modules
    own = project.environment.script_location
    found = [
        Base(dotted, name)
        for dotted, path, module in modules.containing(_MAKERS)
        if not paths.is_inside(path, own)
        for name in _bases_in(module)
    ]
    return sorted(set(found), key=lambda base: (base.module.count("."), base.module, base.name))


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
