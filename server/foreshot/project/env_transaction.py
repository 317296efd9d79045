"""Whether env.py begins a transaction on the connection before Alembic is given it.

SQLAlchemy 2 begins one at the first statement. Alembic joins a transaction that it finds, and leaves the committing to whoever
began it; an autocommit block inside of it stops with an AssertionError. Measured with Alembic 1.20 on SQLite and PostgreSQL.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct

from foreshot.syntax.module import Module
from foreshot.text import Span

_RUNS = ("execute", "scalar", "scalars", "exec_driver_sql")
_OPENS = ("connect", "begin")
# What is given a connection and commits nothing on it.
_COMMITS_NOTHING = frozenset(
    {"configure", "inspect", "from_engine", "isinstance", "print", "debug", "info", "warning", "run_sync"}
)
_MAX_CALLS = 200


class Early(Struct, frozen=True):
    """A statement that runs on the connection before ``context.configure``, in a transaction that nobody commits."""

    statement: Span
    call: Span
    connection: str
    """What the connection is called there."""
    awaited: bool
    conditional: bool
    local: bool
    """It ends with the transaction: ``SET LOCAL``."""


class EnvTransaction(Struct, frozen=True):
    """What is open on the connection that ``context.configure`` is given."""

    early: tuple[Early, ...] = ()
    begun: Span | None = None
    """What began the transaction that is open: ``engine.begin()``, ``connection.begin()`` or the first early statement."""
    by_statement: bool = False
    """A statement began it, not a call of ``begin()``: a commit on the connection ends it, and harms nothing."""


class _Step(Struct, frozen=True):
    """A block on the way to a statement, and the statement's place in it; ``owner`` is what the block belongs to."""

    owner: ast.stmt | None
    block: Sequence[ast.stmt]
    index: int


def read_transaction(module: Module, configures: Sequence[Span]) -> EnvTransaction:
    """What is open where a connection reaches any of the calls of ``context.configure`` at these spans."""
    if "AUTOCOMMIT" in module.content:
        return EnvTransaction()
    return _Reader(module).read(configures)


