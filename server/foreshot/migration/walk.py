"""Following a function's statements without running them.

The walk keeps the conditions under which each operation runs (guards on the dialect, conditions that are only
known at run time, early returns), the batch and autocommit blocks around it, and it follows loops over known
sequences and calls of the file's own helper functions.
"""

from __future__ import annotations

import ast
from typing import Final

from msgspec.structs import replace

from foreshot.migration.answers import answered
from foreshot.migration.branches import Names
from foreshot.migration.columns import last_name, maybe_name
from foreshot.migration.frame import Frame
from foreshot.migration.guards import read_condition
from foreshot.migration.loops import Looper
from foreshot.migration.operations import Batch, Direction
from foreshot.migration.recorder import Recorder
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.expressions import defaults_of
from foreshot.syntax.module import Module
from foreshot.syntax.objects import Instance
from foreshot.syntax.values import CallValue, FunctionValue, OpaqueValue, Ref, Unknown, Value
from foreshot.text import Span

MAX_STATEMENTS: Final = 50_000
"""Statements that are followed, those of a loop once for each turn."""
MAX_NESTING: Final = 100
"""Blocks in blocks, those of followed functions included: the interpreter's own stack is not endless."""


class Walker(Looper):
    """Follows the functions of one module and hands each call to a recorder."""

    def __init__(self, module: Module, scope: Scope, recorder: Recorder) -> None:
        super().__init__(module, scope, recorder, MAX_STATEMENTS)
        self._nesting = 0

    def run(self, node: ast.FunctionDef, direction: Direction) -> None:
        """Follow one entry function."""
        scope = self.scope.child()
        defaults = defaults_of(node.args)
        for parameter in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            name, span = parameter.arg, self.module.span(parameter)
            scope.bind(name, _parameter_value(name, defaults.get(name), span, node))
        entry = node.name if node.name != direction else ""
        frame = Frame(
            scope,
            direction,
            self.module.span(node),
            functions=(node,),
            path=self._new_path(()),
            entry=entry,
        )
        self._block(node.body, frame)

    # Statements

    def _block(self, statements: list[ast.stmt], frame: Frame) -> bool:
        """Follow a block; True when its end is not reached."""
        if self._nesting >= MAX_NESTING:
            self._recorder.give_up("the code is nested too deeply to be followed", frame)
            return False
        self._nesting += 1
        try:
            for statement in statements:
                frame.statement = frame.scope.module.span(statement)
                self._budget -= 1
                if self._budget < 0 or self._recorder.is_full or frame.scope.budget.is_spent:
                    self._recorder.give_up("the file does more than can be followed", frame)
                    return True
                if self._statement(statement, frame):
                    return True
        finally:
            self._nesting -= 1
        return False

    def _statement(self, statement: ast.stmt, frame: Frame) -> bool:
        match statement:
            case ast.Expr(value=ast.Yield() as place) if frame.resume is not None:
                frame.resume(place)
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
                ended = self._block(body, self._inside(frame, tried=bool(handlers)))
                known = _assigned(body, frame.scope) if handlers else {}
                leaves = False
                for handler in handlers:
                    left = self._block(handler.body, self._inside(frame, conditional=True))
                    leaves = leaves or (left and isinstance(handler.body[-1], ast.Return))
                for name, (value, node) in known.items():
                    # What a handler gives a name instead is for when the body fails.
                    frame.scope.bind(name, value, node)
                if leaves:
                    # What follows does not run where the body failed.
                    frame.conditions = frame.and_unknown(self._new_path(())[-1])
                if not ended:
                    ended = self._block(orelse, self._inside(frame)) if orelse else False
                frame.statement = frame.scope.module.span(statement)
                return (self._block(finalbody, frame) if finalbody else False) or (ended and not handlers)
            case ast.Return(value=value):
                returned = self._effects(value, frame) if value is not None else None
                if frame.returns is not None:
                    frame.returns.append(frame.leaving(returned))
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
                if frame.breaks is not None and isinstance(statement, ast.Break):
                    frame.breaks.append(frame.leaving())
                return True
            case _:
                pass
        return False

    def _assign(self, targets: list[ast.expr], value: ast.expr, frame: Frame) -> None:
        known = answered(self._effects(value, frame), self._recorder.position)
        for target in targets:
            if isinstance(target, ast.Name):
                if target.id == "op" and isinstance(known, CallValue) and _mentions_op(known):
                    # A proxy around `op` (progress wrappers) keeps its operations.
                    frame.scope.bind("op", Ref("alembic.op", "op", frame.statement))
                    continue
                frame.scope.bind(target.id, known, value)
            elif isinstance(target, ast.Attribute) and isinstance(
                owner := frame.scope.evaluate(target.value), Instance
            ):
                # Under a condition that cannot be told it may be what it was.
                why = Unknown(f"`{target.attr}` is set under a condition", frame.statement)
                owner.fields[target.attr] = why if frame.conditions else known
            elif isinstance(target, ast.Subscript | ast.Attribute):
                self._set_in_row(target, known, frame)
                self._set_item(target, known, frame)
            else:
                frame.scope.unpack(target, known)

    def _if(self, statement: ast.If, frame: Frame) -> bool:
        self._effects(statement.test, frame)
        condition = read_condition(statement.test, frame.scope)
        if condition.known is True:
            return self._block(statement.body, self._inside(frame))
        if condition.known is False:
            return self._block(statement.orelse, self._inside(frame))
        negated = condition.negated()
        outer = frame.statement
        path = self._new_path(frame.path)
        before = Names(frame.scope)
        body = replace(frame.under(condition, path[-1]), path=path, statement=outer)
        body_ended = self._block(statement.body, body)
        then = before.taken_back()
        path = self._new_path(frame.path)
        other = replace(frame.under(negated, path[-1]), path=path, statement=outer)
        other_ended = self._block(statement.orelse, other) if statement.orelse else False
        if other_ended and not body_ended:
            before.taken_back()
            before.put(then)
        elif body_ended == other_ended:
            before.merge(then, condition, statement.test, frame.statement)
        if body_ended and other_ended:
            return True
        if body_ended or other_ended:
            # What follows runs only when the branch that leaves was not taken.
            narrowed = frame.under(negated if body_ended else condition, self._new_path(())[-1])
            leaving = statement.body if body_ended else statement.orelse
            if isinstance(leaving[-1], ast.Raise) and condition.unknown:
                # Whoever comes further met no error: it is as if it had not been asked.
                narrowed = replace(narrowed, conditions=frame.conditions, tests=frame.tests)
            frame.take_guards(narrowed)
        return False

    def _with(self, statement: ast.With, frame: Frame) -> bool:
        inner = self._inside(frame)
        whole = frame.scope.module.span(statement)
        batches: list[str] = []
        for item in statement.items:
            if len(statement.items) == 1 and (manager := self._manager(item.context_expr, frame)) is not None:
                return self._managed(*manager, statement.body, frame, inner)
            value = self._effects(item.context_expr, frame)
            alias = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else ""
            if isinstance(value, CallValue) and value.path.endswith("op.batch_alter_table"):
                if alias:
                    inner.scope.bind(alias, OpaqueValue(self._batch(value, alias, whole)))
                    batches.append(alias)
                continue
            if isinstance(value, CallValue) and last_name(value.path) == "autocommit_block":
                inner.autocommit = True
                continue
            if isinstance(value, CallValue) and last_name(value.path) == "suppress":
                inner.tried = True
            if alias:
                # What a context manager yields is taken for what was entered (a connection, a session).
                inner.scope.bind(alias, value)
        ended = self._block(statement.body, inner)
        for alias in batches:
            # Alembic runs a block's operations at its end: what is asked of it later never runs.
            inner.scope.bind(alias, Unknown("the batch block has ended, and runs nothing more", whole))
        return ended

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


