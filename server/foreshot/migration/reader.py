"""Reading a revision: what a file says that it is, and what its functions do.

What cannot be followed becomes an :class:`~foreshot.migration.operations.Opaque` operation: silence is never
mistaken for safety.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from foreshot.migration.calls import RecordedCall
from foreshot.migration.header import read_header
from foreshot.migration.operations import Direction
from foreshot.migration.outlook import Outlook
from foreshot.migration.recorder import Recorder
from foreshot.migration.revision import Revision
from foreshot.migration.revision_parts import FunctionSpec
from foreshot.migration.walk import Walker
from foreshot.project.modules import Modules
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.module import Module
from foreshot.syntax.values import Value
from foreshot.text import Span

_DIRECTIONS: Final[tuple[Direction, ...]] = ("upgrade", "downgrade")


def read_revision(
    module: Module,
    dialects: tuple[str, ...] = (),
    calls: list[RecordedCall] | None = None,
    options: Callable[[str], Value] | None = None,
    modules: Modules | None = None,
    *,
    whole: bool = False,
) -> Revision | None:
    """Everything that a revision file says; None when it is no revision file.

    Args:
        module: the parsed file.
        dialects: databases that the project runs on, to parse SQL by; empty when unknown.
        calls: takes the calls as they were described, of both directions.
        options: tells what ``op.get_context().opts`` has; None: nothing is known of it.
        modules: other modules of the project, whose constants and functions are followed; None: none are.
        whole: what other modules describe is taken with its places there, for those who do not look at places.
    """
    header = read_header(module)
    if header is None:
        return None
    outlook = Outlook(modules, whole=whole)
    scope = Scope(module, outlook=outlook)
    asked = False

    def option(name: str) -> Value:
        nonlocal asked
        asked = True
        return options(name) if options is not None else None

    scope.options = option if options is not None else None
    recorder = Recorder(module, dialects, calls)
    walker = Walker(module, scope, recorder)
    functions: dict[str, FunctionSpec] = {}
    for direction in _DIRECTIONS:
        for name in _entries(module, direction):
            node = module.functions[name]
            if name == direction:
                functions[direction] = function_spec(module, node, direction)
            walker.run(node, direction)
    # Rules may evaluate more of the file: for them, nothing stands elsewhere.
    scope.options = None
    outlook.take_no_places()
    reaches_out = asked or outlook.took_places
    return Revision(header, module, scope, tuple(recorder.operations), functions, reaches_out)


def function_spec(module: Module, node: ast.FunctionDef, direction: Direction) -> FunctionSpec:
    """The function as it stands in the file."""
    span = module.span(node)
    body = Span(module.span(node.body[0]).start, module.span(node.body[-1]).end)
    name_at = module.content.find(node.name, span.start)
    # Nothing behind a `return` is come to.
    end = next(
        (place for place, statement in enumerate(node.body) if isinstance(statement, ast.Return)), None
    )
    reached = node.body if end is None else node.body[: end + 1]
    statements = [statement for statement in reached if not _does_nothing(statement)]
    raises = len(statements) == 1 and isinstance(statements[0], ast.Raise)
    return FunctionSpec(
        direction, span, Span(name_at, name_at + len(node.name)), body, not statements, raises
    )


def _entries(module: Module, direction: Direction) -> list[str]:
    """The functions that Alembic calls: ``upgrade``, or in a multidb file those that it dispatches to."""
    functions = module.functions
    if direction not in functions:
        return []
    names = [direction]
    # Flask-Migrate's multidb template: `globals()["upgrade_%s" % engine_name]()`.
    body = functions[direction].body
    if len(body) <= 4 and "globals()" in module.content:
        names += [name for name in functions if name.startswith(direction + "_")]
    return names


def _does_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=None) | ast.Return(value=ast.Constant(value=None)):
            return True
        case _:
            return False
