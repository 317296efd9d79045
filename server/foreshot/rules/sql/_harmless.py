"""Expressions that cannot hold a quote, as far as their spelling tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Final

from foreshot.lint.context import Context
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

_CONSTANT: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
_CLASS: Final = re.compile(r"_?[A-Z]\w*")
_CALLS: Final = frozenset(
    {"now", "utcnow", "today", "int", "len", "float", "time", *(f"uuid{version}" for version in range(1, 9))}
)
"""Functions of whose results no text holds a quote."""
_METHODS: Final = frozenset({"replace", "lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize"})
"""Methods of a text whose results hold a quote only where it, or an argument, does."""
_FILLING: Final = frozenset({"append", "extend", "insert", "add", "update"})

_PLAIN: Final = frozenset(
    {
        "Integer",
        "BigInteger",
        "SmallInteger",
        "Boolean",
        "Float",
        "Numeric",
        "Date",
        "DateTime",
        "UUID",
        "Uuid",
    }
    | {"INTEGER", "BIGINT", "SMALLINT", "BOOLEAN", "FLOAT", "NUMERIC", "DATE", "DATETIME", "TIMESTAMP"}
)
"""Types whose values hold no quote as text."""

_Part = tuple[ast.expr, bool]
"""An expression, and whether it is its items that count."""


def is_harmless(text: str, context: Context, *, quoted: bool = True) -> bool:
    """Whether an expression, with all that its names are given in the file, cannot hold a quote.

    Where it does not stand in quotes itself, what the file writes may have some in pairs: it is a piece of SQL.
    """
    match parse(SourceText(f"({text.strip('{} ')})")):
        case Module(tree=ast.Module(body=[ast.Expr(value=expression)])):
            pending: list[_Part] = [(expression, False)]
        case _:
            return False
    seen: set[tuple[str, bool]] = set()
    while pending:
        node, is_items = pending.pop()
        if isinstance(node, ast.Name) and not _CONSTANT.fullmatch(node.id):
            given = context.once(_given).get(node.id)
            if not given or any(of_items and is_items for _, of_items in given):
                return False
            if (node.id, is_items) not in seen:
                seen.add((node.id, is_items))
                pending.extend((value, of_items or is_items) for value, of_items in given)
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            made = context.once(_returned).get(node.func.id)
            if made is not None:
                if (node.func.id, is_items) not in seen:
                    seen.add((node.func.id, is_items))
                    pending.extend((value, is_items) for value in made)
                continue
        if _is_number_of_row(node, context):
            continue
        parts = _parts(node, is_items, quoted=quoted)
        if parts is None:
            return False
        pending.extend(parts)
    return True


def _parts(node: ast.expr, is_items: bool, *, quoted: bool) -> list[_Part] | None:
    """What else has to be harmless for an expression to be; None where it is not."""
    match node:
        case ast.Constant(value=str(text)):
            quotes = text.count("'")
            return None if quotes and (quoted or quotes % 2) else []
        case ast.IfExp(body=body, orelse=orelse):
            return [(body, is_items), (orelse, is_items)]
        case ast.Constant(value=int() | float() | None) | ast.Name():
            return []
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements) if is_items:
            return [(element, False) for element in elements]
        case ast.JoinedStr(values=values):
            return [(value, False) for value in values]
        case ast.FormattedValue(value=value, conversion=-1):
            return [(value, False)]
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return [(left, is_items), (right, is_items)]
        case ast.Attribute() if _is_of_class(node):
            return []
        case ast.Call(func=ast.Name(id="str"), args=[value]):
            return [(value, False)]
        case ast.Call(func=ast.Attribute(attr=method, value=receiver), args=arguments) if method in _METHODS:
            return [(receiver, False), *((argument, False) for argument in arguments)]
        case ast.Call(func=ast.Attribute(value=ast.Call() as call)) if _is_call(call):
            return []
        case ast.Call() if _is_call(node) or _joins_parameters(node):
            return []
        case _:
            return None


def _is_number_of_row(node: ast.expr, context: Context) -> bool:
    """Whether it is what a row of a Core query has in a column that the file declares, with a type whose values hold no quote."""
    match node:
        case ast.Attribute(value=ast.Name(id=row), attr=column):
            given = context.once(_given).get(row, ())
        case _:
            return False
    queried = bool(given) and all(
        of_items and any(isinstance(one, ast.Call) and _name(one.func) == "select" for one in ast.walk(value))
        for value, of_items in given
    )
    types = context.once(_types_declared).get(column, ())
    return queried and bool(types) and _PLAIN.issuperset(types)


def _types_declared(context: Context) -> Mapping[str, list[str]]:
    """The types that the columns of each name are declared with in the file; "" where one has none."""
    found: dict[str, list[str]] = {}
    for node in context.module.nodes(ast.Call):
        match node:
            case ast.Call(func=func, args=[ast.Constant(value=str(name)), *rest]) if _name(func) in (
                "Column",
                "column",
            ):
                type_ = rest[0] if rest else None
                type_ = type_.func if isinstance(type_, ast.Call) else type_
                found.setdefault(name, []).append(_name(type_) if type_ is not None else "")
            case _:
                pass
    return found


def _name(node: ast.expr) -> str:
    return getattr(node, "attr", None) or getattr(node, "id", None) or ""


def _is_of_class(node: ast.expr) -> bool:
    """``Kind.ADMIN.value``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and bool(_CLASS.fullmatch(node.id))


