"""Whether a revision still does what it did in another text of it.

A comment, formatting or an import is no difference, nor is `if_not_exists` or `if_exists`: where a revision has run, it did the same without.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from msgspec import Struct

from foreshot.migration.operations import Direction, Opaque, Operation
from foreshot.migration.reader import read_revision
from foreshot.migration.revision import Revision
from foreshot.migration.specs import Site, TypeSpec
from foreshot.syntax.module import Module, parse
from foreshot.syntax.values import CallValue, FunctionValue, OpaqueValue, Ref, Text, Unknown
from foreshot.text import SourceText, Span

_DIRECTIONS: Final[tuple[Direction, ...]] = ("upgrade", "downgrade")
_MAX_DEPTH: Final = 40
_GUARDS: Final = frozenset({"if_exists", "if_not_exists"})
_GUARDS_IN_SQL: Final = re.compile(r"(?i)\bIF\s+(?:NOT\s+)?EXISTS\b")


def differences(one: SourceText, other: SourceText, dialects: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What differs between two texts of a revision: ``revision``, ``down_revision``…, ``upgrade()``, ``downgrade()``.

    Nothing when either cannot be read: then nobody knows.
    """
    modules = parse(one), parse(other)
    first, second = modules
    if not isinstance(first, Module) or not isinstance(second, Module):
        return ()
    if _code(first.tree.body) == _code(second.tree.body):
        return ()
    revisions = read_revision(first, dialects), read_revision(second, dialects)
    mine, theirs = revisions
    if mine is None or theirs is None:
        return ()
    found: list[str] = []
    for field, attribute in (
        ("revision", "revision"),
        ("down_revision", "down_revisions"),
        ("branch_labels", "branch_labels"),
        ("depends_on", "depends_on"),
    ):
        if mine.header.has_problem(field) or theirs.header.has_problem(field):
            continue
        if set(_listed(getattr(mine.header, attribute))) != set(_listed(getattr(theirs.header, attribute))):
            found.append(field)
    found += [
        f"{direction}()" for direction in _DIRECTIONS if _done(mine, direction) != _done(theirs, direction)
    ]
    for revision in (mine, theirs):
        revision.scope.release()
    return tuple(found)


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _code(body: Sequence[ast.stmt]) -> str:
    """Statements without their places, and without a docstring before them."""
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return "\n".join(ast.dump(statement) for statement in body)


def _done(revision: Revision, direction: Direction) -> object:
    """What one direction does, as plain values without places."""
    operations = revision.of(direction)
    shapes = [_shape(operation, revision.module) for operation in operations]
    if any(isinstance(operation, Opaque) for operation in operations):
        # What could not be read may be in any function that is called.
        shapes += [
            _code(node.body)
            for name, node in sorted(revision.module.functions.items())
            if name not in _DIRECTIONS
        ]
    return shapes


def _shape(value: object, module: Module, depth: int = 0) -> object:
    if depth > _MAX_DEPTH:
        return None
    match value:
        case Span():
            return None
        case Ref():
            return ("ref", value.path)
        case Text():
            return value.value
        case Unknown():
            return ("unknown", _written(module, value.span))
        case FunctionValue():
            return ast.dump(value.node)
        case OpaqueValue():
            return "opaque"
        case Site():
            return _site(value, module, depth)
        case Opaque():
            return ("opaque", _written(module, value.site.statement), _site(value.site, module, depth))
        case CallValue():
            return _call(value, module, depth)
        case TypeSpec(path=path, call=call) if not call or not (
            call.args or call.keywords or call.open_ended
        ):
            # `sa.Integer` is what `sa.Integer()` is.
            return ("type", path)
        case Struct():
            skipped = (
                {"written", "bound", "span", "sql"} if isinstance(value, TypeSpec) else {"span"} | _GUARDS
            )
            fields = [name for name in value.__struct_fields__ if name not in skipped]
            return (
                type(value).__name__,
                value.kind if isinstance(value, Operation) else "",
                *(_shape(getattr(value, name), module, depth + 1) for name in fields),
            )
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            known = [
                (str(key), _shape(item, module, depth + 1))
                for key, item in items
                if not isinstance(item, Span)
            ]
            return sorted(known, key=lambda pair: pair[0])
        case list() | tuple():
            return [_shape(item, module, depth + 1) for item in cast("Sequence[object]", value)]
        case set() | frozenset():
            return sorted(map(str, cast("frozenset[Any]", value)))
        case _:
            return (type(value).__name__, value)


def _call(call: CallValue, module: Module, depth: int) -> object:
    if not (call.args or call.keywords or call.open_ended or isinstance(call.receiver, CallValue)):
        return ("ref", call.path)
    receiver = call.receiver if isinstance(call.receiver, CallValue) else None
    return (
        "call",
        call.path,
        _shape(call.args, module, depth + 1),
        _shape(call.keywords, module, depth + 1),
        _shape(receiver, module, depth + 1),
        call.open_ended,
        call.starred,
    )


def _site(site: Site, module: Module, depth: int) -> object:
    batch = site.batch
    return (
        site.function,
        None
        if batch is None
        else (_shape(batch.table, module, depth + 1), _shape(batch.recreate, module, depth + 1)),
        site.autocommit,
        None if site.dialects is None else sorted(site.dialects),
        sorted(site.excluded),
        len(site.conditions),
        None if site.sql is None else " ".join(_GUARDS_IN_SQL.sub(" ", site.sql).split()),
    )


def _written(module: Module, span: Span) -> str:
    """A piece of code without its formatting."""
    text = module.text(span)
    try:
        return ast.dump(ast.parse(text.strip()))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return " ".join(text.split())
