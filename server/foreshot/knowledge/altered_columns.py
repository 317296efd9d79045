"""Which measured variants dropping and altering a column are."""

from __future__ import annotations

import re
from typing import Final

from foreshot.knowledge.databases import Target
from foreshot.knowledge.facts import Facts
from foreshot.knowledge.rows import label
from foreshot.knowledge.sqltype import CUSTOM, SqlType
from foreshot.knowledge.steps import Step, step
from foreshot.knowledge.type_changes import TypeChange, compare_types
from foreshot.knowledge.types import classify
from foreshot.migration.operations import AlterColumn, DropColumn
from foreshot.syntax.values import CallValue

_THROUGH_TEXT: Final = re.compile(
    r"::\s*(?:text|varchar|character varying)\s*\)?\s*::\s*[\w.\"]+", re.IGNORECASE
)


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
    if rewrite is None and isinstance(operation.using, str) and _THROUGH_TEXT.search(operation.using):
        # The way through text to a type of the database's own, such as an enum, is a function call for each row.
        rewrite = scan = new.family in ("custom", "enum") or None
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
