"""What a condition asks of the schema: ``if not inspector.has_table("users")``, ``if "email" not in columns``.

Only the forms in which migrations ask are known: SQLAlchemy's inspector and its lists, comprehensions over them, and helper functions of
the file that come down to one of these. Anything else asks nothing that the schema could answer.
"""

from __future__ import annotations

import ast
import re
from typing import Final, Literal, cast

from msgspec import Struct

from foreshot.migration.answers import compared
from foreshot.migration.specs import Test
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.expressions import bind_parameters
from foreshot.syntax.values import FunctionValue, Ref, Value, known_strs

_COMPUTED: Final = re.compile(r"[<(]|^\.")
MAX_STEPS: Final = 12
Kind = Literal["table", "column", "index", "constraint", "enum", "view", "sequence"]
_LISTS: dict[str, Kind] = {
    "get_table_names": "table",
    "get_tables": "table",
    "get_view_names": "view",
    "get_sequence_names": "sequence",
    "get_columns": "column",
    "get_indexes": "index",
    "get_unique_constraints": "constraint",
    "get_foreign_keys": "constraint",
    "get_check_constraints": "constraint",
    "get_pk_constraint": "constraint",
    "get_enums": "enum",
}
_HAS: dict[str, Kind] = {"has_table": "table", "has_index": "index", "has_sequence": "sequence"}


_OFFLINE: Final = Test("any")
"""Whether Alembic only writes SQL, and so has no connection: never, for the schema is that of a run against a database."""


class Listing(Struct, frozen=True):
    """A list that an inspector gives: names, or with ``rows`` one dictionary for each thing."""

    kind: Kind
    table: str | None
    rows: bool = False


def read_test(node: ast.expr, scope: Scope, depth: int = 0) -> Test | None:
    """What a condition asks of the schema; None when it asks something else."""
    if depth > MAX_STEPS:
        return None
    depth += 1
    if (found := compared(node, scope)) is not None:
        return found
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = read_test(operand, scope, depth)
            return None if inner is None else negated(inner)
        case ast.BoolOp(op=op, values=values):
            parts = tuple([read_test(value, scope, depth) or Test("unknown") for value in values[:50]])
            if all(part.kind == "unknown" for part in parts):
                return None
            return Test("all" if isinstance(op, ast.And) else "any", parts=parts)
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as op], comparators=[right]):
            found = _membership(left, right, scope, depth)
            return negated(found) if found is not None and isinstance(op, ast.NotIn) else found
        case ast.Compare(
            left=left,
            ops=[ast.Is() | ast.Eq() | ast.IsNot() | ast.NotEq() as op],
            comparators=[ast.Constant(value=value)],
        ) if value is None or isinstance(value, bool):
            inner = read_test(left, scope, depth)
            same = isinstance(op, ast.Is | ast.Eq)
            return None if inner is None else (inner if bool(value) == same else negated(inner))
        case ast.Call():
            return _call(node, scope, depth)
        case ast.Name():
            origin = scope.node_of(node.id)
            return read_test(origin[0], origin[1], depth) if origin is not None else None
        case ast.Attribute(attr="as_sql"):
            return _OFFLINE
        case ast.Attribute():
            value = scope.evaluate(node)
            plain = isinstance(value, Ref) and value.bound and not _COMPUTED.search(value.path)
            return Test("flag", name=cast("Ref", value).path) if plain else None
        case _:
            return None


def negated(test: Test) -> Test:
    """The opposite."""
    return Test(test.kind, test.table, test.name, not test.negated, test.parts, test.columns)


def _membership(left: ast.expr, right: ast.expr, scope: Scope, depth: int) -> Test | None:
    listing = listing_of(right, scope, depth)
    if listing is None or listing.rows:
        return None
    value = scope.evaluate(left)
    name = value if isinstance(value, str) else None
    return Test(listing.kind, listing.table, name)


