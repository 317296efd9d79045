"""What tells two schemas apart, in words: what one has and the other has not, without what is doubted in either."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from foreshot.schema.plain import Called, Plain, Unclear
from foreshot.schema.state import NOT_SEEN, Column, Index, Schema, Table


class Difference(Struct, frozen=True):
    """One thing that is otherwise."""

    about: str
    """What it is about: ``users``, ``users.email``, the name of an index."""
    kind: str
    """``table``, ``column``, ``type``, ``nullable``, ``default``, ``index``, ``constraint``, ``enum``, ``view``, ``function``…"""
    missing: bool
    """Whether the second schema lacks it; else it has it and the first has not, or both have it and differ."""
    words: str
    """What is so after the second: ``the column {} is missing``, with a place for each of ``names``."""
    names: tuple[str, ...]
    """As they are written in files: whoever shows them makes them harmless."""


def differences(before: Schema, after: Schema) -> Iterator[Difference]:
    """How ``after`` differs from ``before``, tables first. Names of constraints do not count, nor does the order of columns."""
    for name, table in before.tables.items():
        if before.doubts(table):
            yield from _in_part(name, before, after)
            continue
        other = after.tables.get(name)
        if other is None:
            if not any(reason.about in ("", name) for reason in after.perhaps):
                yield Difference(name, "table", missing=True, words="the table {} is missing", names=(name,))
        elif not after.doubts(other):
            yield from _table(table, other)
    for name, table in after.tables.items():
        if name in before.tables or table.temporary:
            continue
        yield from _in_part(name, before, after)
        if not after.doubts(table) and not before.perhaps:
            yield Difference(name, "table", missing=False, words="the table {} is still there", names=(name,))
    yield from _enums(before, after)
    for kind, mine, theirs in (
        ("view", before.views, after.views),
        ("sequence", _free(before), _free(after)),
    ):
        yield from _names(kind, mine, theirs)
    for kind in ("function", "trigger"):
        first = {name for of, name in before.things if of == kind}
        second = {name for of, name in after.things if of == kind}
        yield from _names(kind, first, second)


def _in_part(name: str, before: Schema, after: Schema) -> Iterator[Difference]:
    """What revisions themselves made on a table that none of them created, and what is surely otherwise of it."""
    old, new = before.tables.get(name), after.tables.get(name)
    if (
        new is None
        or not _is_only_unseen(after, new)
        or (old is not None and not _is_only_unseen(before, old))
    ):
        return
    # What `downgrade()` drops under a name that nobody knows may be what `upgrade()` made under one that the server chose.
    renamed = any(
        reason.origin.direction == "downgrade" and reason.why != NOT_SEEN for reason in after.doubts(new)
    )
    bare = replace(new, columns={}, uniques=(), indexes=(), foreign_keys=(), checks=(), primary_key=None)
    added = {
        (kind, item.name)
        for kind, items in (
            ("column", new.columns.values()),
            ("index", new.indexes),
            ("constraint", (*new.uniques, *new.foreign_keys, *new.checks)),
        )
        for item in items
        if item.origin.direction == "upgrade" and not getattr(item, "perhaps", ()) and not renamed
    }
    for item in _table(old or bare, new):
        named = item.about.removeprefix(f"{name}.") if item.kind == "column" else item.about
        if item.kind in ("column", "index", "constraint") and (item.missing or (item.kind, named) in added):
            yield item


def _is_only_unseen(schema: Schema, table: Table) -> bool:
    """Whether nothing is doubtful of a table but what it was made of."""
    return all(reason.why == NOT_SEEN or reason.refused for reason in schema.doubts(table))


def _free(schema: Schema) -> set[str]:
    """Sequences that no column owns."""
    return {name for name, item in schema.sequences.items() if item.owner is None and item.there is None}


def _names(kind: str, before: Iterable[str], after: Iterable[str]) -> Iterator[Difference]:
    first, second = set(before), set(after)
    for name in sorted(first - second):
        yield Difference(name, kind, missing=True, words=f"the {kind} {{}} is missing", names=(name,))
    for name in sorted(second - first):
        yield Difference(name, kind, missing=False, words=f"the {kind} {{}} is still there", names=(name,))


def _enums(before: Schema, after: Schema) -> Iterator[Difference]:
    for name, enum in before.enums.items():
        other = after.enums.get(name)
        if before.doubts(enum) or (other is not None and after.doubts(other)):
            continue
        if other is None:
            yield Difference(name, "enum", missing=True, words="the type {} is missing", names=(name,))
        else:
            for value in enum.values:
                if value is not None and value not in other.values and None not in other.values:
                    # An empty label would be no more than two backticks.
                    names = (name, value or "''")
                    yield Difference(name, "enum", missing=True, words="the type {} lacks {}", names=names)


def _table(before: Table, after: Table) -> Iterator[Difference]:
    if before is after:
        # Nobody touched it: states share what they did not change.
        return
    name = before.name
    for column in before.columns.values():
        other = after.columns.get(column.name)
        if other is None:
            about = f"{name}.{column.name}"
            yield Difference(about, "column", missing=True, words="the column {} is missing", names=(about,))
        elif not column.perhaps and not other.perhaps:
            yield from _column(name, column, other)
    for column in after.columns.values():
        if column.name not in before.columns:
            about = f"{name}.{column.name}"
            yield Difference(
                about, "column", missing=False, words="the column {} is still there", names=(about,)
            )
    unclear = _unclear(before, after)
    yield from _things(name, "index", _indexes(before, unclear), _indexes(after, unclear))
    # What a column's type brings may be written out in the other.
    brought = {
        check.name for table in (before, after) for check in table.checks if check.implied_by is not None
    }
    yield from _things(name, "constraint", _constraints(before, brought), _constraints(after, brought))


def _column(table: str, before: Column, after: Column) -> Iterator[Difference]:
    about = f"{table}.{before.name}"
    old, new = before.type.stored, after.type.stored
    if old is not None and new is not None and old.upper() != new.upper():
        names = (about, after.type.stored or "", before.type.stored or "")
        yield Difference(about, "type", missing=False, words="{} is {} instead of {}", names=names)
    if None not in (before.nullable, after.nullable) and before.nullable != after.nullable:
        words = "{} allows NULL and did not before" if after.nullable else "{} is NOT NULL and was not before"
        yield Difference(about, "nullable", missing=False, words=words, names=(about,))
    if _default(before.default) != _default(after.default) and not _is_unclear(before.default, after.default):
        what = (
            "lost its default"
            if after.default is None
            else "has a default and had none"
            if before.default is None
            else "has another default"
        )
        yield Difference(
            about, "default", missing=after.default is None, words=f"{{}} {what}", names=(about,)
        )


_CONSTANTS: Final = {"true": "1", "false": "0"}


def _is_unclear(*values: Plain) -> bool:
    return any(
        isinstance(value, Unclear)
        or (isinstance(value, Called) and _is_unclear(*value.args, *dict(value.keywords).values()))
        for value in values
    )


def _default(value: Plain) -> str | None:
    """A default as it can be compared: SQL without quotes, casts and case."""
    if value is None:
        return None
    if isinstance(value, Called):
        owner, _, name = value.path.rpartition(".")
        if owner.startswith("sqlalchemy.") and owner.endswith("func"):
            return name.lower() + "()"
        if owner.partition(".")[0] == "sqlalchemy" and name in _CONSTANTS:
            return _CONSTANTS[name]
        inner = value.argument("text", 0)
        return _default(inner) if inner is not None else value.path
    text = re.sub(r"::[\w ]+(?:\(\d+\))?$", "", str(value)).strip()
    text = text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text
    lowered = text.lower()
    return {"current_timestamp": "now()", "t": "1", "f": "0", **_CONSTANTS}.get(lowered, lowered)


def _indexes(table: Table, unclear: Collection[object]) -> dict[tuple[object, ...], str]:
    return {
        (*_place(index), "?" if _place(index) in unclear else _condition(index)): index.name
        or ", ".join(column or "" for column in index.columns)
        for index in table.indexes
        if index.implied_by is None and None not in index.columns
    }


def _place(index: Index) -> tuple[object, ...]:
    columns = [
        canonical_sql(column or "") if at in index.expressions else column
        for at, column in enumerate(index.columns)
    ]
    return tuple(columns), index.unique


def sql_of(value: Plain) -> str | None:
    """A condition as it is written in SQL; None where it is made of SQLAlchemy's operators."""
    if isinstance(value, Called) and value.path.rpartition(".")[2] in ("text", "literal_column"):
        value = value.argument("text", 0)
    return value if isinstance(value, str) else None


