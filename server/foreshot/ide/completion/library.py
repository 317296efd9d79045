"""SQLAlchemy's names where a call of Alembic's wants them: constructs behind ``sa.``, types, and the type that a column has or would have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from foreshot.ide.completion.calls import AlembicCall, Spellings
from foreshot.ide.completion.item import Item
from foreshot.ide.completion.likely import NOT_SAID
from foreshot.ide.completion.schema_names import column_of
from foreshot.lint.spelling import CannotSpell, Speller
from foreshot.schema.state import Column, ColumnType, Schema
from foreshot.syntax.changes import Change
from foreshot.syntax.cursor import MAX_LENGTH, Cursor

TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "sqlalchemy": (
        "String", "Integer", "Text", "Boolean", "DateTime", "UUID", "JSON", "BigInteger", "Float", "Enum", "Numeric", "Date",
        "TIMESTAMP", "LargeBinary", "SmallInteger", "Time", "Interval", "Uuid", "Unicode", "UnicodeText", "ARRAY", "Double",
        "VARCHAR", "INTEGER", "TEXT", "BOOLEAN", "BIGINT", "CHAR", "DATETIME", "DATE", "NUMERIC", "FLOAT", "DECIMAL", "BLOB",
        "SMALLINT", "NVARCHAR", "VARBINARY", "BINARY", "REAL", "DOUBLE", "DOUBLE_PRECISION", "TIME", "CLOB", "PickleType",
    ),
    "sqlalchemy.dialects.postgresql": (
        "UUID", "JSONB", "ARRAY", "TIMESTAMP", "ENUM", "JSON", "INET", "DOUBLE_PRECISION", "BYTEA", "TSVECTOR", "CITEXT",
        "HSTORE", "VARCHAR", "INTEGER", "TEXT", "BOOLEAN", "BIGINT", "SMALLINT", "NUMERIC", "REAL", "FLOAT", "INTERVAL", "DATE",
        "TIME", "CHAR", "CIDR", "MACADDR", "BIT", "OID", "MONEY", "INT4RANGE", "INT8RANGE", "NUMRANGE", "TSRANGE",
        "TSTZRANGE", "DATERANGE", "DOMAIN",
    ),
    "sqlalchemy.dialects.mysql": (
        "VARCHAR", "INTEGER", "TINYINT", "LONGTEXT", "DATETIME", "JSON", "BIGINT", "TEXT", "MEDIUMTEXT", "ENUM", "TIMESTAMP",
        "CHAR", "DOUBLE", "FLOAT", "DECIMAL", "SMALLINT", "MEDIUMINT", "DATE", "TIME", "BLOB", "LONGBLOB", "MEDIUMBLOB",
        "TINYTEXT", "TINYBLOB", "VARBINARY", "BINARY", "BIT", "SET", "YEAR", "BOOLEAN", "NUMERIC", "REAL",
    ),
    "sqlalchemy.dialects.sqlite": (
        "JSON", "DATETIME", "INTEGER", "TEXT", "VARCHAR", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "FLOAT", "NUMERIC", "BLOB",
        "CHAR", "REAL", "SMALLINT", "DECIMAL",
    ),
}  # fmt: skip
"""Types by module, the most used first; each is there in SQLAlchemy 1.4 to 2.1, ``UUID``, ``Uuid`` and ``Double`` from 2.0."""

PARTS: Final = (
    "Column",
    "ForeignKeyConstraint",
    "PrimaryKeyConstraint",
    "UniqueConstraint",
    "CheckConstraint",
    "Index",
)
"""What ``create_table`` takes."""
OF_COLUMN: Final = ("ForeignKey", "Identity", "Computed", "Sequence")
DEFAULTS: Final = ("text", "func", "false", "true", "literal", "null")
STATEMENTS: Final = (
    "text", "table", "column", "select", "update", "insert", "delete", "func", "and_", "or_", "not_", "case", "cast", "null",
    "bindparam", "literal", "inspect", "MetaData", "Table", "exists", "false", "true",
)  # fmt: skip
_MOST: Final = 40
_ALIKE: Final = 1_000
_SAME: Final = 1_000_000
_USED = re.compile(r"\b(\w+)\.([A-Za-z_]\w*)")


def names_of(
    cursor: Cursor, calls: Sequence[AlembicCall], spelled: Spellings, schema: Callable[[], Schema], text: str
) -> Iterator[Item]:
    """Names behind ``sa.`` or a dialect's name: what fits the place first, and of that what the file uses most.

    ``schema`` works out the schema there, which only a new column's type asks for.
    """
    module = spelled.modules[cursor.owner]
    types = TYPES.get(module, ())
    fitting, others = types, ()
    if module == "sqlalchemy":
        fitting = _wanted(cursor, calls, schema)
        others = (
            (*PARTS, *OF_COLUMN, *DEFAULTS, *types) if calls else (*STATEMENTS, *PARTS, *OF_COLUMN, *types)
        )
    used = Counter(name for by, name in _USED.findall(text) if by == cursor.owner)
    for rank, name in enumerate(dict.fromkeys((*fitting, *others))):
        kind = "type" if name in types else "method"
        often = NOT_SAID * min(used[name], 9) if name in fitting or not fitting else -NOT_SAID * 10
        yield Item(name, kind, cursor.word, name, "type" if name in types else "", rank=rank - often)


def _wanted(cursor: Cursor, calls: Sequence[AlembicCall], schema: Callable[[], Schema]) -> tuple[str, ...]:
    """What fits the place, the likeliest first; nothing where that cannot be told."""
    call = cursor.call
    if call is None:
        return ()
    name = call.callee.rpartition(".")[2]
    if call.keyword in ("server_default", "existing_server_default"):
        return DEFAULTS
    if calls and call is calls[0].bracket:
        parameter = call.keyword or (calls[0].parameter.name if calls[0].parameter is not None else "")
        if parameter in ("type_", "existing_type"):
            return TYPES["sqlalchemy"]
        if parameter == "column":
            return PARTS[:1]
        if parameter == "columns" and calls[0].method.name == "create_table":
            return PARTS
        if parameter == "sqltext":
            return STATEMENTS[:6]
        return ()
    if name == "Column" and call.keyword in (None, "type_") and call.position <= 1:
        # A model's column may begin with its type.
        alike = _types_alike((call.arguments[0].literal if call.arguments else None) or "", schema())
        return tuple(dict.fromkeys((*alike, *TYPES["sqlalchemy"])))
    if name == "Column" and call.keyword is None:
        return OF_COLUMN
    return TYPES["sqlalchemy"] if name in ("Enum", "ARRAY", "cast", "column") else ()


def _types_alike(name: str, schema: Schema) -> Iterator[str]:
    """Names of SQLAlchemy's types that columns called alike have, the most frequent first."""
    paths = Counter[str]()
    for column, weight in _alike(name, schema):
        paths[getattr(column.type.written, "path", "")] += weight
    for path, _ in paths.most_common():
        module, _, type_name = path.rpartition(".")
        if module == "sqlalchemy":
            yield type_name