def listing_of(node: ast.expr, scope: Scope, depth: int = 0) -> Listing | None:
    """The inspector's list that an expression comes down to."""
    if depth > MAX_STEPS:
        return None
    depth += 1
    match node:
        case ast.Call(func=ast.Attribute(attr=attr), args=args, keywords=keywords) if attr in _LISTS:
            kind = _LISTS[attr]
            given = (
                args[0] if args else next((item.value for item in keywords if item.arg == "table_name"), None)
            )
            table = (
                scope.evaluate(given)
                if given is not None and kind not in ("table", "view", "sequence")
                else None
            )
            rows = kind not in ("table", "view", "sequence")
            schema = _schema_of(args[1:], keywords, scope)
            name = table if isinstance(table, str) else None
            return Listing(kind, f"{schema}.{name}" if schema and name else name, rows)
        case ast.Call(func=ast.Attribute(attr="keys" | "copy", value=value), args=[]):
            return listing_of(value, scope, depth)
        case ast.Call(func=ast.Name(id="set" | "list" | "tuple" | "sorted" | "frozenset"), args=[value]):
            return listing_of(value, scope, depth)
        case ast.Call(func=func):
            returned = _returned(node, func, scope)
            return listing_of(returned[0], returned[1], depth) if returned is not None else None
        case (
            ast.ListComp(elt=elt, generators=[source])
            | ast.SetComp(elt=elt, generators=[source])
            | ast.GeneratorExp(elt=elt, generators=[source])
        ):
            return _names_in(elt, source, scope, depth)
        case ast.DictComp(key=key, generators=[source]):
            return _names_in(key, source, scope, depth)
        case ast.Name():
            origin = scope.node_of(node.id)
            return listing_of(origin[0], origin[1], depth) if origin is not None else None
        case _:
            return None


def _schema_of(args: list[ast.expr], keywords: list[ast.keyword], scope: Scope) -> str | None:
    given = args[0] if args else next((item.value for item in keywords if item.arg == "schema"), None)
    value = scope.evaluate(given) if given is not None else None
    return value if isinstance(value, str) and value != "public" else None


def _names_in(elt: ast.expr, source: ast.comprehension, scope: Scope, depth: int) -> Listing | None:
    """``[column["name"] for column in inspector.get_columns("users")]``."""
    listing = listing_of(source.iter, scope, depth)
    if listing is None or not isinstance(source.target, ast.Name) or source.ifs:
        return None
    name = source.target.id
    match elt:
        case ast.Subscript(value=ast.Name(id=inner), slice=ast.Constant(value="name")) if (
            inner == name and listing.rows
        ):
            return Listing(listing.kind, listing.table)
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=inner), attr="get"), args=[ast.Constant(value="name"), *_]
        ) if inner == name and listing.rows:
            return Listing(listing.kind, listing.table)
        case ast.Name(id=inner) if inner == name and not listing.rows:
            return listing
        case _:
            return None


def _call(node: ast.Call, scope: Scope, depth: int) -> Test | None:
    match node.func:
        case ast.Attribute(attr=attr) if attr in _HAS:
            return _has(attr, node, scope)
        case ast.Attribute(attr="get_bind"):
            return negated(_OFFLINE)
        case ast.Attribute(attr="is_offline_mode"):
            return _OFFLINE
        case ast.Name(id="any") if len(node.args) == 1 and isinstance(
            node.args[0], ast.GeneratorExp | ast.ListComp
        ):
            return _any(node.args[0], scope, depth)
        case ast.Name(id="bool") if len(node.args) == 1:
            return read_test(node.args[0], scope, depth)
        case func:
            returned = _returned(node, func, scope)
            if returned is not None:
                return read_test(returned[0], returned[1], depth)
            return None


def _has(attr: str, node: ast.Call, scope: Scope) -> Test:
    values = [scope.evaluate(item) for item in node.args]
    names = known_strs([value for value in values if isinstance(value, str)]) or []
    for item in node.keywords:
        if item.arg in ("table_name", "index_name", "tablename"):
            value = scope.evaluate(item.value)
            names += [value] if isinstance(value, str) else []
    schema = next((scope.evaluate(item.value) for item in node.keywords if item.arg == "schema"), None)
    prefix = f"{schema}." if isinstance(schema, str) and schema != "public" else ""
    if attr == "has_index":
        return Test(
            "index", prefix + names[0] if len(names) > 1 else None, names[1] if len(names) > 1 else None
        )
    return Test(_HAS[attr], None, prefix + names[0] if names else None)


