"""Following calls: those of operations to a recorder, those of plain functions into their bodies, wherever these stand."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import Final, cast

from msgspec.structs import replace

from foreshot.migration.acting import acting_calls
from foreshot.migration.answers import Drawn, answered
from foreshot.migration.columns import last_name
from foreshot.migration.found import returned_found
from foreshot.migration.frame import Frame
from foreshot.migration.recorder import Recorder
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.expressions import bind_parameters
from foreshot.syntax.module import Module
from foreshot.syntax.values import Asked, CallValue, Choice, FunctionValue, Unknown, Value

MAX_CALL_DEPTH: Final = 8
MAX_FOREIGN: Final = 5_000
"""Of those, the most that one call of a function of another module takes."""


class Follower(ABC):
    """What a walk does with calls."""

    def __init__(self, module: Module, scope: Scope, recorder: Recorder, budget: int) -> None:
        self.module = module
        self.scope = scope
        self._recorder = recorder
        self._budget = budget
        self._blocks = 0

    @abstractmethod
    def _block(self, statements: list[ast.stmt], frame: Frame) -> bool:
        """Follow a block; True when its end is not reached."""

    def _new_path(self, path: tuple[int, ...]) -> tuple[int, ...]:
        self._blocks += 1
        return (*path, self._blocks)

    def _effects(self, node: ast.expr, frame: Frame, *, top: bool = False) -> Value:
        """Follow the calls in an expression, innermost first; the expression's value."""
        if isinstance(node, ast.Constant | ast.Name):
            return frame.scope.evaluate(node)
        if isinstance(node, ast.Await):
            return self._effects(node.value, frame, top=top)
        value: Value = None
        for call in acting_calls(node, frame.scope):
            value = self._call(call, frame, top=top and call is node)
            if call is node:
                return value
        if top and isinstance(node, ast.Call):
            return self._call(node, frame, top=True)
        return frame.scope.evaluate(node)

    def _call(self, node: ast.Call, frame: Frame, *, top: bool = False) -> Value:
        value = frame.scope.call(node)
        known = frame.scope.lookup(node.func.id) if isinstance(node.func, ast.Name) else None
        if isinstance(known, FunctionValue) and isinstance(known.node, ast.Lambda):
            return self._lambda(node, known, value, frame)
        function = self._function(node, frame)
        if function is not None and (
            isinstance(value, Unknown) or _does_more(function) or self._is_foreign(function, frame)
        ):
            returned = self._follow(node, function, frame)
            if isinstance(value, Unknown) and not isinstance(value, Choice) and returned is not None:
                value = returned
        elif isinstance(value, CallValue):
            self._recorder.record(node, value, frame, top=top)
        return value

    def _lambda(self, node: ast.Call, function: FunctionValue, value: Value, frame: Frame) -> Value:
        """Follow a call of a named ``lambda`` of the file: what its expression does."""
        body = function.node.body
        if frame.depth >= MAX_CALL_DEPTH or isinstance(body, list) or self._is_foreign(function, frame):
            return value
        args = [frame.scope.evaluate(item) for item in node.args if not isinstance(item, ast.Starred)]
        keywords = {
            word.arg: frame.scope.evaluate(word.value) for word in node.keywords if word.arg is not None
        }
        scope = bind_parameters(function, args, keywords)
        self._effects(body, replace(frame, scope=scope, depth=frame.depth + 1))
        return value

    def _function(self, node: ast.Call, frame: Frame) -> FunctionValue | None:
        """The plain function that a call leads to."""
        if not isinstance(node.func, ast.Name | ast.Attribute):
            return None
        function = frame.scope.evaluate(node.func)
        if isinstance(function, FunctionValue) and isinstance(function.node, ast.FunctionDef):
            return function
        return None

    def _is_foreign(self, function: FunctionValue, frame: Frame) -> bool:
        return function.scope.module is not frame.scope.module

    def _follow(
        self,
        node: ast.Call,
        function: FunctionValue,
        frame: Frame,
        resume: Callable[[ast.Yield], None] | None = None,
    ) -> Value:
        """Follow a call of a function of the file, or of another module of the project; what it surely returns, else None."""
        if not isinstance(function.node, ast.FunctionDef) or (
            frame.depth >= MAX_CALL_DEPTH or function.node in frame.functions
        ):
            return None
        args: list[Value] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                items = frame.scope.items(argument.value)
                if items is None:
                    break
                args.extend(items)
            else:
                args.append(answered(frame.scope.evaluate(argument), self._recorder.position))
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = answered(frame.scope.evaluate(keyword.value), self._recorder.position)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            elif isinstance(value, dict):
                pairs = cast("dict[Value, Value]", value)
                keywords.update({key: item for key, item in pairs.items() if isinstance(key, str)})
        scope = bind_parameters(function, args, keywords)
        once = not args and not keywords and self._call_counts[function.node.name] == 1
        inner = replace(
            frame,
            scope=scope,
            depth=frame.depth + 1,
            repeated=frame.repeated or not once,
            path=self._new_path(frame.path),
            functions=(*frame.functions, function.node),
            returns=[],
            breaks=None,
            resume=resume,
        )
        if not self._is_foreign(function, frame) or self._recorder.is_apart:
            self._block(function.node.body, inner)
            return _returned(inner, frame)
        module = frame.scope.module
        left = self._budget
        self._budget = min(left, MAX_FOREIGN)
        with self._recorder.apart(module.span(node), module.span(node.func), frame) as between:
            if resume is not None:
                inner.resume = lambda place: between(lambda: resume(place))
            self._block(function.node.body, inner)
        self._budget += left - min(left, MAX_FOREIGN)
        value = _returned(inner, frame)
        return value if isinstance(value, Drawn | Asked) else None

    @cached_property
    def _call_counts(self) -> Counter[str]:
        return Counter(
            node.func.id for node in self.module.nodes(ast.Call) if isinstance(node.func, ast.Name)
        )

    def _manager(self, node: ast.expr, frame: Frame) -> tuple[ast.Call, FunctionValue] | None:
        """The context manager that a plain function makes, which does something before and behind its ``yield``."""
        function = self._function(node, frame) if isinstance(node, ast.Call) else None
        if (
            function is None
            or not isinstance(node, ast.Call)
            or not isinstance(function.node, ast.FunctionDef)
        ):
            return None
        marks = [last_name(ast.unparse(mark)) for mark in function.node.decorator_list[:3]]
        return (node, function) if "contextmanager" in marks else None

    def _managed(
        self, call: ast.Call, function: FunctionValue, body: list[ast.stmt], frame: Frame, inner: Frame
    ) -> bool:
        """A block inside what a context manager's function does before and behind its ``yield``."""
        at = _entered(cast("ast.FunctionDef", function.node))
        ended: list[bool] = []

        def resume(place: ast.Yield) -> None:
            # It is entered at one of them, whichever the database is: the body is the same and runs once.
            if not ended and (at is None or place is at):
                ended.append(self._block(body, inner))

        self._follow(call, function, frame, resume)
        return ended[0] if ended else self._block(body, inner)