class _Reader:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.functions: dict[str, ast.FunctionDef] = {
            node.name: node for node in module.nodes(ast.FunctionDef)
        }
        self.early: list[Early] = []
        self.begun: Span | None = None
        self.statement: Span | None = None
        """The first statement that begins a transaction which is still open at ``context.configure``."""
        self.way: list[tuple[ast.AST, str, Span]] = []
        """The scopes on the way, what the connection is called there, and the call that takes it further."""
        self.spent: set[int] = set()
        """The commits that stand on the way, by the identity of their calls."""

    def read(self, configures: Sequence[Span]) -> EnvTransaction:
        wanted = set(configures)
        calls = [node for node in self.module.nodes(ast.Call) if self.module.span(node) in wanted]
        for call in calls[:_MAX_CALLS]:
            connection = next(
                (item.value for item in call.keywords if item.arg == "connection"),
                call.args[0] if call.args else None,
            )
            if isinstance(connection, ast.Name):
                self.follow(call, connection.id, 0)
        early = tuple(sorted(set(self.early), key=lambda item: item.statement))
        first = early[0].call if early else self.statement
        if early and self.may_be_committed(early[0].statement):
            early = ()
        return EnvTransaction(
            early, self.begun or first, by_statement=self.begun is None and first is not None
        )

    def follow(self, call: ast.Call, name: str, depth: int) -> None:
        """Look at what runs on the connection before a call that is given it under ``name``."""
        for scope in self.scopes():
            steps = _way(scope.body, self.module.span(call), self.module)
            if steps is None:
                continue
            first = self.bound(scope, steps, name)
            if first is not None:
                self.way.append((scope, name, self.module.span(call)))
                self.look(steps[first:], name)
                if first == 0 and isinstance(scope, ast.FunctionDef) and depth < 2:
                    self.callers(scope, depth)
            return

    def scopes(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Module]:
        """Functions, the innermost first, then the module."""
        inner = [*self.module.nodes(ast.FunctionDef), *self.module.nodes(ast.AsyncFunctionDef)]
        yield from sorted(inner, key=lambda node: -node.lineno)
        yield self.module.tree

    def bound(self, scope: ast.AST, steps: Sequence[_Step], name: str) -> int | None:
        """From which step on ``name`` is a connection that was opened for this; None where that is not known."""
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            given = scope.args
            if name in [item.arg for item in (*given.posonlyargs, *given.args, *given.kwonlyargs)]:
                return 0
        for index, step in enumerate(steps):
            if isinstance(step.owner, ast.With | ast.AsyncWith):
                for item in step.owner.items:
                    if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name:
                        how = _method(item.context_expr)
                        if how == "begin":
                            self.begun = self.begun or self.module.span(item.context_expr)
                        return index if how == "connect" else None
        return None

    def may_be_committed(self, first: Span) -> bool:
        """Whether something may commit the transaction that the statement at ``first`` has begun.

        Anything in env.py that commits, on whichever road it gets at the connection, and whatever else is given the
        connection afterwards: what it does is not read.
        """
        commits = [
            node for node in self.module.nodes(ast.Call) if id(node) not in self.spent and _commits(node)
        ]
        if len(commits) > _MAX_CALLS or not all(map(self.is_of_another, commits)):
            return True
        return any(
            isinstance(node, ast.Call)
            and self.module.span(node).start > first.start
            and any(isinstance(given, ast.Name) and given.id == name for given in _given(node))
            and _called(node) not in _COMMITS_NOTHING
            and _called(node) not in self.functions
            for scope, name, _ in self.way
            for node in ast.walk(scope)
        )

    def is_of_another(self, commit: ast.Call) -> bool:
        """Whether it commits on a connection that was opened for something else: ``with engine.connect() as other``."""
        match commit.func:
            case ast.Attribute(value=ast.Name(id=name)):
                pass
            case _:
                return False
        span = self.module.span(commit)
        taken = [call for _, _, call in self.way]
        for kind in (ast.With, ast.AsyncWith):
            for node in self.module.nodes(kind):
                around = self.module.span(node)
                opened = any(
                    isinstance(item.optional_vars, ast.Name)
                    and item.optional_vars.id == name
                    and _method(item.context_expr) in _OPENS
                    for item in node.items
                )
                if opened and _around(around, span) and not any(_around(around, call) for call in taken):
                    return True
        return False

    def callers(self, function: ast.FunctionDef, depth: int) -> None:
        """Look at whoever hands a connection to the function: ``f(c)``, ``await c.run_sync(f)``."""
        for call in self.module.nodes(ast.Call):
            match call:
                case ast.Call(func=ast.Name(id=called), args=[ast.Name(id=name), *_]) if (
                    called == function.name
                ):
                    self.follow(call, name, depth + 1)
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="run_sync"),
                    args=[ast.Name(id=called), *_],
                ) if called == function.name:
                    self.follow(call, name, depth + 1)
                case _:
                    pass

    def look(self, steps: Sequence[_Step], name: str) -> None:
        """What is open on ``name`` at the end of the way."""
        found: list[Early] = []
        for step in steps:
            begins = next(
                (
                    item.context_expr
                    for item in (step.owner.items if isinstance(step.owner, ast.With | ast.AsyncWith) else ())
                    if _is_call_on(item.context_expr, name, ("begin",))
                ),
                None,
            )
            if begins is not None:
                self.begun = self.begun or self.module.span(begins)
                return
            for statement in step.block[: step.index]:
                ends = [node for node in _walk(statement) if _is_call_on(node, name, ("commit", "rollback"))]
                self.spent.update(map(id, ends))
                if ends:
                    found.clear()
                elif not (
                    isinstance(statement, ast.With | ast.AsyncWith)
                    and any(_is_call_on(item.context_expr, name, ("begin",)) for item in statement.items)
                ):
                    found.extend(self.running(statement, name, isinstance(step.owner, ast.If)))
        later = [statement for step in steps for statement in step.block[step.index :]]
        if any(_is_call_on(node, name, ("commit",)) for statement in later for node in _walk(statement)):
            self.statement = self.statement or (found[0].call if found else None)
            return
        self.early.extend(found)

    def running(self, statement: ast.stmt, name: str, conditional: bool) -> Iterator[Early]:
        """The statement, where it runs SQL on the connection."""
        awaited = {id(node.value) for node in _walk(statement) if isinstance(node, ast.Await)}
        for node in _walk(statement):
            if isinstance(node, ast.Call) and (_runs(node, name) or self.runs_inside(node, name)):
                inner = _innermost(statement, node)
                span = self.module.span(node)
                yield Early(
                    self.module.span(inner),
                    span,
                    name,
                    id(node) in awaited,
                    conditional or inner is not statement,
                    "set local" in self.module.text(span).lower(),
                )
                return

    def runs_inside(self, call: ast.Call, name: str) -> bool:
        """Whether it hands the connection to a function of env.py that runs SQL on it and does not commit."""
        if not isinstance(call.func, ast.Name) or call.func.id not in self.functions:
            return False
        function = self.functions[call.func.id]
        parameters = [item.arg for item in function.args.args]
        for parameter, argument in zip(parameters, call.args, strict=False):
            if isinstance(argument, ast.Name) and argument.id == name:
                nodes = [node for statement in function.body for node in _walk(statement)]
                runs = any(isinstance(node, ast.Call) and _runs(node, parameter) for node in nodes)
                ends = any(_is_call_on(node, parameter, ("commit", "rollback", "begin")) for node in nodes)
                return runs and not ends
        return False


