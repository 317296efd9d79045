"""What env.py hands to ``context.configure``, for revisions that ask for it: ``op.get_context().opts["table_prefix"]``.

A constant is known. What comes from a setting or an environment variable is taken for what it is where nobody sets it, and
that is said: whatever is made of it may be otherwise.
"""

from __future__ import annotations

import ast
from typing import Final

from foreshot.models.scopes import ClassSource, Linker, ModuleScope
from foreshot.project.env_facts import EnvFacts
from foreshot.project.looks import Look, note_all, recording
from foreshot.syntax.values import Ref, Unknown, Value
from foreshot.text import Span
from foreshot.workspace.singletons import class_of, path_of

_NOWHERE: Final = Span(0, 0)
_UNTOLD: Final = Unknown("what env.py hands over is only known when it runs", _NOWHERE)
_MOST_STEPS: Final = 200
_PLAIN = (str, int, bool, type(None))


class Options:
    """The options of an environment, worked out as they are asked for."""

    def __init__(self, env: EnvFacts | None, linker: Linker) -> None:
        self._env = env
        self._linker = linker
        self._known: dict[str, tuple[Value, str]] = {}
        self._looked: set[Look] = set()
        """What the answers so far were made of."""

    def value(self, name: str) -> Value:
        """A constant, or Unknown."""
        return self._found(name)[0]

    def doubt(self, name: str) -> str:
        """What the value was taken for granted for; empty where it is certain."""
        return self._found(name)[1]

    def _found(self, name: str) -> tuple[Value, str]:
        if name not in self._known:
            with recording() as looked:
                self._known[name] = self._followed(name)
            self._looked |= looked
        note_all(self._looked)
        return self._known[name]

    def _followed(self, name: str) -> tuple[Value, str]:
        argument = self._env.argument(name) if self._env is not None else None
        given = argument.value if argument is not None and not isinstance(argument, Unknown) else _UNTOLD
        supposing = _Supposing(self._linker)
        value = supposing.named(given.path) if isinstance(given, Ref) and "(" not in given.path else given
        known = isinstance(value, _PLAIN)
        return (value, supposing.reason) if known else (_UNTOLD, "")


class _Supposing:
    """Follows an expression to a constant, as if no environment variable were set."""

    def __init__(self, linker: Linker) -> None:
        self._linker = linker
        self._steps = 0
        self.reason = ""

    def named(self, dotted: str) -> Value:
        """The value of a name of a module."""
        module, _, name = dotted.rpartition(".")
        scope = self._linker.scope(module) if module else None
        if scope is None or self._is_spent():
            return _UNTOLD
        if name in scope.assignments():
            return self._of(scope.assignments()[name], scope)
        return self.named(scope.imports[name]) if name in scope.imports else _UNTOLD

    def _is_spent(self) -> bool:
        self._steps += 1
        return self._steps > _MOST_STEPS

    def _of(self, node: ast.expr, scope: ModuleScope) -> Value:
        if self._is_spent():
            return _UNTOLD
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.named(f"{scope.dotted}.{name}")
            case ast.IfExp(test=test, body=body, orelse=orelse):
                asked = self._of(test, scope)
                return self._of(body if asked else orelse, scope) if isinstance(asked, _PLAIN) else _UNTOLD
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[right]):
                one, other = self._of(left, scope), self._of(right, scope)
                if isinstance(one, _PLAIN) and isinstance(other, _PLAIN):
                    return (one == other) == isinstance(op, ast.Eq)
            case ast.BoolOp(op=ast.Or(), values=values):
                value: Value = None
                for item in values:
                    value = self._of(item, scope)
                    if value or not isinstance(value, _PLAIN):
                        break
                return value
            case ast.Call(func=func, args=[ast.Constant(value=str(name)), *rest]) if path_of(func, scope) in (
                "os.environ.get",
                "os.getenv",
            ):
                self.reason = f"the environment variable {name} is taken for not set"
                return self._of(rest[0], scope) if rest else None
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                source = class_of(f"{scope.dotted}.{name}", self._linker)
                return self._field(source, attr) if source is not None else _UNTOLD
            case _:
                pass
        return _UNTOLD

    def _field(self, source: ClassSource, name: str) -> Value:
        for item in source.node.body:
            match item:
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    self.reason = f"the setting `{name}` is taken for its default"
                    default = _default(value)
                    return default.value if isinstance(default, ast.Constant) else _UNTOLD
                case _:
                    pass
        return _UNTOLD


def _default(value: ast.expr) -> ast.expr | None:
    """The default of a field, which may stand in ``Field(…)``."""
    if not isinstance(value, ast.Call):
        return value
    given = next((item.value for item in value.keywords if item.arg == "default"), None)
    return given or (value.args[0] if value.args else None)
