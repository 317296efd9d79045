"""UPDATE, DELETE, INSERT and MERGE."""

from __future__ import annotations

from typing import Literal

from foreshot.migration.operations import DataChange
from foreshot.migration.sql_cursor import Cursor, Found, Name, Wrong
from foreshot.migration.sql_names import names_read
from foreshot.migration.sql_texts import texts_in
from foreshot.migration.sql_tokens import HOLE
from foreshot.migration.sql_words import misspelt, words

Verb = Literal["update", "delete", "insert", "merge"]

VERBS: dict[str, Verb] = {
    "UPDATE": "update",
    "DELETE": "delete",
    "INSERT": "insert",
    "REPLACE": "insert",
    "MERGE": "merge",
}
_NO_ALIAS = words(
    """
    SET WHERE USING VALUES SELECT DEFAULT JOIN INNER LEFT RIGHT FULL CROSS NATURAL STRAIGHT_JOIN FROM ON
    RETURNING ORDER LIMIT OUTPUT WITH WHEN OVERRIDING GROUP HAVING UNION EXCEPT INTERSECT FOR WINDOW
    OFFSET FETCH TABLESAMPLE PARTITION LATERAL AS VALUE USE FORCE IGNORE MINUS
    """
)
_SET_STOPS = ("FROM", "WHERE", "RETURNING", "ORDER", "LIMIT", "OUTPUT", "WHEN", "OPTION")
_MODIFIERS = ("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK", "IGNORE", "OVERWRITE")
_ALWAYS = ({"TRUE"}, {"1"})


def read_data(cursor: Cursor, found: Found) -> bool:
    """Read a statement that may begin with WITH: an operation for each data change in it.

    Returns whether the main statement is one.
    """
    context = cursor.context
    limited = False
    ctes: set[str] = set()
    while cursor.take_one("WITH", ",") or cursor.take("RECURSIVE"):
        cursor.take("RECURSIVE")
        ctes.add(cursor.take_name("a name").text.lower())
        if cursor.word == "(":
            cursor.inside()
        cursor.expect("AS")
        cursor.take("NOT")
        cursor.take("MATERIALIZED")
        inner = cursor.inside()
        limited = limited or _has_word(inner, "LIMIT", "FETCH", "TOP")
        if inner.word in VERBS:
            _change(inner, found, ctes, limited=False)
        if cursor.take_one("SEARCH", "CYCLE"):
            cursor.until(*VERBS, "SELECT", "VALUES", "TABLE")
    if cursor.word in VERBS:
        _change(cursor, found, ctes, limited=limited)
        return True
    if cursor.done and context.value:
        raise Wrong("the statement ends where SELECT, INSERT, UPDATE or DELETE is expected")
    return False


def _has_word(cursor: Cursor, *words: str) -> bool:
    return any(token.upper in words for token in cursor.tokens[cursor.at : cursor.stop])


def _change(cursor: Cursor, found: Found, ctes: set[str], *, limited: bool) -> None:
    begin = cursor.at
    first = cursor.token
    verb = VERBS[first.upper]
    cursor.at += 1
    limited = _modifiers(cursor) or limited
    reader = {"update": _update, "delete": _delete, "insert": _insert, "merge": _merge}[verb]
    table, targets, has_where, tail_limited = reader(cursor)
    whole = Cursor(cursor.context, cursor.tokens, begin, cursor.stop)
    skipped = {begin}
    columns: dict[str, None] = {}
    for at in targets:
        name = cursor.context.identifier(cursor.tokens[at])
        skipped.add(at)
        if isinstance(name, str):
            columns[name] = None
    site = found.site(first.start, max(table.end, first.end), table=table)
    found.add(
        DataChange(
            site=site,
            verb=verb,
            table=table.name,
            schema=table.schema,
            columns=tuple(columns),
            reads=names_read(whole, skipped),
            computed=_computed(cursor, targets) if verb == "update" else (),
            has_where=has_where,
            limited=limited or tail_limited,
            texts=texts_in(cursor, verb, begin, targets, _SET_STOPS),
        )
    )
    if isinstance(table.name, str) and table.schema is None and table.name.lower() in ctes:
        # SQL Server updates a table through a CTE; which one is not followed.
        found.exact = False


def _modifiers(cursor: Cursor) -> bool:
    """Step over what stands between the verb and its object; whether it limits the rows."""
    limited = False
    while True:
        if cursor.take("TOP"):
            limited = True
            if cursor.word == "(":
                cursor.inside()
            else:
                cursor.at += 1
            cursor.take("PERCENT")
        elif cursor.word == "OR" and cursor.peek() in ("IGNORE", "REPLACE", "ABORT", "FAIL", "ROLLBACK"):
            cursor.at += 2
        elif not cursor.take_one(*_MODIFIERS):
            return limited


_Change = tuple[Name, list[int], bool, bool]


