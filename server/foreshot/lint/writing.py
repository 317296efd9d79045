"""Pieces of Python and SQL that repairs write."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from foreshot.lint.context import Context
from foreshot.migration.operations import Operation, TableOperation
from foreshot.migration.sql_words import KEYWORDS, words
from foreshot.syntax.module import Module
from foreshot.syntax.values import Unknown
from foreshot.text import Span

WIDTH: Final = 100
"""Columns that a call on one line may take, its indentation left out."""

# Spaces count from their first one only, so that many of them without a line end take linear time.
_LINE_END: Final = re.compile(r"(?:(?<![ \t])[ \t]+)?[\r\n]\s*")
_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*")
# Reserved by one database or another, and likely names all the same.
_RESERVED: Final = words(
    """
    ACCESS AUTHORIZATION BINARY CALL CHANGE CHAR CHARACTER COLLATION COLUMN COLUMNS CONCURRENTLY CONDITION CUBE
    CUME_DIST CURSOR DATABASE DEC DECIMAL DECLARE DELAYED DESCRIBE DOUBLE DROP EACH ELSEIF EMPTY EXIT EXPLAIN
    FIRST_VALUE FLOAT FREEZE FUNCTION GENERATED GET GROUPING GROUPS HIGH_PRIORITY INDEX INOUT INT INTEGER ITERATE
    KEY KEYS KILL LAG LAST_VALUE LEAD LEAVE LINEAR LINES LOAD LOCK LONG LOOP LOW_PRIORITY MANUAL NTILE NUMERIC OF
    OPTIMIZE OPTION OUT PARALLEL PERCENT_RANK PRECISION PROCEDURE PURGE QUALIFY RANGE RANK READ READS REAL RELEASE
    RENAME REPEAT REPLACE REQUIRE RESIGNAL RESTRICT RETURN REVOKE ROW_NUMBER SCHEMA SCHEMAS SENSITIVE SEPARATOR
    SHOW SIGNAL SMALLINT SPATIAL SPECIFIC SQL STORED SYSTEM TABLES TABLESAMPLE TERMINATED TRIGGER UNDO UNLOCK
    UNSIGNED USAGE USE USER VARCHAR VARYING VERBOSE VIRTUAL WHILE WRITE
    """
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
    if len(arguments) == 1:
        return f"{callee}(\n    {arguments[0]}\n)"
    return f"{callee}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def one_line(module: Module, span: Span) -> str | None:
    """A piece of the file on one line; None where joining its lines could change it."""
    text = module.text(span)
    if not _LINE_END.search(text):
        return text
    if any(sign in text for sign in ("#", "\\", '"""', "'''")):
        return None

    def joint(match: re.Match[str]) -> str:
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        return "" if before in "([{" or after in (")", "]", "}") else " "

    return _LINE_END.sub(joint, text)


def sql_name(name: str, databases: Collection[str]) -> str | None:
    """A name as the SQL of all the databases takes it; None where they differ, or where text would not carry it."""
    if _PLAIN.fullmatch(name) and name.upper() not in KEYWORDS | _RESERVED:
        return name
    if not name or not name.isprintable() or any(character in name for character in ":%\\\"`'"):
        return None
    quotes = {"`" if database in ("mysql", "mariadb") else '"' for database in databases}
    if len(quotes) != 1:
        return None
    (quote,) = quotes
    return f"{quote}{name}{quote}"


def sql_table(table: object, schema: object, databases: Collection[str]) -> str | None:
    """A table with its schema as SQL takes it; None when either is not known or cannot be written."""
    if not isinstance(table, str) or not (schema is None or isinstance(schema, str)):
        return None
    name = sql_name(table, databases)
    prefix = sql_name(schema, databases) if schema else ""
    if name is None or prefix is None:
        return None
    return f"{prefix}.{name}" if prefix else name


def quoted(name: str) -> str | None:
    """A name as PostgreSQL's SQL needs it; None for one that SQLAlchemy's text or a driver would take apart."""
    return sql_name(name, ("postgresql",))


def table_in_sql(operation: TableOperation) -> str | None:
    """The operation's table, with its schema, as PostgreSQL's SQL needs it; None when either is not known."""
    if isinstance(operation.schema, Unknown):
        return None
    return sql_table(operation.table, operation.schema or None, ("postgresql",))


def is_exact(operation: TableOperation, *names: object) -> bool:
    """Whether names that were read from SQL are what PostgreSQL makes of them: in lower case, or in quotes."""
    sql = operation.site.sql
    return sql is None or all(
        name == name.lower() or f'"{name}"' in sql
        for name in (operation.table, operation.schema, *names)
        if isinstance(name, str)
    )


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
    # One that is not come to on SQLite, as something before it fails there, will be once that is mended.
    return any(
        target.database != "postgresql" and operation.site.runs_on(target.database)
        for target in (*context.targets(), *context.surroundings.possible)
    )


def on_postgresql(context: Context, operation: Operation, code: str, otherwise: str = "") -> str:
    """Code under a guard, where the operation will meet other databases too; ``otherwise`` is for those."""
    if not meets_others(context, operation):
        return code
    guarded = under(f'if {context.op}.get_context().dialect.name == "postgresql":', code)
    return f"{guarded}\n{under('else:', otherwise)}" if otherwise else guarded
