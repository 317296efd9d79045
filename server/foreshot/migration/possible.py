"""What a statement can be whose text is only known when it runs: where every text that the function gives it changes rows, it does."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import Final, Literal, cast

from foreshot.migration.data import data_change
from foreshot.migration.operations import DataChange, Site
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.values import CallValue, Unknown
from foreshot.text import Span

_VERB: Final = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE)\s", re.IGNORECASE)
_MORE: Final = re.compile(
    r";\s*\S|\bINTO\s+(?:TEMP|OUTFILE)|^\s*SELECT\b.*\bINTO\b", re.IGNORECASE | re.DOTALL
)
"""A second statement, or a query that makes a table."""
_WRAPPERS: Final = frozenset({"text", "dedent", "cleandoc", "DDL"})
_SAME: Final = frozenset({"format", "strip", "lstrip", "rstrip", "bindparams", "execution_options"})
_MOST: Final = 200
"""Texts that one statement may be, and names that lead to them."""


_Role = Literal["text", "items"]
_Given = tuple[_Role, ast.expr]
"""An expression whose value a name gets, or whose items it gets one by one."""


class Possible:
    """What the functions of one revision may execute."""

    def __init__(self) -> None:
        self._functions: dict[ast.FunctionDef, _Names] = {}

    def rows_only(
        self, argument: ast.expr, function: object, scope: Scope, site: Site
    ) -> list[DataChange] | None:
        """What an executed statement may do to rows, of tables that are not told; None where it may be anything else.

        Args:
            argument: what is executed.
            function: the function around it; every text that it gives to a name counts, whatever the way through it.
        """
        if not isinstance(function, ast.FunctionDef):
            return None
        if function not in self._functions:
            self._functions[function] = _Names(function)
        texts = self._functions[function].texts(argument)
        if not texts:
            return None
        scope.budget.spend(len(texts))
        found: dict[str, DataChange] = {}
        for node in texts:
            verb = _verb(node, scope, site)
            if verb is None:
                return None
            if verb != "select":
                table = Unknown(
                    "the statement is only known when it runs", Span(site.call.start, site.call.end)
                )
                kind = cast('Literal["update", "delete", "insert"]', verb)
                found[verb] = DataChange(site, kind, table, None, columns=(), has_where=True)
        return list(found.values())


class _Names:
    """What one function gives its names, read once."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self._texts: dict[str, list[_Given]] = {}
        self._items: dict[str, list[_Given]] = {}
        self._unread: set[tuple[_Role, str]] = set()
        """Names that get what is not followed."""
        self._bound: Counter[str] = Counter()
        """How often a name is bound in a way that is not followed."""
        arguments = function.args
        self._bound.update(
            item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        )
        for node in ast.walk(function):
            self._read(node)

    def _read(self, node: ast.AST) -> None:
        """Note what a part of the function gives a name."""
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                self._bound[name] += 1
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        self._gives(target.id, ("text", value), ("items", value))
            case ast.AnnAssign(target=ast.Name(id=name), value=None):
                self._bound[name] -= 1
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self._gives(name, ("text", value), ("items", value))
            case ast.For(target=ast.Name(id=name), iter=source):
                self._gives(name, ("items", source), None)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                self._gives(name, None, ("items", value) if isinstance(op, ast.Add) else None)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                self._bound.update(names)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[item]):
                self._items.setdefault(name, []).append(("text", item))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                self._unread.add(("items", name))
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                self._unread.add(("items", name))
            case _:
                pass

    def _gives(self, name: str, text: _Given | None, items: _Given | None) -> None:
        """Note a binding that is followed; what it gives the name is not, where it is None."""
        self._bound[name] -= 1
        if text is None:
            self._unread.add(("text", name))
        else:
            self._texts.setdefault(name, []).append(text)
        if items is None:
            self._unread.add(("items", name))
        else:
            self._items.setdefault(name, []).append(items)

    def texts(self, argument: ast.expr) -> list[ast.expr] | None:
        """Every expression that a statement may be; None where one of them has none of the forms that are followed, or there are too many."""
        found: list[ast.expr] = []
        seen: set[tuple[_Role, str]] = set()
        pending: list[_Given] = [("text", argument)]
        while pending:
            if len(found) > _MOST or len(seen) > _MOST:
                return None
            role, node = pending.pop()
            match node:
                case ast.Name(id=name):
                    if (role, name) in seen:
                        continue
                    seen.add((role, name))
                    given = (self._texts if role == "text" else self._items).get(name)
                    if given is None or self._bound[name] or (role, name) in self._unread:
                        return None
                    pending += given
                case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items) if role == "items":
                    if any(isinstance(item, ast.Starred) for item in items):
                        return None
                    pending.extend(("text", item) for item in items)
                case _ if role == "items":
                    return None
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[inner, *_]) if (
                    name in _WRAPPERS
                ):
                    pending.append(("text", inner))
                case ast.IfExp(body=body, orelse=orelse):
                    pending.extend((("text", body), ("text", orelse)))
                case _:
                    found.append(node)
        return found


def _verb(node: ast.expr, scope: Scope, site: Site) -> str | None:
    """The verb of a statement that changes rows, or only reads; None for any other."""
    literals = [
        item.value
        for item in ast.walk(node)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]
    start = _beginning(node)
    if start is not None:
        match = _VERB.match(start)
        return (
            match[1].lower() if match and not any(_MORE.search(text) for text in (*literals, start)) else None
        )
    value = scope.evaluate(node)
    if not isinstance(value, CallValue):
        return None
    change = data_change(value, site, executed=True)
    return change.verb if change is not None else None


def _beginning(node: ast.expr) -> str | None:
    """What a text begins with, as far as the source spells it."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=[ast.Constant(value=str() as text), *_]):
            return text
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left):
            return _beginning(left)
        case ast.Call(func=ast.Attribute(attr=name, value=inner)) if name in _SAME:
            return _beginning(inner)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[inner, *_]) if (
            name in _WRAPPERS
        ):
            return _beginning(inner)
        case _:
            return None
