"""Which measured variants adding a column is."""

from __future__ import annotations

from foreshot.knowledge.databases import Target
from foreshot.knowledge.defaults import volatility
from foreshot.knowledge.facts import Facts
from foreshot.knowledge.rows import choose
from foreshot.knowledge.sqltype import SqlType
from foreshot.knowledge.steps import Step, step
from foreshot.knowledge.types import classify
from foreshot.migration.operations import AddColumn, ColumnSpec, ForeignKeyRef, TypeSpec
from foreshot.syntax.values import CallValue, Unknown, Value

_SAME_FOR_ALL = "every row gets the same default (23505)"


def referred_tables(keys: tuple[ForeignKeyRef, ...]) -> tuple[str, ...]:
    """The tables that ``ForeignKey("schema.table.column")`` lead to, where they can be read."""
    found = (key.target.rpartition(".")[0] for key in keys if isinstance(key.target, str))
    return tuple(dict.fromkeys(table for table in found if table))


def add_column(operation: AddColumn, target: Target, facts: Facts) -> list[Step] | None:
    """The column itself, then the constraint and index that Alembic makes for it in statements of their own."""
    column = operation.column
    if target.database == "sqlite":
        return _add_on_sqlite(operation)
    first = _added(column, target, facts)
    if first is None:
        return None
    steps = [first]
    if operation.if_not_exists and target.database == "postgresql":
        steps.append(step("add_column if exists"))
    default = _default_kind(column)
    filled = default in ("constant", "stable") or first.variant.startswith("add_column not null")
    if column.unique is True:
        variant = "create_unique_index" if column.index is True else "unique"
        steps.append(
            Step(
                variant=variant,
                fails=_duplicates(target) if filled and target.is_mysql else _SAME_FOR_ALL if filled else "",
            )
        )
    elif column.index is True:
        steps.append(step("create_index"))
    if column.foreign_keys:
        inline = _is_inline(operation)
        variant = "foreign key inline" if inline else "add_column foreign key"
        fails = "the default refers to a parent that is not there (23503)" if filled and not inline else ""
        not_valid = target.database == "postgresql" and all(key.not_valid for key in column.foreign_keys)
        if not_valid and not inline:
            variant, fails = "foreign key not valid", ""
        steps.append(Step(variant=variant, parents=referred_tables(column.foreign_keys), fails=fails))
    if _makes_check(column, target):
        steps.append(Step(variant="check", fails=""))
    return steps


def _duplicates(target: Target) -> str:
    return _SAME_FOR_ALL.replace("23505", "1062") if target.is_mysql else _SAME_FOR_ALL


def _added(column: ColumnSpec, target: Target, facts: Facts) -> Step | None:
    kind = classify(column.type, target)
    postgresql = target.database == "postgresql"
    if postgresql and kind.family == "enum" and facts.type_exists is False:
        return step("add_column missing type")
    if column.computed is not None:
        variant = _computed(column.computed)
        return step(variant) if variant else None
    if column.identity is not None:
        return step("add_column identity")
    if postgresql and _is_serial(column, kind):
        return step("add_column serial")
    if postgresql and kind.domain_check:
        return step("add_column domain")
    default = _default_kind(column)
    if default == "none" and column.is_nullable is False:
        return step(_not_null(kind, target))
    if (
        postgresql
        and kind.family == "custom"
        and isinstance(column.type, TypeSpec)
        and column.type.sql is not None
    ):
        note = "rewrites the table if the type is a domain with a constraint"
        return Step(variant="add_column", overrides=True, notes=(note,))
    if default == "volatile":
        return step("add_column volatile")
    if default == "unknown":
        return step("add_column unknown default")
    if default == "none":
        return step("add_column")
    takes_no_default = kind.family in ("text", "bytes", "json") and kind.exact
    if target.database == "mysql" and takes_no_default and _is_plain(column.server_default):
        return step("add_column text default")
    return step("add_column default")


def _default_kind(column: ColumnSpec) -> str:
    if isinstance(column.server_default, CallValue):
        name = column.server_default.path.rpartition(".")[2]
        if name in ("Computed", "Identity"):
            return "none"
    return volatility(column.server_default)


def _is_plain(default: Value) -> bool:
    """A literal, not an expression in parentheses."""
    if isinstance(default, CallValue):
        default = default.argument("text", 0)
        return isinstance(default, str) and not default.lstrip().startswith("(")
    return isinstance(default, str)


def _computed(call: CallValue) -> str | None:
    persisted = call.argument("persisted", 1)
    if isinstance(persisted, Unknown):
        return None
    return (
        "add_column stored"
        if persisted is True
        else "add_column virtual"
        if persisted is False
        else "add_column computed"
    )


def _is_serial(column: ColumnSpec, kind: SqlType) -> bool:
    if kind.serial:
        return True
    key = column.primary_key is True and kind.family == "integer" and not column.foreign_keys
    return key and column.server_default is None and column.autoincrement in (None, True, "auto")


def _not_null(kind: SqlType, target: Target) -> str:
    if target.is_mysql and kind.family in ("date", "timestamp"):
        return "add_column not null date"
    if target.database == "mariadb" and kind.name == "JSON":
        return "add_column not null json"
    return "add_column not null"


def _makes_check(column: ColumnSpec, target: Target) -> bool:
    """Whether ``Boolean(create_constraint=True)`` or a non-native ``Enum`` makes a CHECK in a second statement."""
    type_ = column.type
    if not isinstance(type_, TypeSpec) or type_.argument("create_constraint") is not True:
        return False
    if type_.name == "Boolean":
        return target.database != "postgresql"
    return type_.argument("native_enum") is False


def makes_keys(operation: AddColumn, target: Target) -> bool:
    """Whether foreign keys surely come with the column: MySQL before 9 reads REFERENCES in one and makes none."""
    if not operation.column.foreign_keys or not _is_inline(operation):
        return bool(operation.column.foreign_keys)
    chosen = choose("foreign key inline", target)
    return chosen is None or (chosen.row.drops is None and "drops" not in chosen.varies)


def _is_inline(operation: AddColumn) -> bool:
    """Whether REFERENCES stands in the column, not in a statement after it."""
    return operation.inline_references is True or operation.site.sql is not None


def _add_on_sqlite(operation: AddColumn) -> list[Step] | None:
    column, batch = operation.column, operation.site.batch
    default = _default_kind(column)
    inline = _is_inline(operation)
    constrained = (column.unique is True and column.index is not True) or bool(
        column.foreign_keys and not inline
    )
    variant = _computed(column.computed) if column.computed is not None else "add_column"
    if variant is None:
        return None
    if operation.if_not_exists and batch is None:
        return [step("add_column if exists")]
    if default == "none" and column.computed is None and column.is_nullable is False:
        variant = "add_column not null"
    elif default in ("stable", "volatile", "unknown"):
        variant = "add_column volatile" if default != "unknown" else "add_column"
    if batch is None:
        if constrained:
            return [step("add_column foreign key")]
    else:
        named = all(key.name is not None for key in column.foreign_keys)
        if constrained and not batch.naming_convention and (column.unique is True or not named):
            return [step("batch unnamed")]
        copied = constrained or isinstance(column.server_default, CallValue) or batch.recreate == "always"
        if copied:
            return [
                step(
                    "batch add_column not null" if variant.endswith("not null") else "batch add_column copied"
                )
            ]
    return [step(variant), *([step("create_index")] if column.index is True else [])]