def _assigned(body: list[ast.stmt], scope: Scope) -> dict[str, tuple[Value, ast.expr | None]]:
    """The names that a block's own statements give a value, with what they are now."""
    found: dict[str, tuple[Value, ast.expr | None]] = {}
    for statement in body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name) and target.id in scope.values:
                    found[target.id] = scope.values[target.id], scope.nodes.get(target.id)
    return found


def _parameter_value(name: str, default: ast.expr | None, span: Span, node: ast.FunctionDef) -> Value:
    """What a parameter of an entry function stands for, by its name.

    Alembic hands over no `op`, so a default of it is its value; but where nobody asks whether there is one, whoever calls the function has one to give.
    """
    if name == "op":
        kept = isinstance(default, ast.Constant) and (default.value is not None or _asks_for(name, node))
        return default.value if kept and isinstance(default, ast.Constant) else Ref("alembic.op", "op", span)
    return Ref(f"<parameter>.{name}", name, span)


def _asks_for(name: str, node: ast.FunctionDef) -> bool:
    """Whether a function looks whether a name has a value."""
    for inner in ast.walk(node):
        match inner:
            case ast.Compare(left=left, comparators=others):
                asked = [left, *others]
            case ast.BoolOp(values=asked):
                pass
            case ast.UnaryOp(operand=test) | ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                asked = [test]
            case _:
                continue
        if any(isinstance(item, ast.Name) and item.id == name for item in asked):
            return True
    return False


def _is_placed(node: ast.AugAssign) -> bool:
    return isinstance(node.op, ast.Add)


def _mentions_op(call: CallValue) -> bool:
    return any(isinstance(item, Ref) and item.path == "alembic.op" for item in call.args)
