"""Values of a template's expressions, worked out from known values by a fixed list of operations.

Nothing of the template is executed: an expression is a tree, and only the kinds of node below have a meaning.
"""

from __future__ import annotations

import ast
import re
import textwrap
from datetime import datetime
from typing import TypeAlias, cast

from msgspec import Struct

MAX_TEXT = 1 << 20
MAX_DEPTH = 40
MAX_ITEMS = 10_000
MAX_WORK = 100_000
"""What one rendering may take: an expression is one, and so are a dozen characters of code and a thousand of text."""


class Opaque(Struct, frozen=True):
    """A value that only Alembic has. ``undefined``: a name that nothing gives a value, which Mako takes for false."""

    undefined: bool = False


Value: TypeAlias = "str | int | float | bool | list[Value] | tuple[Value, ...] | datetime | Opaque | None"


class Unsupported(Exception):
    """An expression that has no meaning here; the message says which."""


class TooMuch(Exception):
    """A value longer than a template can want."""


class Evaluator:
    """Expressions over a set of names."""

    def __init__(self, names: dict[str, object], databases: tuple[str, ...]) -> None:
        self.names = names
        self.databases = databases
        self._left = MAX_WORK

    def spend(self, work: int) -> None:
        """Count work.

        Raises:
            TooMuch: when none is left.
        """
        self._left -= work
        if self._left < 0:
            raise TooMuch

    def evaluate(self, code: str) -> Value:
        """The value of an expression.

        Raises:
            Unsupported: when the expression is not of the kinds that are followed.
            TooMuch: when its value is too long.
        """
        self.spend(len(code) >> 3)
        try:
            tree = ast.parse(code.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise Unsupported("an expression is not Python that can be read") from None
        return self.value(tree, 0)

    def block(self, code: str) -> dict[str, Value]:
        """The names that a ``<% %>`` block gives values: known ones, and opaque ones.

        Raises:
            Unsupported: when it is no Python.
            TooMuch: when it takes too long.
        """
        self.spend(len(code) >> 3)
        try:
            statements = ast.parse(textwrap.dedent(code.lstrip("\r\n"))).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise Unsupported("a `<% %>` block is not Python that can be read") from None
        found: dict[str, Value] = {}
        for statement in statements:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    try:
                        found[name] = self.value(value, 0)
                    except (Unsupported, TooMuch):
                        found[name] = Opaque()
                    self.names[name] = found[name]
                case _:
                    for node in ast.walk(statement):
                        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                            found[node.id] = Opaque()
                        elif isinstance(node, ast.alias):
                            found[(node.asname or node.name).partition(".")[0]] = Opaque()
        return found

    def value(self, node: ast.expr, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise Unsupported("an expression is nested too deeply")
        found = self._value(node, depth + 1)
        self.spend(1 + (len(found) >> 10 if isinstance(found, str | list | tuple) else 0))
        return found

    def _value(self, node: ast.expr, depth: int) -> Value:
        match node:
            case ast.Constant(value=str() | int() | float() | bool() | None as value):
                if isinstance(value, int) and value.bit_length() > 64:
                    raise Unsupported("a number is too long")
                return value
            case ast.Name(id=name):
                return cast("Value", self.names[name]) if name in self.names else Opaque(undefined=True)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                found = [self.value(item, depth) for item in items]
                # What is in itself many times over is short until it is written or compared.
                if any(isinstance(item, list | tuple) for item in found):
                    raise Unsupported("a list of lists is not followed")
                return found if isinstance(node, ast.List) else tuple(found)
            case ast.IfExp():
                return self.value(node.body if self.truth(node.test, depth) else node.orelse, depth)
            case ast.BoolOp():
                value = None
                for part in node.values:
                    value = self.value(part, depth)
                    if _truth(value) == isinstance(node.op, ast.Or):
                        break
                return value
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.truth(operand, depth)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return _compare(self.value(left, depth), op, self.value(right, depth))
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(self.value(left, depth), op, self.value(right, depth))
            case ast.JoinedStr(values=parts):
                return "".join(self.formatted(part, depth) for part in parts)
            case ast.Attribute(value=owner, attr=name):
                return _attribute(self.value(owner, depth), name)
            case ast.Call(func=func, args=args, keywords=[]):
                return self.call(func, args, depth)
            case ast.GeneratorExp() | ast.ListComp():
                return Opaque()
            case _:
                raise Unsupported(f"`{_written(node)}` is not followed")

    def truth(self, node: ast.expr, depth: int) -> bool:
        return _truth(self.value(node, depth))

    def formatted(self, node: ast.expr, depth: int) -> str:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.FormattedValue(value=value, conversion=conversion, format_spec=None):
                found = self.value(value, depth)
                return repr(_known(found)) if conversion == ord("r") else _bounded(str(_known(found)))
            case _:
                raise Unsupported("a format specification is not followed")

    def binary(self, left: Value, op: ast.operator, right: Value) -> Value:
        match left, op, right:
            case str(), ast.Add(), str():
                return _bounded(left + right)
            case list(), ast.Add(), list():
                if len(left) + len(right) > MAX_ITEMS:
                    raise TooMuch
                return [*left, *right]
            case list(), ast.Add(), Opaque(undefined=False):
                return right
            case str(), ast.Mod(), _ if re.fullmatch(r"(?:[^%]|%[sr%])*", left):
                values = right if isinstance(right, tuple) else (right,)
                try:
                    return _bounded(left % tuple(_known(value) for value in values))
                except TypeError:
                    raise Unsupported("a string's formatting does not fit its values") from None
            case _:
                raise Unsupported("an operation between these values is not followed")

    def call(self, func: ast.expr, args: list[ast.expr], depth: int) -> Value:
        match func, args:
            case ast.Name(id="isinstance"), [value, kinds]:
                names = [item.id for item in ast.walk(kinds) if isinstance(item, ast.Name)]
                return any(_is_a(self.value(value, depth), name) for name in names)
            case ast.Attribute(value=ast.Name(id="config"), attr="get_main_option"), [option, *_]:
                return (
                    ", ".join(self.databases)
                    if self.databases and self.value(option, depth) == "databases"
                    else Opaque()
                )
            case ast.Attribute(value=ast.Name(id="context"), attr="get"), [key, *default]:
                name = self.value(key, depth)
                if isinstance(name, str) and name in self.names:
                    return cast("Value", self.names[name])
                return self.value(default[0], depth) if default else None
            case ast.Attribute(value=ast.Name(id="re"), attr="split"), [pattern, text]:
                value = self.value(text, depth)
                if not isinstance(value, str) or self.value(pattern, depth) not in _SPLITS:
                    return Opaque()
                return [part for part in re.split(r"\s*,\s*|\s+", value.strip()) if part]
            case ast.Name(id=name), _:
                return _function(name, [self.value(argument, depth) for argument in args])
            case ast.Attribute(value=owner, attr=name), _:
                return _method(
                    self.value(owner, depth), name, [self.value(argument, depth) for argument in args]
                )
            case _:
                raise Unsupported(f"`{_written(func)}()` is not followed")


_SPLITS = (r",\s*", r"\s*,\s*", r",\s+", ",", ", ", r"[\s,]+", r"\s+", r",?\s+")


def _written(node: ast.expr) -> str:
    try:
        return ast.unparse(node)[:60]
    except (ValueError, RecursionError):
        return "an expression"


def _known(value: Value) -> Value:
    if isinstance(value, Opaque):
        raise Unsupported("a value is only known when Alembic runs the template")
    return value


def _truth(value: Value) -> bool:
    if isinstance(value, Opaque):
        if not value.undefined:
            raise Unsupported("a condition is only known when Alembic runs the template")
        return False
    return bool(value)


def _compare(left: Value, op: ast.cmpop, right: Value) -> Value:
    for value in (left, right):
        if isinstance(value, Opaque) and not value.undefined:
            return Opaque()
    match op:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.Is():
            return left is right or left == right
        case ast.IsNot():
            return left is not right and left != right
        case ast.In() if isinstance(right, list | tuple):
            return left in right
        case ast.NotIn() if isinstance(right, list | tuple):
            return left not in right
        case ast.In() if isinstance(right, str) and isinstance(left, str):
            return left in right
        case _:
            raise Unsupported("a comparison is not followed")


def _attribute(owner: Value, name: str) -> Value:
    if isinstance(owner, datetime) and name in ("year", "month", "day", "hour", "minute", "second"):
        return cast("int", getattr(owner, name))
    return Opaque()


def _function(name: str, args: list[Value]) -> Value:
    match name, args:
        case ("repr", [value]):
            return _bounded(repr(_known(value)))
        case ("str", [value]):
            return _bounded(str(_known(value)))
        case ("len", [str() | list() | tuple() as value]):
            return len(value)
        case ("list" | "tuple", [list() | tuple() as value]):
            return list(value) if name == "list" else tuple(value)
        case ("bool", [value]):
            return _truth(value)
        case ("comma", [value]):
            return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value or ""
        case _:
            return Opaque()


def _method(owner: Value, name: str, args: list[Value]) -> Value:
    match owner, name, args:
        case str(), "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "title" | "capitalize", []:
            return cast("str", getattr(owner, name)())
        case str(), "replace", [str(old), str(new)] if old and len(owner) * (len(new) + 1) < MAX_TEXT:
            return owner.replace(old, new)
        case str(), "split", [str(separator)] if separator:
            return list(owner.split(separator))
        case str(), "split" | "splitlines", []:
            return list(owner.split() if name == "split" else owner.splitlines())
        case str(), "join", [list() | tuple() as items]:
            return _bounded(owner.join(str(_known(item)) for item in items))
        case str(), "startswith" | "endswith", [str(part)]:
            return owner.startswith(part) if name == "startswith" else owner.endswith(part)
        case datetime(), "strftime", [str(pattern)] if len(pattern) < 100 and re.fullmatch(
            r"(?:[^%\0]|%[YmdHMSfyjbBaAp%z])*", pattern
        ):
            return owner.strftime(pattern)
        case datetime(), "isoformat", [] | [str()]:
            return owner.isoformat(*(str(part)[:1] or "T" for part in args))
        case _:
            return Opaque()


def _is_a(value: Value, kind: str) -> bool:
    _known(value)
    kinds = {"str": str, "tuple": tuple, "list": list, "int": int}
    return kind in kinds and isinstance(value, kinds[kind])


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise TooMuch
    return text