def _condition(index: Index) -> str:
    text = sql_of(index.where)
    return canonical_sql(text) if text is not None else str(index.where or "")


def _unclear(*tables: Table) -> set[object]:
    """Indexes whose condition is SQL at one time and built of operators at another: those are not compared."""
    found: dict[object, set[bool]] = {}
    for index in (item for table in tables for item in table.indexes if item.where is not None):
        found.setdefault(_place(index), set()).add(sql_of(index.where) is None)
    return {place for place, kinds in found.items() if len(kinds) > 1}


_LITERAL: Final = re.compile(r"('(?:[^']|'')*')")
_CAST: Final = re.compile(
    r"::\s*[\w.\"]+(?:\s+(?:varying|precision|with(?:out)?\s+time\s+zone)\b)*(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])*",
    re.IGNORECASE,
)
_ANY: Final = re.compile(r"=any\(*array\[([^\[\]]*)\]\)*", re.IGNORECASE)


def canonical_sql(text: str) -> str:
    """A condition or an expression without what PostgreSQL adds when it shows it: casts, parentheses, spaces and `= ANY (ARRAY[…])` for IN.

    Only for telling whether two may be one: what differs in parentheses alone comes to the same.
    """
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        literals.append(match.group())
        return f"'{len(literals) - 1}'"

    bare = _CAST.sub("", _LITERAL.sub(keep, text)).replace('"', "")
    bare = re.sub(r"\s*([^\w\s])\s*", r"\1", " ".join(bare.split())).replace("!=", "<>")
    bare = re.sub(r"[()]+", " ", _ANY.sub(r" in \1 ", bare)).lower()
    bare = re.sub(r"\s*([^\w\s])\s*", r"\1", " ".join(bare.split()))
    return re.sub(r"'(\d+)'", lambda match: literals[int(match.group(1))], bare)


