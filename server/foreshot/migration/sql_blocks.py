"""``DO $$ … $$``: the anonymous blocks of PostgreSQL, where they only wrap statements.

A type is often created so, with the exception for one that exists already swallowed. What stands under IF, or
before an exception handler, runs under a condition; a block with loops or dynamic SQL keeps its secrets.
"""

from __future__ import annotations

from collections.abc import Sequence

from foreshot.migration.sql_cursor import Cursor, Found, Unread, Wrong
from foreshot.migration.sql_statements import read_statement
from foreshot.migration.sql_tokens import Lexicon, Token, tokenize

_READ = frozenset(
    {"ALTER", "CREATE", "DROP", "UPDATE", "DELETE", "INSERT", "TRUNCATE", "COMMENT", "WITH", "SET"}
)
_SILENT = frozenset({"RAISE", "NULL", "PERFORM", "RETURN"})
_MAX_BODY = 1 << 15


def read_block(tokens: Sequence[Token], found: Found) -> bool:
    """Add the operations of a DO statement's body; False when something in it was not understood."""
    body = next((token for token in tokens if token.kind == "string" and token.text.startswith("$")), None)
    if body is None or body.end - body.start > _MAX_BODY:
        return False
    inner = _body_tokens(body)
    begin = next((index for index, token in enumerate(inner) if token.upper == "BEGIN"), None)
    if begin is None:
        return False
    handler = any(token.upper == "EXCEPTION" and _is_handler(inner, at) for at, token in enumerate(inner))
    depth = 0
    complete = True
    for statement in _statements(inner[begin + 1 :]):
        while statement and statement[0].upper in ("IF", "ELSIF", "ELSE", "END", "EXCEPTION"):
            word = statement[0].upper
            if word == "EXCEPTION":
                return complete
            if word == "END":
                depth -= 1
                statement = []
            elif word == "ELSE":
                statement = statement[1:]
            else:
                depth += word == "IF"
                then = next((at for at, token in enumerate(statement) if token.upper == "THEN"), None)
                if then is None:
                    return False
                statement = statement[then + 1 :]
        if depth < 0:
            break
        if statement and statement[0].upper not in _SILENT:
            known = _read(statement, found, conditional=handler or depth > 0)
            complete = complete and known
    return complete


def _is_handler(tokens: Sequence[Token], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1].upper == "WHEN"


def _read(statement: list[Token], found: Found, *, conditional: bool) -> bool:
    """Read one statement of a body; False where it could not be."""
    if statement[0].upper not in _READ:
        return False
    kept = len(found.operations)
    found.conditional = conditional
    try:
        read_statement(Cursor(found.context, statement), found)
    except (Unread, Wrong):
        del found.operations[kept:]
        return False
    finally:
        found.conditional = False
    return True


def _body_tokens(body: Token) -> list[Token]:
    tag = body.text.index("$", 1) + 1
    tokens, flaw = tokenize(body.text[tag:-tag], Lexicon(brackets="never"))
    if flaw is not None:
        return []
    offset = body.start + tag
    return [
        Token(token.kind, token.text, token.upper, token.start + offset, token.end + offset)
        for token in tokens
    ]


def _statements(tokens: Sequence[Token]) -> list[list[Token]]:
    statements: list[list[Token]] = [[]]
    for token in tokens:
        if token.upper == ";":
            statements.append([])
        else:
            statements[-1].append(token)
    return [statement for statement in statements if statement]
