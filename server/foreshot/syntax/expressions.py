"""Expressions to values: one function for each kind of expression."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from foreshot.syntax import objects
from foreshot.syntax.bodies import MAX_INLINED, returned
from foreshot.syntax.budget import MAX_ITEMS, MAX_TEXT
from foreshot.syntax.folding import BUILTINS, FOLDED, MISSING, builtin, method_of_constant, substituted
from foreshot.syntax.operators import binary, boolean, compare, conditional, of_any_dialect, subscript, unary
from foreshot.syntax.values import (
    Asked,
    CallValue,
    FunctionValue,
    OpaqueValue,
    Ref,
    Unknown,
    Value,
    as_key,
)
from foreshot.text import Span

if TYPE_CHECKING:
    from foreshot.syntax.evaluate import Scope

_SAME: Final = frozenset(
    {"alembic.op.f", "<block>.f", "str", "list", "tuple"}
)  # what leaves a value as it is


def _name(scope: Scope, node: ast.Name, depth: int) -> Value:
    value = scope.lookup(node.id, depth)
    if value is MISSING:
        bound = node.id in BUILTINS or scope.root.star_import
        return Ref(node.id, node.id, scope.module.span(node), bound)
    if isinstance(value, Ref):
        if scope.outlook is not None and (found := scope.outlook.value(value.path, depth)) is not MISSING:
            return found
        return Ref(value.path, node.id, scope.module.span(node), value.bound)
    return value


def _attribute(scope: Scope, node: ast.Attribute, depth: int) -> Value:
    inner = node.value
    if isinstance(inner, ast.Name):
        # `sa.String`, the commonest by far, without a value for `sa` in between.
        base = scope.lookup(inner.id, depth)
        if isinstance(base, Ref):
            attr = node.attr
            if scope.outlook is not None:
                found = scope.outlook.value(f"{base.path}.{attr}", depth)
                if found is not MISSING:
                    return found
            if base.path[:1] == "." and (known := objects.constant(scope, base.path, attr)) is not MISSING:
                return known
            return Ref(f"{base.path}.{attr}", f"{inner.id}.{attr}", scope.module.span(node), base.bound)
    return scope.attribute(scope.evaluate(inner, depth), node, depth)


def attribute_of(scope: Scope, base: Value, node: ast.Attribute) -> Value:
    """``base.name``, from what the file itself says."""
    match base:
        case Ref():
            if scope.outlook is not None:
                found = scope.outlook.value(f"{base.path}.{node.attr}", 0)
                if found is not MISSING:
                    return found
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
        case Asked():
            return base.at(node.attr)
        case Unknown():
            return Ref(f"<unknown>.{node.attr}", node.attr, scope.module.span(node))
        case objects.Instance() | objects.Above():
            return objects.attribute(base, node.attr)
        case _:
            return scope.unknown(f"the attribute `{node.attr}` is not followed", node)


def _joined(scope: Scope, node: ast.JoinedStr, depth: int) -> Value:
    parts: list[str] = []
    length = 0
    for piece in node.values:
        text: str | None
        if isinstance(piece, ast.Constant):
            text = str(piece.value)
        else:
            text = formatted_text(scope, cast("ast.FormattedValue", piece), depth)
        if text is None:
            return scope.unknown("an f-string takes in a value that is only known when it runs", node)
        length += len(text)
        if length > MAX_TEXT:
            return scope.unknown("the text is too long", node)
        parts.append(text)
    return scope.budget.kept("".join(parts))


def formatted_text(scope: Scope, piece: ast.FormattedValue, depth: int = 0) -> str | None:
    """The text that a replacement field yields, or None when it cannot be told."""
    if piece.format_spec is not None:
        return None
    value = scope.evaluate(piece.value, depth)
    if isinstance(value, str) and piece.conversion == -1:
        return value
    if isinstance(value, str) and piece.conversion == ord("r"):
        return repr(value)
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 1 << 62):
        return None if isinstance(value, bool) else str(value)
    return None


def _sequence(scope: Scope, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Value:
    items: list[Value] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = scope.evaluate(element.value, depth)
            if not isinstance(inner, list | tuple):
                return scope.unknown("a sequence takes in another that is not known", node)
            more = cast("list[Value]", inner)
            items.extend(more)
            scope.budget.keep(more)
            if len(items) > MAX_ITEMS:
                return scope.unknown("the sequence is too long", node)
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
            mapping = cast("dict[Value, Value]", value)
            result.update(mapping)
            scope.budget.keep(mapping)
            continue
        name = as_key(scope.evaluate(key, depth))
        if isinstance(name, Ref) and name.bound:
            result[name] = value
            continue
        if not isinstance(name, str | int | float | bytes | bool | None):
            return scope.unknown("a dictionary's key is not a constant", node)
        result[name] = value
    return result


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


def _lambda(scope: Scope, node: ast.Lambda, _depth: int) -> Value:
    return FunctionValue(node, scope)


def evaluate_call(scope: Scope, node: ast.Call, depth: int = 0) -> Value:
    """A call, described: a builtin over known values is made, any other becomes a :class:`CallValue`."""
    receiver: Value = None
    called = node.func
    if isinstance(called, ast.Attribute):
        receiver = scope.evaluate(called.value, depth)
        func = scope.attribute(receiver, called, depth)
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
                scope.budget.keep(items)
                if len(args) + len(items) > MAX_ITEMS:
                    open_ended = True
                    continue
                args.extend(items)
                spans.extend([span_of(argument)] * len(items))
            else:
                open_ended = True
        else:
            args.append(scope.evaluate(argument, depth))
            spans.append(span_of(argument))
    starred = open_ended
    keywords: dict[str, Value] = {}
    value_spans: dict[str, Span] = {}
    keyword_spans: dict[str, Span] = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            inner = of_any_dialect(scope.evaluate(keyword.value, depth))
            if isinstance(inner, dict):
                mapping = cast("dict[Value, Value]", inner)
                keywords.update({key: item for key, item in mapping.items() if isinstance(key, str)})
                scope.budget.keep(mapping)
            else:
                open_ended, starred = True, False
            continue
        name, value = keyword.arg, keyword.value
        keywords[name] = value.value if isinstance(value, ast.Constant) else scope.evaluate(value, depth)
        value_spans[name] = span_of(value)
        keyword_spans[name] = span_of(keyword)
    if isinstance(called, ast.Attribute) and isinstance(receiver, str | dict):
        known = cast("str | dict[Value, Value]", receiver)
        made = method_of_constant(known, called.attr, args, keywords, open_ended)
        if made is not None:
            return scope.budget.kept(made)
    if isinstance(called, ast.Attribute) and isinstance(receiver, CallValue):
        template = receiver.argument("template", 0) if receiver.path == "string.Template" else None
        if isinstance(template, str):
            made = substituted(template, called.attr, args, keywords, open_ended=open_ended)
            if made is not None:
                return scope.budget.kept(made)
    if isinstance(receiver, Asked) and isinstance(called, ast.Attribute) and args:
        texts = tuple([item for item in args if isinstance(item, str)])
        if called.attr == "get" and texts:
            return receiver.at(texts[0])
        if called.attr == "replace" and len(texts) == len(args) == 2:
            return receiver.at(("replace", *texts))
    match func:
        case Ref() if func.path in _SAME and len(args) == 1 and isinstance(args[0], Asked):
            return args[0]
        case Ref():
            made = builtin(func.path, args, keywords) if func.path in FOLDED and not open_ended else MISSING
            main = scope.root.main_options
            if main is not None and args and func.path.endswith(".get_main_option"):
                made = main(args[0]) if isinstance(args[0], str) else MISSING
            if made is MISSING and not open_ended and (func.path[:1] == "." or func.path == "super"):
                made = objects.called(scope, func.path, args, keywords, depth)
            elif made is MISSING and not open_ended and any(objects.is_operations(item) for item in args):
                made = objects.called_elsewhere(scope, func.path, args, keywords, depth)
            if made is not MISSING:
                return scope.budget.kept(made)
        case FunctionValue(bound=objects.Instance()):
            if open_ended:
                return scope.unknown("it is called with what is only known when it runs", node)
            return objects.returned(func, args, keywords, depth)
        case FunctionValue():
            made = _inline(scope, func, args, keywords, node, depth, open_ended)
            if func.scope.module is scope.module or scope.outlook is None:
                return made
            made = scope.outlook.kept(made, span_of(node))
            if made is not MISSING:
                return made
            func = scope.outlook.name_of(func, scope.module.text(span_of(called))[:80], span_of(called))
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
        starred,
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
    unknown = scope.unknown(f"what `{name}()` returns is only known when it runs", node)
    if open_ended or depth > MAX_INLINED:
        return unknown
    inner = bind_parameters(function, args, keywords, depth + 1)
    if body is not None:
        return inner.evaluate(body, depth + 1)
    made = returned(inner, cast("ast.FunctionDef", function.node).body, depth + 1)
    return unknown if made is MISSING else made


def defaults_of(parameters: ast.arguments) -> dict[str, ast.expr]:
    """The defaults of a function's parameters, by their names."""
    names = [*parameters.posonlyargs, *parameters.args]
    first = len(names) - len(parameters.defaults)
    defaults = {item.arg: value for item, value in zip(names[first:], parameters.defaults, strict=True)}
    for item, value in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
        if value is not None:
            defaults[item.arg] = value
    return defaults


