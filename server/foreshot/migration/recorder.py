"""From described calls to recorded operations, with the conditions under which they run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property
from typing import Final, cast

from msgspec.structs import replace

from foreshot.migration.acting import (
    CONTROL,
    EXECUTE,
    changes_table,
    is_harmless,
    is_text_call,
    may_be_sql,
    only_reads,
)
from foreshot.migration.builders import build, from_method, is_operation
from foreshot.migration.calls import Kind, RecordedCall
from foreshot.migration.columns import last_name
from foreshot.migration.constructs import DDL_CONSTRUCTS, is_construct, rendered
from foreshot.migration.data import data_change
from foreshot.migration.found import of_found
from foreshot.migration.frame import Frame
from foreshot.migration.operations import (
    Batch,
    Execute,
    Followed,
    Opaque,
    Operation,
    Site,
    SqlText,
    TransactionControl,
)
from foreshot.migration.outlook import is_described
from foreshot.migration.plugins import ENTITIES, GEOSPATIAL, plugin_operation
from foreshot.migration.possible import Possible
from foreshot.migration.sql import read_sql
from foreshot.migration.ways import sides_of, ways_of
from foreshot.syntax.module import Module
from foreshot.syntax.objects import is_operations
from foreshot.syntax.values import CallValue, OpaqueValue, Ref, Text, Unknown
from foreshot.text import Span

MAX_OPERATIONS: Final = 4_000
"""Operations that are taken from one revision. The most in 5,340 of real projects was 421."""

_MAX_SIDES: Final = 3
"""Values in one statement that the database decides."""
_BY_DATABASE = (ast.Call, ast.IfExp, ast.Name)
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
_RUNS_SQL = re.compile(r"execut|sql|query", re.IGNORECASE)
"""In the name of a function that is given SQL."""


class Recorder:
    """The operations of one revision, in the order in which they run."""

    def __init__(
        self, module: Module, dialects: tuple[str, ...], calls: list[RecordedCall] | None = None
    ) -> None:
        """``calls`` takes the calls themselves as well, where somebody wants them."""
        self.calls = calls
        self.module = module
        self.dialects = dialects
        self.operations: list[Operation] = []
        self._opaque_seen: set[object] = set()
        self._possible = Possible()
        self._gave_up: set[str] = set()
        self._outer: list[Operation] | None = None
        self._inner = 0

    @property
    def is_full(self) -> bool:
        """Whether no more operations are taken."""
        return len(self.operations) + len(self._outer or ()) + self._inner >= MAX_OPERATIONS

    @property
    def is_apart(self) -> bool:
        """Whether what is recorded now stands in another module."""
        return self._outer is not None

    @property
    def position(self) -> tuple[int, int]:
        """The order that the next operation will have, and its number within another module's function."""
        return (len(self.operations), 0) if self._outer is None else (len(self._outer), len(self.operations))

    @contextmanager
    def apart(
        self, call: Span, name: Span, frame: Frame
    ) -> Generator[Callable[[Callable[[], None]], None], None, None]:
        """Take what is recorded meanwhile as one operation at a call; what is yielded runs something as if it stood outside."""
        calls = self.calls

        def enter() -> None:
            self._outer, self.operations, self.calls = self.operations, [], None

        def leave() -> None:
            inner, self.operations = self.operations, self._outer or []
            self._outer, self.calls = None, calls
            self._inner += len(inner)
            if inner:
                self._followed(inner, call, name, frame)

        def between(run: Callable[[], None]) -> None:
            leave()
            run()
            enter()

        enter()
        try:
            yield between
        finally:
            leave()

    def _followed(self, inner: list[Operation], call: Span, name: Span, frame: Frame) -> None:
        site = self._site_at(call, name, frame)
        unread = next((item for item in inner if isinstance(item, Opaque)), None)
        why = unread.why if unread is not None else "what it calls stands in another module"
        made = Followed(site, why, "helper", operations=tuple(inner), unread=unread is not None)
        self._keep("unknown", made.why, site)
        self._add(made)

    def give_up(self, why: str, frame: Frame) -> None:
        """Say, once for each function, that the rest of it is not read."""
        if frame.direction not in self._gave_up:
            self._gave_up.add(frame.direction)
            self._opaque(why, "limit", frame.statement, frame)

    def record(self, node: ast.Call, value: CallValue, frame: Frame, *, top: bool) -> None:
        """Record what a call does to the database, if anything. ``top``: the call is a statement of its own."""
        path, method = value.path, last_name(value.path)
        if isinstance(value.receiver, OpaqueValue):
            self._batch_call(method, node, value, cast("Batch", value.receiver.content), frame)
        elif path.startswith("alembic.op.") and path.count(".") == 2:
            self._op_call(method, node, value, frame)
        elif method in EXECUTE and isinstance(node.func, ast.Attribute) and node.args:
            self._execute(node, value, frame)
        elif method in CONTROL and isinstance(node.func, ast.Attribute) and not node.args:
            receiver = path.rpartition(".")[0]
            self._add(TransactionControl(self._site(value, frame), CONTROL[method], receiver))
        elif operations := from_method(value, site := self._site(value, frame)):
            self._keep("method", method, site, value)
            for operation in operations:
                self._add(operation)
        elif "query" in path and (change := data_change(value, self._site(value, frame))) is not None:
            self._add(change)
        elif top and not self._handed_over(node, value, frame):
            self._opaque_helper(value, frame)

    def _handed_over(self, node: ast.Call, call: CallValue, frame: Frame) -> bool:
        """Whether SQL that changes the schema is given to a function that is not known: it runs most likely, and on those tables only."""
        for argument in node.args:
            text = frame.scope.text(argument)
            if isinstance(text, Unknown) or not (
                _RUNS_SQL.search(last_name(call.path)) or is_text_call(argument, frame.scope)
            ):
                continue
            site = self._site(call, frame)
            frame.scope.budget.spend(len(text.value) >> 2)
            found = read_sql(text, self._sql_dialects(frame), site).operations
            tables = tuple(dict.fromkeys(item.table_name for item in found if changes_table(item)))
            if tables:
                why = f"SQL is given to `{ast.unparse(node.func)[:80]}()`, which was not followed"
                self._keep("unknown", why, site)
                self._add(Opaque(site, why, "sql", tuple(name for name in tables if name)))
                return True
        return False

    def _op_call(self, name: str, node: ast.Call, call: CallValue, frame: Frame) -> None:
        name = GEOSPATIAL.get(name, name)
        if name == "execute":
            self._execute(node, call, frame)
        elif is_operation(name):
            site = self._site(call, frame)
            self._keep("operation", name, site, call)
            for operation in build(name, call, site):
                self._add(of_found(operation, frame))
        elif name in ENTITIES:
            self._add(plugin_operation(name, call, self._site(call, frame)))
        elif name not in _NO_EFFECT:
            self._opaque(
                f"`op.{name}()` is an operation that Alembic itself does not define",
                "operation",
                call.func.span,
                frame,
            )

    def _batch_call(self, name: str, node: ast.Call, call: CallValue, batch: Batch, frame: Frame) -> None:
        if name == "execute":
            self._execute(node, call, frame)
            return
        name = GEOSPATIAL.get(name, name)
        if not is_operation(name):
            if name not in _NO_EFFECT:
                self._opaque(
                    f"`{name}()` of a batch block is not an operation that is known",
                    "operation",
                    call.func.span,
                    frame,
                )
            return
        site = self._site(call, frame, batch)
        self._keep("operation", name, site, call)
        for operation in build(name, call, site):
            self._add(of_found(operation, frame))

    def _execute(self, node: ast.Call, call: CallValue, frame: Frame, depth: int = 0) -> None:
        argument = node.args[0] if node.args else next((item.value for item in node.keywords), None)
        if argument is None or isinstance(argument, ast.Starred):
            return
        ways = ways_of(argument, frame.scope) if isinstance(argument, _BY_DATABASE) else []
        if len(ways) > 1:
            for condition, way, scope, in_text in ways:
                inner = replace(frame.under(condition, 0), scope=scope)
                if scope.module is frame.scope.module or self.is_apart:
                    self._execute_way(way, call, inner, in_text=in_text)
                else:
                    with self.apart(call.span, call.func.span, frame):
                        self._execute_way(way, call, inner, in_text=in_text)
            return
        decided = False
        for condition in sides_of(argument, frame.scope) if depth < _MAX_SIDES else ():
            decided = True
            inner = frame.under(condition, 0)
            if inner.dialects is None or inner.dialects - inner.excluded:
                self._execute(node, call, inner, depth + 1)
        if not decided:
            self._execute_way(argument, call, frame)

    def _execute_way(
        self, argument: ast.expr, call: CallValue, frame: Frame, *, in_text: bool = False
    ) -> None:
        """SQL, or what SQLAlchemy renders, is handed to the database."""
        value = frame.scope.evaluate(argument)
        # SQL runs at once, inside a batch block too, whose own operations wait for its end.
        site = replace(self._site(call, frame), args={"sql": frame.scope.module.span(argument)})
        text = frame.scope.text(argument)
        blank = isinstance(text, Unknown) or not text.value.strip("\ufffc \n\t")
        # A name that stands for a construct has a text of one hole, as `text(name)` has.
        if isinstance(value, CallValue) and (
            isinstance(text, Unknown) or (blank and is_construct(value, site))
        ):
            self._construct(value, argument, call, site, frame)
            return
        constant = isinstance(argument, ast.Constant)
        wrapped = in_text or (
            not constant and (isinstance(value, CallValue) or is_text_call(argument, frame.scope))
        )
        if isinstance(text, Unknown) or blank:
            if may_be_sql(call):
                self._add(SqlText(site, call.path, text, wrapped))
                function = frame.functions[-1] if frame.functions else None
                changes = self._possible.rows_only(argument, function, frame.scope, site)
                if changes is not None:
                    for change in changes:
                        self._add(change)
                    return
                self._opaque(
                    "SQL is executed that is only known when it runs",
                    "sql",
                    frame.scope.module.span(argument),
                    frame,
                )
            return
        frame.scope.budget.spend(len(text.value) >> 2)
        self._keep("sql", "execute", site, call, text)
        reading = read_sql(text, self._sql_dialects(frame), site)
        self._add(
            SqlText(site, call.path, text, wrapped, text.interpolated, reading.problem, reading.statements)
        )
        for operation in reading.operations:
            self._add(operation)

    def _construct(
        self, value: CallValue, argument: ast.expr, call: CallValue, site: Site, frame: Frame
    ) -> None:
        """Something that SQLAlchemy renders is executed."""
        change = data_change(value, site, executed=True)
        if change is not None:
            self._keep("unknown", "a statement that SQLAlchemy builds", site)
            self._add(change)
        elif last_name(value.path) in DDL_CONSTRUCTS:
            verb = DDL_CONSTRUCTS[last_name(value.path)]
            self._add(Execute(site, verb, rendered=rendered(verb, value)))
        elif not only_reads(value) and may_be_sql(call):
            why = "a statement is executed that is only known when it runs"
            self._opaque(why, "sql", frame.scope.module.span(argument), frame)

    def _sql_dialects(self, frame: Frame) -> tuple[str, ...]:
        left = [name for name in self.dialects if name not in frame.excluded]
        return tuple(sorted(frame.dialects) if frame.dialects else left)

    def _opaque_helper(self, call: CallValue, frame: Frame) -> None:
        """A call of a function from elsewhere that may do anything to the database."""
        func = call.func
        if last_name(func.path) in self._acting_methods and ("<" in func.path or "()" in func.path):
            why = f"`{last_name(func.path)}()` is a method that could not be followed"
            self._opaque(why, "helper", func.span, frame)
        maker = call.receiver
        if isinstance(maker, CallValue) and any(is_operations(item) for item in maker.args):
            why = f"`{last_name(func.path)}()` is a method of an object that `op` was handed to"
            self._opaque(why, "helper", func.span, frame)
            return
        if is_harmless(func):
            return
        own = func.path.startswith((".", "alembic.op")) and not func.path.startswith("..")
        if own and "." not in func.path.lstrip("."):
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

    @cached_property
    def _acting_methods(self) -> frozenset[str]:
        """Methods of the file's own classes that use ``op``."""
        return frozenset(
            item.name
            for node in self.module.classes.values()
            for item in node.body
            if isinstance(item, ast.FunctionDef)
            and any(isinstance(part, ast.Name) and part.id == "op" for part in ast.walk(item))
        )

    def _opaque(self, why: str, what: str, span: Span, frame: Frame) -> None:
        seen = (span, frame.dialects, frame.excluded)
        if seen in self._opaque_seen:
            return
        self._opaque_seen.add(seen)
        site = self._site_at(span, span, frame)
        self._keep("unknown", why, site)
        self._add(Opaque(site, why, what))

    def _site(self, call: CallValue, frame: Frame, batch: Batch | None = None) -> Site:
        elsewhere = any(is_described(item) for item in (*call.args, *call.keywords.values()))
        return self._site_at(call.span, call.func.span, frame, batch, elsewhere=elsewhere)

    def _site_at(
        self, call: Span, name: Span, frame: Frame, batch: Batch | None = None, *, elsewhere: bool = False
    ) -> Site:
        return Site(
            function=frame.direction,
            order=len(self.operations),
            statement=frame.statement,
            call=call,
            name=name,
            batch=batch,
            autocommit=frame.autocommit,
            dialects=frame.dialects,
            excluded=frame.excluded,
            conditions=frame.conditions,
            tests=frame.tests,
            repeated=frame.repeated or elsewhere,
            path=frame.path,
            entry=frame.entry,
            loops=frame.loops,
            tried=frame.tried,
        )

    def _keep(
        self,
        kind: Kind,
        method: str,
        site: Site,
        call: CallValue | None = None,
        text: Text | Unknown | None = None,
    ) -> None:
        if self.calls is not None:
            self.calls.append(RecordedCall(kind, method, site, call, text))

    def _add(self, operation: Operation) -> None:
        order = len(self.operations)
        if operation.site.order != order:
            operation = replace(operation, site=replace(operation.site, order=order))
        self.operations.append(operation)
