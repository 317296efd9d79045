"""SQL in a migration, read into the operations that it performs.

The statements that migrations consist of are read from their tokens alone, in one pass and without a parser
library. Where a statement looks wrong, :mod:`foreshot.migration.sql_judge` decides whether it is.
"""

from __future__ import annotations

from msgspec import Struct

from foreshot.migration.operations import Operation, Site, SqlProblem
from foreshot.migration.sql_blocks import read_block
from foreshot.migration.sql_cursor import Context, Cursor, Found, Unread, Wrong
from foreshot.migration.sql_judge import JUDGED, judge
from foreshot.migration.sql_statements import read_statement
from foreshot.migration.sql_tokens import HOLE, Flaw, Lexicon, Statement, Token, split, tokenize
from foreshot.syntax.values import Text

MAX_TEXT = 1 << 18
"""Characters of SQL in one call that are looked at; a longer text is one unread statement."""
MAX_STATEMENT = 1 << 16
"""Characters of one statement that are read."""


class SqlReading(Struct, frozen=True):
    """What a piece of SQL does: its operations in order, and the first statement that is certainly wrong."""

    operations: tuple[Operation, ...]
    problem: SqlProblem | None
    statements: tuple[str, ...]


def read_sql(text: Text, dialects: tuple[str, ...], site: Site, *, bind_style: bool = True) -> SqlReading:
    """Read the statements of ``text``. Never raises: what cannot be read is an ``Execute`` that says so.

    Args:
        text: the SQL; U+FFFC stands where an expression of unknown value is interpolated.
        dialects: the databases it may run on, in Foreshot's names; empty where that is not known.
        site: the template for every operation's site; the call, the name and the statement's text are filled
            in, the order is left to the caller.
        bind_style: whether ``:name`` is a parameter and ``\\:`` a colon, as in ``sqlalchemy.text``.
    """
    del bind_style  # A raw driver's own parameter styles are read besides; none of them means two things.
    context = Context(text, dialects, site)
    if len(text.value) > MAX_TEXT:
        return SqlReading((_unread(context, text.value[:MAX_STATEMENT]),), None, (text.value,))
    statements = _statements(text.value, context)
    operations: list[Operation] = []
    problem: SqlProblem | None = None
    for statement in statements:
        found, flaw = _read(statement, context)
        operations.extend(found.operations)
        if flaw is not None and problem is None:
            problem = _problem(flaw, context)
    texts = tuple(text.value[statement.start : statement.end] for statement in statements)
    return SqlReading(tuple(operations), problem, texts)


def statement_verbs(reading: SqlReading) -> tuple[str, ...]:
    """The first word of each statement, in upper case."""
    return tuple(statement.split(None, 1)[0].upper() for statement in reading.statements if statement.strip())


def _statements(sql: str, context: Context) -> list[Statement]:
    """The statements, in the first spelling in which every quote and parenthesis closes."""
    first: list[Statement] | None = None
    for lexicon in _lexicons(context.dialects):
        statements = split(*tokenize(sql, lexicon))
        if all(statement.flaw is None for statement in statements):
            return statements
        first = statements if first is None else first
    return first or []


def _lexicons(dialects: tuple[str, ...]) -> list[Lexicon]:
    if not dialects:
        return [Lexicon(), Lexicon(backslashes=True)]
    brackets = not {"mssql", "sqlite"}.isdisjoint(dialects)
    only = {"mssql", "sqlite"}.issuperset(dialects)
    kind = "names" if only else "guess" if brackets else "never"
    mysql = not {"mysql", "mariadb"}.isdisjoint(dialects)
    both = mysql and not {"mysql", "mariadb"}.issuperset(dialects)
    styles = [False, True] if both else [mysql]
    return [Lexicon(backslashes=style, brackets=kind) for style in styles]


def _read(statement: Statement, context: Context) -> tuple[Found, Flaw | None]:
    """The operations of one statement, and what is certainly wrong with it."""
    tokens = statement.tokens
    found = Found(context, tokens)
    if statement.end - statement.start > MAX_STATEMENT:
        found.execute(tokens[0].upper, parsed=False)
        return found, None
    wrong: Flaw | None = statement.flaw
    if wrong is None and tokens[0].upper == "DO" and not read_block(tokens, found):
        found.execute("DO")
    elif wrong is None and not found.operations:
        try:
            read_statement(Cursor(context, tokens), found)
        except Unread:
            found.exact = False
        except Wrong as error:
            found.exact = False
            at = error.token or tokens[-1]
            wrong = Flaw(error.message, at.start, at.end)
    if not found.operations or wrong is not None:
        found.operations.clear()
        found.execute(tokens[0].upper, parsed=False)
    if context.dialects and JUDGED.isdisjoint(context.dialects):
        return found, None
    # Behind a quote that never closes, the tokens end before the text does.
    end = statement.end if statement.flaw is None else len(context.value)
    if HOLE in context.value[statement.start : end]:
        return found, None
    return found, wrong or judge(context.value, tokens, context.dialects, exact=found.exact)


def _problem(flaw: Flaw, context: Context) -> SqlProblem:
    dialect = context.dialects[0] if len(context.dialects) == 1 else ""
    return SqlProblem(flaw.message, context.span(flaw.start, flaw.end), dialect)


def _unread(context: Context, head: str) -> Operation:
    word = head.split(None, 1)[0] if head.strip() else ""
    found = Found(context, [Token("word", word, word.upper(), 0, len(context.value))])
    found.execute(word.upper()[:40], parsed=False)
    return found.operations[0]
