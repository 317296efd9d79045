"""Statements of which the reader keeps the verb and the text: views, functions, triggers, extensions, sequences."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from foreshot.migration import operations as ops
from foreshot.schema import changes as to

_NULL_ROWS: Final = re.compile(
    r"\bWHERE\s+(?:[\w\"`]+\.)?[\"`]?(\w+)[\"`]?\s+IS\s+NULL\s*"
    r"(?:(?:ORDER\s+BY\s+[\w.\"` ]+?\s+)?LIMIT\s+[:%()\w{}]+?\s*(?:FOR\s+[\w ]+)?\)?\s*)?;?\s*$",
    re.IGNORECASE,
)
"""An UPDATE or a DELETE of just the rows in which a column is NULL, or of so many of them at a time."""
_MOST_WORDS: Final = 5_000
_NAME = r'((?:"[^"]+"|`[^`]+`|[\w$]+)(?:\s*\.\s*(?:"[^"]+"|`[^`]+`|[\w$]+))*)'
_KINDS: Final = {
    "VIEW": "view", "MATERIALIZED VIEW": "materialized view", "FUNCTION": "function", "PROCEDURE": "function", "TRIGGER": "trigger",
    "EXTENSION": "extension", "SCHEMA": "schema", "SEQUENCE": "sequence", "POLICY": "policy", "STATISTICS": "statistics",
    "DOMAIN": "domain", "RULE": "rule", "AGGREGATE": "function", "EVENT": "event", "TYPE": "type", "CAST": "cast", "OPERATOR": "operator",
    "EVENT TRIGGER": "event trigger", "PUBLICATION": "publication", "ROLE": "role", "USER": "role", "COLLATION": "collation",
    "TEXT SEARCH CONFIGURATION": "text search configuration", "TEXT SEARCH DICTIONARY": "text search dictionary",
}  # fmt: skip
_HARMLESS_VERBS: Final = frozenset(
    {
        *("SELECT", "SET", "SHOW", "VALUES", "ANALYZE", "GRANT", "REVOKE", "LOCK", "LOCK TABLE", "LOCK TABLES", "UNLOCK TABLES"),
        *("RESET", "DISCARD", "NOTIFY", "LISTEN", "EXPLAIN", "USE", "COPY", "OPTIMIZE", "FLUSH", "DELIMITER", "WITH"),
        *("CHECKPOINT", "REINDEX", "VACUUM", "COMMENT ON", "BEGIN", "PREPARE", "DEALLOCATE", "KILL", "ATTACH", "DETACH", "REASSIGN"),
    }
)  # fmt: skip
_HARMLESS_ACTIONS: Final = re.compile(
    r"""(?:OWNER\s+TO|ENABLE|DISABLE|FORCE|NO\s+FORCE|SET\s*\(|RESET\s*\(|CLUSTER|REPLICA|SET\s+(?:LOGGED|UNLOGGED|TABLESPACE|WITHOUT)"""
    r"""|ALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+(?:STATISTICS|STORAGE|COMPRESSION|\()|RESET)|ATTACH|ENGINE|AUTO_INCREMENT|DEFAULT\s+CHAR"""
    r"""|CONVERT|CHARACTER|COMMENT|ROW_FORMAT|ALTER\s+(?:COLUMN\s+)?\S+\s+(?:ADD|SET)\s+GENERATED|ALTER\s+INDEX|ALGORITHM|LOCK)""",
    re.IGNORECASE,
)
_SET_SCHEMA: Final = re.compile(rf"SET\s+SCHEMA\s+{_NAME}\s*;?\s*", re.IGNORECASE)
_OWNED: Final = re.compile(rf"\bOWNED\s+BY\s+(?:(NONE)\b|{_NAME})", re.IGNORECASE)
_LEGACY: Final = re.compile(r"\s*PRAGMA\s+legacy_alter_table\s*[=(]\s*'?(\w+)", re.IGNORECASE)
_VALUES: Final = re.compile(r"(?is)\A(?!.*\bselect\b)\s*update\b.*?\bset\b(.*?)(?:\bwhere\b|\bfrom\b|;|\Z)")
_COPY: Final = re.compile(r"(?:\A|,)\s*([\w\"`]+)\s*=\s*([a-zA-Z_\"`][\w\"`]*)\s*(?=,|\Z)")
_WORD: Final = re.compile(r"[A-Za-z_][\w$]*")


def clean(written: str) -> str:
    """A name as it is stored: quotes off, unquoted ones in lower case."""
    parts = re.findall(r'"[^"]+"|`[^`]+`|[\w$]+', written)
    return ".".join(part[1:-1] if part[0] in '"`' else part.lower() for part in parts)


def words_of(text: str) -> tuple[str, ...]:
    """The names that a definition mentions, in lower case, each once."""
    found = dict.fromkeys(match.group().lower() for match in _WORD.finditer(text))
    return tuple(list(found)[:_MOST_WORDS])


def lower_execute(operation: ops.Execute, at: to.At) -> to.Change | tuple[to.Change, ...]:
    """What a statement changes of which only the verb was kept."""
    verb, text = operation.verb, operation.site.sql or operation.rendered
    first, _, rest = verb.partition(" ")
    if first in ("CREATE", "DROP") and rest in _KINDS:
        return _thing(made=first == "CREATE", kind=_KINDS[rest], words=rest, text=text, at=at)
    if not operation.parsed:
        return to.Unread(at, "a statement could not be read", operation.tables)
    if first == "ALTER":
        return _altered(rest, operation, text, at)
    if first == "PRAGMA":
        legacy = _LEGACY.match(text)
        return to.LegacyRenames(at, legacy[1].lower() in ("on", "1", "true", "yes")) if legacy else ()
    if verb in _HARMLESS_VERBS or first in _HARMLESS_VERBS:
        if first == "SELECT" and re.search(r"\binto\s+\w", text, re.IGNORECASE):
            return to.Unread(at, "SELECT INTO makes a table", operation.tables)
        return ()
    if first == "CREATE" and rest.endswith("TABLE"):
        return to.Unread(at, f"{verb} is not followed", operation.tables)
    if first in ("CREATE", "DROP", "DO", "CALL", "EXECUTE"):
        return (
            ()
            if first in ("CREATE", "DROP")
            else to.Unread(at, f"what {first} runs is not followed", operation.tables)
        )
    return ()


def _thing(*, made: bool, kind: str, words: str, text: str, at: to.At) -> to.Change | tuple[to.Change, ...]:
    spelled = words.replace(" ", r"\s+")
    pattern = rf"\b{spelled}\s+(?:CONCURRENTLY\s+)?(IF\s+(?:NOT\s+)?EXISTS\s+)?{_NAME}"
    match = re.search(pattern, text, re.IGNORECASE)
    name = clean(match.group(2)) if match else None
    if not made:
        cascade = re.search(r"\bCASCADE\b", text, re.IGNORECASE) is not None
        names = [name]
        if match and name:
            rest = text[match.end() :]
            names += [clean(item) for item in re.findall(rf"^\s*,\s*{_NAME}", rest)]
        return tuple(
            [to.LostThing(at, kind, item, cascade, bool(match and match.group(1))) for item in names]
        )
    table = None
    if kind in ("trigger", "policy", "statistics", "rule"):
        place = re.search(
            rf"\b(?:ON|FROM|TO)\s+{_NAME}", text[match.end() :] if match else text, re.IGNORECASE
        )
        if kind == "trigger" and place is not None:
            behind = text[match.end() :] if match else text
            place = re.search(rf"\bON\s+{_NAME}", behind, re.IGNORECASE) or place
        table = clean(place.group(1)) if place else None
    if kind == "sequence":
        table = _owner(text)
    definition = text if kind.endswith("view") else None
    return to.MadeThing(at, kind, name, table, (), words_of(text), definition)


def _altered(what: str, operation: ops.Execute, text: str, at: to.At) -> to.Change | tuple[to.Change, ...]:
    if what == "TABLE":
        if operation.tables and all(_is_harmless(item, text) for item in operation.tables):
            return ()
        moved = (
            _SET_SCHEMA.fullmatch(_actions(operation.tables[0], text)) if len(operation.tables) == 1 else None
        )
        if moved is not None:
            table = operation.tables[0]
            return to.MovedTable(at, table, f"{clean(moved[1])}.{table.rpartition('.')[2]}")
        return to.Unread(at, "an action of ALTER TABLE is not followed", operation.tables)
    renamed = (
        re.search(
            rf"\bALTER\s+{what}\s+(?:IF\s+EXISTS\s+)?{_NAME}\s+RENAME\s+TO\s+{_NAME}", text, re.IGNORECASE
        )
        if what
        else None
    )
    if renamed and what in _KINDS:
        old, new = clean(renamed.group(1)), clean(renamed.group(2))
        kind = _KINDS[what]
        return (to.LostThing(at, kind, old), to.MadeThing(at, kind, new, None, (), ()))
    if what == "TYPE":
        return to.Unread(at, "an action of ALTER TYPE is not followed")
    if what == "SEQUENCE":
        named = re.search(rf"\bSEQUENCE\s+(?:IF\s+EXISTS\s+)?{_NAME}", text, re.IGNORECASE)
        owner = _owner(text)
        return to.MadeThing(at, "sequence", clean(named[1]), owner) if named and owner is not None else ()
    return ()


def _owner(text: str) -> str | None:
    """The ``table.column`` whose sequence it becomes, which goes with it; empty for none, None where nothing is said."""
    found = _OWNED.search(text)
    return None if found is None else "" if found[1] else clean(found[2])


def _is_harmless(table: str, text: str) -> bool:
    """Whether the actions of an ALTER TABLE change nothing that is followed."""
    return _HARMLESS_ACTIONS.match(_actions(table, text)) is not None


def _actions(table: str, text: str) -> str:
    """What stands behind the table's name in an ALTER TABLE."""
    bare = re.escape(table.rpartition(".")[2])
    found = re.search(rf"[\"`]?{bare}[\"`]?\s*\*?\s+(.*)", text, re.IGNORECASE | re.DOTALL)
    return found.group(1).strip() if found is not None else ""


def lower_rows(operation: ops.DataChange, at: to.At) -> to.Change:
    """What a statement does to the rows of a table."""
    whole = not operation.has_where and not operation.limited
    fills: tuple[str, ...] = ()
    if operation.verb == "update" and operation.site.repeated and not whole:
        # Rows or pages of them, one after the other: where the loop does not run there was none.
        at, fills = replace(at, guards=()), operation.columns
    elif operation.verb in ("update", "delete") and not operation.limited:
        about = operation.reads if operation.verb == "delete" else operation.columns
        found = _NULL_ROWS.search(operation.site.sql or "")
        empty = found[1] if found else operation.empty_in
        if empty in about:
            fills = (empty,)
        elif whole and operation.verb == "update":
            fills = about
    columns = operation.reads if operation.verb == "delete" else operation.columns
    copied = _copied(operation.site.sql, fills) if operation.computed and fills else ()
    return to.Rows(at, operation.table_name, operation.verb, columns, whole, fills, copied)


def _copied(sql: str | None, fills: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that ``SET new = old`` copies into those; nothing where another table has a say in it."""
    values = _VALUES.search(sql or "")
    pairs = _COPY.findall(values[1]) if values is not None else ()
    return tuple([clean(old) for new, old in pairs if clean(new) in fills])
