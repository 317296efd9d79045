"""What an env.py says about its environment, read without running it."""

from __future__ import annotations

import ast
import re
from typing import Literal

from foreshot.project.dialect_names import DRIVERS, dialect_of
from foreshot.project.env_facts import Argument, Assignment, ConfigureCall, DialectHint, EnvFacts, Import
from foreshot.project.env_nodes import Changes, changes_in, nodes_of
from foreshot.project.env_transaction import read_transaction
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.module import Module
from foreshot.syntax.values import Ref, Unknown, Value
from foreshot.text import Span

MAX_CONFIGURES = 200
"""Calls that configure a context, of which each is given what it is anew."""

_LOCK_TIMEOUT = re.compile(r"lock_timeout|lock_wait_timeout", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][\w+]*)://")
_ASYNC_MAKERS = ("create_async_engine", "async_engine_from_config", "AsyncEngine")


def read_env(module: Module) -> EnvFacts:
    """The facts of an env.py; what is not known statically stays Unknown."""
    return _Reader(module).facts()


def read_flask_migrate(module: Module) -> dict[str, Argument] | None:
    """The keyword arguments of ``flask_migrate.Migrate(...)`` or its ``init_app`` in a module of the application.

    They are what :attr:`ConfigureCall.flask` takes in. None when the module has no such call.
    """
    scope = Scope(module)
    found: dict[str, Argument] | None = None
    for node in nodes_of(module.tree):
        if not isinstance(node, ast.Call):
            continue
        path = _path(scope, node.func)
        if path.endswith(("flask_migrate.Migrate", "flask_migrate.Migrate().init_app")):
            found = found or {}
            for keyword in node.keywords:
                if keyword.arg is not None:
                    found[keyword.arg] = _argument(scope, keyword)
    return found


class _Given:
    """What one call is given, as it is put together."""

    def __init__(self) -> None:
        self.arguments: dict[str, Argument] = {}
        self.open_ended = self.flask = False
        self.names: set[str] = set()
        """Dictionaries that were taken in."""


