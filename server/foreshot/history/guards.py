"""Conditions that the schema answers: ``if not inspector.has_table("users")``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from foreshot.migration.specs import Each, Test
from foreshot.schema import changes as to
from foreshot.schema.draft import Draft, names_on
from foreshot.schema.looped import MISSING, Row, asked

UNKNOWN = "it runs under a condition that is only known when it runs"


class Answers:
    """What the conditions of one direction of one revision come to; each is asked once, where it is first met."""

    def __init__(
        self,
        draft: Draft,
        known: Mapping[int, bool | None] | None = None,
        rows: Mapping[int, Row | None] | None = None,
    ) -> None:
        self._draft = draft
        self._known: dict[int, bool | None] = dict(known or {})
        self.rows: Mapping[int, Row | None] = rows or {}
        """By loop, the row that it is at; None where that is not known."""

    def inside(self, each: Each, row: Row | None) -> Answers:
        """Inside one turn of a loop, whose conditions are asked anew."""
        known = {**self._known, each.condition: None if row is None else True}
        return Answers(self._draft, known, {**self.rows, each.number: row})

    def runs(self, change: to.Change) -> tuple[bool, tuple[int, ...]]:
        """Whether a change may run, and the conditions by which it perhaps does not."""
        open_: list[int] = []
        for guard in change.at.guards:
            answer = self.ask(guard)
            if answer is False:
                return False, ()
            if answer is None:
                open_.append(guard.number)
        return True, tuple(open_)

    def ask(self, guard: to.Guard) -> bool | None:
        """What a condition comes to."""
        if guard.number not in self._known:
            self._known[guard.number] = (
                None if guard.test is None else holds(self._draft, guard.test, self.rows)
            )
        return self._known[guard.number]


def holds(draft: Draft, test: Test, rows: Mapping[int, Row | None] | None = None) -> bool | None:
    """Whether a condition holds; None when that cannot be told."""
    found = _holds(draft, test, rows or {})
    return found if found is None or not test.negated else not found


def _holds(draft: Draft, test: Test, rows: Mapping[int, Row | None]) -> bool | None:
    if test.kind == "is":
        return _is(asked(test.table, rows), *json.loads(test.name or "[]"))
    if test.kind in ("all", "any"):
        parts = [holds(draft, part, rows) for part in test.parts]
        deciding = test.kind == "any"
        if deciding in parts:
            return deciding
        return None if None in parts else not deciding
    if test.kind == "unknown":
        return None
    if test.kind == "flag":
        return dict(draft.target.flags).get(test.name or "")
    if test.kind == "table":
        return _there(draft, test.name)
    if test.kind == "enum":
        enum = draft.enums.get(test.name or "")
        return (
            None if test.name is None or (enum is not None and enum.there is not None) else enum is not None
        )
    if test.kind in ("view", "sequence"):
        return test.name in (draft.views if test.kind == "view" else draft.sequences)
    return _on_table(draft, test)


def _is(value: Any, word: str = "", wanted: Any = None) -> bool | None:
    """What is asked of a row: ``set``, ``equals``, ``among``, ``contains``, ``members``."""
    if value is MISSING:
        return None
    match word:
        case "set":
            return bool(value)
        case "equals":
            return value == wanted
        case "among":
            return value in wanted if isinstance(wanted, list) else None
        case "members":
            return (
                sorted(set(cast("list[str]", value))) == wanted
                if isinstance(value, list)
                and all(isinstance(item, str) for item in cast("list[object]", value))
                else None
            )
        case "contains":
            return wanted in value if isinstance(value, str | list) and isinstance(wanted, str) else None
        case _:
            return None


def _there(draft: Draft, name: str | None) -> bool | None:
    if name is None:
        return None
    known = draft.find(name)
    if known is None:
        if draft.meant(name) is not None:
            return None
        # What may have made it all the same is a doubt that the schema has anyway.
        return name in draft.views
    return True if draft.tables[known].there is None else None


def _on_table(draft: Draft, test: Test) -> bool | None:
    there = _there(draft, test.table)
    if there is not True:
        return there
    table = draft.tables.get(draft.find(test.table) or "")
    if table is None:
        return None
    if test.kind == "column":
        column = table.columns.get(test.name or "")
        if column is not None:
            return None if column.perhaps and column.type.stored is None and column.nullable is None else True
        return None if test.name is None else False
    names = names_on(table)
    if test.name is not None:
        return test.name in names
    if test.columns:
        return any(key.columns == test.columns for key in table.foreign_keys) or None
    return None
