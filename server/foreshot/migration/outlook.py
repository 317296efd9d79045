"""What a reading of a revision asks of the world around its file: dialects, and other modules of the project.

Nothing is imported: a module is parsed and its names are followed, as far as they are constants and plain functions.
"""

from __future__ import annotations

import ast
from typing import Final, cast

from msgspec.structs import replace

from foreshot.migration.guards import Condition, answered, read_condition
from foreshot.project.modules import Modules
from foreshot.syntax.budget import Budget
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.folding import MISSING
from foreshot.syntax.module import Module, assigned
from foreshot.syntax.outlook import Decided
from foreshot.syntax.values import CallValue, Choice, FunctionValue, Ref, Unknown, Value
from foreshot.text import Span

MAX_MODULES: Final = 40
"""Modules that one reading of a revision looks into."""
MAX_WORK: Final = 100_000
"""Evaluations in all of them together: what they cost is not taken from the revision's own."""
_MAX_HOPS: Final = 8
_NOWHERE: Final = Span(0, 0)
_NOT_TOLD: Final = Condition(unknown=True)
_MAX_PARTS: Final = 2_000


class Outlook:
    """For one reading of one revision.

    Args:
        modules: those of the project; None where no other file is looked into.
        whole: take what other modules describe (columns, types) as well, which has places in their files. Otherwise what is no
            constant is Unknown, so that nobody takes a place in another file for one in this.
    """

    def __init__(self, modules: Modules | None, *, whole: bool = False) -> None:
        self._modules = modules
        self._whole = whole
        self.took_places = False
        """Something was taken that would not have been, had it not been for ``whole``."""
        self._scopes: dict[str, ForeignScope | None] = {}
        self._ours: dict[str, bool] = {}
        self._values: dict[str, Value] = {}
        self._hops = 0
        self._budget = Budget(MAX_WORK)

    def take_no_places(self) -> None:
        """From now on nothing is taken that has places in other files."""
        self._whole = False

    def release(self) -> None:
        """Forget every name of other modules."""
        self._values.clear()
        scopes, self._scopes = list(self._scopes.values()), {}
        for scope in scopes:
            if scope is not None:
                scope.outlook = None
                scope.release()

    def dialects(self, test: ast.expr, scope: Scope, depth: int) -> Decided | None:
        """What a condition says of the dialect; None when it asks anything else."""
        if depth > _MAX_HOPS * 2:
            return None
        match test:
            case ast.Call(func=ast.Attribute(attr="startswith")):
                found = read_condition(test, scope, at=depth)
            case ast.Compare() | ast.Name() | ast.UnaryOp() | ast.BoolOp():
                found = read_condition(test, scope, at=depth)
            case _:
                found = answered(test, scope, at=depth) or _NOT_TOLD
        if found.known is not None or found.unknown:
            return None
        if found.only is not None:
            return found.only, True
        return (found.never, False) if found.never else None

    def value(self, path: str, depth: int) -> Value:
        """What a dotted path of another module leads to; the missing marker when that is not told."""
        if self._modules is None:
            return MISSING
        top = path.partition(".")[0]
        ours = self._ours.get(top)
        if ours is None:
            ours = self._ours[top] = bool(top) and "<" not in top and self._modules.could_hold(top)
        if not ours:
            return MISSING
        if path in self._values:
            return self._values[path]
        self._values[path] = MISSING
        if self._hops < _MAX_HOPS:
            self._hops += 1
            try:
                self._values[path] = self._found(path, depth)
            finally:
                self._hops -= 1
        return self._values.get(path, MISSING)

    def _found(self, path: str, depth: int) -> Value:
        parts = path.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            scope = self.scope(".".join(parts[:cut]))
            if scope is not None:
                if cut == len(parts) - 2:
                    return self._of_class(".".join(parts[:-1]), parts[-1], depth)
                return self._taken(scope.named(parts[cut], depth)) if cut == len(parts) - 1 else MISSING
        return MISSING

    def _of_class(self, path: str, name: str, depth: int) -> Value:
        """A constant of a class: the table's name of a model; of a class that inherits nothing, any. What an Enum has are no texts."""
        home = self.home(path)
        node = home[0].module.classes.get(home[1]) if home is not None else None
        if home is None or node is None or (name != "__tablename__" and (node.bases or node.keywords)):
            return MISSING
        values = [value for key, value in assigned(node.body) if key == name]
        return self._taken(home[0].evaluate(values[-1], depth + 1)) if len(values) == 1 else MISSING

    def _taken(self, value: Value) -> Value:
        match value:
            case FunctionValue():
                return value
            case Ref() | Unknown():
                return MISSING
            case _:
                plain = constant(value) if value is None or _is_plain(value) else MISSING
                if not self._whole or plain is value:
                    return plain
                self.took_places = True
                return value

    def home(self, path: str) -> tuple[Scope, str] | None:
        """The names of the module that defines the class at a dotted path of the project, and what it is called there."""
        top = path.partition(".")[0]
        if self._modules is None or not top or "<" in path or not self._modules.could_hold(top):
            return None
        for _ in range(_MAX_HOPS):
            dotted, _, name = path.rpartition(".")
            scope = self.scope(dotted) if dotted else None
            if scope is None:
                return None
            if name in scope.module.classes:
                return scope, name
            led = scope.led(name)
            if led is None:
                return None
            path = led
        return None

    def kept(self, value: Value, span: Span) -> Value:
        """What a function of another module returned to a call, as far as it is taken; the missing marker when it is not."""
        match value:
            case Ref():
                return Ref(value.path, value.written, span, value.bound)
            case Choice():
                return replace(value, span=span)
            case _ if not self._whole and _is_description(value):
                return described(value, span)
            case _:
                return self._taken(value)

    def name_of(self, function: FunctionValue, written: str, span: Span) -> Ref:
        """The dotted name of a function of another module."""
        home = function.scope.root
        dotted = home.dotted if isinstance(home, ForeignScope) else ""
        return Ref(f"{dotted}.{getattr(function.node, 'name', '<lambda>')}", written, span)

    def scope(self, dotted: str) -> ForeignScope | None:
        """The names of a module of the project; None when there is none of that name, or it does not parse."""
        if dotted in self._scopes:
            return self._scopes[dotted]
        module = None
        if self._modules is not None and len(self._scopes) < MAX_MODULES:
            module = self._modules.module(dotted)
        path = self._modules.locate(dotted) if module is not None and self._modules is not None else None
        made = None
        if module is not None and path is not None:
            made = ForeignScope(module, dotted, path.endswith("__init__.py"), self)
            made.budget = self._budget
        self._scopes[dotted] = made
        return made