def _constraints(table: Table, brought: Collection[str | None]) -> dict[tuple[object, ...], str]:
    found: dict[tuple[object, ...], str] = {}
    for key in table.uniques:
        found["unique", frozenset(key.columns)] = key.name or ", ".join(key.columns)
    for other in table.foreign_keys:
        place = ("foreign key", other.columns, other.ref_table, other.ref_columns, _action(other.ondelete))
        found[place] = other.name or ", ".join(other.columns)
    if table.primary_key is not None:
        found["primary key", table.primary_key.columns] = table.primary_key.name or "PRIMARY"
    for check in table.checks:
        if check.name and check.name not in brought:
            found["check", check.name] = check.name
    return found


def _action(action: str | None) -> str:
    return "" if action is None or action.upper() == "NO ACTION" else action.upper()


def _things(
    table: str, kind: str, before: dict[tuple[object, ...], str], after: dict[tuple[object, ...], str]
) -> Iterator[Difference]:
    gone = [name for place, name in before.items() if place not in after]
    left = [name for place, name in after.items() if place not in before]
    for name in gone:
        what = "is another than before" if name in left else "is missing"
        words = f"the {kind} {{}} of {{}} {what}"
        yield Difference(name, kind, missing=name not in left, words=words, names=(name, table))
    for name in left:
        if name not in gone:
            words = f"the {kind} {{}} of {{}} is still there"
            yield Difference(name, kind, missing=False, words=words, names=(name, table))
