"""What other code of the workspace does with its models: the env.py of other environments, programs that run Alembic."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import Final

from foreshot.project.modules import Modules
from foreshot.syntax.module import Module

_RUNNERS: Final = ("alembic.command", "alembic import command")


def other_environments(
    modules: Modules, env_path: str, apart: Collection[str] = ()
) -> Iterator[tuple[str, Module]]:
    """The path and the tree of each env.py of the workspace but the one at ``env_path``."""
    for _, path, module in modules.containing(("target_metadata",), apart):
        if path != env_path and any(
            isinstance(call.func, ast.Attribute)
            and call.func.attr == "configure"
            and any(item.arg == "target_metadata" for item in call.keywords)
            for call in module.nodes(ast.Call)
        ):
            yield path, module


def runs_autogenerate(modules: Modules, apart: Collection[str] = ()) -> bool:
    """Whether a program of the workspace makes revisions by calling Alembic's ``command.revision``."""
    return any(
        _is_revision(call.func)
        for _, _, module in modules.containing(_RUNNERS, apart)
        for call in module.nodes(ast.Call)
    )


def _is_revision(called: ast.expr) -> bool:
    match called:
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr="revision"):
            return "command" in owner
        case ast.Name(id="revision"):
            return True
        case _:
            return False
