"""Loops: over what is known, over what the database answers, and over what cannot be told."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import Final, cast

from msgspec.structs import replace

from foreshot.migration.answers import Drawn, DrawnItem, each_of, rows_of
from foreshot.migration.follow import Follower
from foreshot.migration.found import keep_found
from foreshot.migration.frame import Frame
from foreshot.migration.guards import read_condition
from foreshot.migration.recorder import Recorder
from foreshot.syntax.budget import MAX_ITEMS
from foreshot.syntax.evaluate import Scope, names_in
from foreshot.syntax.module import Module, assigned
from foreshot.syntax.values import Asked, Unknown, Value
from foreshot.text import Span

MIN_TURNS: Final = 8
"""Turns of a loop over known items that are followed before any is taken for the others."""
_MUTATORS = frozenset(
    {
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "update",
        "add",
        "setdefault",
        "sort",
        "reverse",
        "popitem",
        "discard",
    }
)


class Looper(Follower):
    """What a walk does with loops, and with the lists that they fill."""

    def __init__(self, module: Module, scope: Scope, recorder: Recorder, budget: int) -> None:
        super().__init__(module, scope, recorder, budget)
        self._sets: list[tuple[tuple[str, ...] | None, str | None]] = []

    def _inside(
        self, frame: Frame, *, repeated: bool = False, conditional: bool = False, tried: bool = False
    ) -> Frame:
        path = self._new_path(frame.path)
        return replace(
            frame,
            repeated=frame.repeated or repeated,
            conditions=frame.and_unknown(path[-1]) if conditional else frame.conditions,
            path=path,
            tried=frame.tried or tried,
            breaks=None if repeated else frame.breaks,
        )

    def _for(self, statement: ast.For, frame: Frame) -> bool:
        value = self._effects(statement.iter, frame)
        items = frame.scope.items(statement.iter)
        if isinstance(value, Drawn):
            self._drawn(statement, value, frame)
        elif items is None:
            if self._each(statement, frame):
                return False
            self._any_turn(statement, "values that are not known", frame)
        else:
            self._turns(statement, items[:1] if _tries_again(statement) else items, frame)
        if statement.orelse:
            self._block(statement.orelse, self._inside(frame))
        return False

    def _any_turn(self, statement: ast.For, over: str, frame: Frame) -> None:
        """Follow a loop's body for any number of turns, with nothing known of what each is about."""
        self._forget(statement.body, frame)
        inner = self._inside(frame, repeated=True, conditional=True)
        for name in names_in(statement.target):
            inner.scope.bind(name, Unknown(f"`{name}` is a loop variable over {over}", frame.statement))
        self._block(statement.body, inner)
        _leave(statement, frame)

    def _turns(self, statement: ast.For, items: Sequence[Value], frame: Frame) -> None:
        """Follow a loop's body once for each item.

        Where that would cost more than may be followed, the rest is followed as any number of turns of which nothing is known:
        a loop that moves files by 256 prefixes does nothing to the schema by any of them.
        """
        first = self._budget
        for number, item in enumerate(items):
            rest = len(items) - number
            cost = (first - self._budget) / number if number else 0
            if number >= MIN_TURNS and cost * rest > self._budget:
                self._any_turn(statement, "many values", frame)
                return
            inner = self._inside(frame, repeated=True)
            inner.scope.unpack(statement.target, item)
            self._block(statement.body, inner)
            if self._budget < 0 or self.scope.budget.is_spent:
                break

    def _drawn(self, statement: ast.For, drawn: Drawn, frame: Frame) -> None:
        """Follow a loop over what an earlier loop has put together: each item under the conditions of then."""
        for item in drawn.items:
            inner = self._inside(frame, repeated=True)
            inner.loops = (*frame.loops, *item.loops)
            inner.conditions = (*frame.conditions, *item.conditions)
            inner.tests = {**frame.tests, **item.tests}
            inner.scope.unpack(statement.target, item.value)
            self._block(statement.body, inner)
        if drawn.more:
            inner = self._inside(frame, repeated=True, conditional=True)
            for name in names_in(statement.target):
                inner.scope.bind(name, Unknown(f"`{name}` may be of any further item", frame.statement))
            self._block(statement.body, inner)

    def _each(self, statement: ast.For, frame: Frame) -> bool:
        """Follow a loop over what the database answers; False when it is none."""
        node, conditions = statement.iter, list[ast.expr]()
        match node:
            case (
                ast.GeneratorExp(elt=ast.Name(id=name), generators=[source])
                | ast.ListComp(elt=ast.Name(id=name), generators=[source])
            ) if isinstance(source.target, ast.Name) and source.target.id == name:
                node, conditions = source.iter, source.ifs
            case _:
                name = ""
        answer = rows_of(node, frame.scope, self._recorder.position)
        stops = _stops(statement)
        if answer is None or not isinstance(statement.target, ast.Name) or stops is None:
            return False
        self._forget(statement.body, frame, drawing=True)
        inner = self._inside(frame, repeated=True, conditional=True)
        number = inner.path[-1]
        each = each_of(answer, number, inner.conditions[-1], frame.conditions, stops=stops)
        inner.loops = (*frame.loops, each)
        inner.breaks = [] if stops else None
        row = Asked("it is what the database answers", frame.statement, number)
        for target in {statement.target.id, name or statement.target.id}:
            inner.scope.bind(target, row)
        for test in conditions:
            condition = read_condition(test, inner.scope)
            path = self._new_path(inner.path)
            inner = replace(inner.under(condition, path[-1]), path=path)
        outer, self._sets = self._sets, []
        left = inner.breaks
        self._block(statement.body, inner)
        if self._sets and isinstance(node, ast.Name):
            known = all(path is not None for path, _ in self._sets)
            sets = tuple([(path, value) for path, value in self._sets if path is not None])
            after = Unknown("its rows are changed", frame.statement)
            frame.scope.bind(node.id, replace(answer, sets=(*answer.sets, *sets)) if known else after)
        self._sets = outer
        ends = bool(statement.orelse) and self._block(statement.orelse, self._inside(frame, conditional=True))
        kept: set[str] = set()
        if left is not None and len(left) == 1 and (ends or not statement.orelse):
            kept = keep_found(left[0], number, frame, surely=ends)
        _leave(statement, frame, kept)
        return True

    def _set_in_row(self, target: ast.Subscript | ast.Attribute, value: Value, frame: Frame) -> None:
        """``row["options"]["ondelete"] = "CASCADE"``."""
        owner = frame.scope.evaluate(target.value)
        key = frame.scope.evaluate(target.slice) if isinstance(target, ast.Subscript) else target.attr
        if not isinstance(owner, Asked) or not isinstance(key, str):
            return
        path = (*owner.path, key)
        self._set_for_now(target, path, value, frame)
        steps = tuple([step for step in path if isinstance(step, str)])
        plain = len(frame.loops) == 1 and frame.conditions[-1:] == (frame.loops[-1].condition,)
        if plain and (value is None or isinstance(value, str)):
            self._sets.append((steps, value))
        else:
            self._sets.append((None, None))

    def _set_for_now(
        self, target: ast.expr, path: tuple[str | tuple[str, ...], ...], value: Value, frame: Frame
    ) -> None:
        """What the rest of the round finds in the row."""
        node = target
        while isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value
        row = frame.scope.lookup(node.id) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Name) and isinstance(row, Asked) and not row.path:
            told = value is None or isinstance(value, str | bool | Unknown)
            after = value if told else Unknown("it is set to what is not known", frame.statement)
            frame.scope.bind(node.id, row.having(path, after))

    def _set_item(self, target: ast.Subscript | ast.Attribute, value: Value, frame: Frame) -> None:
        """``options["unique"] = True`` of a dictionary that is known; any other change in place makes the name unknown."""
        if not isinstance(target.value, ast.Name):
            return
        name = target.value.id
        known = frame.scope.lookup(name)
        if not isinstance(known, list | dict):
            return
        key = frame.scope.evaluate(target.slice) if isinstance(target, ast.Subscript) else None
        if isinstance(known, dict) and isinstance(key, str | int):
            mapping = cast("dict[Value, Value]", known)
            if len(mapping) < MAX_ITEMS:
                frame.scope.bind(name, {**mapping, key: value})
                return
        frame.scope.bind(name, Unknown(f"`{name}` is changed in place", frame.statement))

    def _mutated(self, call: ast.Call, frame: Frame) -> None:
        """A list that is appended to is followed; any other change in place makes the name unknown."""
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[item]):
                known = frame.scope.lookup(name)
                if isinstance(known, Drawn):
                    made = DrawnItem(frame.scope.evaluate(item), frame.loops, frame.conditions, frame.tests)
                    more = known.more or len(known.items) >= MAX_ITEMS
                    frame.scope.bind(name, replace(known, items=(*known.items, made)[:MAX_ITEMS], more=more))
                elif isinstance(known, list):
                    items = cast("list[Value]", known)
                    frame.scope.bind(
                        name, [*items, frame.scope.evaluate(item)] if len(items) < MAX_ITEMS else None
                    )
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _MUTATORS:
                if isinstance(frame.scope.lookup(name), list | dict | Drawn):
                    frame.scope.bind(name, Unknown(f"`{name}` is changed in place", frame.statement))
            case _:
                pass

    def _forget(self, body: list[ast.stmt], frame: Frame, *, drawing: bool = False) -> None:
        """Names that a loop of unknown length assigns are not known inside it.

        A list that it appends to may have more items behind those that are known; with ``drawing`` the loop says which.
        """
        for statement in body:
            for node in ast.walk(statement):
                match node:
                    case ast.AugAssign(target=ast.Name(id=name)):
                        frame.scope.bind(
                            name, Unknown(f"`{name}` changes in a loop", frame.scope.module.span(node))
                        )
                    case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()) if isinstance(
                        frame.scope.lookup(name), dict
                    ):
                        frame.scope.bind(
                            name, Unknown(f"`{name}` changes in a loop", frame.scope.module.span(node))
                        )
                    case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append")) if isinstance(
                        known := frame.scope.lookup(name), list | Drawn
                    ):
                        frame.scope.bind(
                            name, _drawing(cast("Value", known), frame.statement, more=not drawing)
                        )
                    case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
                        method == "append" or method in _MUTATORS
                    ) and isinstance(frame.scope.lookup(name), list | dict):
                        frame.scope.bind(
                            name, Unknown(f"`{name}` changes in a loop", frame.scope.module.span(node))
                        )
                    case _:
                        pass


