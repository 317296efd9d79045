"""What is known where an expression of a hook stands: the tests that were passed on the way to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.rules.environment._hooks import falls_through

Guard = tuple[ast.expr, bool]
"""A test, and whether it held."""

_MAX_GUARDS = 40


def guarded(
    body: list[ast.stmt], guards: tuple[Guard, ...] = ()
) -> Iterator[tuple[ast.expr, tuple[Guard, ...]]]:
    """Every expression below the statements that is no test's part itself, with the tests passed before it.

    Of very many tests the first are kept; functions inside are left out.
    """
    known = guards
    for statement in body:
        match statement:
            case ast.If(test=test):
                yield from _inside(test, known)
                yield from guarded(statement.body, _and(known, (test, True)))
                yield from guarded(statement.orelse, _and(known, (test, False)))
                if not falls_through(statement.body):
                    known = _and(known, (test, False))
                elif statement.orelse and not falls_through(statement.orelse):
                    known = _and(known, (test, True))
            case ast.While(test=test):
                yield from _inside(test, known)
                yield from guarded(statement.body, _and(known, (test, True)))
            case ast.Assert(test=test):
                yield from _inside(test, known)
                known = _and(known, (test, True))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                for field in ast.iter_child_nodes(statement):
                    if isinstance(field, ast.expr):
                        yield from _inside(field, known)
                for inner in ("body", "orelse", "finalbody"):
                    yield from guarded(getattr(statement, inner, []), known)
                for handler in getattr(statement, "handlers", []):
                    yield from guarded(handler.body, known)
                subject = getattr(statement, "subject", None) or ast.Constant(True)  # noqa: FBT003
                for case in getattr(statement, "cases", []):
                    yield from guarded(case.body, _and(known, (subject, True)))


def _and(guards: tuple[Guard, ...], guard: Guard) -> tuple[Guard, ...]:
    return guards if len(guards) >= _MAX_GUARDS else (*guards, guard)


def _inside(node: ast.expr, guards: tuple[Guard, ...]) -> Iterator[tuple[ast.expr, tuple[Guard, ...]]]:
    yield node, guards
    match node:
        case ast.BoolOp(op=op, values=values):
            known = guards
            for value in values:
                yield from _inside(value, known)
                known = _and(known, (value, isinstance(op, ast.And)))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from _inside(test, guards)
            yield from _inside(body, _and(guards, (test, True)))
            yield from _inside(orelse, _and(guards, (test, False)))
        case ast.Lambda():
            pass
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            known = guards
            for generator in node.generators:
                yield from _inside(generator.iter, known)
                for test in generator.ifs:
                    yield from _inside(test, known)
                    known = _and(known, (test, True))
            for child in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
                yield from _inside(child, known)
        case _:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    yield from _inside(child, guards)
                elif isinstance(child, ast.keyword):
                    yield from _inside(child.value, guards)


def facts(guard: Guard) -> Iterator[Guard]:
    """A test taken apart into what it says: the parts of an ``and`` that held, of an ``or`` that did not, ``not`` undone."""
    test, held = guard
    match test:
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) is held:
            for value in values:
                yield from facts((value, held))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from facts((operand, not held))
        case _:
            yield guard
