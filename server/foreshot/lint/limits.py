"""The few values to which validated checks hold a column."""

from __future__ import annotations

import re
from typing import Final

from foreshot.lint.states import State
from foreshot.schema.plain import Called, Listed, Plain

_LONGEST: Final = 2_000
"""Characters of a condition that is looked into."""
_MOST_BRACKETS: Final = 8
"""Pairs of brackets around the whole of it that are taken away."""
_VALUE: Final = re.compile(r"\s*(?:(-?\d{1,18})|'((?:[^']|'')*)')\s*(?:::[\w\s]+?(?:\(\d+\))?)?\s*")


def values_of(state: State, table: str, column: str) -> tuple[int | str, ...] | None:
    """The values that a column can have by a validated check, or the least and the greatest; None where none says so."""
    known = state.table(table)
    for check in known.checks if known is not None else ():
        found = _listed(check.condition, column) if check.validated else None
        if found is not None:
            return found
    return None


def _listed(condition: Plain, column: str) -> tuple[int | str, ...] | None:
    if isinstance(condition, Called) and condition.path.endswith(".in_"):
        owner, listed = condition.receiver, condition.argument("other", 0)
        if (
            not isinstance(owner, Called)
            or owner.argument("name", 0) != column
            or not isinstance(listed, Listed)
        ):
            return None
        items = tuple(
            item for item in listed.items if isinstance(item, int | str) and not isinstance(item, bool)
        )
        return items if items and len(items) == len(listed.items) else None
    if isinstance(condition, Called):
        condition = condition.argument("text", 0)
    if not isinstance(condition, str) or len(condition) > _LONGEST:
        return None
    name = rf'(?:[\w".]+\.)?"?{re.escape(column)}"?(?:::[\w ]+)?'
    text = condition.strip()
    for _ in range(_MOST_BRACKETS):
        if not (text.startswith("(") and text.endswith(")") and _closes_last(text)):
            break
        text = text[1:-1].strip()
    for shape in (
        rf"\(?{name}\)?\s*=\s*any\s*\(\s*\(?array\s*\[(?P<values>[^\]]*)\](?:::[\w\[\] ]+)?\)?(?:::[\w\[\] ]+)?\s*\)",
        rf"\(?{name}\)?\s+in\s*\((?P<values>[^()]*)\)",
    ):
        match = re.fullmatch(shape, text, re.IGNORECASE)
        if match is not None:
            return _values(match["values"].split(","))
    number = r"\(?(-?\d{1,18})\)?"
    for shape in (
        rf"{name}\s+between\s+{number}\s+and\s+{number}",
        rf"\(?{name}\s*>=?\s*{number}\)?\s+and\s+\(?{name}\s*<=?\s*{number}\)?",
    ):
        match = re.fullmatch(shape, text, re.IGNORECASE)
        if match is not None:
            return int(match[1]), int(match[2])
    return None


def _closes_last(text: str) -> bool:
    """Whether the first bracket is closed by the last character."""
    depth = 0
    for place, mark in enumerate(text):
        depth += (mark == "(") - (mark == ")")
        if depth == 0:
            return place == len(text) - 1
    return False


def _values(parts: list[str]) -> tuple[int | str, ...] | None:
    found: list[int | str] = []
    for part in parts:
        match = _VALUE.fullmatch(part)
        if match is None:
            return None
        found.append(int(match[1]) if match[1] is not None else match[2].replace("''", "'"))
    return tuple(found) or None