def _way(body: Sequence[ast.stmt], target: Span, module: Module) -> list[_Step] | None:
    """The blocks from a body down to the statement around ``target``; None where it is in a function inside."""
    steps: list[_Step] = []
    owner: ast.stmt | None = None
    block: Sequence[ast.stmt] | None = body
    while block is not None:
        index = next((at for at, item in enumerate(block) if _around(module.span(item), target)), None)
        if index is None:
            return steps or None
        steps.append(_Step(owner, block, index))
        owner = block[index]
        if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return None
        blocks: list[Sequence[ast.stmt]] = [
            getattr(owner, name, []) for name in ("body", "orelse", "finalbody")
        ]
        blocks.extend(handler.body for handler in getattr(owner, "handlers", []))
        block = next(
            (inner for inner in blocks if any(_around(module.span(item), target) for item in inner)), None
        )
    return steps


def _around(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _walk(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement, functions inside left out."""
    pending = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        yield node
        pending.extend(reversed(list(ast.iter_child_nodes(node))))


def _innermost(statement: ast.stmt, target: ast.AST) -> ast.stmt:
    """The smallest statement around a node."""
    found = statement
    for node in _walk(statement):
        if isinstance(node, ast.stmt) and any(inner is target for inner in _walk(node)):
            found = node
    return found


def _method(node: ast.expr) -> str:
    if isinstance(node, ast.Await):
        node = node.value
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def _is_call_on(node: ast.AST, name: str, methods: Sequence[str]) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method)):
            return owner == name and method in methods
        case _:
            return False


def _commits(call: ast.Call) -> bool:
    """Whether it commits, on whatever it is called: ``c.commit()``, ``c.execute(text("COMMIT"))``, ``c.get_transaction()``."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "get_transaction"):
        return True
    return _called(call) in (*_RUNS, "text", "DDL") and any(
        isinstance(given, ast.Constant)
        and isinstance(given.value, str)
        and given.value.lstrip()[:6].lower() == "commit"
        for given in call.args
    )


def _called(call: ast.Call) -> str:
    """The last part of the callee's name."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _given(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (item.value for item in call.keywords)


def _runs(call: ast.Call, name: str) -> bool:
    """Whether it runs SQL: ``c.execute(...)``, ``inspect(c).has_table(...)``."""
    if _is_call_on(call, name, _RUNS):
        return True
    match call.func:
        case ast.Attribute(value=ast.Call(func=maker, args=[ast.Name(id=given)])) if given == name:
            return (maker.attr if isinstance(maker, ast.Attribute) else getattr(maker, "id", "")) == "inspect"
        case _:
            return False
