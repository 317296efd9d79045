"""Strings with a map of their characters back into the source, for SQL that stands in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from foreshot.syntax.bodies import last_returned
from foreshot.syntax.budget import MAX_TEXT
from foreshot.syntax.expressions import bind_parameters, formatted_text
from foreshot.syntax.strings import PLACEHOLDER, Run, literal_runs
from foreshot.syntax.values import FunctionValue, Text, Unknown
from foreshot.text import Span

if TYPE_CHECKING:
    from foreshot.syntax.evaluate import Scope

MAX_DEPTH = 60


def mapped_text(scope: Scope, node: ast.expr, depth: int = 0) -> Text | Unknown:
    """A string with a map of its characters into the source; unknown parts become ``PLACEHOLDER``."""
    pieces: list[tuple[str, Span]] = []
    interpolated: list[Span] = []
    given: list[tuple[Span, Span]] = []
    why = _collect(scope, node, pieces, interpolated, given, depth)
    if why is not None:
        return why
    offset, mapped, value = 0, list[tuple[int, Span]](), list[str]()
    for piece, span in pieces:
        mapped.append((offset, span))
        value.append(piece)
        offset += len(piece)
    return Text("".join(value), tuple(mapped), tuple(interpolated), tuple(given))


def _collect(
    scope: Scope,
    node: ast.expr,
    pieces: list[tuple[str, Span]],
    interpolated: list[Span],
    given: list[tuple[Span, Span]],
    depth: int,
) -> Unknown | None:
    if depth > MAX_DEPTH:
        return scope.unknown("the expression is nested too deeply", node)
    span = scope.module.span(node)
    # A name that is used twice, and names itself what is used twice, doubles the work each time.
    scope.budget.spend(1 + (span.end - span.start >> 6))
    if scope.budget.is_spent:
        return scope.unknown("the file takes too long to follow", node)
    match node:
        case ast.Constant(value=str()):
            pieces.extend(
                (run.text, run.span)
                for run in literal_runs(scope.module.content, span)
                if isinstance(run, Run)
            )
            return None
        case ast.JoinedStr():
            fields = iter([piece for piece in node.values if isinstance(piece, ast.FormattedValue)])
            for run in literal_runs(scope.module.content, span):
                if isinstance(run, Run):
                    pieces.append((run.text, run.span))
                    continue
                field = next(fields, None)
                known = formatted_text(scope, field, depth) if field is not None else None
                if known is None and field is not None:
                    known = _partly(scope, field, given, depth)
                pieces.append((PLACEHOLDER if known is None else known, run.span))
                interpolated.append(run.span)
            return None
        case ast.BinOp(op=ast.Add()):
            return _collect(scope, node.left, pieces, interpolated, given, depth + 1) or _collect(
                scope, node.right, pieces, interpolated, given, depth + 1
            )
        case ast.BinOp(op=ast.Mod()) if isinstance(node.left, ast.Constant | ast.JoinedStr | ast.BinOp):
            value = scope.evaluate(node, depth)
            interpolated.append(scope.module.span(node.right))
            if isinstance(value, str):
                pieces.append((value, scope.module.span(node.left)))
                return None
            inner: list[tuple[str, Span]] = []
            why = _collect(scope, node.left, inner, interpolated, given, depth + 1)
            pieces.extend(_filled(scope, _PERCENT, _operands(node.right), inner, given, depth, node.right))
            return why
        case ast.Name():
            origin = scope.node_of(node.id)
            if origin is not None:
                return _collect(origin[1], origin[0], pieces, interpolated, given, depth + 1)
        case ast.Call(func=ast.Attribute(attr="format", value=template)):
            value = scope.evaluate(node, depth)
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            interpolated.extend(scope.module.span(argument) for argument in arguments)
            if isinstance(value, str):
                pieces.append((value, span))
                return None
            inner = []
            why = _collect(scope, template, inner, interpolated, given, depth + 1)
            pieces.extend(_filled(scope, _BRACES, _arguments(node), inner, given, depth))
            return why
        case ast.Call(func=ast.Attribute(attr="strip" | "lstrip" | "rstrip", value=inner_node), args=[]):
            return _collect(scope, inner_node, pieces, interpolated, given, depth + 1)
        case ast.Call(args=[argument], keywords=[ast.keyword(arg="context", value=context)]) if (
            _name_of(node.func) == "DDL"
        ):
            # `sa.DDL("… %(table)s", context={"table": …})` puts its context in with `%`.
            formatted = ast.copy_location(ast.BinOp(argument, ast.Mod(), context), argument)
            return _collect(scope, formatted, pieces, interpolated, given, depth + 1)
        case ast.Call(args=[argument, *_]) if _name_of(node.func) in ("dedent", "text", "DDL", "cleandoc"):
            return _collect(scope, argument, pieces, interpolated, given, depth + 1)
        case ast.Call(
            func=ast.Attribute(attr="bindparams" | "columns" | "execution_options", value=inner_node)
        ):
            return _collect(scope, inner_node, pieces, interpolated, given, depth + 1)
        case ast.Call(func=ast.Attribute(attr="join", value=ast.Constant() as between), args=[argument]):
            value = scope.evaluate(node, depth)
            if not isinstance(value, str):
                if isinstance(argument, ast.GeneratorExp | ast.ListComp) and isinstance(between.value, str):
                    joined = _joined(scope, argument, interpolated, given, depth + 1)
                    if joined is not None:
                        for place, item in enumerate(joined):
                            if place:
                                pieces.append((between.value, scope.module.span(between)))
                            pieces.extend(item)
                        return None
                pieces.append((PLACEHOLDER, span))
                interpolated.append(scope.module.span(argument))
                return None
        case _:
            pass
    value = scope.evaluate(node, depth)
    if isinstance(value, str):
        pieces.append((value, span))
        return None
    if isinstance(node, ast.Call) and (whole := _returned(scope, node, given, depth)) is not None:
        pieces.extend(whole)
        interpolated.append(span)
        return None
    if isinstance(value, Unknown):
        # One part of a text may be unknown; a text that is unknown as a whole is no text.
        if pieces or depth > 0:
            pieces.append((PLACEHOLDER, span))
            interpolated.append(span)
            return None
        return value
    if depth > 0:
        pieces.append((PLACEHOLDER, span))
        interpolated.append(span)
        return None
    return scope.unknown("it is not a string that is known statically", node)


def _partly(
    scope: Scope, field: ast.FormattedValue, given: list[tuple[Span, Span]], depth: int
) -> str | None:
    """The text that a replacement field puts in, of which only parts are known; None where nothing is."""
    plain = field.format_spec is None and field.conversion == -1
    if not plain or not isinstance(field.value, ast.Name | ast.Call):
        return None
    pieces: list[tuple[str, Span]] = []
    if _collect(scope, field.value, pieces, [], given, depth + 1) is not None:
        return None
    found = "".join(text for text, _ in pieces)
    return found if len(found) <= MAX_TEXT else None


def _joined(
    scope: Scope,
    node: ast.GeneratorExp | ast.ListComp,
    interpolated: list[Span],
    given: list[tuple[Span, Span]],
    depth: int,
) -> list[list[tuple[str, Span]]] | None:
    """The texts that a comprehension over known items makes, each of which may have unknown parts; None for any other."""
    generator = node.generators[0]
    items = scope.items(generator.iter, depth) if len(node.generators) == 1 else None
    if items is None or generator.ifs or not items:
        return None
    found: list[list[tuple[str, Span]]] = []
    for item in items:
        inner = scope.child()
        inner.unpack(generator.target, item)
        pieces: list[tuple[str, Span]] = []
        if _collect(inner, node.elt, pieces, interpolated, given, depth + 1) is not None:
            return None
        found.append(pieces)
    return found


def _returned(
    scope: Scope, node: ast.Call, given: list[tuple[Span, Span]], depth: int
) -> list[tuple[str, Span]] | None:
    """The text that a plain function puts together, with unknown parts; None for one that cannot be told, or only as a whole."""
    function = scope.evaluate(node.func, depth) if isinstance(node.func, ast.Name | ast.Attribute) else None
    if not isinstance(function, FunctionValue) or not isinstance(function.node, ast.FunctionDef):
        return None
    if any(isinstance(item, ast.Starred) for item in node.args):
        return None
    args = [scope.evaluate(item, depth) for item in node.args]
    keywords = {word.arg: scope.evaluate(word.value, depth) for word in node.keywords if word.arg is not None}
    inner = bind_parameters(function, args, keywords, depth + 1)
    value = last_returned(inner, function.node.body, depth + 1)
    pieces: list[tuple[str, Span]] = []
    if value is None or _collect(inner, value, pieces, [], given, depth + 1) is not None:
        return None
    if not "".join(text for text, _ in pieces).strip(f"{PLACEHOLDER} \n\t"):
        return None
    if inner.module is scope.module:
        return pieces
    # A place in another file is none in this.
    return [("".join(text for text, _ in pieces), scope.module.span(node))]


def _arguments(call: ast.Call) -> dict[str, ast.expr]:
    """What ``.format`` is given, by name and by number."""
    found: dict[str, ast.expr] = {word.arg: word.value for word in call.keywords if word.arg is not None}
    return found | _numbered(call.args)


def _operands(right: ast.expr) -> dict[str, ast.expr]:
    """What stands right of ``%``, by ``(name)`` or by number, as far as it is spelled out there."""
    match right:
        case ast.Tuple(elts=elements):
            return _numbered(elements)
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {
                f"({key.value})": value
                for key, value in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
        case _:
            return {"0": right}


def _numbered(arguments: list[ast.expr]) -> dict[str, ast.expr]:
    plain = takewhile(lambda argument: not isinstance(argument, ast.Starred), arguments)
    return {str(place): argument for place, argument in enumerate(plain)}


def _filled(
    scope: Scope,
    fields: re.Pattern[str],
    arguments: dict[str, ast.expr],
    template: list[tuple[str, Span]],
    given: list[tuple[Span, Span]],
    depth: int,
    others: ast.expr | None = None,
) -> Iterator[tuple[str, Span]]:
    """The pieces of a template with what is known of its arguments put in, each field a piece of its own.

    ``others`` is what the fields that no argument belongs to take theirs from.
    """
    unnumbered, room = 0, MAX_TEXT
    for text, span in template:
        plain = span.end - span.start == len(text)
        position = 0

        def part(start: int, end: int, span: Span = span, plain: bool = plain) -> Span:
            return Span(span.start + start, span.start + end) if plain else span

        for field in fields.finditer(text):
            if field.start() > position:
                yield text[position : field.start()], part(position, field.start())
            position = field.end()
            name, at = field["name"], part(field.start(), field.end())
            if name is None:
                yield field[0][0], at
                continue
            if not name:
                name, unnumbered = str(unnumbered), unnumbered + 1
            argument = arguments.get(name)
            known = (
                scope.evaluate(argument, depth)
                if argument is not None and field["how"] in ("", "s")
                else None
            )
            if isinstance(known, float) or (type(known) is int and abs(known) < 1 << 62):
                known = str(known)
            if isinstance(known, str) and len(known) <= room:
                room -= len(known)
                yield known, at
                continue
            if (source := argument or others) is not None:
                given.append((at, scope.module.span(source)))
            yield PLACEHOLDER, at
        if position < len(text):
            yield text[position:], part(position, len(text))


_BRACES = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}!:]*)(?P<how>[^{}]*)\}")
_PERCENT = re.compile(r"%%|%(?P<name>(?:\(\w*\))?)(?P<how>[-#0 +\d.]*[a-zA-Z])")


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
