"""The hooks that env.py hands to ``context.configure``, as the functions that they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from foreshot.lint.context import ProjectContext
from foreshot.project.env_facts import Argument
from foreshot.syntax.module import Module
from foreshot.text import Span

PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "include_object": ("object", "name", "type_", "reflected", "compare_to"),
    "include_name": ("name", "type_", "parent_names"),
    "render_item": ("type_", "obj", "autogen_context"),
    "compare_type": ("context", "inspected_column", "metadata_column", "inspected_type", "metadata_type"),
    "compare_server_default": (
        "context",
        "inspected_column",
        "metadata_column",
        "inspected_default",
        "metadata_default",
        "rendered_metadata_default",
    ),
    "process_revision_directives": ("context", "revision", "directives"),
}
"""What Alembic 1.16 to 1.20 passes to each hook by position, with the names of its documentation."""


class Hook(Struct, frozen=True):
    """A function of env.py, or a lambda, that ``context.configure`` is given under ``name``."""

    name: str
    function: ast.FunctionDef | ast.Lambda
    argument: Argument

    @property
    def label(self) -> str:
        """What the function is called."""
        return self.function.name if isinstance(self.function, ast.FunctionDef) else "lambda"

    @property
    def body(self) -> list[ast.stmt]:
        """The statements of the function; a lambda returns its expression."""
        function = self.function
        return function.body if isinstance(function, ast.FunctionDef) else [ast.Return(value=function.body)]

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters that take arguments by position."""
        given = self.function.args
        return [item.arg for item in (*given.posonlyargs, *given.args)]

    def parameter(self, name: str) -> str | None:
        """What the function calls the parameter that Alembic's documentation calls ``name``."""
        position = PARAMETERS[self.name].index(name)
        names = self.parameters
        return names[position] if position < len(names) else None

    def at(self, module: Module) -> Span:
        """Where the function's name stands, or the word ``lambda``."""
        start = module.span(self.function).start
        if isinstance(self.function, ast.FunctionDef):
            start = module.content.index(self.function.name, start + 3)
        return Span(start, start + len(self.label))


def hooks(project: ProjectContext, *names: str) -> Iterator[Hook]:
    """The hooks of those names whose function env.py defines, or that are a lambda, once each; a decorated function may be anything."""
    env, module = project.env, project.surroundings.env_module
    if env is None or module is None:
        return
    seen: set[ast.FunctionDef | ast.Lambda] = set()
    for call in env.configures:
        for name in names:
            argument = call.arguments.get(name)
            if argument is None:
                continue
            written = module.text(argument.span)
            function = _function(written, argument.span, module)
            if function is None or function in seen:
                continue
            seen.add(function)
            yield Hook(name, function, argument)


def _function(written: str, span: Span, module: Module) -> ast.FunctionDef | ast.Lambda | None:
    if written.startswith("lambda"):
        return next((node for node in module.nodes(ast.Lambda) if module.span(node) == span), None)
    found = [node for node in module.nodes(ast.FunctionDef) if node.name == written]
    return found[0] if len(found) == 1 and not found[0].decorator_list else None


def falls_through(body: list[ast.stmt]) -> bool:
    """Whether control can come to the end of the statements; what cannot be told can."""
    for statement in body:
        match statement:
            case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
                return False
            case ast.If(orelse=orelse) if orelse:
                if not falls_through(statement.body) and not falls_through(orelse):
                    return False
            case ast.With() | ast.AsyncWith():
                if not falls_through(statement.body):
                    return False
            case ast.Try():
                if not falls_through(statement.finalbody) and statement.finalbody:
                    return False
                ends = [statement.body + statement.orelse, *(item.body for item in statement.handlers)]
                if not any(falls_through(end) for end in ends):
                    return False
            case ast.While(test=ast.Constant(value=True)):
                if not any(isinstance(node, ast.Break) for node in ast.walk(statement)):
                    return False
            case ast.Match():
                last = statement.cases[-1]
                whole = (
                    last.guard is None
                    and isinstance(last.pattern, ast.MatchAs)
                    and last.pattern.pattern is None
                )
                if whole and not any(falls_through(case.body) for case in statement.cases):
                    return False
            case _:
                pass
    return True


def own_nodes(hook: Hook) -> Iterator[ast.AST]:
    """The nodes of a function's body, those of functions and classes inside it left out."""
    pending: list[ast.AST] = list(reversed(hook.body))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))
