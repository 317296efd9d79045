"""Which measured variants adding, dropping and altering a column are."""

from __future__ import annotations

from foreshot.knowledge.databases import Target
from foreshot.knowledge.defaults import volatility
from foreshot.knowledge.facts import Facts
from foreshot.knowledge.rows import choose, label
from foreshot.knowledge.sqltype import CUSTOM, SqlType
from foreshot.knowledge.steps import Step, step
from foreshot.knowledge.type_changes import TypeChange, compare_types
from foreshot.knowledge.types import classify
from foreshot.migration.operations import (
    AddColumn,
    AlterColumn,
    ColumnSpec,
    DropColumn,
    ForeignKeyRef,
    TypeSpec,
)
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


def drop_column(operation: DropColumn, target: Target, facts: Facts) -> list[Step] | None:
    """A foreign key of the column locks the table that it leads to as well."""
    if target.database == "postgresql":
        if facts.children and not operation.cascade:
            return [step("referenced")]
        steps = [Step(variant="drop_column", parents=facts.parents or ())]
        return [*steps, step("drop cascade")] if operation.cascade else steps
    if target.database == "sqlite":
        name = "batch drop_column" if operation.site.batch is not None else "drop_column"
        if facts.parents and name == "drop_column":
            return [step("drop_column referencing")]
        return [step(f"{name} indexed" if facts.indexed else name)]
    if not target.is_mysql:
        return None
    if facts.parents:
        return [step("drop_column referencing")]
    if facts.in_primary_key:
        return [step("drop_column of key")]
    if facts.indexed is None:
        return [Step(variant="drop_column", notes=("an index over the column makes it slower",))]
    return [step("drop_column indexed" if facts.indexed else "drop_column")]


def alter_column(operation: AlterColumn, target: Target, facts: Facts) -> list[Step] | None:
    """A step for each thing that changes; none when nothing does."""
    if target.database == "postgresql":
        return _alter_on_postgresql(operation, target, facts)
    if target.is_mysql:
        return _alter_on_mysql(operation, target, facts)
    return _alter_on_sqlite(operation, target, facts) if target.database == "sqlite" else None


def type_change(operation: AlterColumn, target: Target, facts: Facts) -> TypeChange:
    """From the type that the column has (the replay's word before ``existing_type``) to the new one."""
    old = facts.old_type if facts.old_type is not None else operation.existing_type
    before = old if isinstance(old, SqlType) else classify(old, target)
    return compare_types(
        before, classify(operation.type, target) if operation.type is not None else CUSTOM, target
    )


def _was_nullable(operation: AlterColumn, facts: Facts) -> bool | None:
    if facts.old_nullable is not None:
        return facts.old_nullable
    return operation.existing_nullable if isinstance(operation.existing_nullable, bool) else None


def _alter_on_postgresql(operation: AlterColumn, target: Target, facts: Facts) -> list[Step]:
    steps: list[Step] = []
    if operation.type is not None:
        steps.append(_type_on_postgresql(operation, target, facts))
    if operation.nullable is False:
        if _was_nullable(operation, facts) is False:
            steps.append(Step(variant="set not null", overrides=True, rewrite=False, scan=False, fails=""))
        else:
            steps.append(step("set not null checked" if facts.validated_not_null_check else "set not null"))
    elif operation.nullable is True:
        steps.append(step("drop not null of key" if facts.in_primary_key else "drop not null"))
    if operation.server_default is not None:
        default = operation.server_default
        computed = isinstance(default, CallValue) and default.path.endswith("Computed")
        dropped = default is False and facts.is_computed
        steps.append(step("set computed" if computed or dropped else "set default"))
    if operation.new_name is not None:
        steps.append(step("rename_column"))
    if operation.comment is not None:
        steps.append(step("column comment"))
    return steps


def _type_on_postgresql(operation: AlterColumn, target: Target, facts: Facts) -> Step:
    change = type_change(operation, target, facts)
    parents = tuple(dict.fromkeys((*(facts.parents or ()), *(facts.children or ()))))
    notes = (change.reason,) if change.reason and change.kind != "same" else ()
    if change.needs_using and operation.using is None:
        return Step(variant="type", always="there is no cast that applies by itself: it needs USING (42804)")
    rewrite, scan = change.rewrite, change.scan
    new = classify(operation.type, target)
    if operation.using is not None and rewrite is False:
        rewrite = scan = None
    resorted = rewrite is None or new.family == "citext"
    if facts.rebuilt or (facts.indexed and resorted and change.kind not in ("unknown", "same")):
        scan = True  # An index is built again.
    if change.needs_using:
        notes = (*notes, "a default that has no cast either must be dropped first (42804)")
    return Step(
        variant="type",
        parents=parents,
        overrides=True,
        rewrite=rewrite,
        scan=scan,
        fails=change.fails or "",
        loses=change.loses,
        notes=(*notes, "fails (0A000) while a view, a trigger's column list or a generated column uses it"),
        source=change.source,
    )