class ForeignScope(Scope):
    """The names of another module than the revision's own."""

    def __init__(self, module: Module, dotted: str, is_package: bool, outlook: Outlook) -> None:
        self.dotted = self.elsewhere = dotted
        self._package = dotted if is_package else dotted.rpartition(".")[0]
        self._stars: list[str] = []
        super().__init__(module, outlook=outlook)
        for name, value in self.values.items():
            if isinstance(value, Ref) and value.path.startswith("."):
                self.values[name] = Ref(dotted + value.path, value.written, value.span)

    def bind_import(self, statement: ast.Import | ast.ImportFrom) -> None:
        """Give the names of an import statement their absolute dotted paths."""
        if isinstance(statement, ast.Import) or not statement.level:
            super().bind_import(statement)
            base = "" if isinstance(statement, ast.Import) else statement.module or ""
        else:
            package = self._package.split(".")
            above = package[: len(package) - statement.level + 1]
            base = ".".join([*above, statement.module or ""]).strip(".")
            span = self.module.span(statement)
            for alias in statement.names:
                if alias.name != "*":
                    name = alias.asname or alias.name
                    self.values[name] = Ref(f"{base}.{alias.name}", name, span)
        if base and any(alias.name == "*" for alias in statement.names):
            self._stars.append(base)

    def led(self, name: str) -> str | None:
        """The dotted path that the module imports a name from; None for one that it does not import by that name."""
        value = self.values.get(name)
        return value.path if isinstance(value, Ref) else None

    def named(self, name: str, depth: int) -> Value:
        """What a name of the module leads to, through what it imports."""
        value = self.lookup(name, depth + 1)
        outlook = cast("Outlook | None", self.outlook)
        if outlook is None:
            return MISSING
        if value is MISSING:
            found = (outlook.value(f"{base}.{name}", depth + 1) for base in self._stars)
            return next((item for item in found if item is not MISSING), MISSING)
        if isinstance(value, Ref):
            return outlook.value(value.path, depth + 1)
        return value


def _is_plain(value: Value) -> bool:
    return isinstance(value, str | int | float | bytes | list | tuple | dict)


def _is_description(value: Value) -> bool:
    """Whether it is a column or a type of SQLAlchemy's that is described, or a list with some."""
    if isinstance(value, list | tuple):
        return any(_is_description(item) for item in cast("list[Value]", value)[:_MAX_PARTS])
    return isinstance(value, CallValue) and value.path.startswith("sqlalchemy.")


def described(value: Value, span: Span, depth: int = 0) -> Value:
    """What a function of another module describes, all of it at the place of the call: its own words stand in another file."""
    if depth > _MAX_HOPS:
        return Unknown("it is nested too deeply", span)
    match value:
        case list() | tuple():
            items = [described(item, span, depth + 1) for item in cast("list[Value]", value)[:_MAX_PARTS]]
            return tuple(items) if isinstance(value, tuple) else items
        case CallValue():
            receiver = described(value.receiver, span, depth + 1) if value.receiver is not None else None
            return CallValue(
                replace(value.func, span=span),
                tuple([described(item, span, depth + 1) for item in value.args]),
                {name: described(item, span, depth + 1) for name, item in value.keywords.items()},
                span,
                (span,) * len(value.args),
                dict.fromkeys(value.keywords, span),
                dict.fromkeys(value.keywords, span),
                receiver,
                value.open_ended,
                value.starred,
            )
        case Ref():
            return replace(value, span=span)
        case Unknown():
            return Unknown(value.why, span)
        case dict():
            return constant(cast("Value", value))
        case str() | int() | float() | bytes() | None:
            return value
        case _:
            return Unknown("it comes from another module", span)


def is_described(value: Value) -> bool:
    """Whether a call's own words stand in another file, so that nothing of it can be written otherwise here."""
    if not isinstance(value, CallValue):
        return False
    return value.span in (*value.arg_spans[:1], *value.keyword_value_spans.values())


def constant(value: Value, depth: int = 0) -> Value:
    """The value with Unknown for all in it that is no constant: lists keep their length."""
    if depth > _MAX_HOPS:
        return Unknown("it is nested too deeply", _NOWHERE)
    match value:
        case list() | tuple():
            items = [constant(item, depth + 1) for item in cast("list[Value]", value)[:_MAX_PARTS]]
            return tuple(items) if isinstance(value, tuple) else items
        case dict():
            pairs = cast("dict[Value, Value]", value)
            return {key: constant(item, depth + 1) for key, item in pairs.items()}
        case str() | int() | float() | bytes() | None:
            return value
        case _:
            return Unknown("it comes from another module", _NOWHERE)
