"""Reserved words that stand, without quotes, where the name of a table or of a column must."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from foreshot.migration.sql_tokens import Flaw, Token
from foreshot.migration.sql_words import words

_EVERYWHERE = words("CHECK DEFAULT GROUP LIMIT ORDER")
_MYSQL = _EVERYWHERE | words("COLUMN CONDITION DESC GRANT INDEX KEY KEYS RANGE")
_RESERVED = {
    "postgresql": _EVERYWHERE | words("COLUMN DESC END GRANT OFFSET USER WINDOW"),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": _EVERYWHERE | words("INDEX"),
}
"""Of the words that people name things by, those that each database refuses without quotes: from their manuals, and tried."""

_BEHIND = {
    "UPDATE": ("ONLY",),
    "INSERT": ("INTO",),
    "DELETE": ("FROM", "ONLY"),
    "ALTER": ("TABLE", "IF", "EXISTS", "ONLY"),
    "DROP": ("TABLE", "IF", "EXISTS"),
    "CREATE": ("TABLE", "IF", "NOT", "EXISTS"),
}
"""What may stand between the verb and the name of the table, in this order."""
_NEEDED = {"INSERT": "INTO", "DELETE": "FROM", "ALTER": "TABLE", "DROP": "TABLE", "CREATE": "TABLE"}


def reserved_name(tokens: Sequence[Token], dialects: Sequence[str]) -> Flaw | None:
    """The first name that each of the dialects takes for one of its own words."""
    refused = [_RESERVED.get(dialect, frozenset()) for dialect in dialects]
    if not refused:
        return None
    for token in _names(tokens):
        if token.kind == "word" and all(token.upper in known for known in refused):
            return Flaw(f'"{token.text}" is a reserved word, and needs quotes', token.start, token.end)
    return None


def _names(tokens: Sequence[Token]) -> Iterator[Token]:
    """The table of a statement, and the columns that an INSERT lists or an UPDATE sets."""
    verb, at = tokens[0].upper, 1
    passed: list[str] = []
    for word in _BEHIND.get(verb, ()):
        if at < len(tokens) and tokens[at].upper == word:
            passed.append(word)
            at += 1
    if verb not in _BEHIND or at >= len(tokens) or (verb in _NEEDED and _NEEDED[verb] not in passed):
        return
    follows = tokens[at + 1].upper if at + 1 < len(tokens) else ""
    if follows in {"UPDATE": ("SET", "AS"), "INSERT": ("(", "VALUES", "SELECT", "AS")}.get(verb, (follows,)):
        yield tokens[at]
    if verb == "INSERT" and follows == "(":
        yield from _listed(tokens, at + 1)
    elif verb == "UPDATE":
        yield from _assigned(tokens)


def _listed(tokens: Sequence[Token], at: int) -> Iterator[Token]:
    """What stands alone between the commas of a parenthesis."""
    for index in range(at + 1, len(tokens) - 1):
        if tokens[index].upper == ")":
            return
        if tokens[index - 1].upper in ("(", ",") and tokens[index + 1].upper in (")", ","):
            yield tokens[index]


def _assigned(tokens: Sequence[Token]) -> Iterator[Token]:
    """What stands between SET, or a comma behind it, and an equals sign."""
    depth, behind = 0, False
    for index, token in enumerate(tokens):
        if token.upper in ("(", ")"):
            depth += 1 if token.upper == "(" else -1
        elif depth == 0 and token.upper in ("WHERE", "FROM", "RETURNING"):
            return
        elif depth == 0 and token.upper == "=" and behind and tokens[index - 2].upper in ("SET", ","):
            yield tokens[index - 1]
        behind = behind or token.upper == "SET"
