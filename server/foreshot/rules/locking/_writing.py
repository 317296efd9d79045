"""Pieces of Python and SQL that repairs write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from foreshot.lint.context import Context
from foreshot.migration.operations import Operation, TableOperation
from foreshot.syntax.values import Unknown
from foreshot.text import Span

WIDTH: Final = 80
"""Columns that a call on one line may take, its indentation left out."""

# PostgreSQL's reserved words, those that may be a function's or a type's name included.
_RESERVED_WORDS: Final = """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
    column concurrently constraint create cross current_catalog current_date current_role current_schema
    current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for
    foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral
    leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps
    placing primary references returning right select session_user similar some symmetric system_user table
    tablesample then to trailing true union unique user using variadic verbose when where window with
"""
_RESERVED: Final = frozenset(_RESERVED_WORDS.split())
_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*")
_LINE_END: Final = re.compile(r"[ \t]*[\r\n]\s*")


def quoted(name: str) -> str | None:
    """A name as PostgreSQL's SQL needs it; None for one that SQLAlchemy's text or a driver would take apart."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    if not name or not name.isprintable() or any(character in name for character in ":%\\"):
        return None
    return '"' + name.replace('"', '""') + '"'


def table_in_sql(operation: TableOperation) -> str | None:
    """The operation's table, with its schema, as SQL needs it; None when either is not known."""
    table, schema = operation.table, operation.schema
    name = quoted(table) if isinstance(table, str) else None
    if name is None or isinstance(schema, Unknown) or not schema:
        return None if isinstance(schema, Unknown) else name
    prefix = quoted(schema)
    return f"{prefix}.{name}" if prefix else None


def is_exact(operation: TableOperation, *names: object) -> bool:
    """Whether names that were read from SQL are what PostgreSQL makes of them: in lower case, or in quotes."""
    sql = operation.site.sql
    return sql is None or all(
        name == name.lower() or f'"{name}"' in sql
        for name in (operation.table, operation.schema, *names)
        if isinstance(name, str)
    )


def literal(text: str) -> str:
    """A Python string, in double quotes where that needs no escapes."""
    if text.isprintable() and not any(character in text for character in '"\\'):
        return f'"{text}"'
    return repr(text)


def call(callee: str, arguments: Sequence[str]) -> str:
    """A call on one line, or with one argument a line where it would be too long."""
    line = f"{callee}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return line
    return f"{callee}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def under(header: str, code: str) -> str:
    """Code indented under a header."""
    return f"{header}\n" + "\n".join(f"    {line}" if line else "" for line in code.split("\n"))


def in_autocommit(context: Context, code: str) -> str:
    """Code in an autocommit block."""
    return under(f"with {context.op}.get_context().autocommit_block():", code)


def execute(context: Context, sql: str) -> str:
    """``op.execute`` of a statement."""
    return f"{context.op}.execute({literal(sql)})"


def meets_others(context: Context, operation: Operation) -> bool:
    """Whether the operation will run on another database than PostgreSQL too."""
    return any(target.database != "postgresql" for target in context.targets((), operation))


def on_postgresql(context: Context, operation: Operation, code: str, otherwise: str = "") -> str:
    """Code under a guard, where the operation will meet other databases too; ``otherwise`` is for those."""
    if not meets_others(context, operation):
        return code
    guarded = under(f'if {context.op}.get_context().dialect.name == "postgresql":', code)
    return f"{guarded}\n{under('else:', otherwise)}" if otherwise else guarded


def source(context: Context, span: Span) -> str | None:
    """A piece of the file on one line; None where joining its lines could change it."""
    text = context.text(span)
    if any(sign in text for sign in ("#", "\\", '"""', "'''")) and _LINE_END.search(text):
        return None

    def joint(match: re.Match[str]) -> str:
        inside = text[match.start() - 1] in "([{" or text[match.end() : match.end() + 1] in (")", "]", "}")
        return "" if inside else " "

    return _LINE_END.sub(joint, text)
