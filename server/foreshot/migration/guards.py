"""Conditions around operations: which databases they let through, and which cannot be told."""

from __future__ import annotations

import ast
from typing import Final

from msgspec import Struct

from foreshot.migration.asked import negated as opposite
from foreshot.migration.asked import read_test
from foreshot.migration.specs import Test
from foreshot.syntax.bodies import MAX_INLINED, last_returned
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.expressions import bind_parameters
from foreshot.syntax.objects import truth
from foreshot.syntax.values import CallValue, Choice, FunctionValue, Ref, Value, known_strs

MAX_DEPTH: Final = 20
DATABASES: Final = frozenset({"postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle"})
_MYSQL: Final = frozenset({"mysql", "mariadb"})
_NAMES = {"postgres": "postgresql", "postgresql": "postgresql", "cockroachdb": "cockroachdb"}


class Condition(Struct, frozen=True):
    """What is known of a condition.

    ``known`` is its value where that is static. Otherwise ``only`` and ``never`` say on which databases it
    holds, and ``unknown`` that something else decides too.
    """

    known: bool | None = None
    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()
    unknown: bool = False
    test: Test | None = None
    """What it asks of the schema, where that decides it."""

    def negated(self) -> Condition:
        """What is known when the condition does not hold."""
        if self.known is not None:
            return Condition(known=not self.known)
        if self.unknown:
            return Condition(unknown=True, test=None if self.test is None else opposite(self.test))
        if self.only is not None:
            return Condition(never=self.only)
        return Condition(only=self.never)


def read_condition(node: ast.expr, scope: Scope, depth: int = 0, at: int = 0) -> Condition:
    """What a condition's source says of the databases it holds for; ``at`` is how deep its values are worked out already."""
    if depth > MAX_DEPTH:
        return Condition(unknown=True)
    depth += 1
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return read_condition(operand, scope, depth, at).negated()
        case ast.BoolOp(op=ast.And(), values=values):
            return all_of([read_condition(value, scope, depth, at) for value in values[:50]])
        case ast.BoolOp(op=ast.Or(), values=values):
            return all_of(
                [read_condition(value, scope, depth, at).negated() for value in values[:50]]
            ).negated()
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            found = _comparison(left, op, right, scope, at)
            if found is not None:
                return found
        case ast.Name():
            origin = scope.node_of(node.id)
            if origin is not None and isinstance(origin[0], ast.Compare | ast.BoolOp | ast.UnaryOp):
                return read_condition(origin[0], origin[1], depth, at)
            answer = answered(origin[0], origin[1], depth, at) if origin is not None else None
            if answer is not None:
                return answer
        case ast.Call(func=ast.Attribute(attr="startswith", value=left), args=[right]):
            name, asked = scope.evaluate(right, at), scope.evaluate(left, at)
            if isinstance(name, str) and (_is_dialect(asked) or _is_dialect_text(asked)):
                return Condition(only=_databases(name))
        case _:
            pass
    answer = answered(node, scope, depth, at)
    if answer is not None:
        return answer
    value = scope.evaluate(node, at)
    if isinstance(value, Choice):
        return _chosen(value)
    known = truth(value)
    if known is not None:
        return Condition(known=known)
    # What it asks of the schema is of use where it stands, and not inside of a value.
    return Condition(unknown=True, test=read_test(node, scope) if at == 0 else None)


def answered(node: ast.expr, scope: Scope, depth: int = 0, at: int = 0) -> Condition | None:
    """What a call of a plain function tells of the databases that it is true for, as ``is_postgres()`` does; None where it tells nothing else."""
    if not isinstance(node, ast.Call) or depth > MAX_DEPTH or at > MAX_INLINED:
        return None
    if any(isinstance(item, ast.Starred) for item in node.args) or any(
        item.arg is None for item in node.keywords
    ):
        return None
    function = scope.evaluate(node.func, at)
    if not isinstance(function, FunctionValue):
        return None
    method_of = function.bound
    if method_of is not None:
        return None
    keywords = {str(item.arg): scope.evaluate(item.value, at) for item in node.keywords}
    inner = bind_parameters(function, [scope.evaluate(item, at) for item in node.args], keywords, at + 1)
    made = function.node
    value = made.body if isinstance(made, ast.Lambda) else last_returned(inner, made.body, at + 1)
    return _of_database(read_condition(value, inner, depth, at + 1)) if value is not None else None


