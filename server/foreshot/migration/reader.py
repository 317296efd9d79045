"""Reading a revision: its functions are followed statement by statement, without being run.

The walk keeps the conditions under which each operation runs (guards on the dialect, conditions that are
only known at run time, early returns), the batch and autocommit blocks around it, and it follows loops over
known sequences and calls of the file's own helper functions. What it cannot follow becomes an
:class:`~foreshot.migration.operations.Opaque` operation: silence is never mistaken for safety.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from functools import cached_property
from typing import Final, Literal, cast

from msgspec import Struct
from msgspec.structs import replace

from foreshot.migration.builders import build, from_method, is_operation
from foreshot.migration.columns import last_name, maybe_name
from foreshot.migration.data import data_change
from foreshot.migration.guards import Condition, read_condition
from foreshot.migration.header import read_header
from foreshot.migration.operations import (
    Batch,
    Direction,
    Execute,
    Opaque,
    Operation,
    Site,
    SqlText,
    TransactionControl,
)
from foreshot.migration.revision import Revision
from foreshot.migration.revision_parts import FunctionSpec
from foreshot.migration.sql import read_sql
from foreshot.syntax.evaluate import Scope, names_in
from foreshot.syntax.expressions import MAX_ITEMS, bind_parameters
from foreshot.syntax.module import Module
from foreshot.syntax.values import CallValue, FunctionValue, OpaqueValue, Ref, Unknown, Value
from foreshot.text import Span

MAX_OPERATIONS: Final = 20_000
MAX_CALL_DEPTH: Final = 8
MAX_STATEMENTS: Final = 200_000

_EXECUTE = frozenset({"execute", "exec_driver_sql", "executemany", "scalar", "scalars", "exec"})
_NO_EFFECT = frozenset(
    {
        "get_bind",
        "get_context",
        "f",
        "batch_alter_table",
        "invoke",
        "get_impl",
        "implementation_for",
        "register_operation",
        "inline_literal",
        "run_async",
    }
)
_DIRECTIONS: tuple[Direction, ...] = ("upgrade", "downgrade")
_ONE_DATABASE = ("upgrade_", "downgrade_")


class _Frame(Struct):
    """Where the walk stands: copied, never shared, when a block changes anything."""

    scope: Scope
    direction: Direction
    statement: Span
    dialects: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    conditional: bool = False
    repeated: bool = False
    batch: Batch | None = None
    autocommit: bool = False
    depth: int = 0
    path: tuple[int, ...] = ()
    functions: tuple[object, ...] = ()

    def under(self, condition: Condition) -> _Frame:
        """The frame inside a block that runs only under ``condition``."""
        dialects, excluded = self.dialects, self.excluded
        if condition.only is not None:
            dialects = condition.only if dialects is None else dialects & condition.only
        if condition.never:
            excluded = excluded | condition.never
        return replace(
            self, dialects=dialects, excluded=excluded, conditional=self.conditional or condition.unknown
        )


def read_revision(module: Module, dialects: tuple[str, ...] = ()) -> Revision | None:
    """Everything that a revision file says; None when it is no revision file.

    Args:
        module: the parsed file.
        dialects: databases that the project runs on, to parse SQL by; empty when unknown.
    """
    header = read_header(module)
    if header is None:
        return None
    reader = _Reader(module, dialects)
    functions: dict[str, FunctionSpec] = {}
    for direction in _DIRECTIONS:
        for name in reader.entries(direction):
            node = module.functions[name]
            if name == direction:
                functions[direction] = function_spec(module, node, direction)
            reader.run(node, direction)
    return Revision(header, module, reader.scope, tuple(reader.operations), functions)


def function_spec(module: Module, node: ast.FunctionDef, direction: Direction) -> FunctionSpec:
    """The function as it stands in the file."""
    span = module.span(node)
    body = Span(module.span(node.body[0]).start, module.span(node.body[-1]).end)
    name_at = module.content.find(node.name, span.start)
    statements = [statement for statement in node.body if not _does_nothing(statement)]
    raises = len(statements) == 1 and isinstance(statements[0], ast.Raise)
    return FunctionSpec(
        direction, span, Span(name_at, name_at + len(node.name)), body, not statements, raises
    )


class _Reader:
    def __init__(self, module: Module, dialects: tuple[str, ...]) -> None:
        self.module = module
        self.dialects = dialects
        self.scope = Scope(module)
        self.operations: list[Operation] = []
        self._budget = MAX_STATEMENTS
        self._blocks = 0
        self._opaque_seen: set[Span] = set()

    def entries(self, direction: Direction) -> list[str]:
        """The functions that Alembic calls: ``upgrade``, or in a multidb file those that it dispatches to."""
        functions = self.module.functions
        if direction not in functions:
            return []
        names = [direction]
        # Flask-Migrate's multidb template: `globals()["upgrade_%s" % engine_name]()`.
        body = functions[direction].body
        if len(body) <= 4 and "globals()" in self.module.content:
            names += [name for name in functions if name.startswith(direction + "_")]
        return names

    def run(self, node: ast.FunctionDef, direction: Direction) -> None:
        """Follow one entry function."""
        scope = self.scope.child()
        for parameter in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            scope.bind(parameter.arg, _parameter_value(parameter.arg, self.module.span(parameter)))
        frame = _Frame(scope, direction, self.module.span(node), functions=(node,), path=self._new_path(()))
        self._block(node.body, frame)

    def _new_path(self, path: tuple[int, ...]) -> tuple[int, ...]:
        self._blocks += 1
        return (*path, self._blocks)

    # Statements

    def _block(self, statements: list[ast.stmt], frame: _Frame) -> bool:
        """Follow a block; True when its end is not reached."""
        for statement in statements:
            self._budget -= 1
            if self._budget < 0 or len(self.operations) > MAX_OPERATIONS:
                return True
            frame.statement = self.module.span(statement)
            if self._statement(statement, frame):
                return True
        return False

    def _statement(self, statement: ast.stmt, frame: _Frame) -> bool:
        match statement:
            case ast.Expr(value=value):
                self._effects(value, frame, top=True)
                if isinstance(value, ast.Call):
                    self._mutated(value, frame)
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value, frame)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._assign([target], value, frame)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                self._effects(value, frame)
                total = (
                    frame.scope.evaluate(
                        ast.copy_location(
                            ast.BinOp(ast.Name(name, ast.Load()), statement.op, value), statement
                        )
                    )
                    if _is_placed(statement)
                    else None
                )
                frame.scope.bind(
                    name, total if total is not None else Unknown("it is changed", frame.statement)
                )
            case ast.If():
                return self._if(statement, frame)
            case ast.For():
                return self._for(statement, frame)
            case ast.While(test=test, body=body, orelse=orelse):
                self._effects(test, frame)
                self._forget(body, frame)
                inner = self._inside(frame, repeated=True, conditional=True)
                self._block(body, inner)
                self._block(orelse, self._inside(frame))
            case ast.With():
                return self._with(statement, frame)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                ended = self._block(body, self._inside(frame))
                for handler in handlers:
                    self._block(handler.body, self._inside(frame, conditional=True))
                if not ended:
                    ended = self._block(orelse, self._inside(frame)) if orelse else False
                frame.statement = self.module.span(statement)
                return (self._block(finalbody, frame) if finalbody else False) or (ended and not handlers)
            case ast.Return(value=value):
                if value is not None:
                    self._effects(value, frame)
                return True
            case ast.Raise():
                return True
            case ast.FunctionDef(name=name):
                frame.scope.bind(name, FunctionValue(statement, frame.scope))
            case ast.ClassDef(name=name):
                frame.scope.bind(name, Ref(f".{name}", name, frame.statement))
            case ast.Import() | ast.ImportFrom():
                frame.scope.bind_import(statement)
            case ast.Match(subject=subject, cases=cases):
                self._effects(subject, frame)
                for case_ in cases:
                    self._block(case_.body, self._inside(frame, conditional=True))
            case ast.Assert(test=test):
                self._effects(test, frame)
            case ast.Break() | ast.Continue():
                return True
            case _:
                pass
        return False

    def _inside(self, frame: _Frame, *, repeated: bool = False, conditional: bool = False) -> _Frame:
        return replace(
            frame,
            repeated=frame.repeated or repeated,
            conditional=frame.conditional or conditional,
            path=self._new_path(frame.path),
        )

    def _assign(self, targets: list[ast.expr], value: ast.expr, frame: _Frame) -> None:
        known = self._effects(value, frame)
        for target in targets:
            if isinstance(target, ast.Name):
                if target.id == "op" and isinstance(known, CallValue) and _mentions_op(known):
                    # A proxy around `op` (progress wrappers) keeps its operations.
                    frame.scope.bind("op", Ref("alembic.op", "op", frame.statement))
                    continue
                frame.scope.bind(target.id, known, value)
            elif isinstance(target, ast.Subscript | ast.Attribute):
                if isinstance(target.value, ast.Name) and isinstance(
                    frame.scope.lookup(target.value.id), list | dict
                ):
                    why = f"`{target.value.id}` is changed in place"
                    frame.scope.bind(target.value.id, Unknown(why, frame.statement))
            else:
                frame.scope.unpack(target, known)

    def _if(self, statement: ast.If, frame: _Frame) -> bool:
        self._effects(statement.test, frame)
        condition = read_condition(statement.test, frame.scope)
        if condition.known is True:
            return self._block(statement.body, self._inside(frame))
        if condition.known is False:
            return self._block(statement.orelse, self._inside(frame))
        negated = condition.negated()
        outer = frame.statement
        body = replace(frame.under(condition), path=self._new_path(frame.path), statement=outer)
        body_ended = self._block(statement.body, body)
        other = replace(frame.under(negated), path=self._new_path(frame.path), statement=outer)
        other_ended = self._block(statement.orelse, other) if statement.orelse else False
        if body_ended and other_ended:
            return True
        if body_ended or other_ended:
            # What follows runs only when the branch that leaves was not taken.
            narrowed = frame.under(negated if body_ended else condition)
            frame.dialects, frame.excluded, frame.conditional = (
                narrowed.dialects,
                narrowed.excluded,
                narrowed.conditional,
            )
        return False

    def _for(self, statement: ast.For, frame: _Frame) -> bool:
        self._effects(statement.iter, frame)
        items = frame.scope.items(statement.iter)
        if items is None:
            self._forget(statement.body, frame)
            inner = self._inside(frame, repeated=True, conditional=True)
            for name in names_in(statement.target):
                inner.scope.bind(
                    name,
                    Unknown(f"`{name}` is a loop variable over values that are not known", frame.statement),
                )
            self._block(statement.body, inner)
        else:
            for item in items:
                inner = self._inside(frame, repeated=True)
                inner.scope.unpack(statement.target, item)
                self._block(statement.body, inner)
                if self._budget < 0:
                    break
        if statement.orelse:
            self._block(statement.orelse, self._inside(frame))
        return False

    def _mutated(self, call: ast.Call, frame: _Frame) -> None:
        """A list that is appended to is followed; any other change in place makes the name unknown."""
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[item]):
                known = frame.scope.lookup(name)
                if isinstance(known, list):
                    items = cast("list[Value]", known)
                    frame.scope.bind(
                        name, [*items, frame.scope.evaluate(item)] if len(items) < MAX_ITEMS else None
                    )
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _MUTATORS:
                if isinstance(frame.scope.lookup(name), list | dict):
                    frame.scope.bind(name, Unknown(f"`{name}` is changed in place", frame.statement))
            case _:
                pass

    def _forget(self, body: list[ast.stmt], frame: _Frame) -> None:
        """Names that a loop of unknown length assigns are not known inside it."""
        for statement in body:
            for node in ast.walk(statement):
                match node:
                    case ast.AugAssign(target=ast.Name(id=name)):
                        frame.scope.bind(name, Unknown(f"`{name}` changes in a loop", self.module.span(node)))
                    case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
                        method == "append" or method in _MUTATORS
                    ) and isinstance(frame.scope.lookup(name), list | dict):
                        frame.scope.bind(name, Unknown(f"`{name}` changes in a loop", self.module.span(node)))
                    case _:
                        pass

    def _with(self, statement: ast.With, frame: _Frame) -> bool:
        inner = self._inside(frame)
        whole = self.module.span(statement)
        for item in statement.items:
            value = self._effects(item.context_expr, frame)
            alias = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else ""
            if isinstance(value, CallValue) and value.path.endswith("op.batch_alter_table"):
                inner.batch = self._batch(value, alias, whole)
                if alias:
                    inner.scope.bind(alias, OpaqueValue(inner.batch))
                continue
            if isinstance(value, CallValue) and last_name(value.path) == "autocommit_block":
                inner.autocommit = True
                continue
            if alias:
                # What a context manager yields is taken for what was entered (a connection, a session).
                inner.scope.bind(alias, value)
        return self._block(statement.body, inner)

    def _batch(self, call: CallValue, alias: str, whole: Span) -> Batch:
        table = call.argument("table_name", 0)
        return Batch(
            table if isinstance(table, str | Unknown) else Unknown("the table is not known", call.span),
            maybe_name(call.argument("schema", 1), call.span),
            alias,
            whole,
            call.span,
            call.argument("recreate", 2),
            call.keywords.get("naming_convention") is not None,
        )

    # Calls

    def _effects(self, node: ast.expr, frame: _Frame, *, top: bool = False) -> Value:
        """Follow the calls in an expression, innermost first; the expression's value."""
        if isinstance(node, ast.Constant | ast.Name):
            return frame.scope.evaluate(node)
        if isinstance(node, ast.Await):
            return self._effects(node.value, frame, top=top)
        value: Value = None
        for call in _acting_calls(node, frame.scope):
            value = self._call(call, frame, top=top and call is node)
            if call is node:
                return value
        if top and isinstance(node, ast.Call):
            return self._call(node, frame, top=True)
        return frame.scope.evaluate(node)

    def _call(self, node: ast.Call, frame: _Frame, *, top: bool = False) -> Value:
        value = frame.scope.call(node)
        if not isinstance(value, CallValue):
            if isinstance(value, Unknown):
                self._follow(node, frame)
            return value
        path, method = value.path, last_name(value.path)
        if isinstance(value.receiver, OpaqueValue):
            self._batch_call(method, value, cast("Batch", value.receiver.content), frame)
        elif path.startswith("alembic.op.") and path.count(".") == 2:
            self._op_call(method, node, value, frame)
        elif method in _EXECUTE and isinstance(node.func, ast.Attribute) and node.args:
            self._execute(node, value, frame)
        elif method in _CONTROL and isinstance(node.func, ast.Attribute) and not node.args:
            receiver = path.rpartition(".")[0]
            self._add(TransactionControl(self._site(value, frame), _CONTROL[method], receiver))
        elif operations := from_method(value, self._site(value, frame)):
            for operation in operations:
                self._add(operation)
        elif "query" in path and (change := data_change(value, self._site(value, frame))) is not None:
            self._add(change)
        elif top:
            self._opaque_helper(value, frame)
        return value

    def _follow(self, node: ast.Call, frame: _Frame) -> None:
        """Follow a call of one of the file's own functions."""
        function = frame.scope.evaluate(node.func)
        if not isinstance(function, FunctionValue) or not isinstance(function.node, ast.FunctionDef):
            return
        if frame.depth >= MAX_CALL_DEPTH or function.node in frame.functions:
            return
        args: list[Value] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                items = frame.scope.items(argument.value)
                if items is None:
                    break
                args.extend(items)
            else:
                args.append(frame.scope.evaluate(argument))
        keywords = {
            keyword.arg: frame.scope.evaluate(keyword.value)
            for keyword in node.keywords
            if keyword.arg is not None
        }
        scope = bind_parameters(function, args, keywords)
        once = not args and not keywords and self._call_counts[function.node.name] == 1
        inner = replace(
            frame,
            scope=scope,
            depth=frame.depth + 1,
            repeated=frame.repeated or not once,
            path=self._new_path(frame.path),
            functions=(*frame.functions, function.node),
        )
        self._block(function.node.body, inner)

    @cached_property
    def _call_counts(self) -> Counter[str]:
        return Counter(
            node.func.id
            for node in ast.walk(self.module.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        )

    def _op_call(self, name: str, node: ast.Call, call: CallValue, frame: _Frame) -> None:
        if name == "execute":
            self._execute(node, call, frame)
        elif is_operation(name):
            for operation in build(name, call, replace(self._site(call, frame), batch=None)):
                self._add(operation)
        elif name not in _NO_EFFECT:
            self._opaque(
                f"`op.{name}()` is an operation that Alembic itself does not define",
                "operation",
                call.func.span,
                frame,
            )

    def _batch_call(self, name: str, call: CallValue, batch: Batch, frame: _Frame) -> None:
        if not is_operation(name):
            if name not in _NO_EFFECT and name != "execute":
                self._opaque(
                    f"`{name}()` of a batch block is not an operation that is known",
                    "operation",
                    call.func.span,
                    frame,
                )
            return
        for operation in build(name, call, replace(self._site(call, frame), batch=batch)):
            self._add(operation)

    def _execute(self, node: ast.Call, call: CallValue, frame: _Frame) -> None:
        argument = node.args[0] if node.args else next((item.value for item in node.keywords), None)
        if argument is None or isinstance(argument, ast.Starred):
            return
        value = frame.scope.evaluate(argument)
        site = replace(self._site(call, frame), args={"sql": self.module.span(argument)})
        text = frame.scope.text(argument)
        if isinstance(text, Unknown) and isinstance(value, CallValue):
            self._construct(value, argument, call, site, frame)
            return
        wrapped = isinstance(value, CallValue) or _is_text_call(argument, frame.scope)
        if isinstance(text, Unknown) or not text.value.strip("\ufffc \n\t"):
            if _may_be_sql(call):
                self._add(SqlText(site, call.path, text, wrapped))
                self._opaque(
                    "SQL is executed that is only known when it runs",
                    "sql",
                    self.module.span(argument),
                    frame,
                )
            return
        reading = read_sql(text, self._sql_dialects(frame), site)
        self._add(
            SqlText(site, call.path, text, wrapped, text.interpolated, reading.problem, reading.statements)
        )
        for operation in reading.operations:
            self._add(operation)

    def _construct(
        self, value: CallValue, argument: ast.expr, call: CallValue, site: Site, frame: _Frame
    ) -> None:
        """Something that SQLAlchemy renders is executed."""
        change = data_change(value, site, executed=True)
        if change is not None:
            self._add(change)
        elif last_name(value.path) in _DDL_CONSTRUCTS:
            self._add(Execute(site, _DDL_CONSTRUCTS[last_name(value.path)]))
        elif not _only_reads(value) and _may_be_sql(call):
            why = "a statement is executed that is only known when it runs"
            self._opaque(why, "sql", self.module.span(argument), frame)

    def _sql_dialects(self, frame: _Frame) -> tuple[str, ...]:
        if frame.dialects:
            return tuple(sorted(frame.dialects))
        return tuple(name for name in self.dialects if name not in frame.excluded)

    def _opaque_helper(self, call: CallValue, frame: _Frame) -> None:
        """A call of a function from elsewhere that may do anything to the database."""
        func = call.func
        root = func.path.lstrip(".").partition(".")[0]
        if (
            "()" in func.path
            or "<" in func.path
            or not func.bound
            or root in _HARMLESS
            or root in sys.stdlib_module_names
        ):
            return
        if func.path.startswith((".", "alembic.op")) and not func.path.startswith(".."):
            imported = "." in func.path.lstrip(".")
            if not imported:
                return
        takes_connection = any(
            isinstance(item, CallValue | Ref) and "op" in item.path.split(".") for item in call.args
        )
        if takes_connection or "migrat" in func.path or "alembic" in func.path:
            self._opaque(
                f"`{func.written}()` comes from another module and was not followed",
                "helper",
                func.span,
                frame,
            )

    def _opaque(self, why: str, what: str, span: Span, frame: _Frame) -> None:
        if span in self._opaque_seen:
            return
        self._opaque_seen.add(span)
        self._add(Opaque(self._site_at(span, span, frame), why, what))

    def _site(self, call: CallValue, frame: _Frame) -> Site:
        return self._site_at(call.span, call.func.span, frame)

    def _site_at(self, call: Span, name: Span, frame: _Frame) -> Site:
        return Site(
            function=frame.direction,
            order=len(self.operations),
            statement=frame.statement,
            call=call,
            name=name,
            batch=frame.batch,
            autocommit=frame.autocommit,
            dialects=frame.dialects,
            excluded=frame.excluded,
            conditional=frame.conditional,
            repeated=frame.repeated,
            path=frame.path,
        )

    def _add(self, operation: Operation) -> None:
        order = len(self.operations)
        if operation.site.order != order:
            operation = replace(operation, site=replace(operation.site, order=order))
        self.operations.append(operation)


_CONTROL: dict[str, Literal["begin", "commit", "rollback"]] = {
    "begin": "begin",
    "commit": "commit",
    "rollback": "rollback",
}
_ACTING = _EXECUTE | frozenset(_CONTROL) | {"create", "drop", "create_all", "drop_all", "update", "delete"}
_DDL_CONSTRUCTS = {
    "CreateSequence": "CREATE SEQUENCE",
    "DropSequence": "DROP SEQUENCE",
    "CreateSchema": "CREATE SCHEMA",
}
_LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
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
_HARMLESS = frozenset(
    {"sqlalchemy", "logger", "log", "LOG", "print", "tqdm", "click", "structlog", "loguru", "rich"}
)


def _parameter_value(name: str, span: Span) -> Value:
    """What a parameter of an entry function stands for, by its name."""
    if name == "op":
        return Ref("alembic.op", "op", span)
    return Ref(f"<parameter>.{name}", name, span)


def _does_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=None) | ast.Return(value=ast.Constant(value=None)):
            return True
        case _:
            return False


