"""The static evaluator: expressions to values, names to what imports and assignments make of them.

Only what follows from the file's own text is evaluated, and every container and repetition is bounded, so
that a hostile file costs no more than its length.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from msgspec import Struct

from foreshot.syntax.module import Module, module_statements
from foreshot.syntax.strings import PLACEHOLDER, Run, literal_runs
from foreshot.syntax.values import CallValue, Ref, Text, Unknown, Value
from foreshot.text import Span

MAX_DEPTH: Final = 60
MAX_ITEMS: Final = 2_000
MAX_TEXT: Final = 1 << 20

_BUILTINS = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__spec__", "__package__"}
_MISSING: Final = object()


class FunctionValue(Struct, frozen=True, eq=False):
    """A function defined in the file, with the scope that it closes over."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope


class Opaque(Struct, frozen=True, eq=False):
    """A value that only its maker understands (a batch block); attributes of it go back to the maker."""

    content: object


class Scope:
    """Names in reach at one place of a file.

    A module has one scope; each function that is followed gets one of its own with the module's, or the
    enclosing function's, as its parent.
    """

    def __init__(self, module: Module, parent: Scope | None = None) -> None:
        self.module = module
        self.parent = parent
        self.values: dict[str, Value] = {}
        self.nodes: dict[str, ast.expr] = {}
        self.star_import = parent.star_import if parent else False
        if parent is None:
            self._pending: dict[str, ast.expr] = {}
            self._read_module()

    def child(self) -> Scope:
        """A scope inside this one."""
        return Scope(self.module, self)

    def bind(self, name: str, value: Value, node: ast.expr | None = None) -> None:
        """Give a name a value here; ``node`` is the expression that it came from, for source maps."""
        self.values[name] = value
        if node is None:
            self.nodes.pop(name, None)
        else:
            self.nodes[name] = node

    def bind_import(self, statement: ast.Import | ast.ImportFrom) -> None:
        """Give the names of an import statement their dotted paths."""
        span = self.module.span(statement)
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                name = alias.asname or alias.name.partition(".")[0]
                path = alias.name if alias.asname else name
                self.values[name] = Ref(path, name, span)
            return
        base = "." * statement.level + (statement.module or "")
        for alias in statement.names:
            if alias.name == "*":
                self.star_import = True
                continue
            name = alias.asname or alias.name
            separator = "" if base.endswith(".") or not base else "."
            self.values[name] = Ref(f"{base}{separator}{alias.name}", name, span)

    def lookup(self, name: str) -> Value:
        """The value of a name, or the ``_MISSING`` marker."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            if scope.parent is None:
                return scope.module_value(name)
            scope = scope.parent
        return _MISSING

    def module_value(self, name: str) -> Value:
        """The value of a module-level assignment, evaluated when first asked for."""
        node = self._pending.get(name)
        if node is None:
            return _MISSING
        self.values[name] = Unknown(f"`{name}` is defined in terms of itself", self.module.span(node))
        value = self.evaluate(node)
        self.values[name] = value
        self.nodes[name] = node
        return value

    def node_of(self, name: str) -> tuple[ast.expr, Scope] | None:
        """The expression that a name was given, with the scope to evaluate it in."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.nodes:
                return scope.nodes[name], scope
            if name in scope.values:
                return None
            if scope.parent is None and name in scope._pending:
                return scope._pending[name], scope
            scope = scope.parent
        return None

    def is_bound(self, name: str) -> bool:
        """Whether anything in the file, or Python itself, gives the name a meaning."""
        return self.lookup(name) is not _MISSING or name in _BUILTINS or self._root.star_import

    @property
    def _root(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def _read_module(self) -> None:
        assigned: set[str] = set()
        for statement in module_statements(self.module.tree):
            match statement:
                case ast.Import() | ast.ImportFrom():
                    self.bind_import(statement)
                case ast.FunctionDef():
                    self.values[statement.name] = FunctionValue(statement, self)
                case ast.ClassDef() | ast.AsyncFunctionDef():
                    self.values[statement.name] = Ref(f".{statement.name}", statement.name, self.module.span(statement))
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._assign(target, value, assigned)
                case ast.AnnAssign(target=ast.Name() as target, value=value) if value is not None:
                    self._assign(target, value, assigned)
                case ast.AugAssign(target=ast.Name(id=name)):
                    self._pending.pop(name, None)
                    self.values[name] = Unknown(f"`{name}` is changed after it is defined", self.module.span(statement))
                case ast.For(target=target):
                    for name in names_in(target):
                        self.values[name] = Unknown(f"`{name}` is a loop variable", self.module.span(statement))
                case ast.With(items=items):
                    for item in items:
                        for name in names_in(item.optional_vars):
                            self.values[name] = Unknown(f"`{name}` is bound by `with`", self.module.span(statement))
                case _:
                    pass

    def _assign(self, target: ast.expr, value: ast.expr, assigned: set[str]) -> None:
        if isinstance(target, ast.Name):
            if target.id in assigned:
                self._pending.pop(target.id, None)
                self.values[target.id] = Unknown(f"`{target.id}` is assigned more than once", self.module.span(target))
                return
            assigned.add(target.id)
            self.values.pop(target.id, None)
            self._pending[target.id] = value
            return
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            if len(target.elts) == len(value.elts):
                for inner, item in zip(target.elts, value.elts, strict=True):
                    self._assign(inner, item, assigned)
                return
        for name in names_in(target):
            self.values[name] = Unknown(f"`{name}` is unpacked from another value", self.module.span(target))

    # Evaluation

    def evaluate(self, node: ast.expr, depth: int = 0) -> Value:
        """The static value of an expression."""
        if depth > MAX_DEPTH:
            return Unknown("the expression is nested too deeply", self.module.span(node))
        handler = _HANDLERS.get(type(node))
        if handler is None:
            return Unknown(f"{_describe(node)} is not followed", self.module.span(node))
        return handler(self, node, depth + 1)

    def unknown(self, why: str, node: ast.expr) -> Unknown:
        """An Unknown that blames ``node``."""
        return Unknown(why, self.module.span(node))

    def _name(self, node: ast.Name, depth: int) -> Value:
        value = self.lookup(node.id)
        if value is _MISSING:
            bound = node.id in _BUILTINS or self._root.star_import
            return Ref(node.id, node.id, self.module.span(node), bound)
        if isinstance(value, Ref):
            return Ref(value.path, node.id, self.module.span(node), value.bound)
        return value

    def _attribute(self, node: ast.Attribute, depth: int) -> Value:
        return self._attribute_of(self.evaluate(node.value, depth), node)

    def _attribute_of(self, base: Value, node: ast.Attribute) -> Value:
        match base:
            case Ref():
                return Ref(f"{base.path}.{node.attr}", f"{base.written}.{node.attr}", self.module.span(node), base.bound)
            case CallValue():
                return Ref(f"{base.func.path}().{node.attr}", f"{base.func.written}().{node.attr}", self.module.span(node))
            case Opaque():
                return Ref(f"<block>.{node.attr}", node.attr, self.module.span(node))
            case Unknown():
                return Ref(f"<unknown>.{node.attr}", node.attr, self.module.span(node))
            case _:
                return self.unknown(f"the attribute `{node.attr}` is not followed", node)

    def _joined(self, node: ast.JoinedStr, depth: int) -> Value:
        parts: list[str] = []
        for piece in node.values:
            if isinstance(piece, ast.Constant):
                parts.append(str(piece.value))
                continue
            text = self.formatted(cast("ast.FormattedValue", piece), depth)
            if text is None:
                return self.unknown("an f-string takes in a value that is only known when it runs", node)
            parts.append(text)
        return "".join(parts)

    def formatted(self, piece: ast.FormattedValue, depth: int = 0) -> str | None:
        """The text that a replacement field yields, or None when it cannot be told."""
        if piece.format_spec is not None:
            return None
        value = self.evaluate(piece.value, depth)
        if isinstance(value, str) and piece.conversion == -1:
            return value
        if isinstance(value, str) and piece.conversion == ord("r"):
            return repr(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        return None

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Value:
        items: list[Value] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = self.evaluate(element.value, depth)
                if not isinstance(inner, list | tuple):
                    return self.unknown("a sequence takes in another that is not known", node)
                items.extend(cast("list[Value]", inner))
            else:
                items.append(self.evaluate(element, depth))
        return tuple(items) if isinstance(node, ast.Tuple) else items

    def _dict(self, node: ast.Dict, depth: int) -> Value:
        result: dict[Value, Value] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item, depth)
            if key is None:
                if not isinstance(value, dict):
                    return self.unknown("a dictionary takes in another that is not known", node)
                result.update(cast("dict[Value, Value]", value))
                continue
            name = self.evaluate(key, depth)
            if not isinstance(name, str | int | float | bytes | bool | None):
                return self.unknown("a dictionary's key is not a constant", node)
            result[name] = value
        return result

    def _binary(self, node: ast.BinOp, depth: int) -> Value:
        left, right = self.evaluate(node.left, depth), self.evaluate(node.right, depth)
        match node.op, left, right:
            case ast.Add(), str(), str() if len(left) + len(right) <= MAX_TEXT:
                return left + right
            case (ast.Add(), list(), list()) | (ast.Add(), tuple(), tuple()):
                joined = cast("list[Value]", left) + cast("list[Value]", right)
                return joined if len(joined) <= MAX_ITEMS else self.unknown("the sequence is too long", node)
            case ast.Mod(), str(), _:
                return self._percent(left, right, node)
            case (ast.Add() | ast.Sub(), int(), int()) if abs(left) < 1 << 62 and abs(right) < 1 << 62:
                return left + right if isinstance(node.op, ast.Add) else left - right
            case (ast.Mult(), int(), int()) if abs(left) < 1 << 31 and abs(right) < 1 << 31:
                return left * right
            case _:
                return self.unknown(f"{_describe(node)} is only known when it runs", node)

    def _percent(self, template: str, value: Value, node: ast.expr) -> Value:
        arguments: tuple[Value, ...] | dict[Value, Value]
        arguments = (
            cast("tuple[Value, ...]", value)
            if isinstance(value, tuple)
            else cast("dict[Value, Value]", value)
            if isinstance(value, dict)
            else (value,)
        )
        items = arguments.values() if isinstance(arguments, dict) else arguments
        if not all(isinstance(item, str | int | float) for item in items) or _wide(template):
            return self.unknown("a string is formatted with a value that is only known when it runs", node)
        try:
            return template % arguments
        except (TypeError, ValueError, KeyError):
            return self.unknown("the string's formatting does not fit its values", node)

    def _unary(self, node: ast.UnaryOp, depth: int) -> Value:
        value = self.evaluate(node.operand, depth)
        if isinstance(node.op, ast.USub) and isinstance(value, int | float):
            return -value
        if isinstance(node.op, ast.Not) and isinstance(value, bool | int | str | None):
            return not value
        return self.unknown(f"{_describe(node)} is only known when it runs", node)

    def _subscript(self, node: ast.Subscript, depth: int) -> Value:
        base = self.evaluate(node.value, depth)
        index = self.evaluate(node.slice, depth)
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
        return self.unknown("the item is only known when it runs", node)

    def _conditional(self, node: ast.IfExp, depth: int) -> Value:
        test = self.evaluate(node.test, depth)
        if isinstance(test, bool | int | str | None):
            return self.evaluate(node.body if test else node.orelse, depth)
        return self.unknown("the value depends on a condition", node)

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, depth: int) -> Value:
        if len(node.generators) != 1:
            return self.unknown("nested comprehensions are not followed", node)
        generator = node.generators[0]
        items = self.items(generator.iter, depth)
        if items is None or generator.is_async:
            return self.unknown("the comprehension runs over values that are only known when it runs", node)
        result: list[Value] = []
        for item in items:
            inner = self.child()
            inner.unpack(generator.target, item)
            conditions = [inner.evaluate(test, depth) for test in generator.ifs]
            if not all(isinstance(test, bool | int | str | None) for test in conditions):
                return self.unknown("the comprehension's condition is only known when it runs", node)
            if all(conditions):
                result.append(inner.evaluate(node.elt, depth))
        return result

    def _compare(self, node: ast.Compare, depth: int) -> Value:
        if len(node.ops) != 1:
            return self.unknown("a chained comparison is not followed", node)
        left, right = self.evaluate(node.left, depth), self.evaluate(node.comparators[0], depth)
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
        return self.unknown("the comparison is only known when it runs", node)

    def _bool(self, node: ast.BoolOp, depth: int) -> Value:
        value: Value = None
        for part in node.values:
            value = self.evaluate(part, depth)
            if not isinstance(value, bool | int | str | None):
                return self.unknown("the condition is only known when it runs", node)
            if bool(value) == isinstance(node.op, ast.Or):
                return value
        return value

    def _lambda(self, node: ast.Lambda, depth: int) -> Value:
        return FunctionValue(node, self)

    def call(self, node: ast.Call, depth: int = 0) -> Value:
        """A call, described: a builtin over known values is made, any other becomes a :class:`CallValue`."""
        receiver: Value = None
        if isinstance(node.func, ast.Attribute):
            receiver = self.evaluate(node.func.value, depth)
            func = self._attribute_of(receiver, node.func)
        else:
            func = self.evaluate(node.func, depth)
        args: list[Value] = []
        spans: list[Span] = []
        open_ended = False
        span_of = self.module.span
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                inner = self.evaluate(argument.value, depth)
                if isinstance(inner, list | tuple):
                    items = cast("list[Value]", inner)
                    args.extend(items)
                    spans.extend([span_of(argument)] * len(items))
                else:
                    open_ended = True
            else:
                args.append(self.evaluate(argument, depth))
                spans.append(span_of(argument))
        keywords: dict[str, Value] = {}
        value_spans: dict[str, Span] = {}
        keyword_spans: dict[str, Span] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                inner = self.evaluate(keyword.value, depth)
                if isinstance(inner, dict):
                    keywords.update({str(key): item for key, item in cast("dict[Value, Value]", inner).items()})
                else:
                    open_ended = True
                continue
            keywords[keyword.arg] = self.evaluate(keyword.value, depth)
            value_spans[keyword.arg] = span_of(keyword.value)
            keyword_spans[keyword.arg] = span_of(keyword)
        if isinstance(node.func, ast.Attribute):
            made = _string_method(receiver, node.func.attr, args, keywords, open_ended)
            if made is not None:
                return made
        match func:
            case Ref():
                made = _builtin(func.path, args, keywords) if func.path in _FOLDED and not open_ended else _MISSING
                if made is not _MISSING:
                    return made
            case FunctionValue():
                return self._inline(func, args, keywords, node, depth, open_ended)
            case _:
                func = Ref("<unknown>", self.module.text(span_of(node.func))[:80], span_of(node.func))
        return CallValue(
            func, tuple(args), keywords, span_of(node), tuple(spans), value_spans, keyword_spans,
            receiver if isinstance(receiver, CallValue | Opaque | Ref) else None, open_ended,
        )

    def _inline(
        self, function: FunctionValue, args: list[Value], keywords: Mapping[str, Value], node: ast.Call, depth: int, open_ended: bool
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
            return self.unknown(f"what `{name}()` returns is only known when it runs", node)
        inner = bind_parameters(function, args, keywords)
        return inner.evaluate(body, depth + 1)

    def unpack(self, target: ast.expr, value: Value) -> None:
        """Bind the names of an assignment target to the parts of a value."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
            return
        if isinstance(target, ast.Starred):
            self.unpack(target.value, Unknown("a starred target is not followed", self.module.span(target)))
            return
        if isinstance(target, ast.Tuple | ast.List):
            items = cast("list[Value]", value) if isinstance(value, list | tuple) else None
            for index, element in enumerate(target.elts):
                if items is not None and len(items) == len(target.elts):
                    self.unpack(element, items[index])
                else:
                    self.unpack(element, Unknown("the value that is unpacked is not known", self.module.span(target)))

    def items(self, node: ast.expr, depth: int = 0) -> list[Value] | None:
        """The items that a loop over ``node`` sees, or None when they cannot be told."""
        value = self.evaluate(node, depth)
        if isinstance(value, list | tuple):
            items = list(cast("list[Value]", value))
        elif isinstance(value, dict):
            items = list(cast("dict[Value, Value]", value))
        else:
            return None
        return items if len(items) <= MAX_ITEMS else None

    # Strings with a map back to the source

    def text(self, node: ast.expr, depth: int = 0) -> Text | Unknown:
        """A string with a map of its characters into the source; unknown parts become ``PLACEHOLDER``."""
        pieces: list[tuple[str, Span]] = []
        interpolated: list[Span] = []
        why = self._text(node, pieces, interpolated, depth)
        if why is not None:
            return why
        offset, mapped, value = 0, list[tuple[int, Span]](), list[str]()
        for piece, span in pieces:
            mapped.append((offset, span))
            value.append(piece)
            offset += len(piece)
        return Text("".join(value), tuple(mapped), tuple(interpolated))

    def _text(
        self, node: ast.expr, pieces: list[tuple[str, Span]], interpolated: list[Span], depth: int
    ) -> Unknown | None:
        if depth > MAX_DEPTH:
            return self.unknown("the expression is nested too deeply", node)
        span = self.module.span(node)
        match node:
            case ast.Constant(value=str()):
                pieces.extend((run.text, run.span) for run in literal_runs(self.module.content, span) if isinstance(run, Run))
                return None
            case ast.JoinedStr():
                fields = iter([piece for piece in node.values if isinstance(piece, ast.FormattedValue)])
                for run in literal_runs(self.module.content, span):
                    if isinstance(run, Run):
                        pieces.append((run.text, run.span))
                        continue
                    field = next(fields, None)
                    known = self.formatted(field, depth) if field is not None else None
                    pieces.append((PLACEHOLDER if known is None else known, run.span))
                    interpolated.append(run.span)
                return None
            case ast.BinOp(op=ast.Add()):
                return self._text(node.left, pieces, interpolated, depth + 1) or self._text(
                    node.right, pieces, interpolated, depth + 1
                )
            case ast.BinOp(op=ast.Mod()) if isinstance(node.left, ast.Constant | ast.JoinedStr | ast.BinOp):
                value = self.evaluate(node, depth)
                interpolated.append(self.module.span(node.right))
                if isinstance(value, str):
                    pieces.append((value, self.module.span(node.left)))
                    return None
                inner: list[tuple[str, Span]] = []
                why = self._text(node.left, inner, interpolated, depth + 1)
                pieces.extend((_blank_percent(text), span) for text, span in inner)
                return why
            case ast.Name():
                origin = self.node_of(node.id)
                if origin is not None:
                    return origin[1]._text(origin[0], pieces, interpolated, depth + 1)
            case ast.Call(func=ast.Attribute(attr="format", value=template)):
                value = self.evaluate(node, depth)
                arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
                interpolated.extend(self.module.span(argument) for argument in arguments)
                if isinstance(value, str):
                    pieces.append((value, span))
                    return None
                inner = []
                why = self._text(template, inner, interpolated, depth + 1)
                pieces.extend((_blank_braces(text), span) for text, span in inner)
                return why
            case ast.Call(func=ast.Attribute(attr="strip" | "lstrip" | "rstrip", value=inner_node), args=[]):
                return self._text(inner_node, pieces, interpolated, depth + 1)
            case ast.Call(args=[argument, *_]) if _name_of(node.func) in ("dedent", "text", "DDL", "cleandoc"):
                return self._text(argument, pieces, interpolated, depth + 1)
            case ast.Call(func=ast.Attribute(attr="bindparams" | "columns" | "execution_options", value=inner_node)):
                return self._text(inner_node, pieces, interpolated, depth + 1)
            case ast.Call(func=ast.Attribute(attr="join", value=ast.Constant()), args=[argument]):
                value = self.evaluate(node, depth)
                if not isinstance(value, str):
                    pieces.append((PLACEHOLDER, span))
                    interpolated.append(self.module.span(argument))
                    return None
            case _:
                pass
        value = self.evaluate(node, depth)
        if isinstance(value, str):
            pieces.append((value, span))
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
        return self.unknown("it is not a string that is known statically", node)


def bind_parameters(function: FunctionValue, args: list[Value], keywords: Mapping[str, Value]) -> Scope:
    """The scope of a call: parameters bound to arguments, to defaults, or to Unknown."""
    inner = function.scope.child()
    parameters = function.node.args
    names = [*parameters.posonlyargs, *parameters.args]
    defaults = dict(
        zip([item.arg for item in names[len(names) - len(parameters.defaults) :]], parameters.defaults, strict=True)
    )
    defaults.update(
        {item.arg: value for item, value in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True) if value}
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


def names_in(target: ast.expr | None) -> Iterator[str]:
    """The names that an assignment target binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from names_in(element)
    elif isinstance(target, ast.Starred):
        yield from names_in(target.value)


_FOLDED = frozenset(
    {"alembic.op.f", "sqlalchemy.sql.elements.quoted_name", "sqlalchemy.quoted_name", "str", "list", "tuple", "sorted", "set"}
    | {"frozenset", "reversed", "dict", "enumerate", "zip", "range", "len"}
)


def _builtin(path: str, args: list[Value], keywords: Mapping[str, Value]) -> Value:
    """The value of a builtin, or of Alembic's ``op.f``, over known values; else the missing marker."""
    first = args[0] if args else None
    match path, args:
        case ("alembic.op.f", [str()]) | ("sqlalchemy.sql.elements.quoted_name", [str(), *_]) | ("sqlalchemy.quoted_name", [str(), *_]):
            return first
        case "str", [str()]:
            return first
        case ("list" | "tuple" | "sorted" | "set" | "frozenset" | "reversed", [list() | tuple() | dict()]):
            items = list(cast("list[Value]", first))
            if path in ("sorted", "set", "frozenset") and all(isinstance(item, str) for item in items):
                items = sorted(cast("list[str]", items))
            elif path == "sorted":
                return _MISSING
            return items[::-1] if path == "reversed" else items
        case "dict", []:
            return dict(keywords)
        case "enumerate", [list() | tuple()]:
            return [(index, item) for index, item in enumerate(cast("list[Value]", first))]
        case "zip", [_, *_] if all(isinstance(item, list | tuple) for item in args):
            return list(zip(*cast("list[list[Value]]", args), strict=False))
        case "range", [_, *_] if all(isinstance(item, int) for item in args) and len(args) <= 3:
            try:
                numbers = range(*cast("list[int]", args))
            except (ValueError, TypeError):
                return _MISSING
            return list(numbers) if len(numbers) <= MAX_ITEMS else _MISSING
        case "len", [str() | list() | tuple() | dict()]:
            return len(cast("list[Value]", first))
        case _:
            return _MISSING


def _string_method(receiver: Value, name: str, args: list[Value], keywords: Mapping[str, Value], open_ended: bool) -> Value:
    """The value of a method of a known string or dictionary; None when it is not one that is followed."""
    if open_ended:
        return None
    if isinstance(receiver, dict) and not args:
        mapping = cast("dict[Value, Value]", receiver)
        match name:
            case "items":
                return list(mapping.items())
            case "keys":
                return list(mapping)
            case "values":
                return list(mapping.values())
            case _:
                return None
    if isinstance(receiver, dict) and name == "get" and args and isinstance(args[0], str | int):
        return cast("dict[Value, Value]", receiver).get(args[0], args[1] if len(args) > 1 else None)
    if not isinstance(receiver, str):
        return None
    plain = all(isinstance(item, str | int) for item in [*args, *keywords.values()])
    match name:
        case "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "title" | "capitalize" if not args:
            return cast("str", getattr(receiver, name)())
        case "join" if args and isinstance(args[0], list | tuple):
            items = cast("list[Value]", args[0])
            return receiver.join(cast("list[str]", items)) if all(isinstance(item, str) for item in items) else None
        case "format" if plain and not _wide(receiver) and "[" not in receiver and "." not in receiver.partition("{")[2]:
            try:
                return receiver.format(*args, **keywords)
            except (IndexError, KeyError, ValueError, AttributeError):
                return None
        case "replace" if plain and len(args) == 2 and len(receiver) < 10_000:
            return receiver.replace(str(args[0]), str(args[1]))
        case "split" if plain:
            return list(receiver.split(*cast("list[Any]", args))) if args != [""] else None
        case "startswith" | "endswith" if len(args) == 1 and isinstance(args[0], str):
            return receiver.startswith(args[0]) if name == "startswith" else receiver.endswith(args[0])
        case _:
            return None


def _wide(template: str) -> bool:
    """Whether a format string asks for padding, which could make a short text a huge one."""
    return any(
        character.isdigit() and before in "%:-+ #<>=^.*" for before, character in zip(template, template[1:], strict=False)
    ) and ("%" in template or "{" in template)


def _blank_percent(text: str) -> str:
    import re

    return re.sub(r"%(?:\(\w*\))?[sdrif]", PLACEHOLDER, text).replace("%%", "%")


def _blank_braces(text: str) -> str:
    import re

    return re.sub(r"(?<!\{)\{[^{}]*\}", PLACEHOLDER, text).replace("{{", "{").replace("}}", "}")


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _describe(node: ast.expr) -> str:
    words = {"BinOp": "a calculation", "Call": "a call", "Await": "an awaited value", "NamedExpr": "an assignment expression"}
    return words.get(type(node).__name__, f"an expression ({type(node).__name__})")


_HANDLERS: dict[type[ast.expr], Callable[[Scope, Any, int], Value]] = {
    ast.Constant: lambda _scope, node, _depth: node.value,
    ast.Name: Scope._name,
    ast.Attribute: Scope._attribute,
    ast.JoinedStr: Scope._joined,
    ast.List: Scope._sequence,
    ast.Tuple: Scope._sequence,
    ast.Set: Scope._sequence,
    ast.Dict: Scope._dict,
    ast.BinOp: Scope._binary,
    ast.UnaryOp: Scope._unary,
    ast.Subscript: Scope._subscript,
    ast.IfExp: Scope._conditional,
    ast.ListComp: Scope._comprehension,
    ast.GeneratorExp: Scope._comprehension,
    ast.SetComp: Scope._comprehension,
    ast.Compare: Scope._compare,
    ast.BoolOp: Scope._bool,
    ast.Lambda: Scope._lambda,
    ast.Call: Scope.call,
}