class _Reader:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.root = Scope(module)
        self.configures: list[ConfigureCall] = []
        self.imports: list[Import] = []
        self.hints: list[DialectHint] = []
        self.conventions: list[Argument] = []
        self.mentions: set[str] = set()
        self.async_engine: Span | None = None
        self.lock_timeout: Span | None = None
        self.partials: dict[str, ast.Call] = {}

    def facts(self) -> EnvFacts:
        for node in nodes_of(self.module.tree):
            match node:
                case ast.Import() | ast.ImportFrom():
                    self.read_import(node)
                case ast.Constant(value=str(text)):
                    self.read_string(text, node)
                case ast.keyword(arg=str(name)) if _LOCK_TIMEOUT.search(name):
                    self.lock_timeout = self.lock_timeout or self.module.span(node)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    if any(_is_configure(_path(self.root, argument), argument) for argument in call.args[:1]):
                        self.partials[name] = call
                case ast.Compare(left=left, comparators=[right]):
                    self.read_guard(left, right)
                case _:
                    pass
        self.read_block(self.module.tree.body, self.root, "")
        self.configures.sort(key=lambda call: call.span.start)
        return EnvFacts(
            configures=tuple(self.configures),
            target_metadata=self.target_metadata(),
            imports=tuple(self.imports),
            async_engine=self.async_engine,
            run_sync="run_sync" in self.mentions,
            lock_timeout=self.lock_timeout,
            hints=tuple(self.hints),
            naming_conventions=tuple(self.conventions),
            mentions=frozenset(self.mentions),
            transaction=read_transaction(
                self.module, [call.span for call in self.configures if not call.offline]
            ),
        )

    def read_block(self, body: list[ast.stmt], scope: Scope, function: str) -> None:
        """Read the calls of a function, or of the module, with the names that it binds itself."""
        inner: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        own: list[ast.AST] = []
        for node in nodes_of(*body, into_functions=False):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner.append(node)
            else:
                own.append(node)
        if function:
            _bind_locals(own, scope)
        changes = changes_in(own)
        for node in own:
            if isinstance(node, ast.Call):
                self.read_call(node, scope, function, changes)
        for definition in inner:
            below = scope.child()
            parameters = definition.args
            for parameter in [*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs]:
                below.bind(
                    parameter.arg, Unknown(f"`{parameter.arg}` is a parameter", self.module.span(parameter))
                )
            self.read_block(definition.body, below, definition.name)

    def read_call(self, node: ast.Call, scope: Scope, function: str, changes: Changes) -> None:
        path = _path(scope, node.func)
        last = path.rpartition(".")[2]
        if not is_offline(function):
            self.mentions.add(last)
        named = isinstance(node.func, ast.Name) and node.func.id in self.partials
        if len(self.configures) >= MAX_CONFIGURES and (named or _is_configure(path, node.func)):
            return
        if _is_configure(path, node.func):
            self.configures.append(self.configure_call(node, scope, function, changes))
        elif isinstance(node.func, ast.Name) and node.func.id in self.partials:
            bound = self.configure_call(self.partials[node.func.id], scope, function, changes)
            call = self.configure_call(node, scope, function, changes)
            self.configures.append(
                ConfigureCall(
                    call.span,
                    call.name,
                    function,
                    {**bound.arguments, **call.arguments},
                    bound.open_ended or call.open_ended,
                    bound.flask or call.flask,
                    bound.offline or call.offline,
                )
            )
        elif last in _ASYNC_MAKERS:
            self.async_engine = self.async_engine or self.module.span(node)
        elif last == "MetaData":
            self.conventions.extend(
                _argument(scope, keyword) for keyword in node.keywords if keyword.arg == "naming_convention"
            )
        elif path.endswith(("URL.create", "engine.url.URL", "engine.URL")):
            named = [keyword.value for keyword in node.keywords if keyword.arg == "drivername"]
            for value in [*node.args[:1], *named]:
                scheme = scope.evaluate(value)
                if isinstance(scheme, str):
                    self.hint(scheme, "url", self.module.span(value))

    def configure_call(self, node: ast.Call, scope: Scope, function: str, changes: Changes) -> ConfigureCall:
        given = _Given()
        positional = [
            argument for argument in node.args if not _is_configure(_path(scope, argument), argument)
        ]
        for name, argument in zip(_POSITIONAL, positional, strict=False):
            given.arguments[name] = Argument(_value(scope, argument), self.module.span(argument))
        for keyword in node.keywords:
            if keyword.arg is not None:
                given.arguments[keyword.arg] = _argument(scope, keyword)
            else:
                self.splat(keyword.value, scope, changes, given)
        arguments = given.arguments
        dialect = arguments.get("dialect_name")
        if dialect is not None and isinstance(dialect.value, str):
            self.hint(dialect.value, "argument", dialect.span)
        offline = is_offline(function) or ("connection" not in arguments and "url" in arguments)
        span_of = self.module.span
        return ConfigureCall(
            span_of(node), span_of(node.func), function, arguments, given.open_ended, given.flask, offline
        )

    def splat(self, node: ast.expr, scope: Scope, changes: Changes, given: _Given, depth: int = 0) -> None:
        """Take in what ``**node`` passes."""
        origin = node
        if isinstance(node, ast.Name):
            if node.id in given.names:
                given.open_ended = True
                return
            given.names.add(node.id)
            known = scope.node_of(node.id)
            origin = known[0] if known is not None else node
        match origin:
            case _ if depth > _MAX_SPLATS:
                given.open_ended = True
            case ast.Dict():
                for key, item in zip(origin.keys, origin.values, strict=True):
                    name = scope.evaluate(key) if key is not None else None
                    if isinstance(name, str):
                        given.arguments[name] = Argument(_value(scope, item), self.module.span(item))
                    elif key is None:
                        self.splat(item, scope, changes, given, depth + 1)
                    else:
                        given.open_ended = True
            case ast.Call(func=ast.Name(id="dict"), args=[]):
                for keyword in origin.keywords:
                    if keyword.arg is not None:
                        given.arguments[keyword.arg] = _argument(scope, keyword)
                    else:
                        self.splat(keyword.value, scope, changes, given, depth + 1)
            case _:
                given.open_ended = True
                given.flask = given.flask or "configure_args" in self.module.text(self.module.span(origin))
        if isinstance(node, ast.Name) and depth <= _MAX_SPLATS:
            self.added(node.id, scope, changes, given, depth)

    def added(self, name: str, scope: Scope, changes: Changes, given: _Given, depth: int) -> None:
        """Take in ``name["key"] = value`` and ``name.update(more)``."""
        for node in changes.get(name, ()):
            match node:
                case ast.Assign(targets=[ast.Subscript(slice=index)], value=value):
                    key = scope.evaluate(index)
                    if isinstance(key, str):
                        # It may stand under a condition: that it is passed is all that is known.
                        unknown = Unknown(f"`{key}` is set on the way", self.module.span(value))
                        given.arguments[key] = Argument(unknown, self.module.span(value))
                    else:
                        given.open_ended = True
                case ast.Call(func=ast.Attribute(attr="update"), args=[more]):
                    self.splat(more, scope, changes, given, depth + 1)
                case _:
                    given.open_ended = True

    def target_metadata(self) -> Assignment | None:
        found: Assignment | None = None
        for statement in self.module.tree.body:
            targets: list[ast.expr] = []
            if isinstance(statement, ast.Assign):
                targets = statement.targets
            elif isinstance(statement, ast.AnnAssign):
                targets = [statement.target]
            value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
            if value is not None and any(
                isinstance(item, ast.Name) and item.id == "target_metadata" for item in targets
            ):
                found = Assignment(
                    self.module.span(statement), self.module.span(value), _value(self.root, value)
                )
        return found

    def read_import(self, node: ast.Import | ast.ImportFrom) -> None:
        span = self.module.span(node)
        if isinstance(node, ast.Import):
            found = [Import(alias.name, (), span, node.col_offset == 0) for alias in node.names]
        else:
            module = "." * node.level + (node.module or "")
            found = [Import(module, tuple(alias.name for alias in node.names), span, node.col_offset == 0)]
        self.imports.extend(found)
        for item in found:
            first = item.module.lower().partition(".")[0]
            if first in DRIVERS:
                self.hints.append(DialectHint(DRIVERS[first], "import", span))
            prefix, _, rest = item.module.partition("sqlalchemy.dialects")
            if not prefix and rest:
                self.hint(rest.lstrip(".").partition(".")[0], "import", span)
            elif item.module == "sqlalchemy.dialects":
                for name in item.names:
                    self.hint(name, "import", span)

    def read_string(self, text: str, node: ast.Constant) -> None:
        if "lock" in text.lower() and _LOCK_TIMEOUT.search(text):
            self.lock_timeout = self.lock_timeout or self.module.span(node)
        match = _SCHEME.match(text)
        if match is not None:
            self.hint(match.group(1), "url", self.module.span(node))

    def read_guard(self, left: ast.expr, right: ast.expr) -> None:
        """``connection.dialect.name == "sqlite"``, or ``engine.name``: the environment knows that database."""
        chain: ast.expr = left
        names: list[str] = []
        while isinstance(chain, ast.Attribute):
            names.append(chain.attr)
            chain = chain.value
        if isinstance(chain, ast.Name):
            names.append(chain.id)
        if not any("dialect" in name for name in names) and names[:2] != ["name", "engine"]:
            return
        for item in right.elts if isinstance(right, ast.Tuple | ast.List | ast.Set) else [right]:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                self.hint(item.value, "guard", self.module.span(item))

    def hint(self, name: str, kind: Literal["import", "url", "guard", "argument"], span: Span) -> None:
        dialect = dialect_of(name)
        if dialect is not None:
            self.hints.append(DialectHint(dialect, kind, span))