def _entered(manager: ast.FunctionDef) -> ast.Yield | None:
    """The ``yield`` of a context manager's function with the most done around it: what others stand in does nothing for the block."""
    found: list[tuple[int, ast.Yield]] = []
    pending: list[tuple[list[ast.stmt], list[ast.stmt]]] = [(manager.body, manager.body)]
    while pending:
        block, branch = pending.pop(0)
        for statement in block:
            match statement:
                case ast.Expr(value=ast.Yield() as place):
                    found.append((_done_in(branch), place))
                case ast.If(body=body, orelse=orelse):
                    pending += [(body, body), (orelse, orelse)]
                case ast.Try(body=body, orelse=orelse):
                    pending += [(body, branch), (orelse, branch)]
                case ast.With(body=body) | ast.For(body=body) | ast.While(body=body):
                    pending.append((body, branch))
                case _:
                    pass
    return max(found, key=lambda item: item[0])[1] if found else None


def _done_in(branch: list[ast.stmt]) -> int:
    """How many statements of a branch call something, those of other branches left out."""
    return sum(
        isinstance(item, ast.Try | ast.With)
        or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Call))
        for item in branch
    )


def _returned(inner: Frame, frame: Frame) -> Value:
    """What a function returned at one place, under no condition of its own, or of the row that it looks for; else None."""
    returns = inner.returns or []
    if len(returns) == 1 and returns[0].conditions == frame.conditions:
        return returns[0].value
    return returned_found(returns, frame)


def _does_more(function: FunctionValue) -> bool:
    """Whether a function does more than to return an expression, whose calls are looked at where it is called."""
    body = function.node.body
    return isinstance(body, list) and not isinstance(body[-1 if len(body) <= 2 else 0], ast.Return)