def _any(node: ast.GeneratorExp | ast.ListComp, scope: Scope, depth: int) -> Test | None:
    """``any(column["name"] == "email" for column in inspector.get_columns("users"))``."""
    if len(node.generators) != 1:
        return None
    source = node.generators[0]
    listing = listing_of(source.iter, scope, depth)
    conditions = [*source.ifs, *([] if isinstance(node.elt, ast.Constant) else [node.elt])]
    if listing is None or not listing.rows or not isinstance(source.target, ast.Name) or len(conditions) != 1:
        return None
    match conditions[0]:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            for one, other in ((left, right), (right, left)):
                if _is_field(one, source.target.id, "name"):
                    value = scope.evaluate(other)
                    return Test(listing.kind, listing.table, value if isinstance(value, str) else None)
                if _is_field(one, source.target.id, "constrained_columns") or _is_field(
                    one, source.target.id, "column_names"
                ):
                    columns = known_strs(scope.evaluate(other))
                    return Test(listing.kind, listing.table, columns=tuple(columns)) if columns else None
        case _:
            pass
    return None


def _is_field(node: ast.expr, name: str, field: str) -> bool:
    match node:
        case ast.Subscript(value=ast.Name(id=inner), slice=ast.Constant(value=value)):
            return inner == name and value == field
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=inner), attr="get"), args=[ast.Constant(value=value), *_]
        ):
            return inner == name and value == field
        case _:
            return False


def _returned(node: ast.Call, func: ast.expr, scope: Scope) -> tuple[ast.expr, Scope] | None:
    """What a call of a helper function of the file returns, where its body is a straight line of assignments."""
    function: Value = scope.evaluate(func)
    if not isinstance(function, FunctionValue) or not isinstance(function.node, ast.FunctionDef):
        return None
    args = [scope.evaluate(item) for item in node.args if not isinstance(item, ast.Starred)]
    keywords = {item.arg: scope.evaluate(item.value) for item in node.keywords if item.arg is not None}
    inner = bind_parameters(function, args, keywords)
    return _last(function.node.body, inner)


def _last(body: list[ast.stmt], inner: Scope) -> tuple[ast.expr, Scope] | None:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                inner.bind(name, inner.evaluate(value), value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                inner.bind(name, inner.evaluate(value), value)
            case ast.Return(value=ast.expr() as value):
                return value, inner
            case ast.Expr() | ast.Import() | ast.ImportFrom() | ast.Pass():
                pass
            case ast.Try(body=tried):
                found = _last(tried, inner)
                if found is not None:
                    return found
            case ast.With(body=within):
                found = _last(within, inner)
                if found is not None:
                    return found
            case ast.If(test=ast.Call(func=ast.Attribute(attr="is_offline_mode"))):
                # The schema is that of a run against a database.
                pass
            case ast.If(test=test, body=[ast.Return(value=ast.expr() as early)]):
                # `if not has_table(…): return False`, and then the question itself.
                return _guarded(test, early, body[body.index(statement) + 1 :], inner)
            case _:
                return None
    return None


def _guarded(
    test: ast.expr, early: ast.expr, rest: list[ast.stmt], inner: Scope
) -> tuple[ast.expr, Scope] | None:
    after = _last(rest, inner)
    if after is None or not isinstance(early, ast.Constant) or early.value not in (True, False, None):
        return after
    value, scope = after
    if isinstance(value, ast.Constant):
        # `if …: return True`, and `return False` at the end: the question itself.
        told = test if early.value else ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
        return (value if bool(early.value) == bool(value.value) else told), scope
    condition: ast.expr = ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
    if early.value is True:
        return ast.copy_location(ast.BoolOp(ast.Or(), [test, value]), value), scope
    return ast.copy_location(ast.BoolOp(ast.And(), [condition, value]), value), scope
