"""The name that a database gives to a constraint without one, where it can be told for certain enough to be written down."""

from __future__ import annotations

import re
from typing import Final

from foreshot.knowledge import Target, default_name
from foreshot.lint.context import Context
from foreshot.lint.conventions import has_naming_convention
from foreshot.migration.operations import ConstraintSpec
from foreshot.syntax.values import CallValue, Text

_WORD: Final = re.compile(r'"?([A-Za-z_]\w*)"?(?P<call>\s*\()?')
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'(?:::[\w ]+)?")
_SIGNS: Final = frozenset(["and", "or", "not", "is", "null", "in", "between", "true", "false", "like"])


def given_name(constraint: ConstraintSpec, table: str, target: Target, context: Context) -> str | None:
    """What the database calls the constraint; None where that takes more than this revision to tell.

    MySQL and MariaDB count the table's keys: a number may be another key's. A naming convention of the models gives
    a name before the database does.
    """
    if target.database != "postgresql" or has_naming_convention(context.surroundings) is not False:
        return None
    columns = tuple(column for column in constraint.columns if isinstance(column, str))
    if constraint.kind == "check":
        named = columns_of(constraint)
        return default_name("postgresql", "check", table, named) if named is not None else None
    if constraint.kind not in ("unique", "foreign key", "primary key") or len(columns) != len(
        constraint.columns
    ):
        return None
    return default_name("postgresql", constraint.kind, table, columns)


def columns_of(constraint: ConstraintSpec) -> tuple[str, ...] | None:
    """The columns that a check's condition names, where nothing but columns, signs and literals stands in it."""
    condition = constraint.condition
    if isinstance(condition, CallValue):
        condition = condition.argument("text", 0)
    sql = condition.value if isinstance(condition, Text) else condition
    if not isinstance(sql, str):
        return None
    found: dict[str, None] = {}
    for match in _WORD.finditer(_QUOTED.sub("", sql)):
        word = match[1]
        if word.lower() in _SIGNS:
            continue
        if match["call"] or word != word.lower():
            return None
        found[word] = None
    return tuple(found) or None