def _of_database(condition: Condition) -> Condition | None:
    """A condition that asks of the database and of nothing else."""
    told = condition.only is not None or condition.never
    return condition if condition.known is None and not condition.unknown and told else None


def _chosen(choice: Choice) -> Condition:
    """What a value that the dialect decides says as a condition."""
    then, other = truth(choice.then), truth(choice.other)
    if then is None or other is None:
        # What never holds on some databases is perhaps so on the others.
        only = choice.dialects if other is False else None
        return Condition(None, only, choice.dialects if then is False else frozenset(), unknown=True)
    if then == other:
        return Condition(known=then)
    return Condition(only=choice.dialects) if then else Condition(never=choice.dialects)


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr, scope: Scope, at: int) -> Condition | None:
    one, other = scope.evaluate(left, at), scope.evaluate(right, at)
    if _is_dialect(other) and isinstance(one, str) and isinstance(op, ast.Eq | ast.NotEq):
        one, other = other, one
    if isinstance(one, str) and isinstance(op, ast.In) and _is_dialect_text(other):
        return Condition(only=_databases(one))
    if not _is_dialect(one):
        return None
    names = [other] if isinstance(other, str) else known_strs(other)
    if names is None:
        return None
    databases = frozenset[str]().union(*map(_databases, names))
    match op:
        case ast.Eq() | ast.In() | ast.Is():
            return Condition(only=databases)
        case ast.NotEq() | ast.NotIn() | ast.IsNot():
            return Condition(never=databases)
        case _:
            return None


def _is_dialect(value: Value) -> bool:
    """``bind.dialect.name``, ``op.get_context().dialect.name``, ``engine.name``, ``get_dialect_name()``…"""
    if not isinstance(value, Ref):
        return False
    path = value.path
    return path.endswith(
        (
            ".dialect.name",
            ".engine.name",
            ".dialect.dialect_description",
            ".drivername",
            "_dialect.name",
            "get_bind().name",
            "dialect_name",
        )
    )


def _is_dialect_text(value: Value) -> bool:
    """``"sqlite" in str(bind.engine.url)`` and the like."""
    match value:
        case CallValue(func=Ref(path="str"), args=[Ref() as inner]):
            value = inner
        case CallValue(func=Ref(path=path)) if path.endswith(".url.render_as_string"):
            return True
        case _:
            pass
    if not isinstance(value, Ref):
        return False
    return value.path.endswith((".dialect.name", ".url", ".drivername", ".driver", "sqlalchemy_url"))


def _databases(name: str) -> frozenset[str]:
    """The databases whose dialect has the name: behind a ``mysql://`` address, MariaDB's is "mysql" as well."""
    base = name.partition("+")[0].partition(":")[0]
    return _MYSQL if base == "mysql" else frozenset({_NAMES.get(base, base)})


def all_of(parts: list[Condition]) -> Condition:
    """What is known when every part holds."""
    if any(part.known is False for part in parts):
        return Condition(known=False)
    rest = [part for part in parts if part.known is None]
    if not rest:
        return Condition(known=True)
    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()
    for part in rest:
        if part.only is not None:
            only = part.only if only is None else only & part.only
        never |= part.never
    if only is not None:
        only -= never
        never = frozenset()
    unknown = [part for part in rest if part.unknown]
    test = None
    if unknown and any(part.test is not None for part in unknown):
        tests = tuple([part.test or Test("unknown") for part in unknown])
        test = tests[0] if len(tests) == 1 else Test("all", parts=tests)
    return Condition(None, only, never, bool(unknown), test)