def _is_placed(node: ast.AugAssign) -> bool:
    return isinstance(node.op, ast.Add)


def _acting_calls(node: ast.expr, scope: Scope) -> list[ast.Call]:
    """Calls in an expression that may change the database, by their names; inner ones before those around them."""
    found: list[ast.Call] = []
    pending: list[ast.AST] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, ast.Constant | ast.Name | ast.Lambda):
            continue
        if isinstance(current, ast.Call):
            func = current.func
            if isinstance(func, ast.Attribute):
                if func.attr in _ACTING or is_operation(func.attr):
                    found.append(current)
                pending.append(func.value)
            elif isinstance(func, ast.Name):
                if (
                    func.id in _ACTING
                    or is_operation(func.id)
                    or isinstance(scope.lookup(func.id), FunctionValue)
                ):
                    found.append(current)
            else:
                pending.append(func)
            pending.extend(current.args)
            pending.extend(keyword.value for keyword in current.keywords)
            continue
        pending.extend(ast.iter_child_nodes(current))
    found.reverse()
    return found


def _mentions_op(call: CallValue) -> bool:
    return any(isinstance(item, Ref) and item.path == "alembic.op" for item in call.args)


def _is_text_call(node: ast.expr, scope: Scope) -> bool:
    if isinstance(node, ast.Name):
        origin = scope.node_of(node.id)
        node = origin[0] if origin is not None else node
    return any(
        (isinstance(call.func, ast.Attribute) and call.func.attr in ("text", "DDL"))
        or (isinstance(call.func, ast.Name) and call.func.id in ("text", "DDL"))
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
    )


def _only_reads(value: CallValue) -> bool:
    """Whether a described construct is a query, or one whose change was read where it was made."""
    parts = value.path.split(".")
    if "select()" in parts or parts[-1] in ("select", "exists", "union", "union_all"):
        return True
    return parts[0] == "sqlalchemy" and not parts[-1].startswith(("Create", "Drop"))


def _may_be_sql(call: CallValue) -> bool:
    """Whether `.execute(x)` is plausibly a database's: not `executor.execute` or a task's."""
    path = call.path
    return any(
        word in path
        for word in ("alembic.op", "get_bind", "onn", "ession", "ursor", "bind", "ngine", "<parameter>")
    )
