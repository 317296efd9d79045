"""What the body of a class says, name by name."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from foreshot.models.calls import call_function
from foreshot.models.scopes import ClassSource, LinkedScope
from foreshot.syntax.module import is_type_checking
from foreshot.syntax.values import CallValue, FunctionValue, Ref, Value
from foreshot.text import Span

_NOWHERE: Final = Span(0, 0)


class Member(Struct, frozen=True, eq=False):
    """One name that the body of a class gives a meaning."""

    name: str
    owner: ClassSource
    annotation: ast.expr | None
    value: ast.expr | None
    function: ast.FunctionDef | None
    node: ast.stmt


class Body:
    """The body of one class, with its names bound in order."""

    def __init__(self, source: ClassSource) -> None:
        self.source = source
        self.scope: LinkedScope = source.scope.child()
        self.members: dict[str, Member] = {}
        self.values: dict[str, Value] = {}
        self.unclear: list[ast.stmt] = []
        """Statements that may make columns unseen."""
        self._read(source.node.body)
        self.members = {name: self.members[name] for name in _in_order(self.members)}

    def _read(self, body: Sequence[ast.stmt]) -> None:
        for item in body:
            match item:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        if isinstance(target, ast.Name):
                            self._add(target.id, None, value, item)
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                    self._add(name, annotation, value, item)
                case ast.FunctionDef():
                    self.members[item.name] = Member(item.name, self.source, item.returns, None, item, item)
                case ast.If(test=test, body=inner, orelse=orelse):
                    if is_type_checking(test):
                        self._read(orelse)
                        continue
                    known = self.scope.evaluate(test)
                    if known is None or isinstance(known, bool | int | str):
                        self._read(inner if known else orelse)
                    else:
                        self._read(inner)
                        self.unclear.append(item)
                case ast.For() | ast.While() | ast.Try() | ast.With():
                    self.unclear.append(item)
                case _:
                    pass

    def _add(self, name: str, annotation: ast.expr | None, value: ast.expr | None, item: ast.stmt) -> None:
        self.members[name] = Member(name, self.source, annotation, value, None, item)
        if value is None:
            return
        made = self.scope.evaluate(value)
        self.values[name] = made
        if isinstance(made, CallValue):
            at = self.source.scope.module.span(value)
            self.scope.bind(name, Ref(f"{self.source.dotted}.{name}", name, at))
        else:
            self.scope.bind(name, made, value)

    def value(self, member: Member, cls: ClassSource) -> Value:
        """What a member is for the class that is mapped: a ``declared_attr`` is called with it."""
        if member.function is None:
            return self.values.get(member.name)
        if not is_declared(member.function):
            return None
        marker = Ref(cls.dotted, "cls", _NOWHERE)
        call = CallValue(marker, (marker,), {}, self.source.scope.module.span(member.function))
        return call_function(FunctionValue(member.function, self.source.scope), call)


def _in_order(members: Mapping[str, Member]) -> list[str]:
    """The order in which SQLAlchemy comes to the attributes of a class: those with a value and those with an annotation merged.

    It is ``merge_lists_w_ordering`` of ``sqlalchemy.util``.
    """
    given = [
        name for name, member in members.items() if member.value is not None or member.function is not None
    ]
    annotated = [
        name for name, member in members.items() if member.annotation is not None and member.function is None
    ]
    both = set(given) & set(annotated)
    found: list[str] = []
    current, other = iter(given), iter(annotated)
    while True:
        for name in current:
            if name in both:
                both.discard(name)
                current, other = other, current
                break
            found.append(name)
        else:
            return [*found, *other]


def is_declared(function: ast.FunctionDef) -> bool:
    """Whether a function of a class is evaluated for each class that is mapped."""
    for mark in function.decorator_list:
        names = {inner.id for inner in ast.walk(mark) if isinstance(inner, ast.Name)}
        names |= {inner.attr for inner in ast.walk(mark) if isinstance(inner, ast.Attribute)}
        if "declared_attr" in names:
            return True
    return False