def _leave(statement: ast.For, frame: Frame, kept: Collection[str] = ()) -> None:
    """What a branch gives a name and then leaves the loop with is known behind the loop when the code runs."""
    pending: list[ast.stmt] = [*statement.body]
    while pending:
        inner = pending.pop()
        if not isinstance(inner, ast.If):
            continue
        pending.extend((*inner.body, *inner.orelse))
        for body in (inner.body, inner.orelse):
            if body and isinstance(body[-1], ast.Break):
                for name, value in assigned(body):
                    if name in kept:
                        continue
                    span = frame.scope.module.span(value)
                    frame.scope.bind(name, Unknown(f"`{name}` is what a loop has ended with", span))


def _tries_again(statement: ast.For) -> bool:
    """Whether a further round comes only after an error: the body, or its ``try``, ends the loop when all goes well."""
    for inner in statement.body:
        steps = [*inner.body, *inner.orelse] if isinstance(inner, ast.Try) else [inner]
        for step in steps:
            if isinstance(step, ast.Break | ast.Return):
                return True
            if any(isinstance(node, ast.Continue) for node in ast.walk(step)):
                return False
    return False


def _stops(statement: ast.For) -> bool | None:
    """Whether a loop ends with the first row for which it does something; None where it ends otherwise."""
    breaks = 0
    for inner in statement.body:
        if (
            isinstance(inner, ast.If)
            and isinstance(inner.body[-1], ast.Break | ast.Return)
            and not inner.orelse
        ):
            breaks += 1
    pending: list[ast.AST] = [*statement.body]
    found = 0
    while pending:
        node = pending.pop()
        found += isinstance(node, ast.Break | ast.Return)
        if not isinstance(node, ast.For | ast.While | ast.FunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return None if found != breaks else found > 0


def _drawing(known: Value, span: Span, *, more: bool) -> Drawn:
    if isinstance(known, Drawn):
        return replace(known, more=known.more or more)
    items = tuple([DrawnItem(item) for item in cast("list[Value]", known)])
    return Drawn("it is filled in a loop", span, items, more)
