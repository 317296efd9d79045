"""A value for rows that have none: by the column's Python-side default, else by its type."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Final

from msgspec import Struct

from foreshot.knowledge import Target, classify
from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import (
    AddConstraint,
    ColumnSpec,
    Direction,
    Operation,
    TableOperation,
    TypeSpec,
)
from foreshot.syntax.changes import Change
from foreshot.syntax.values import CallValue, Ref, Unknown, known_strs
from foreshot.text import Span

# No colon, which would begin a bind parameter, no quote, no percent sign, no backslash.
_PLAIN_TEXT: Final = re.compile(r"[\w .,/+@#()\-]*")
_CLOCKS = ("timestamp", "timestamptz")
_NUMBERS = ("integer", "numeric", "float", "money")
_STRINGS = ("string", "text", "citext")
# What MySQL gives no plain default (1101).
_MYSQL_BARE = ("text", "bytes", "json")


class Filling(Struct, frozen=True):
    """A value in SQL, and as Python for ``server_default=``, where it can be one.

    In ``default``, ``{sa}`` stands for how the file spells sqlalchemy.
    """

    sql: str | None
    default: str | None

    def server_default(self, context: Context) -> tuple[str, tuple[Change, ...]] | None:
        """The value of ``server_default=``, and the import that it needs."""
        if self.default is None:
            return None
        if "{sa}" not in self.default:
            return self.default, ()
        sa, changes = context.sa()
        return self.default.replace("{sa}", sa), changes


def filling(
    operation: TableOperation, column: str, spec: ColumnSpec | None, type_: object, context: Context
) -> Filling | None:
    """What rows without a value can be given; None where any value would be wrong, or none can be told."""
    targets = context.targets((), operation)
    if not targets or is_key(operation, column, spec, context):
        return None
    if spec is not None and spec.default is not None:
        found = of_default(spec, targets, context)
        if found is not None:
            return found
    return of_type(type_, targets) if isinstance(type_, TypeSpec) else None


def of_default(spec: ColumnSpec, targets: Sequence[Target], context: Context) -> Filling | None:
    """The column's Python-side default, as the database would have it."""
    value = spec.default
    type_ = spec.type if isinstance(spec.type, TypeSpec) else None
    if type_ is None:
        return None
    families = {classify(type_, target).family for target in targets}
    bare = any(target.is_mysql for target in targets) and not families.isdisjoint(_MYSQL_BARE)
    match value:
        case bool():
            if type_.name.lower() != "boolean":
                return None
            return Filling(str(value).lower(), f"{{sa}}.{'true' if value else 'false'}()")
        case int() | float() if families <= set(_NUMBERS):
            return Filling(str(value), f'{{sa}}.text("{value}")')
        case str() if families <= {*_STRINGS, "enum"}:
            return _string(value, bare=bare)
        case CallValue() if value.path.startswith("sqlalchemy.") and not bare:
            at = spec.args.get("default")
            return Filling(None, context.text(at)) if at is not None and _is_sql(value.path) else None
        case Ref() | CallValue():
            return _of_callable(value, families, targets)
        case _:
            return None


def of_type(type_: TypeSpec, targets: Sequence[Target]) -> Filling | None:
    """A value that means nothing: 0, an empty string, false, the first of an enum, now."""
    kinds = [classify(type_, target) for target in targets]
    families = {kind.family for kind in kinds}
    mysql = any(target.is_mysql for target in targets)
    databases = {target.database for target in targets}
    name = type_.name.lower()
    if "custom" in families or not databases <= {"postgresql", "mysql", "mariadb", "sqlite"}:
        return None
    if name in ("boolean", "bool"):
        return Filling("false", "{sa}.false()")
    if name == "enum":
        values = known_strs(type_.call.args) if type_.call else kinds[0].values
        return _string(values[0], bare=False) if values else None
    if name == "uuid":
        # Part of PostgreSQL itself since 13.
        known = databases == {"postgresql"} and all(
            target.version is None or target.version.at_least(13) for target in targets
        )
        return Filling("gen_random_uuid()", None) if known else None
    if "json" in name:
        return Filling("'{}'", None if mysql else "{sa}.text(\"'{}'\")")
    if families <= set(_NUMBERS):
        return Filling("0", '{sa}.text("0")')
    if families <= set(_STRINGS):
        return _string("", bare=mysql and "text" in families)
    if families <= set(_CLOCKS):
        constant = "sqlite" in databases or (mysql and any(kind.precision for kind in kinds))
        return Filling("CURRENT_TIMESTAMP", None if constant else "{sa}.func.now()")
    if families == {"date"}:
        return Filling("CURRENT_DATE", "{sa}.func.current_date()" if databases == {"postgresql"} else None)
    if families <= {"time", "timetz"}:
        return Filling("'00:00'", None)
    if families == {"interval"}:
        return Filling("'0'", "{sa}.text(\"'0'\")")
    if families == {"array"}:
        return Filling("'{}'", "{sa}.text(\"'{}'\")")
    return None