def _alter_on_mysql(operation: AlterColumn, target: Target, facts: Facts) -> list[Step]:
    repeats = any(
        value is not None
        for value in (
            operation.nullable,
            operation.new_name,
            operation.comment,
            operation.autoincrement,
            operation.type,
        )
    )
    written = operation.site.sql is not None
    if repeats and operation.type is None and operation.existing_type is None and not written:
        return [step("alter_column existing_type missing")]
    drops = _lost_by_modify(operation, facts) if repeats and not written else None
    steps: list[Step] = []
    if operation.type is not None:
        steps.append(_type_on_mysql(operation, target, facts, drops))
    before = _was_nullable(operation, facts)
    if written and before is None and isinstance(operation.nullable, bool):
        # MODIFY says it whether it changes or not.
        variant = "drop not null" if operation.nullable else "set not null"
        steps.append(
            Step(variant=variant, overrides=True, algorithm="", fails="" if operation.nullable else None)
        )
    elif isinstance(operation.nullable, bool) and operation.nullable != before:
        steps.append(Step(variant="drop not null" if operation.nullable else "set not null", drops=drops))
    elif (
        operation.nullable is None
        and before is False
        and operation.existing_nullable is None
        and repeats
        and not written
    ):
        steps.append(Step(variant="drop not null", drops=drops))
    if operation.new_name is not None:
        steps.append(Step(variant="rename_column", drops=drops))
    if operation.comment is not None or operation.autoincrement is not None:
        steps.append(Step(variant="column comment", drops=drops))
    if operation.server_default is not None:
        steps.append(step("set default"))
    return steps


def _lost_by_modify(operation: AlterColumn, facts: Facts) -> str | None:
    """MODIFY and CHANGE repeat the whole column: what Alembic is not told is gone afterwards."""
    lost: list[str] = []
    if operation.nullable is None and operation.existing_nullable is None and facts.old_nullable is not True:
        lost.append("NOT NULL")
    if operation.server_default is None and operation.existing_server_default is None:
        lost.append("DEFAULT")
    if operation.comment is None and "existing_comment" not in operation.site.args:
        lost.append("COMMENT")
    if operation.autoincrement is None and "existing_autoincrement" not in operation.site.args:
        lost.append("AUTO_INCREMENT")
    lost += ["ON UPDATE", "character set", "collation", "generated expression"]
    return f"what the column has of {', '.join(lost)}: MODIFY keeps only what it is told"


def _type_on_mysql(operation: AlterColumn, target: Target, facts: Facts, drops: str | None) -> Step:
    change = type_change(operation, target, facts)
    if (facts.parents or facts.children) and change.rewrite:
        return Step(variant="type", always="a foreign key uses the column: both sides must have one type")
    algorithm, only = change.algorithm, None
    if algorithm == "COPY":
        # MariaDB lets others write meanwhile from 11 on.
        waiting = [
            version for version in target.versions if target.database != "mariadb" or not version.at_least(11)
        ]
        if waiting:
            algorithm = "COPY/SHARED"
            only = None if len(waiting) == len(target.versions) else label(target.database, waiting)
    return Step(
        variant="type",
        overrides=True,
        rewrite=change.rewrite,
        scan=change.scan,
        fails=change.fails or "",
        loses=change.loses,
        drops=drops,
        algorithm=algorithm,
        only=only,
        notes=(change.reason,) if change.reason and change.kind != "same" else (),
        source=change.source,
    )


def _alter_on_sqlite(operation: AlterColumn, target: Target, facts: Facts) -> list[Step]:
    if operation.site.batch is None:
        if operation.type is not None:
            return [step("type")]
        if operation.nullable is not None:
            return [step("set not null" if operation.nullable is False else "drop not null")]
        if operation.server_default is not None:
            return [step("set default")]
        if operation.comment is not None:
            return [step("column comment")]
        return [step("rename_column")] if operation.new_name is not None else []
    strict = operation.nullable is False and _was_nullable(operation, facts) is not False
    loses = type_change(operation, target, facts).loses if operation.type is not None else None
    return [Step(variant="batch set not null" if strict else "batch alter_column", loses=loses)]