class _Names:
    """How the file spells SQLAlchemy's modules, for what writes types."""

    def __init__(self, spelled: Spellings) -> None:
        self._spelled = spelled

    def sa(self) -> tuple[str, tuple[Change, ...]]:
        name = self._spelled.spelled("sqlalchemy")
        if name is None:
            raise CannotSpell
        return name, ()

    def alias(self, path: str) -> str | None:
        name = self._spelled.spelled(path)
        if name is None:
            raise CannotSpell
        return name


class _Speller(Speller):
    """Writes types for a file that may be half written; the project's own ones by the whole path, as autogenerate does."""

    def __init__(self, text: str, spelled: Spellings) -> None:
        super().__init__(_Names(spelled))
        self._text = text
        self.missing = ""
        """The module that the last value needs and the file does not import."""

    def own(self, path: str) -> str:
        module, _, name = path.rpartition(".")
        if not module or not all(part.isidentifier() for part in path.split(".")):
            raise CannotSpell(path)
        if re.search(rf"^from {re.escape(module)} import .*\b{name}\b", self._text, re.MULTILINE):
            return name
        if not re.search(rf"^import {re.escape(module)}[ \t]*$", self._text, re.MULTILINE):
            self.missing = module
        return path

    def adding(self, module: str) -> tuple[int, str] | None:
        """The import of a module, before the first one that the file has; None where it has none."""
        first = re.search(r"^(?:import|from)[ \t]+(?!__future__)", self._text, re.MULTILINE)
        return (first.start(), f"import {module}\n") if first is not None else None


def whole_types(
    cursor: Cursor, calls: Sequence[AlembicCall], spelled: Spellings, schema: Schema, text: str
) -> Iterator[Item]:
    """Types with their arguments: the one that a column has, for ``existing_type``, and for a new column those of columns called alike."""
    call, inner = calls[0], cursor.call
    parameter = call.bracket.keyword or ""
    speller = _Speller(text[:MAX_LENGTH], spelled)
    if inner is call.bracket and parameter in ("existing_type", "type_"):
        column = column_of(call, schema)
        yield from _written([(column, 1)] if column is not None else [], cursor, speller, "as it is")
    elif (
        inner is not None
        and inner.callee.endswith("Column")
        and inner.keyword is None
        and inner.position == 1
    ):
        name = inner.arguments[0].literal or ""
        yield from _written(_alike(name, schema), cursor, speller, "as other columns have it")
    elif (
        inner is not None
        and inner is call.bracket
        and inner.keyword is None
        and (prefix := spelled.spelled("sqlalchemy"))
    ):
        names = _wanted(cursor, calls, lambda: schema)
        for rank, name in enumerate(names if names in (PARTS, PARTS[:1]) else ()):
            text = f"{prefix}.{name}($0)"
            yield Item(f"{prefix}.{name}", "method", cursor.word, text, rank=rank - NOT_SAID, is_snippet=True)


def _alike(name: str, schema: Schema) -> Iterator[tuple[Column, int]]:
    """The schema's columns, and how much each says of a new one of a name: called the same, ending alike, or neither."""
    end = name.rpartition("_")[2]
    for table in schema.tables.values():
        for column in table.columns.values():
            alike = bool(end) and column.name.rpartition("_")[2] == end
            yield column, _SAME if column.name == name else _ALIKE if alike else 1


def _written(
    columns: Iterable[tuple[Column, int]], cursor: Cursor, speller: _Speller, about: str
) -> Iterator[Item]:
    """The types of columns as the file would write them, each once, the weightiest first."""
    weights = Counter[ColumnType]()
    for column, weight in columns:
        weights[column.type] += weight
    found = Counter[tuple[str, str]]()
    for type_, weight in weights.items():
        speller.missing = ""
        try:
            found[speller.type(type_), speller.missing] += weight
        except CannotSpell:
            continue
    for rank, ((text, missing), _) in enumerate(found.most_common(_MOST)):
        adds = speller.adding(missing) if missing else None
        yield Item(text, "type", cursor.word, text, about, rank=rank - _MOST, adds=adds)
