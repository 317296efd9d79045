"""What a change does to a column or a table, in a few words with names as code."""

from __future__ import annotations

from foreshot.lint.words import code, codes
from foreshot.schema import changes as to
from foreshot.schema.plain import Called, Named, Plain
from foreshot.schema.types import spell


def _spelled(written: Plain, sql: str | None, dialect: str) -> str | None:
    found = spell(written, dialect, sql).stored
    if found is not None:
        return found
    return (
        written.path.rpartition(".")[2] + ("(…)" if isinstance(written, Called) else "")
        if isinstance(written, Called | Named)
        else None
    )


def details(column: to.NewColumn, dialect: str) -> str:
    """The type and the nullability of a column that is added."""
    spelled = _spelled(column.type, column.sql, dialect)
    words = [code(spelled)] if spelled else []
    if column.nullable is False:
        words.append("NOT NULL")
    return f" as {', '.join(words)}" if words else ""


def altered(change: to.SetColumn, dialect: str) -> str:
    """What an alteration changes."""
    words: list[str] = []
    if "name" in change.sets and change.name:
        words.append(f"renamed from {code(change.column)} to {code(change.name)}")
    if "type" in change.sets:
        spelled = _spelled(change.type, change.sql, dialect)
        words.append(f"type {code(spelled)}" if spelled else "type changed")
    if "nullable" in change.sets and change.nullable is not None:
        words.append("NULL allowed" if change.nullable else "NOT NULL")
    if "default" in change.sets:
        words.append("default dropped" if change.default is None else "default set")
    if "comment" in change.sets:
        words.append("comment")
    return ", ".join(words) or "altered"


def index_said(change: to.LostIndex | to.MovedIndex | to.LostConstraint | to.MovedConstraint) -> str:
    """What becomes of an index or a constraint."""
    name = code(change.name or "(unnamed)")
    match change:
        case to.LostIndex():
            return f"index {name} dropped"
        case to.LostConstraint():
            return f"constraint {name} dropped"
        case _:
            return f"{name} renamed to {code(change.new or '?')}"


def key_said(key: to.NewKey) -> str:
    """What a foreign key refers to."""
    columns = codes([f"{key.ref_table}.{name}" for name in key.ref_columns if name] or [key.ref_table or "?"])
    return f"foreign key to {columns}"
