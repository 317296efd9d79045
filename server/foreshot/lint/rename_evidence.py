"""What speaks for a drop and an add being one thing renamed, and what against it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from foreshot.knowledge.databases import Target
from foreshot.knowledge.type_changes import compare_types
from foreshot.knowledge.types import classify
from foreshot.lint.likeness import contains_words, likeness, words_of
from foreshot.migration.operations import (
    AddConstraint,
    BulkInsert,
    ColumnSpec,
    CreateIndex,
    CreateTable,
    DataChange,
    Execute,
    IndexSpec,
    Opaque,
    Operation,
    SqlText,
    TruncateTable,
)
from foreshot.migration.revision import Revision
from foreshot.syntax.values import CallValue, Ref, Text, Value

ENOUGH: Final = 60
"""The score from which a pair is called a rename."""

_ORDINARY = frozenset({"string", "text", "integer", "boolean", "timestamp", "timestamptz", "date", "uuid"})
_SCHEMA_VERBS = frozenset({"create", "alter", "drop", "comment", "grant", "revoke", "set", "reset", "lock"})
_COPIES = re.compile(r"\bget_bind\b|[sS]ession\b|\.query\(|\bbulk_|\bconn(?:ection)?\.")
# `sa.Enum(...).create(op.get_bind())` reads no rows.
_READS_NOTHING = re.compile(r"\.(?:create|drop)\(\s*(?:bind=)?\w+\.get_bind\(\)")
_RENAMING = re.compile(r"\brenam|\bnames? (?:fix|chang)|\bchang\w+\b.*(?:\bto\b|->)|->|\btypo", re.IGNORECASE)

_MOST_SAID = 300
"""Characters of a revision's message that are looked at."""


class Evidence:
    """Points and reasons for one pair, gathered piece by piece."""

    def __init__(self, target: Target) -> None:
        self.score = 0
        self.reasons: list[str] = []
        self._target = target

    def add(self, points: int, reason: str = "") -> None:
        """Count points, and keep the reason where they speak for the pair."""
        self.score += points
        if reason:
            self.reasons.append(reason)

    def weigh_types(self, old: ColumnSpec, new: ColumnSpec) -> bool:
        """Whether one column can have become the other, by their types."""
        kind = type_change(old, new, self._target)
        before = classify(old.type, self._target)
        if kind == "same":
            ordinary = before.family in _ORDINARY and before.length in (None, 255)
            self.add(10 if ordinary else 20, "the same type")
            return True
        if kind in ("widening", "narrowing"):
            return before.family == classify(new.type, self._target).family
        self.add(-10)
        return kind == "unknown"

    def weigh_definitions(self, old: ColumnSpec, new: ColumnSpec) -> None:
        """Nullability, default and comment."""
        if old.is_nullable == new.is_nullable:
            self.add(5, "the same nullability")
        else:
            self.add(-10)
        default, other = _plain(old.server_default), _plain(new.server_default)
        if default is not None and default == other:
            self.add(10, "the same default")
        elif default != other:
            self.add(-10)
        if isinstance(old.comment, str) and old.comment == new.comment:
            self.add(20, "the same comment")

    def weigh_keys(self, before: set[str | None], after: set[str | None]) -> bool:
        """Whether one column can have become the other, by the tables that their foreign keys lead to."""
        if None in before | after:
            return True
        if before and before == after:
            self.add(25, "the same foreign key")
        return before == after

    def weigh_names(self, old: str, new: str, points: int) -> None:
        """How much the names look alike."""
        alike = likeness(old, new)
        self.add(round(points * alike), "similar names" if alike >= 0.4 else "")

    def weigh_message(self, message: str, old: str, new: str) -> None:
        """What the revision's own message says."""
        message = message[:_MOST_SAID]
        words = words_of(message)
        named = contains_words(words, words_of(old)), contains_words(words, words_of(new))
        renaming = bool(_RENAMING.search(message))
        if all(named):
            self.add(35 if renaming else 20, "the revision's message names both")
        elif renaming:
            self.add(15 if any(named) else 5, "the revision's message speaks of a rename")


def type_change(old: ColumnSpec, new: ColumnSpec, target: Target) -> str:
    """How the types differ, ``same`` also for enums that differ in the name of the type only."""
    before, after = classify(old.type, target), classify(new.type, target)
    if (
        before.family == after.family == "enum"
        and before.values is not None
        and before.values == after.values
    ):
        return "same"
    return compare_types(before, after, target).kind