def _update(cursor: Cursor) -> _Change:
    cursor.take("ONLY")
    table = _target(cursor)
    joins = cursor.until("SET")
    restricted = _restricting_join(joins)
    aliases = _aliases(joins, table)
    cursor.expect("SET")
    if cursor.done:
        raise Wrong("the statement ends where an assignment is expected")
    assignments = cursor.until(*_SET_STOPS)
    _check_assignments(assignments)
    may_restrict = any(
        _may_be_clause(assignments, index) for index in range(assignments.at, assignments.stop)
    )
    targets = _assigned(assignments)
    where, limited, hole = _tail(cursor)
    hole = hole or may_restrict
    aliases.update(_aliases_of_from(cursor))
    real = aliases.get(str(table.name)) if table.schema is None else None
    return real or table, targets, where or restricted or hole, limited


def _delete(cursor: Cursor) -> _Change:
    if not cursor.take("FROM"):
        if (
            misspelt(cursor.word, "FROM")
            and cursor.peek()
            and cursor.peek() not in ("FROM", "USING", "WHERE", ".", ",")
        ):
            raise Wrong(f'"{cursor.token.text}" is not expected here; "FROM" is', cursor.token)
        # MySQL and SQL Server: the target, perhaps by its alias, before FROM.
        table = cursor.name("FROM")
        if cursor.take("."):
            cursor.take("*")
        if cursor.word == "FROM":
            aliases = _aliases_of_from(cursor)
            restricted = _restricting_join(Cursor(cursor.context, cursor.tokens, cursor.at, cursor.stop))
            where, limited, hole = _tail(cursor)
            real = aliases.get(str(table.name)) if table.schema is None else None
            return real or table, [], where or restricted or hole, limited
    else:
        cursor.take("ONLY")
        table = _target(cursor)
        cursor.take("*")
    joins = cursor.until("WHERE", "LIMIT", "ORDER", "RETURNING")
    restricted = _restricting_join(joins)
    where, limited, hole = _tail(cursor)
    hole = hole or any(token.text == HOLE for token in cursor.tokens[joins.at : joins.stop])
    return table, [], where or restricted or hole, limited


def _insert(cursor: Cursor) -> _Change:
    cursor.take("INTO")
    cursor.take("TABLE")
    table = cursor.name("a table name")
    if cursor.take("AS"):
        cursor.take_name()
    targets: list[int] = []
    if cursor.word == "(" and cursor.peek() not in ("SELECT", "WITH", "("):
        targets = [item.at for item in cursor.inside().items() if item.is_name]
    if cursor.done and cursor.stop >= len(cursor.tokens) and not _ends_in_hole(cursor):
        raise Wrong("the statement ends where VALUES or SELECT is expected")
    if cursor.word == "(" and cursor.at + 1 < cursor.stop:
        first = cursor.tokens[cursor.at + 1]
        if first.kind in ("string", "number") and targets:
            raise Wrong("VALUES is missing before the row", cursor.token)
    if cursor.word in ("VALUES", "VALUE") and cursor.at + 1 >= len(cursor.tokens):
        raise Wrong("the statement ends where a row is expected")
    if cursor.take("SET"):
        targets += _assigned(cursor.until("ON", "RETURNING", "AS"))
    begin = cursor.at
    body = cursor.until("ON", "RETURNING")
    if cursor.take("ON", "DUPLICATE", "KEY", "UPDATE"):
        targets += _assigned(cursor.rest())
    elif cursor.take("ON", "CONFLICT"):
        cursor.until("SET")
        if cursor.take("SET"):
            targets += _assigned(cursor.until("WHERE", "RETURNING"))
    where, limited, _ = _tail(body)
    cursor.at = max(cursor.at, begin)
    return table, targets, where, limited


def _merge(cursor: Cursor) -> _Change:
    cursor.take("INTO")
    cursor.take("ONLY")
    table = _target(cursor)
    targets: list[int] = []
    while not cursor.done:
        cursor.until("SET", "INSERT")
        if cursor.take("SET"):
            targets += _assigned(cursor.until(*_SET_STOPS, ";"))
        elif cursor.take("INSERT") and cursor.word == "(":
            targets += [item.at for item in cursor.inside().items() if item.is_name]
    return table, targets, True, False


def _ends_in_hole(cursor: Cursor) -> bool:
    return cursor.at > 0 and HOLE in cursor.last.text


def _target(cursor: Cursor) -> Name:
    table = cursor.name("a table name")
    cursor.take("*")
    if cursor.take("AS") or (cursor.is_name and cursor.word not in _NO_ALIAS and cursor.token.text != HOLE):
        cursor.take_name("an alias")
    return table


def _check_assignments(cursor: Cursor) -> None:
    """Every assignment has an equals sign, unless the text of one is interpolated."""
    whole = Cursor(cursor.context, cursor.tokens, cursor.at, cursor.stop)
    for item in whole.items():
        if item.done:
            raise Wrong("an assignment is missing beside a comma", item.tokens[max(item.at - 1, 0)])
        tokens = item.tokens[item.at : item.stop]
        if tokens[0].text == "=":
            raise Wrong('nothing stands before "="', tokens[0])
        if len(tokens) > 1 and tokens[0].kind == tokens[1].kind == "word" and HOLE not in tokens[1].text:
            raise Wrong(f'"{tokens[1].text}" is not expected here; "=" is', tokens[1])
        if not any("=" in token.text or HOLE in token.text for token in tokens) and item.peek(1) != ".":
            raise Wrong('the assignment has no "="', tokens[0])