def _is_call(node: ast.Call) -> bool:
    return _name(node.func) in _CALLS


def _returned(context: Context) -> Mapping[str, list[ast.expr]]:
    """What the functions of the file return that return something at each end."""
    found: dict[str, list[ast.expr]] = {}
    for function in context.module.tree.body:
        if not isinstance(function, ast.FunctionDef) or function.decorator_list:
            continue
        nodes = [node for statement in function.body for node in ast.walk(statement)]
        returns = [node.value for node in nodes if isinstance(node, ast.Return)]
        apart = any(
            isinstance(node, ast.FunctionDef | ast.Lambda | ast.Yield | ast.YieldFrom) for node in nodes
        )
        values = [value for value in returns if value is not None]
        if values and len(values) == len(returns) and not apart and isinstance(function.body[-1], ast.Return):
            found[function.name] = values
    return found


def _given(context: Context) -> Mapping[str, list[_Part]]:
    """What names are given anywhere in the file; nothing where that, or how it is filled, cannot be told."""
    found: dict[str, list[_Part]] = {}
    followed: set[ast.expr] = set()
    nodes = context.module.nodes
    unknown = {node.arg for node in nodes(ast.arg)}
    for kind in (
        ast.Assign,
        ast.AnnAssign,
        ast.NamedExpr,
        ast.For,
        ast.comprehension,
        ast.Call,
        ast.Subscript,
    ):
        for node in nodes(kind):
            match node:
                case (
                    ast.Assign(targets=[ast.Name() as target], value=ast.expr() as value)
                    | ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value)
                    | ast.NamedExpr(target=target, value=value)
                ):
                    followed.add(target)
                    found.setdefault(target.id, []).append((value, False))
                case (
                    ast.For(target=ast.Name() as target, iter=items)
                    | ast.comprehension(target=ast.Name() as target, iter=items)
                ):
                    followed.add(target)
                    found.setdefault(target.id, []).append((items, True))
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _FILLING:
                    unknown.add(name)
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                    unknown.add(name)
                case _:
                    pass
    for node in nodes(ast.Name):
        if isinstance(node.ctx, ast.Store) and node not in followed:
            unknown.add(node.id)
    for name in unknown:
        found.pop(name, None)
    return found


def _joins_parameters(node: ast.expr) -> bool:
    """A list of bound parameters' names, such as ``:id0,:id1``, however many."""
    match node:
        case ast.Call(func=ast.Attribute(attr="join", value=ast.Constant()), args=[items]):
            pass
        case _:
            return False
    if isinstance(items, ast.BinOp) and isinstance(items.op, ast.Mult):
        items = items.left
    match items:
        case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item):
            return _is_parameter(item)
        case ast.List(elts=[_, *_] as found) | ast.Tuple(elts=[_, *_] as found):
            return all(map(_is_parameter, found))
        case _:
            return False


def _is_parameter(item: ast.expr) -> bool:
    """``":id" + str(i)``, ``f":id{i}"``, ``"?"`` or ``"%s"``."""
    match item:
        case ast.Constant(value=str(text)):
            return text in ("?", "%s") or bool(re.fullmatch(r":\w+", text))
        case ast.BinOp(op=ast.Add(), left=ast.Constant(value=str(text))):
            return bool(re.fullmatch(r":\w*", text))
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *rest]):
            return bool(re.fullmatch(r":\w*", text)) and all(
                isinstance(one, ast.FormattedValue) for one in rest
            )
        case _:
            return False
