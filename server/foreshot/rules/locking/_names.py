"""What a constraint will be called in the database, for a statement that names it afterwards."""

from __future__ import annotations

from typing import Final

from foreshot.knowledge import default_name, shortened
from foreshot.lint.context import Context
from foreshot.migration.operations import AddConstraint, ConstraintKind

_REWRITES: Final = "%(constraint_name)s"


def name_of(operation: AddConstraint, context: Context) -> str | None:
    """The constraint's name; of an unnamed one, what PostgreSQL calls it; None when it cannot be told.

    A naming convention with ``%(constraint_name)s``, which is usual for checks, makes another name of a given one
    unless that stands in ``op.f()``.
    """
    constraint = operation.constraint
    if constraint.name is None:
        return given_name(constraint.kind, operation.table, constraint.columns)
    if not isinstance(constraint.name, str):
        return None
    at = operation.site.args.get("constraint_name")
    final = operation.site.sql is not None or (at is not None and ".f(" in context.text(at))
    if final or constraint.kind != "check" or not _is_rewritten(context):
        return shortened(constraint.name, "postgresql")
    return None


def given_name(kind: ConstraintKind, table: object, columns: tuple[object, ...]) -> str | None:
    """What PostgreSQL calls an unnamed constraint over columns; None for one that it names by what it cannot see."""
    names = tuple(column for column in columns if isinstance(column, str))
    if not isinstance(table, str) or len(names) < len(columns):
        return None
    if kind not in ("unique", "foreign key", "primary key") or not (names or kind == "primary key"):
        return None
    return default_name("postgresql", kind, table, names)


def _is_rewritten(context: Context) -> bool:
    """Whether env.py, or a module of the workspace that it imports, has a naming convention that rewrites names.

    Where the models come from a Flask application, it may well be.
    """
    env, source = context.env, context.surroundings.env_source
    if env is None or source is None:
        return False
    if _REWRITES in source.content or any(call.flask for call in env.configures):
        return True
    imported = [
        dotted
        for item in env.imports
        for dotted in (item.module, *(f"{item.module}.{name}" for name in item.names))
    ]
    return context.surroundings.modules.any_contains(imported, _REWRITES)
