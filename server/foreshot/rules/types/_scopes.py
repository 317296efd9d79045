"""Names that nothing in a file gives a meaning to, by Python's own rules of scope."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from foreshot.syntax.module import Module

_IMPLICIT = frozenset(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__builtins__",
    "__spec__",
    "__loader__",
    "__package__",
    "__path__",
    "__annotations__",
    "__class__",
    "__module__",
    "__qualname__",
    "WindowsError",
    # `gettext.install()` makes it a builtin.
    "_",
}
# Names may come into being where the text does not show them.
_DYNAMIC = re.compile(r"\bexec\(|\bglobals\(\)\s*(?:\[[^\]\n]*\]\s*=(?!=)|\.)|\bbuiltins\b|\b__builtins__\b")
_FORGIVING = frozenset({"NameError", "Exception", "BaseException"})

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Use(Struct, frozen=True):
    """A name that is read, and the part of the module that reads it: a top-level function or class, or ``""``."""

    node: ast.Name
    owner: str


def unbound(module: Module) -> tuple[list[Use], Mapping[str, frozenset[str]]]:
    """The uses of names that nothing binds, in order, and for each owner all names that it reads.

    Empty where a star import or dynamic code can bind any name.
    """
    if not _is_suspicious(module):
        return [], {}
    reader = _Reader()
    reader.read(module.tree)
    if reader.star:
        return [], {}
    found = [
        Use(node, owner)
        for scope, node, owner in reader.uses
        if node.id not in _IMPLICIT and not _is_bound(node.id, scope)
    ]
    if found and _DYNAMIC.search(module.content):
        return [], {}
    found.sort(key=lambda use: (use.node.lineno, use.node.col_offset))
    return found, {owner: frozenset(names) for owner, names in reader.reads.items()}


def reads_of(module: Module) -> Mapping[str, frozenset[str]]:
    """For the module, and for each of its functions and classes, all names that it reads."""
    reader = _Reader()
    reader.read(module.tree)
    return {owner: frozenset(names) for owner, names in reader.reads.items()}


class Places:
    """Which parts of the module ``upgrade`` and ``downgrade`` come to, told for any number of them from one look."""

    def __init__(self, reads: Mapping[str, frozenset[str]]) -> None:
        self._reads = reads

    def of(self, owner: str) -> str | None:
        """Which of the two comes to a function or class, or empty for the module itself; None: nothing does."""
        if not owner:
            return ""
        for direction in ("upgrade", "downgrade"):
            if owner in self._reached[direction]:
                return direction
        # Functions in a table of the module, as decorators or as what classes call.
        return "upgrade" if owner in self._reached[""] else None

    @cached_property
    def _reached(self) -> dict[str, set[str]]:
        reads = self._reads
        # With several databases, each has functions of its own: `upgrade_engine1`.
        found = {
            direction: reachable([name for name in reads if name.startswith(direction)], reads)
            for direction in ("upgrade", "downgrade")
        }
        return found | {"": reachable(reads[""], reads)}


def reachable(roots: Iterable[str], reads: Mapping[str, frozenset[str]]) -> set[str]:
    """The functions and classes of the module that ``roots`` come to, themselves included."""
    found: set[str] = set()
    pending = [name for name in roots if name in reads]
    while pending:
        owner = pending.pop()
        if owner not in found:
            found.add(owner)
            pending.extend(name for name in reads[owner] if name in reads and name not in found)
    return found


def _is_suspicious(module: Module) -> bool:
    """Whether any part of the module reads a name that neither it nor the module's top level binds anywhere.

    A quick look, which clears nearly every file without a walk through its scopes.
    """
    if "TYPE_CHECKING" in module.content:
        return True
    top: set[str] = set()
    parts: list[tuple[set[str], set[str]]] = []
    for statement in module.tree.body:
        if isinstance(statement, ast.ClassDef):
            # What a class binds its methods do not see.
            return True
        read: set[str] = set()
        bound: set[str] = set()
        _collect(statement, read, bound)
        if isinstance(statement, _Function):
            top.add(statement.name)
            parts.append((read, bound))
        else:
            top |= bound
            parts.append((read, top))
    return any(read - bound - top - _IMPLICIT for read, bound in parts)


def _collect(root: ast.AST, read: set[str], bound: set[str]) -> None:
    """The names that a part of the tree reads, and those that it binds in any of its scopes."""
    pending: list[ast.AST] = [root]
    while pending:
        node = pending.pop()
        # Every node of every file comes through here: the commonest first, and none of them compared twice.
        kind = node.__class__
        if kind is ast.Constant:
            continue
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.Attribute):
            pending.append(node.value)
        elif isinstance(node, ast.Call):
            pending.append(node.func)
            pending += node.args
            pending += [keyword.value for keyword in node.keywords]
        elif isinstance(node, ast.Expr):
            pending.append(node.value)
        elif isinstance(node, ast.List | ast.Tuple):
            pending += node.elts
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound.update([alias.asname or alias.name.partition(".")[0] for alias in node.names])
        elif isinstance(node, ast.Global | ast.Nonlocal):
            bound.update(node.names)
        else:
            if isinstance(node, ast.arg):
                bound.add(node.arg)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                bound.add(node.name)
            bound.update(_bound_by(node))
            pending += ast.iter_child_nodes(node)


class _Scope:
    __slots__ = ("bound", "globals", "is_class", "is_comprehension", "parent")

    def __init__(
        self, parent: _Scope | None, *, is_class: bool = False, is_comprehension: bool = False
    ) -> None:
        self.parent = parent
        self.is_class = is_class
        self.is_comprehension = is_comprehension
        self.bound: set[str] = set()
        self.globals: set[str] = set()


class _Reader:
    """Collects what each scope binds and reads; with a stack of its own, as files may be nested deeply."""

    def __init__(self) -> None:
        self.root = _Scope(None)
        self.star = False
        self.uses: list[tuple[_Scope, ast.Name, str]] = []
        self.reads: dict[str, set[str]] = {"": set()}
        self.pending: list[tuple[ast.AST, _Scope, str]] = []
        self.idle: set[int] = set()
        """Names that are handed over and never called: a Python default of a column that is added."""

    def read(self, tree: ast.Module) -> None:
        self.pending = [(node, self.root, "") for node in tree.body]
        while self.pending:
            node, scope, owner = self.pending.pop()
            self.visit(node, scope, owner)

    def later(self, nodes: Iterable[ast.AST | None], scope: _Scope, owner: str) -> None:
        self.pending.extend((node, scope, owner) for node in nodes if node is not None)

    def visit(self, node: ast.AST, scope: _Scope, owner: str) -> None:
        match node:
            case ast.Name(id=name):
                if isinstance(node.ctx, ast.Load):
                    self.uses.append((scope, node, owner))
                    if id(node) not in self.idle:
                        self.reads[owner].add(name)
                else:
                    scope.bound.add(name)
            case ast.Call(func=ast.Attribute(attr="add_column")):
                self.idle.update(id(value) for column in node.args for value in _defaults(column))
                self.later(ast.iter_child_nodes(node), scope, owner)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self.function(node, scope, owner)
            case ast.ClassDef():
                scope.bound.add(node.name)
                self.later([*node.decorator_list, *node.bases, *node.keywords], scope, owner)
                # The body runs where it stands, methods when they are called.
                inner, own = _Scope(scope, is_class=True), self.own(node.name, scope, owner)
                for item in node.body:
                    self.later([item], inner, own if isinstance(item, _Function) else owner)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                inner = _Scope(scope, is_comprehension=True)
                first = node.generators[0]
                self.later([first.iter], scope, owner)
                self.later([first.target, *first.ifs, *node.generators[1:]], inner, owner)
                parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
                self.later(parts, inner, owner)
            case ast.NamedExpr(target=target):
                place = scope
                while place.is_comprehension and place.parent is not None:
                    place = place.parent
                place.bound.add(target.id)
                self.later([node.value], scope, owner)
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    self.star = self.star or alias.name == "*"
                    whole = alias.asname or alias.name
                    scope.bound.add(whole if alias.asname else whole.partition(".")[0])
            case ast.Global(names=names):
                scope.globals.update(names)
                self.root.bound.update(names)
            case ast.Nonlocal(names=names):
                scope.bound.update(names)
            case ast.AnnAssign():
                # Annotations of local variables are never evaluated, others not by every Python.
                self.later([node.target, node.value], scope, owner)
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                self.later(node.orelse, scope, owner)
            case ast.Try() if any(map(_forgives, node.handlers)):
                # What it tries may not exist, nor what the functions that it calls name; only what it binds counts.
                before, read = len(self.uses), set(self.reads[owner])
                self.immediately(node.body, scope, owner)
                del self.uses[before:]
                self.reads[owner] = read
                self.later([*node.handlers, *node.orelse, *node.finalbody], scope, owner)
            case _:
                for name in _bound_by(node):
                    scope.bound.add(name)
                self.later(ast.iter_child_nodes(node), scope, owner)

    def immediately(self, nodes: Iterable[ast.AST], scope: _Scope, owner: str) -> None:
        waiting, self.pending = self.pending, [(node, scope, owner) for node in nodes]
        while self.pending:
            node, inner, inside = self.pending.pop()
            self.visit(node, inner, inside)
        self.pending = waiting

    def function(self, node: _Function | ast.Lambda, scope: _Scope, owner: str) -> None:
        arguments = node.args
        self.later([*arguments.defaults, *arguments.kw_defaults], scope, owner)
        inner = _Scope(scope)
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        named += [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
        inner.bound.update(argument.arg for argument in named)
        if isinstance(node, ast.Lambda):
            self.later([node.body], inner, owner)
            return
        scope.bound.add(node.name)
        inner.bound.update(item.name for item in getattr(node, "type_params", ()))
        self.later(node.decorator_list, scope, owner)
        self.later(node.body, inner, self.own(node.name, scope, owner))

    def own(self, name: str, scope: _Scope, owner: str) -> str:
        if scope is not self.root:
            return owner
        self.reads.setdefault(name, set())
        return name


def _defaults(column: ast.expr) -> Iterator[ast.expr]:
    """What a column is given to be called when the application writes a row."""
    if isinstance(column, ast.Call):
        yield from (
            item.value for item in column.keywords if item.arg in ("default", "onupdate", "insert_default")
        )


def _is_bound(name: str, scope: _Scope) -> bool:
    place: _Scope | None = scope
    while place is not None:
        if name in place.globals:
            while place.parent is not None:
                place = place.parent
        if name in place.bound and (not place.is_class or place is scope):
            return True
        place = place.parent
    return False


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(rest)):
            yield rest
        case _:
            yield from (item.name for item in getattr(node, "type_params", ()))


def _forgives(handler: ast.ExceptHandler) -> bool:
    if any(isinstance(node, ast.Raise) for node in handler.body):
        return False
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _FORGIVING) for kind in kinds)
