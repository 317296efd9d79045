"""Calls of Alembic's ``op``, and of batch blocks, as they stand in a revision."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.migration.operations import AddConstraint, ConstraintSpec, CreateTable, Operation
from foreshot.syntax.values import Ref


def operation_calls(context: Context) -> Iterator[tuple[str, ast.Call, bool]]:
    """Each call ``op.name(...)`` or ``batch.name(...)``: the name, the call, and whether it stands in a batch."""
    module, scope = context.module, context.revision.scope
    batches = _batches(context)
    aliases = {
        name for name, value in scope.values.items() if isinstance(value, Ref) and value.path == "alembic.op"
    }
    for call in module.nodes(ast.Call):
        match call.func:
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in aliases or owner in batches:
                yield name, call, owner in batches
            case _:
                pass


def _batches(context: Context) -> set[str]:
    """The names of batch blocks, but for those that are anything else, too."""
    found: set[str] = set()
    for node in context.module.nodes(ast.withitem):
        match node:
            case ast.withitem(
                context_expr=ast.Call(func=ast.Attribute(attr="batch_alter_table")),
                optional_vars=ast.Name(id=name),
            ):
                found.add(name)
            case _:
                pass
    assigned = {
        target.id
        for node in context.module.nodes(ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return found - assigned


def unequal_keys(operation: Operation) -> Iterator[ConstraintSpec]:
    """The foreign keys of a call whose two sides are known, and not of one length: SQLAlchemy refuses them."""
    match operation:
        case AddConstraint(constraint=key):
            keys = (key,)
        case CreateTable(constraints=keys):
            pass
        case _:
            return
    for key in keys if operation.site.sql is None else ():
        known = all(isinstance(name, str) for name in (*key.columns, *key.ref_columns))
        if key.kind == "foreign key" and known and 0 < len(key.columns) != len(key.ref_columns) > 0:
            yield key