def same_default(old: ColumnSpec, new: ColumnSpec) -> bool:
    """Whether two columns have the same server default, wherever it was written."""
    return _plain(old.server_default) == _plain(new.server_default)


def run_together(one: Operation, other: Operation) -> bool:
    """Whether both run on some database: no guard, and no branch, parts them."""
    first, second = one.site, other.site
    if first.conditional or second.conditional:
        size = min(len(first.path), len(second.path))
        return first.path[:size] == second.path[:size]
    allowed = first.dialects if second.dialects is None else second.dialects
    if first.dialects is not None and second.dialects is not None:
        allowed = first.dialects & second.dialects
    return allowed is None or bool(allowed - first.excluded - second.excluded)


def emptied(operations: Iterable[Operation]) -> dict[str, int]:
    """Tables that have no rows to lose from some operation on, made or emptied by it: its place in the order."""
    found: dict[str, int] = {}
    for operation in operations:
        match operation:
            case CreateTable(if_not_exists=False) | TruncateTable():
                pass
            case DataChange(verb="delete", has_where=False, limited=False):
                pass
            case _:
                continue
        if operation.table_name is not None:
            found.setdefault(operation.table_name, operation.site.order)
    return found


class Keys:
    """Foreign keys, indexes and unique constraints of single columns that one direction makes by themselves."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._references: dict[tuple[str, object], set[str | None]] = {}
        self._indexed: set[tuple[str, object]] = set()
        for operation in operations:
            if not isinstance(operation, CreateIndex | AddConstraint) or operation.table_name is None:
                continue
            spec = operation.index if isinstance(operation, CreateIndex) else operation.constraint
            if len(spec.columns) != 1 or not isinstance(spec.columns[0], str):
                continue
            place = (operation.table_name, spec.columns[0])
            if isinstance(spec, IndexSpec) or spec.kind == "unique":
                self._indexed.add(place)
            elif spec.kind == "foreign key":
                target = spec.ref_table if isinstance(spec.ref_table, str) else None
                self._references.setdefault(place, set()).add(target)

    def references(self, table: str, column: ColumnSpec) -> set[str | None]:
        """The tables that the column's foreign keys lead to; None among them for one that is not known."""
        found = set(self._references.get((table, column.name), ()))
        for key in column.foreign_keys:
            found.add(key.target.rpartition(".")[0] if isinstance(key.target, str) else None)
        return found

    def indexed(self, table: str, column: ColumnSpec) -> bool:
        """Whether an index or a unique constraint is made on the column alone."""
        return (table, column.name) in self._indexed


class Copies:
    """Whatever may carry data over from what ``upgrade()`` drops to what it adds."""

    def __init__(self, revision: Revision, operations: Iterable[Operation]) -> None:
        self._anything = bool(_COPIES.search(_READS_NOTHING.sub("", _without_downgrade(revision))))
        self._tables: set[str | None] = set()
        self._texts: list[tuple[str, ...]] = []
        self._places: dict[str, set[int]] = {}
        for operation in operations:
            match operation:
                case DataChange(verb="delete"):
                    pass
                case DataChange() | BulkInsert():
                    self._tables.add(operation.table_name)
                case Opaque(what="sql" | "helper") | Execute(parsed=False):
                    self._anything = True
                case SqlText(value=Text() | str() as value):
                    said = words_of(value.value if isinstance(value, Text) else value)
                    for word in set(said):
                        self._places.setdefault(word, set()).add(len(self._texts))
                    self._texts.append(said)
                case _:
                    pass

    def between(self, table: str, old: str, new: str) -> bool:
        """A statement on the new one, one that names both, or code that cannot be followed."""
        if self._anything or self._tables & {table, None}:
            return True
        before, after = words_of(old), words_of(new)
        found = [self._places.get(word, set[int]()) for word in after]
        for place in set[int].intersection(*found) if found else ():
            said = self._texts[place]
            if contains_words(said, after) and (said[0] not in _SCHEMA_VERBS or contains_words(said, before)):
                return True
        return False


def _without_downgrade(revision: Revision) -> str:
    content = revision.module.content
    downgrade = revision.functions.get("downgrade")
    return content[: downgrade.span.start] + content[downgrade.span.end :] if downgrade else content


def _plain(default: Value) -> object:
    """A server default to compare, wherever it was written; quotes and casts of the database are left out."""
    if default is None or default is False:
        return None
    if isinstance(default, CallValue):
        default = default.args[0] if default.args else default.path
    if isinstance(default, Ref):
        return default.path
    return default.partition("::")[0].strip("'() ").lower() if isinstance(default, str) else "?"