def _assigned(cursor: Cursor) -> list[int]:
    """Token indexes of the names that a list of assignments writes."""
    targets: list[int] = []
    for item in cursor.items():
        if item.word == "(":
            targets += [inner.at for inner in item.inside().items() if inner.is_name]
        elif item.is_name:
            # On PostgreSQL `a.b` is a field of a composite column, elsewhere a column of a table.
            while (
                item.peek() == "." and cursor.context.dialects != ("postgresql",) and item.at + 2 < item.stop
            ):
                item.at += 2
            targets.append(item.at)
    return targets


def _computed(cursor: Cursor, targets: list[int]) -> tuple[str, ...]:
    """Those of the assigned columns whose new value names another column."""
    context, tokens = cursor.context, cursor.tokens
    found: list[str] = []
    for at in targets:
        name = context.identifier(tokens[at])
        value = Cursor(context, tokens, at + 1, cursor.stop).until(",", *_SET_STOPS)
        if not isinstance(name, str) or value.word != "=":
            continue
        # "x" is a string on MySQL; a column of the same name counts where it is another table's.
        skipped = {
            index
            for index in range(value.at, value.stop)
            if (context.mysql and tokens[index].text.startswith('"'))
            or (tokens[index - 1].text != "." and context.identifier(tokens[index]) == name)
        }
        if names_read(value, skipped):
            found.append(name)
    return tuple(found)


def _tail(cursor: Cursor) -> tuple[bool, bool, bool]:
    """Whether the rest has a WHERE that restricts, a LIMIT, and an interpolated part that may be either."""
    where = limited = hole = False
    depth = 0
    tokens = cursor.tokens
    in_where = False
    for index in range(cursor.at, cursor.stop):
        upper = tokens[index].upper
        if upper == "(":
            depth += 1
        elif upper == ")":
            depth -= 1
        elif upper in ("LIMIT", "FETCH"):
            limited = limited or depth == 0 or in_where
        elif depth == 0 and upper == "WHERE":
            where, in_where = not _always_true(cursor, index + 1), True
        elif depth == 0 and _may_be_clause(cursor, index):
            hole = True
    return where, limited, hole


def _may_be_clause(cursor: Cursor, index: int) -> bool:
    """Whether an interpolated part stands where a whole clause may begin."""
    before = cursor.tokens[index - 1]
    return cursor.tokens[index].text == HOLE and (before.kind != "mark" or before.upper in (")", "*"))


def _always_true(cursor: Cursor, index: int) -> bool:
    """Whether the condition at an index says nothing: TRUE, 1, 1 = 1."""
    words = [token.text.upper() for token in cursor.tokens[index : cursor.stop]][:4]
    if words[1:2] == ["="] and len(words) >= 3:
        return words[0] == words[2] and words[0].isdigit() and (len(words) == 3 or words[3] in _SET_STOPS)
    return words[:1] in (["TRUE"], ["1"]) and (len(words) == 1 or words[1] in _SET_STOPS)


def _restricting_join(cursor: Cursor) -> bool:
    """Whether a join that is not an outer one, with a condition, stands outside parentheses."""
    depth = 0
    outer = False
    joined = False
    for token in cursor.tokens[cursor.at : cursor.stop]:
        upper = token.upper
        if upper == "(":
            depth += 1
        elif upper == ")":
            depth -= 1
        elif depth == 0:
            if upper in ("LEFT", "FULL", "CROSS"):
                outer = True
            elif upper in ("JOIN", "STRAIGHT_JOIN"):
                joined, outer = not outer, False
            elif upper in ("ON", "USING") and joined:
                return True
            elif upper == "WHERE":
                return False
    return False


def _aliases(cursor: Cursor, table: Name) -> dict[str, Name]:
    return _from_list(cursor) if not cursor.done and isinstance(table.name, str) else {}


def _aliases_of_from(cursor: Cursor) -> dict[str, Name]:
    probe = Cursor(cursor.context, cursor.tokens, cursor.at, cursor.stop)
    probe.until("FROM")
    return _from_list(probe) if probe.take("FROM") else {}


def _from_list(cursor: Cursor) -> dict[str, Name]:
    """Tables of a FROM clause by their aliases."""
    aliases: dict[str, Name] = {}
    expects = True
    while not cursor.done and cursor.word != "WHERE":
        if expects and cursor.is_name and cursor.word not in _NO_ALIAS:
            table = cursor.name()
            cursor.take("AS")
            if cursor.is_name and cursor.word not in _NO_ALIAS:
                alias = cursor.identifier()
                if isinstance(alias, str):
                    aliases[alias] = table
            expects = False
            continue
        expects = cursor.word in (",", "JOIN", "STRAIGHT_JOIN") or (
            expects and cursor.word in ("ONLY", "LATERAL")
        )
        if cursor.word == "(":
            cursor.inside()
        else:
            cursor.at += 1
    return aliases