def _string(value: str, *, bare: bool) -> Filling | None:
    if not _PLAIN_TEXT.fullmatch(value):
        return None
    return Filling(f"'{value}'", None if bare else writing.literal(value))


def _is_sql(path: str) -> bool:
    last = path.rpartition(".")[2]
    return ".func." in path or last in ("text", "true", "false", "literal_column")


def _of_callable(value: Ref | CallValue, families: Set[str], targets: Sequence[Target]) -> Filling | None:
    """``datetime.utcnow``, ``dict``, ``list``: what they make of each new row, once for all rows."""
    if isinstance(value, CallValue):
        return None
    databases = {target.database for target in targets}
    if value.path in ("dict", "list") and families <= {"json", "jsonb"} and databases == {"postgresql"}:
        empty = "'{}'" if value.path == "dict" else "'[]'"
        return Filling(empty, f'{{sa}}.text("{empty}")')
    if databases != {"postgresql"} or not families <= set(_CLOCKS):
        return None
    if value.path.endswith((".utcnow", ".now")):
        utc = value.path.endswith(".utcnow") and families == {"timestamp"}
        return Filling(
            "timezone('utc', now())" if utc else "now()",
            "{sa}.text(\"timezone('utc', now())\")" if utc else "{sa}.func.now()",
        )
    return None


def is_key(operation: TableOperation, column: str, spec: ColumnSpec | None, context: Context) -> bool:
    """Whether the column is, or looks, part of a key, whose values no two rows may share, or must lead somewhere."""
    if spec is not None and (spec.foreign_keys or spec.unique is True or spec.primary_key is True):
        return True
    if column.endswith(("_id", "_uuid")) or column == "id":
        return True
    directions: tuple[Direction, ...] = ("upgrade", "downgrade")
    return any(
        (operation.table_name, column) in context.once_each_way(_keyed, direction) for direction in directions
    )


def _keyed(operations: tuple[Operation, ...]) -> frozenset[tuple[str | None, object]]:
    """The columns of keys that a direction makes by themselves, with their tables."""
    return frozenset(
        (other.table_name, column)
        for other in operations
        if isinstance(other, AddConstraint)
        and other.constraint.kind in ("foreign key", "unique", "primary key")
        for column in other.constraint.columns
    )


def backfill(operation: TableOperation, column: str, value: str, context: Context) -> str | None:
    """``op.execute`` of an UPDATE of the rows that have no value; None where a name cannot be written."""
    targets = context.targets((), operation)
    table, schema = operation.table, operation.schema
    if not isinstance(table, str) or isinstance(schema, Unknown):
        return None
    names = [identifier(name, targets) for name in (schema, table, column) if name]
    if None in names:
        return None
    *path, name = [str(item) for item in names]
    return writing.execute(context, f"UPDATE {'.'.join(path)} SET {name} = {value} WHERE {name} IS NULL")


def identifier(name: str, targets: Sequence[Target]) -> str | None:
    """A name as the SQL of every target needs it; None where they differ."""
    mysql = [target.is_mysql for target in targets]
    quoted = writing.quoted(name)
    if quoted is None:
        return None
    if not any(mysql):
        return quoted
    if quoted == name and name not in _RESERVED_BY_MYSQL:
        return name
    return f"`{name}`" if all(mysql) and "`" not in name else None


# Words that MySQL or MariaDB reserve, PostgreSQL does not, and that columns and tables are called.
_MYSQL_WORDS: Final = """
    add alter asensitive before between bigint blob by call cascade change char character condition continue
    convert cube cursor database databases dec decimal declare delayed delete describe deterministic distinctrow
    div double drop dual each elseif empty enclosed escaped exists exit explain fetch float force function
    generated get groups high_priority if ignore index infile inout insert int integer interval iterate join key
    keys kill lateral leave linear lines load lock long longblob longtext loop match mediumint mod modifies
    natural numeric offset option optimize outfile out over partition precision procedure purge range rank read
    reads real recursive regexp release rename repeat replace require resignal restrict return revoke rlike row
    rows row_number schema schemas select sensitive separator set show signal smallint spatial specific sql
    sqlexception ssl starting stored straight_join system terminated tinyint trigger undo unlock unsigned update
    usage use utc_date utc_time utc_timestamp values varbinary varchar varying virtual while write xor
    year_month zerofill
"""
_RESERVED_BY_MYSQL: Final = frozenset(_MYSQL_WORDS.split())


def span_of(spec: ColumnSpec, *names: str) -> Span | None:
    """Where the first of these arguments of the column stands, name included."""
    return next((spec.keywords[name] for name in names if name in spec.keywords), None)
