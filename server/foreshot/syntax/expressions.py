"""Expressions to values: one function for each kind of expression."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from foreshot.syntax.folding import BUILTINS, FOLDED, MISSING, builtin, is_wide, method_of_constant
from foreshot.syntax.values import CallValue, FunctionValue, OpaqueValue, Ref, Unknown, Value
from foreshot.text import Span

if TYPE_CHECKING:
    from foreshot.syntax.evaluate import Scope

MAX_ITEMS: Final = 2_000
MAX_TEXT: Final = 1 << 20


def _name(scope: Scope, node: ast.Name, depth: int) -> Value:
    value = scope.lookup(node.id)
    if value is MISSING:
        bound = node.id in BUILTINS or scope.root.star_import
        return Ref(node.id, node.id, scope.module.span(node), bound)
    if isinstance(value, Ref):
        return Ref(value.path, node.id, scope.module.span(node), value.bound)
    return value


def _attribute(scope: Scope, node: ast.Attribute, depth: int) -> Value:
    return _attribute_of(scope, scope.evaluate(node.value, depth), node)


def _attribute_of(scope: Scope, base: Value, node: ast.Attribute) -> Value:
    match base:
        case Ref():
            return Ref(
                f"{base.path}.{node.attr}", f"{base.written}.{node.attr}", scope.module.span(node), base.bound
            )
        case CallValue():
            return Ref(
                f"{base.func.path}().{node.attr}",
                f"{base.func.written}().{node.attr}",
                scope.module.span(node),
            )
        case OpaqueValue():
            return Ref(f"<block>.{node.attr}", node.attr, scope.module.span(node))
        case Unknown():
            return Ref(f"<unknown>.{node.attr}", node.attr, scope.module.span(node))
        case _:
            return scope.unknown(f"the attribute `{node.attr}` is not followed", node)


def _joined(scope: Scope, node: ast.JoinedStr, depth: int) -> Value:
    parts: list[str] = []
    for piece in node.values:
        if isinstance(piece, ast.Constant):
            parts.append(str(piece.value))
            continue
        text = formatted_text(scope, cast("ast.FormattedValue", piece), depth)
        if text is None:
            return scope.unknown("an f-string takes in a value that is only known when it runs", node)
        parts.append(text)
    return "".join(parts)


def formatted_text(scope: Scope, piece: ast.FormattedValue, depth: int = 0) -> str | None:
    """The text that a replacement field yields, or None when it cannot be told."""
    if piece.format_spec is not None:
        return None
    value = scope.evaluate(piece.value, depth)
    if isinstance(value, str) and piece.conversion == -1:
        return value
    if isinstance(value, str) and piece.conversion == ord("r"):
        return repr(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def _sequence(scope: Scope, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Value:
    items: list[Value] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = scope.evaluate(element.value, depth)
            if not isinstance(inner, list | tuple):
                return scope.unknown("a sequence takes in another that is not known", node)
            items.extend(cast("list[Value]", inner))
        else:
            items.append(scope.evaluate(element, depth))
    return tuple(items) if isinstance(node, ast.Tuple) else items


def _dict(scope: Scope, node: ast.Dict, depth: int) -> Value:
    result: dict[Value, Value] = {}
    for key, item in zip(node.keys, node.values, strict=True):
        value = scope.evaluate(item, depth)
        if key is None:
            if not isinstance(value, dict):
                return scope.unknown("a dictionary takes in another that is not known", node)
            result.update(cast("dict[Value, Value]", value))
            continue
        name = scope.evaluate(key, depth)
        if not isinstance(name, str | int | float | bytes | bool | None):
            return scope.unknown("a dictionary's key is not a constant", node)
        result[name] = value
    return result


def _binary(scope: Scope, node: ast.BinOp, depth: int) -> Value:
    left, right = scope.evaluate(node.left, depth), scope.evaluate(node.right, depth)
    match node.op, left, right:
        case ast.Add(), str(), str() if len(left) + len(right) <= MAX_TEXT:
            return left + right
        case (ast.Add(), list(), list()) | (ast.Add(), tuple(), tuple()):
            joined = cast("list[Value]", left) + cast("list[Value]", right)
            return joined if len(joined) <= MAX_ITEMS else scope.unknown("the sequence is too long", node)
        case ast.Mod(), str(), _:
            return _percent(scope, left, right, node)
        case (ast.Add() | ast.Sub(), int(), int()) if abs(left) < 1 << 62 and abs(right) < 1 << 62:
            return left + right if isinstance(node.op, ast.Add) else left - right
        case (ast.Mult(), int(), int()) if abs(left) < 1 << 31 and abs(right) < 1 << 31:
            return left * right
        case _:
            return scope.unknown(f"{describe(node)} is only known when it runs", node)


def _percent(scope: Scope, template: str, value: Value, node: ast.expr) -> Value:
    arguments: tuple[Value, ...] | dict[Value, Value]
    arguments = (
        cast("tuple[Value, ...]", value)
        if isinstance(value, tuple)
        else cast("dict[Value, Value]", value)
        if isinstance(value, dict)
        else (value,)
    )
    items = arguments.values() if isinstance(arguments, dict) else arguments
    if not all(isinstance(item, str | int | float) for item in items) or is_wide(template):
        return scope.unknown("a string is formatted with a value that is only known when it runs", node)
    try:
        return template % arguments
    except (TypeError, ValueError, KeyError):
        return scope.unknown("the string's formatting does not fit its values", node)


def _unary(scope: Scope, node: ast.UnaryOp, depth: int) -> Value:
    value = scope.evaluate(node.operand, depth)
    if isinstance(node.op, ast.USub) and isinstance(value, int | float):
        return -value
    if isinstance(node.op, ast.Not) and isinstance(value, bool | int | str | None):
        return not value
    return scope.unknown(f"{describe(node)} is only known when it runs", node)


def _subscript(scope: Scope, node: ast.Subscript, depth: int) -> Value:
    base = scope.evaluate(node.value, depth)
    index = scope.evaluate(node.slice, depth)
    try:
        match base, index:
            case dict(), str() | int():
                return cast("dict[Value, Value]", base)[index]
            case (list(), int()) | (tuple(), int()) | (str(), int()):
                return cast("list[Value]", base)[index]
            case _:
                pass
    except (KeyError, IndexError):
        pass
    return scope.unknown("the item is only known when it runs", node)


def _conditional(scope: Scope, node: ast.IfExp, depth: int) -> Value:
    test = scope.evaluate(node.test, depth)
    if isinstance(test, bool | int | str | None):
        return scope.evaluate(node.body if test else node.orelse, depth)
    return scope.unknown("the value depends on a condition", node)


def _comprehension(scope: Scope, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, depth: int) -> Value:
    if len(node.generators) != 1:
        return scope.unknown("nested comprehensions are not followed", node)
    generator = node.generators[0]
    items = scope.items(generator.iter, depth)
    if items is None or generator.is_async:
        return scope.unknown("the comprehension runs over values that are only known when it runs", node)
    result: list[Value] = []
    for item in items:
        inner = scope.child()
        inner.unpack(generator.target, item)
        conditions = [inner.evaluate(test, depth) for test in generator.ifs]
        if not all(isinstance(test, bool | int | str | None) for test in conditions):
            return scope.unknown("the comprehension's condition is only known when it runs", node)
        if all(conditions):
            result.append(inner.evaluate(node.elt, depth))
    return result


def _compare(scope: Scope, node: ast.Compare, depth: int) -> Value:
    if len(node.ops) != 1:
        return scope.unknown("a chained comparison is not followed", node)
    left, right = scope.evaluate(node.left, depth), scope.evaluate(node.comparators[0], depth)
    plain = (str, int, float, bool, type(None))
    if isinstance(left, plain):
        match node.ops[0]:
            case ast.Eq() | ast.Is() if isinstance(right, plain):
                return left == right
            case ast.NotEq() | ast.IsNot() if isinstance(right, plain):
                return left != right
            case ast.In() | ast.NotIn() if isinstance(right, list | tuple):
                items = cast("list[Value]", right)
                if all(isinstance(item, plain) for item in items):
                    return (left in items) == isinstance(node.ops[0], ast.In)
            case _:
                pass
    return scope.unknown("the comparison is only known when it runs", node)


def _bool(scope: Scope, node: ast.BoolOp, depth: int) -> Value:
    value: Value = None
    for part in node.values:
        value = scope.evaluate(part, depth)
        if not isinstance(value, bool | int | str | None):
            return scope.unknown("the condition is only known when it runs", node)
        if bool(value) == isinstance(node.op, ast.Or):
            return value
    return value


def _lambda(scope: Scope, node: ast.Lambda, depth: int) -> Value:
    return FunctionValue(node, scope)


def evaluate_call(scope: Scope, node: ast.Call, depth: int = 0) -> Value:
    """A call, described: a builtin over known values is made, any other becomes a :class:`CallValue`."""
    receiver: Value = None
    called = node.func
    if isinstance(called, ast.Attribute):
        receiver = scope.evaluate(called.value, depth)
        func = _attribute_of(scope, receiver, called)
    else:
        func = scope.evaluate(called, depth)
    args: list[Value] = []
    spans: list[Span] = []
    open_ended = False
    span_of = scope.module.span
    for argument in node.args:
        if isinstance(argument, ast.Constant):
            args.append(argument.value)
            spans.append(span_of(argument))
        elif isinstance(argument, ast.Starred):
            inner = scope.evaluate(argument.value, depth)
            if isinstance(inner, list | tuple):
                items = cast("list[Value]", inner)
                args.extend(items)
                spans.extend([span_of(argument)] * len(items))
            else:
                open_ended = True
        else:
            args.append(scope.evaluate(argument, depth))
            spans.append(span_of(argument))
    keywords: dict[str, Value] = {}
    value_spans: dict[str, Span] = {}
    keyword_spans: dict[str, Span] = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            inner = scope.evaluate(keyword.value, depth)
            if isinstance(inner, dict):
                keywords.update({str(key): item for key, item in cast("dict[Value, Value]", inner).items()})
            else:
                open_ended = True
            continue
        name, value = keyword.arg, keyword.value
        keywords[name] = value.value if isinstance(value, ast.Constant) else scope.evaluate(value, depth)
        value_spans[name] = span_of(value)
        keyword_spans[name] = span_of(keyword)
    if isinstance(called, ast.Attribute) and isinstance(receiver, str | dict):
        known = cast("str | dict[Value, Value]", receiver)
        made = method_of_constant(known, called.attr, args, keywords, open_ended)
        if made is not None:
            return made
    match func:
        case Ref():
            made = builtin(func.path, args, keywords) if func.path in FOLDED and not open_ended else MISSING
            if made is not MISSING:
                return made
        case FunctionValue():
            return _inline(scope, func, args, keywords, node, depth, open_ended)
        case _:
            func = Ref("<unknown>", scope.module.text(span_of(called))[:80], span_of(called))
    return CallValue(
        func,
        tuple(args),
        keywords,
        span_of(node),
        tuple(spans),
        value_spans,
        keyword_spans,
        receiver if isinstance(receiver, CallValue | OpaqueValue | Ref) else None,
        open_ended,
    )


def _inline(
    scope: Scope,
    function: FunctionValue,
    args: list[Value],
    keywords: Mapping[str, Value],
    node: ast.Call,
    depth: int,
    open_ended: bool,
) -> Value:
    """The value of a local function that does nothing but return an expression."""
    name = getattr(function.node, "name", "lambda")
    body: ast.expr | None = None
    if isinstance(function.node, ast.Lambda):
        body = function.node.body
    else:
        statements = [item for item in function.node.body if not _is_docstring(item)]
        if len(statements) == 1 and isinstance(statements[0], ast.Return):
            body = statements[0].value
    if body is None or open_ended:
        return scope.unknown(f"what `{name}()` returns is only known when it runs", node)
    inner = bind_parameters(function, args, keywords)
    return inner.evaluate(body, depth + 1)


def bind_parameters(function: FunctionValue, args: list[Value], keywords: Mapping[str, Value]) -> Scope:
    """The scope of a call: parameters bound to arguments, to defaults, or to Unknown."""
    inner = function.scope.child()
    parameters = function.node.args
    names = [*parameters.posonlyargs, *parameters.args]
    defaults = dict(
        zip(
            [item.arg for item in names[len(names) - len(parameters.defaults) :]],
            parameters.defaults,
            strict=True,
        )
    )
    defaults.update(
        {
            item.arg: value
            for item, value in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
            if value
        }
    )
    for index, parameter in enumerate([*names, *parameters.kwonlyargs]):
        if index < len(args) and index < len(names):
            inner.bind(parameter.arg, args[index])
        elif parameter.arg in keywords:
            inner.bind(parameter.arg, keywords[parameter.arg])
        elif parameter.arg in defaults:
            inner.bind(parameter.arg, function.scope.evaluate(defaults[parameter.arg]))
        else:
            why = f"the argument `{parameter.arg}` is not known"
            inner.bind(parameter.arg, Unknown(why, function.scope.module.span(parameter)))
    if parameters.vararg:
        inner.bind(parameters.vararg.arg, tuple(args[len(names) :]))
    if parameters.kwarg:
        taken = {item.arg for item in [*names, *parameters.kwonlyargs]}
        inner.bind(parameters.kwarg.arg, {key: item for key, item in keywords.items() if key not in taken})
    return inner


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def describe(node: ast.expr) -> str:
    """What an expression is, in words."""
    words = {
        "BinOp": "a calculation",
        "Call": "a call",
        "Await": "an awaited value",
        "NamedExpr": "an assignment expression",
    }
    return words.get(type(node).__name__, f"an expression ({type(node).__name__})")


HANDLERS: Final[dict[type[ast.expr], Callable[[Scope, Any, int], Value]]] = {
    ast.Constant: lambda _scope, node, _depth: node.value,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.JoinedStr: _joined,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Subscript: _subscript,
    ast.IfExp: _conditional,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.SetComp: _comprehension,
    ast.Compare: _compare,
    ast.BoolOp: _bool,
    ast.Lambda: _lambda,
    ast.Call: evaluate_call,
}