def bind_parameters(
    function: FunctionValue, args: list[Value], keywords: Mapping[str, Value], depth: int = 0
) -> Scope:
    """The scope of a call: parameters bound to arguments, to defaults, or to Unknown."""
    inner = function.scope.child()
    if function.bound is not None:
        args = [function.bound, *args]
    parameters = function.node.args
    names = [*parameters.posonlyargs, *parameters.args]
    defaults = defaults_of(parameters)
    for index, parameter in enumerate([*names, *parameters.kwonlyargs]):
        if index < len(args) and index < len(names):
            inner.bind(parameter.arg, args[index])
        elif parameter.arg in keywords:
            inner.bind(parameter.arg, keywords[parameter.arg])
        elif parameter.arg in defaults:
            inner.bind(parameter.arg, function.scope.evaluate(defaults[parameter.arg], depth))
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


HANDLERS: Final[dict[type[ast.expr], Callable[[Scope, Any, int], Value]]] = {
    ast.Constant: lambda _scope, node, _depth: node.value,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.JoinedStr: _joined,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.BinOp: binary,
    ast.UnaryOp: unary,
    ast.Subscript: subscript,
    ast.IfExp: conditional,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.SetComp: _comprehension,
    ast.Compare: compare,
    ast.BoolOp: boolean,
    ast.Lambda: _lambda,
    ast.Call: evaluate_call,
}
