"""Loops over what the database answers, told: the rows that a table has by then, and the changes with the rows' names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import fields, replace

from foreshot.migration import operations as ops
from foreshot.migration.answers import marked
from foreshot.migration.specs import Each
from foreshot.schema import changes as to
from foreshot.schema.draft import Draft
from foreshot.syntax.values import Choice

Row = Mapping[str, Any]
"""As SQLAlchemy's inspector describes it; what is not known is missing."""
MISSING: Final = object()


def marked_operation(operation: ops.Operation) -> ops.Operation:
    """The operation with marks for what its loops answer."""
    loops = frozenset(each.number for each in operation.site.loops)
    return cast("ops.Operation", marked(operation, loops))


def by_dialect(operation: ops.Operation) -> tuple[ops.Operation, ops.Operation] | None:
    """An operation one of whose names the dialect decides, as it is on some dialects and on all others; None for any other."""
    for place in ("name", "table", "column", "new_name"):
        value: object = getattr(operation, place, None)
        if isinstance(value, Choice):
            site = operation.site
            only = value.dialects if site.dialects is None else site.dialects & value.dialects
            then = replace(site, dialects=frozenset(only))
            other = replace(site, excluded=site.excluded | value.dialects)
            return (
                replace(operation, site=then, **{place: value.then}),
                replace(operation, site=other, **{place: value.other}),
            )
    return None


def add_looped(
    found: list[to.Change],
    spans: list[tuple[int, int]],
    loops: Sequence[Each],
    change: to.Change,
    span: tuple[int, int],
) -> None:
    """Put a change behind the others, into the loops that it stands in."""
    if not loops:
        found.append(change)
        spans.append(span)
        return
    inner: list[to.Change] = []
    last = found[-1] if found else None
    if isinstance(last, to.Looped) and last.each.number == loops[0].number:
        inner = list(last.changes)
        found.pop()
    else:
        spans.append(span)
    add_looped(inner, [], loops[1:], change, span)
    at = inner[0].at
    whole = to.At(at.order, "for_each", guards=at.guards, inner=at.inner)
    found.append(to.Looped(whole, loops[0], tuple(inner)))


def flat(changes: Sequence[to.Change]) -> list[to.Change]:
    """The changes, those of loops among them."""
    found: list[to.Change] = []
    for change in changes:
        found.extend(flat(change.changes) if isinstance(change, to.Looped) else (change,))
    return found


def rows_of(draft: Draft, each: Each) -> list[Row] | None:
    """What the database answers; None where the table is not known."""
    table = draft.tables.get(draft.meant(each.table) or "")
    if table is None:
        return None
    found: list[dict[str, Any]] = []
    match each.kind:
        case "columns":
            for column in table.columns.values():
                row: dict[str, Any] = {"name": column.name}
                if column.nullable is not None:
                    row["nullable"] = column.nullable
                found.append(row)
        case "indexes":
            found = [
                {"name": item.name, "column_names": list(item.columns), "unique": item.unique}
                for item in table.indexes
            ]
            if draft.dialect != "sqlite":
                found += [
                    {"name": key.name, "column_names": list(key.columns), "unique": True}
                    for key in table.uniques
                ]
        case "uniques":
            found = [{"name": key.name, "column_names": list(key.columns)} for key in table.uniques]
            if draft.target.is_mysql:
                found += [
                    {"name": item.name, "column_names": list(item.columns)}
                    for item in table.indexes
                    if item.unique
                ]
        case "foreign_keys":
            for key in table.foreign_keys:
                options: dict[str, object] = {"ondelete": key.ondelete, "onupdate": key.onupdate}
                if key.deferrable:
                    options |= {"deferrable": True, "initially": "DEFERRED" if key.deferred else None}
                found.append(
                    {
                        "name": key.name,
                        "constrained_columns": list(key.columns),
                        "referred_table": key.ref_table,
                        "referred_columns": list(key.ref_columns),
                        "options": {word: value for word, value in options.items() if value is not None},
                    }
                )
        case "checks":
            found = [{"name": check.name} for check in table.checks]
    for path, value in each.sets:
        for row in found:
            _set(row, path, value)
    return cast("list[Row]", found)


def _set(row: dict[str, Any], path: Sequence[str], value: str | None) -> None:
    for step in path[:-1]:
        inner: object = row.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        row = cast("dict[str, Any]", inner)
    if path:
        row[path[-1]] = value


def asked(mark: str | None, rows: Mapping[int, Row | None]) -> Any:
    """What a mark stands for; the missing marker where that is not known."""
    if mark is None or not mark.startswith("\0"):
        return MISSING
    try:
        loop, path = json.loads(mark[1:])
        value: Any = rows.get(loop)
    except (ValueError, TypeError, RecursionError):
        # A text of the file's own that looks like a mark.
        return MISSING
    if value is None or not isinstance(path, list):
        return MISSING
    before = ""
    for step in cast("list[object]", path):
        if isinstance(step, list):
            value = _method(value, cast("list[str]", step))
        elif isinstance(value, dict) and isinstance(step, str) and (step in value or before == "options"):
            # An option that a key has not is None for `.get()`.
            value = cast("dict[str, Any]", value).get(step)
            before = step
        else:
            value = MISSING
        if value is MISSING:
            break
    return value


def _method(value: Any, step: list[str]) -> Any:
    """``replace`` of a text with its two arguments."""
    plain = len(step) == 3 and all(isinstance(part, str) for part in cast("list[object]", step))
    return value.replace(step[1], step[2]) if plain and isinstance(value, str) else MISSING


def filled(value: Any, rows: Mapping[int, Row | None]) -> Any:
    """A change, or a part of one, with what its marks stand for; None for what is not known."""
    if isinstance(value, str):
        if not value.startswith("\0"):
            return value
        found = asked(value, rows)
        return found if isinstance(found, str) else None
    if isinstance(value, tuple):
        items: list[Any] = []
        for item in cast("tuple[Any, ...]", value):
            answer = asked(item, rows) if isinstance(item, str) else MISSING
            items.extend(cast("list[Any]", answer) if isinstance(answer, list) else [filled(item, rows)])
        return tuple(items)
    if isinstance(value, Struct) and not isinstance(value, to.At | Each):
        changed = {
            field.name: after
            for field in fields(value)
            if (after := filled(before := getattr(value, field.name), rows)) is not before and after != before
        }
        return replace(value, **changed) if changed else value
    return value