_MAX_SPLATS = 5  # dictionaries that are taken into one another

_POSITIONAL = (
    "connection",
    "url",
    "dialect_name",
    "dialect_opts",
    "transactional_ddl",
    "transaction_per_migration",
)


def _bind_locals(nodes: list[ast.AST], scope: Scope) -> None:
    """Bind the names that a function assigns once; a name that is assigned again is Unknown."""
    seen: set[str] = set()
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name) as target, value=value) if value is not None:
                pass
            case ast.Import() | ast.ImportFrom():
                scope.bind_import(node)
                continue
            case ast.withitem(optional_vars=ast.Name(id=name) as target):
                scope.bind(name, Unknown(f"`{name}` is bound by `with`", scope.module.span(target)))
                continue
            case _:
                continue
        if name in seen:
            scope.bind(name, Unknown(f"`{name}` is assigned more than once", scope.module.span(target)))
            continue
        seen.add(name)
        scope.bind(name, scope.evaluate(value), value)


def is_offline(function: str) -> bool:
    """Whether a function of env.py is the one for ``--sql``, by its name."""
    return "offline" in function.lower()


def _argument(scope: Scope, keyword: ast.keyword) -> Argument:
    span_of = scope.module.span
    return Argument(_value(scope, keyword.value), span_of(keyword.value), span_of(keyword))


def _value(scope: Scope, node: ast.expr) -> Value:
    value = scope.evaluate(node)
    if isinstance(value, Ref) and "<" in value.path:
        return scope.unknown(f"`{value.written}` is only known when it runs", node)
    return value


def _path(scope: Scope, node: ast.expr) -> str:
    """Where a dotted name leads; the parts of a call that it goes through have ``()`` behind them."""
    if isinstance(node, ast.Name | ast.Attribute):
        value = scope.evaluate(node)
        if isinstance(value, Ref):
            return value.path
        return node.attr if isinstance(node, ast.Attribute) else node.id
    return ""


def _is_configure(path: str, node: ast.expr) -> bool:
    if path in ("alembic.context.configure", "context.configure", "alembic_context.configure"):
        return True
    match node:
        case ast.Attribute(
            attr="configure", value=ast.Name(id="context" | "alembic_context" | "env_context")
        ):
            return True
        case _:
            return False
