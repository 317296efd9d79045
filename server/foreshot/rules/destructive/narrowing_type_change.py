"""The new type cannot hold everything that the old one could: the change fails on some rows, or cuts their values.

PostgreSQL refuses a string that is too long, a number that is too large and a text that is no number, and the revision
fails where such a row exists: in production, not on an empty test database. Other values are changed without an error:
digits and fractions of a second are rounded, a date loses its time of day, a `timestamptz` its time zone, and
`USING c::varchar(50)` cuts what is longer.

Look at the rows first. Where none is in the way, say so in a suppression comment; where some are, repair them in an
UPDATE before the change or in one of the three revisions above, which silences this, or keep the wider type. It does not matter either where a check lists
values that all fit.

What the type was is told by the history, else by `existing_type`, or by the type that `downgrade()` restores. It does not matter for a table or a
column that the same revision made. In `downgrade()`, where going back to the narrower type is what is meant, it is a hint: the way back
may fail after it has locked the table and read half of it. SQLite holds nobody to a length, and any of its integers may have 64 bits: nothing
is said there of an integer that becomes a float. But a batch casts what it copies, and SQLite's CAST makes 0 of text that is no number, and 2026 of `'2026-01-31'`.

```python bad
def upgrade():
    op.alter_column("users", "name", existing_type=sa.String(100), type_=sa.String(50))
    #                                                                    ^^^^^^^^^^^^^ fails when a value is longer than 50 characters
```
```python bad
def upgrade():
    op.alter_column("orders", "placed", existing_type=sa.DateTime(timezone=True), type_=sa.DateTime())
    #                                                                                   ^^^^^^^^^^^^^ loses the time zone
```
```python bad
def upgrade():
    op.alter_column("users", "name", type_=sa.String(50), postgresql_using="name::varchar(50)")
    #                                      ^^^^^^^^^^^^^ cuts every longer value to 50 characters


def downgrade():
    op.alter_column("users", "name", type_=sa.Text())
```
```python bad dialect=mysql
def upgrade():
    op.alter_column("orders", "number", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=False)
    #                                                                        ^^^^^^^^^^^^ a value does not fit a 32-bit integer
```
```python good
def upgrade():
    op.alter_column("users", "name", existing_type=sa.String(50), type_=sa.String(100))
```
```python good
def upgrade():
    op.execute("UPDATE users SET name = left(name, 50) WHERE length(name) > 50")
    op.alter_column("users", "name", existing_type=sa.String(100), type_=sa.String(50))
```
```python good
def upgrade():
    op.execute("TRUNCATE sessions")
    op.alter_column("sessions", "name", existing_type=sa.String(100), type_=sa.String(50))
```
```python good
def upgrade():
    op.create_check_constraint("ck_users_state", "users", "state = ANY (ARRAY[0, 1, 2])")
    op.create_check_constraint("ck_users_plan", "users", "plan IN ('free', 'paid')")
    op.create_check_constraint("ck_users_score", "users", "score BETWEEN 0 AND 100")
    op.alter_column("users", "state", existing_type=sa.Integer(), type_=sa.SmallInteger())
    op.alter_column("users", "plan", existing_type=sa.String(100), type_=sa.String(10))
    op.alter_column("users", "score", existing_type=sa.Integer(), type_=sa.SmallInteger())
```
```python good dialect=mysql
def upgrade():
    op.create_check_constraint("ck_users_state", "users", "state IN (0, 1, 2)", postgresql_not_valid=True)
    op.alter_column("users", "state", existing_type=sa.Integer(), type_=sa.SmallInteger())
```
```python bad
def upgrade():
    op.create_check_constraint("ck_orders_rate", "orders", "rate BETWEEN 0 AND 1")
    op.alter_column("orders", "rate", existing_type=sa.Numeric(5, 4), type_=sa.Integer())
    #                                                                       ^^^^^^^^^^^^ loses
```
```python bad
def upgrade():
    op.create_check_constraint("ck_users_state", "users", "state = ANY (ARRAY[0, 1, 40000])")
    op.alter_column("users", "state", existing_type=sa.Integer(), type_=sa.SmallInteger())
    #                                                                   ^^^^^^^^^^^^^^^^^ does not fit a 16-bit integer
```
```python bad dialect=mysql
from sqlalchemy.dialects import mysql


def upgrade():
    op.alter_column("users", "bio", existing_type=mysql.LONGTEXT(), type_=sa.Text(), existing_nullable=True)
    #                                                                     ^^^^^^^^^ longer than 65535 bytes
```
```python bad
def upgrade():
    op.alter_column("users", "name", existing_type=sa.String(50), type_=sa.String(100))


def downgrade():
    op.alter_column("users", "name", existing_type=sa.String(100), type_=sa.String(50))
    #                                                                    ^^^^^^^^^^^^^ fails when a value is longer
```
```python bad
def upgrade():
    op.alter_column("users", "bio", existing_type=sa.Text(), type_=sa.JSON(), postgresql_using="bio::json")
    #                                                              ^^^^^^^^^ fails when a value is not JSON. Fix those rows first. One more place
    op.alter_column("users", "tags", existing_type=sa.Text(), type_=sa.JSON(), postgresql_using="tags::json")
```
```python setup
def upgrade():
    op.create_table(
        "parcels",
        sa.Column("size", sa.String(20)),
        sa.Column("state", sa.Enum("new", "sent", "lost", name="parcel_state"), nullable=False),
    )
```
```python good dialect=postgresql,mysql
def upgrade():
    op.alter_column("parcels", "size", existing_type=sa.String(100), type_=sa.String(50))
```
```python bad dialect=postgresql,mysql
def upgrade():
    op.alter_column("parcels", "state", existing_type=sa.String(4), type_=sa.Enum("new", "sent", name="parcel_state"), existing_nullable=False)
    #                                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ on MySQL fails when a row holds 'lost'
```
```python bad
def upgrade():
    op.execute("ALTER TYPE parcel_state RENAME TO parcel_state_old")
    op.execute("CREATE TYPE parcel_state AS ENUM ('new', 'sent')")
    op.execute("ALTER TABLE parcels ALTER COLUMN state TYPE parcel_state USING state::text::parcel_state")
    #                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails when a row of `parcels` holds `'lost'`
    op.execute("DROP TYPE parcel_state_old")
```
```python good
def upgrade():
    op.execute("UPDATE parcels SET state = 'sent' WHERE state = 'lost'")
    op.execute("ALTER TYPE parcel_state RENAME TO parcel_state_old")
    op.execute("CREATE TYPE parcel_state AS ENUM ('new', 'sent')")
    op.execute("ALTER TABLE parcels ALTER COLUMN state TYPE parcel_state USING state::text::parcel_state")
    op.execute("DROP TYPE parcel_state_old")
```
```python good dialect=sqlite
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.alter_column("name", existing_type=sa.String(100), type_=sa.String(50))
        batch_op.alter_column("rating", existing_type=sa.Integer(), type_=sa.Float())
        batch_op.alter_column("data", existing_type=sa.Text(), type_=sa.JSON())
```
```python setup
def upgrade():
    op.create_table("vats", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("label", sa.String(50)), sa.Column("state", sa.Enum("a", "b", "c", name="state")))
```
The type before is what the history has made of the column, where the operation does not repeat it:

```python bad
def upgrade():
    op.alter_column("vats", "label", type_=sa.String(10))
#                                          ^^^^^^^^^^^^^ when a value is longer than 10 characters
```
```python bad dialect=mysql
def upgrade():
    op.execute("ALTER TABLE vats CHANGE COLUMN state state ENUM('a','b')")
#                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 'c', which the new type does not have
```
```python good
def upgrade():
    op.execute("ALTER TABLE vats ALTER COLUMN state TYPE varchar")
    op.execute("ALTER TABLE vats ALTER COLUMN state TYPE varchar(20) USING state::varchar(20)")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from foreshot.knowledge.databases import Target
from foreshot.knowledge.type_changes import compare_types
from foreshot.knowledge.types import classify
from foreshot.lint.context import Context
from foreshot.lint.enum_swaps import swapped
from foreshot.lint.finding import Finding
from foreshot.lint.limits import values_of
from foreshot.lint.rule import OperationRule
from foreshot.lint.severity import Severity
from foreshot.lint.states import states, type_before
from foreshot.lint.words import code, type_code
from foreshot.migration.operations import (
    AlterColumn,
    DataChange,
    Direction,
    Operation,
    TruncateTable,
    TypeSpec,
)
from foreshot.schema import changes as to

# A plain cast: another expression may do anything about the rows that do not fit.
_CAST = re.compile(
    r"\s*(?:\(?\s*\"?\w+\"?\s*\)?(?:\s*::\s*\"?[a-z][\w\s.]*\"?(?P<length>\(\s*\d+\s*\))?)+|CAST\s*\(.*\))\s*",
    re.IGNORECASE,
)
_LONGEST = 60
_MOST_ABOVE = 3
"""How many revisions above are looked at for what prepares the rows."""
_SQLSTATE = re.compile(r" \(\w{5}\)")


class NarrowingTypeChange(OperationRule[AlterColumn]):
    """A type change that some rows may not survive."""

    looks_at = (AlterColumn,)
    severity = "error"

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether values can be refused or changed."""
        table, column = operation.table_name, operation.column
        if not isinstance(operation.type, TypeSpec) or table is None or not isinstance(column, str):
            return
        yield from _of_enum(self, operation, operation.type, context)
        known = context.schema.column(table, column, operation)
        if known is not None or (table, column) in _restored(context.before(operation)):
            # The revision has added it, or has given it another type before: what it holds is not of that type.
            return
        written = _old_type(operation, context)
        if context.is_new(operation) or _is_prepared(operation, context):
            return
        found: dict[tuple[str, str], list[Target]] = {}
        for target in context.targets((), operation):
            # `existing_type` is what one database had, and the others may have another.
            made = type_before(operation, target, context)
            old = made if written is None or (made and not _is_like(made, written, target)) else written
            if old is None:
                continue
            said = _consequence(operation, old, target)
            if said is not None and _is_held(operation, target, context):
                said = _consequence(operation, old, target, held=True)
            if said is not None:
                before = code(_written(old, context)) if old is written else type_code(old)
                found.setdefault((_SQLSTATE.sub("", said), before), []).append(target)
        for (said, before), targets in found.items():
            advice = " Fix those rows first." if said.startswith("fails") else " Save the old values first."
            after = code(_written(operation.type, context))
            yield self.finding(
                operation.site.args.get("type_", operation.site.name),
                f"Changing {code(f'{table}.{column}')} from {before} to {after}{context.where(targets)} {said}.{advice}",
                operation=operation,
                object=column,
                targets=targets,
                severity=_severity(operation, said),
                cause="|".join((operation.site.function, before, after, said)),
            )


def _of_enum(
    rule: NarrowingTypeChange, operation: AlterColumn, type_: TypeSpec, context: Context
) -> Iterator[Finding]:
    """Whether the enum that PostgreSQL is to cast to lacks values of the one before."""
    using = operation.using
    if operation.site.function == "downgrade" or not isinstance(using, str) or not _CAST.fullmatch(using):
        return
    pair = swapped(operation, type_, context)
    if pair is None or None in pair[0].values or None in pair[1].values:
        return
    gone = [value for value in pair[0].values if value not in pair[1].values]
    if not gone or context.is_new(operation) or _is_prepared(operation, context):
        return
    targets = context.targets(("postgresql",), operation)
    yield rule.finding(
        operation.site.args.get("type_", operation.site.name),
        f"This fails{context.where(targets)} when a row of {code(operation.table_name or '')} holds {_any_of(gone)}:"
        f" the new {code(pair[1].name)} lacks it. Move those rows to another value first.",
        operation=operation,
        object=str(operation.column),
        targets=targets,
        severity="warning",
    )


def _any_of(values: Sequence[str | None]) -> str:
    shown = [code(f"'{value}'") for value in values[:3]]
    return " or ".join(shown) + (", or another" if len(values) > 3 else "")


def _severity(operation: AlterColumn, said: str) -> Severity | None:
    """Whoever writes USING has thought of the conversion: where it fails, nothing is lost."""
    if operation.site.function == "downgrade":
        return "hint"
    return (
        "warning"
        if operation.using is not None and said.startswith("fails") and "loses" not in said
        else None
    )


def _old_type(operation: AlterColumn, context: Context) -> TypeSpec | None:
    """The type before: as the call says, or as the other direction restores it."""
    column = str(operation.column)
    if isinstance(operation.existing_type, TypeSpec):
        return operation.existing_type
    other: Direction = "upgrade" if operation.site.function == "downgrade" else "downgrade"
    restored = context.once_each_way(_restored, other)
    table = operation.table_name
    return restored.get((table, column)) or restored.get((table, operation.new_name))


def _is_like(one: TypeSpec, other: TypeSpec, target: Target) -> bool:
    return classify(one, target) == classify(other, target)


def _restored(operations: tuple[Operation, ...]) -> dict[tuple[str | None, object], TypeSpec]:
    """The types that operations give to columns."""
    found: dict[tuple[str | None, object], TypeSpec] = {}
    for operation in operations:
        if (
            isinstance(operation, AlterColumn)
            and isinstance(operation.type, TypeSpec)
            and isinstance(operation.column, str)
        ):
            found.setdefault((operation.table_name, operation.column), operation.type)
    return found


def _is_prepared(operation: AlterColumn, context: Context) -> bool:
    """Whether an earlier statement, or a revision just above, has written the column or removed rows."""
    if operation.site.function == "upgrade" and _is_prepared_above(operation, context):
        return True
    written, order = context.once_each_way(_written_to, operation.site.function), operation.site.order
    return any(
        written.get((table, column), order) < order
        for table in (operation.table_name, None)
        for column in (operation.column, None)
    )


def _is_prepared_above(operation: AlterColumn, context: Context) -> bool:
    for target in context.targets((), operation):
        story = context.story(target)
        for _, delta in islice(story.above(), _MOST_ABOVE) if story is not None else ():
            for change in delta.upgrade:
                if not isinstance(change, to.Rows) or change.table != operation.table_name:
                    continue
                if change.verb == "truncate" or (
                    change.verb in ("update", "delete") and operation.column in change.columns
                ):
                    return True
    return False


def _is_held(operation: AlterColumn, target: Target, context: Context) -> bool:
    """Whether a check holds the column to values that the new type takes."""
    state = next((item for item in states(operation, context) if item.target == target), None)
    if state is None or operation.table_name is None or not isinstance(operation.type, TypeSpec):
        return False
    values = values_of(state, operation.table_name, str(operation.column))
    after = classify(operation.type, target)
    if values is None:
        return False
    if after.family == "integer" and after.bits:
        reach = 2 ** (after.bits - (not after.unsigned))
        return all(
            isinstance(value, int) and -reach * (not after.unsigned) <= value < reach for value in values
        )
    length = after.length
    return length is not None and all(isinstance(value, str) and len(value) <= length for value in values)


def _written_to(operations: tuple[Operation, ...]) -> dict[tuple[str | None, object], int]:
    """Columns that statements write, with the place of the first; None stands for the rows that one removes."""
    found: dict[tuple[str | None, object], int] = {}
    for operation in operations:
        if isinstance(operation, DataChange):
            for column in (None,) if operation.verb == "delete" else operation.columns:
                found.setdefault((operation.table_name, column), operation.site.order)
        elif isinstance(operation, TruncateTable):
            found.setdefault((operation.table_name, None), operation.site.order)
    return found


def _consequence(operation: AlterColumn, old: TypeSpec, target: Target, *, held: bool = False) -> str | None:
    """What becomes of rows; ``held``: a check keeps out what the new type cannot hold."""
    before, after = classify(old, target), classify(operation.type, target)
    change = compare_types(before, after, target)
    converted = before.family in ("string", "text", "citext") or after.family == "boolean"
    if change.kind != "narrowing" and not (change.kind == "conversion" and converted):
        return None
    if target.database == "postgresql" and operation.using is not None:
        cast = _CAST.fullmatch(operation.using) if isinstance(operation.using, str) else None
        if cast is None:
            return None
        if cast["length"] and after.length is not None and change.kind == "narrowing" and not held:
            return f"silently cuts every longer value to {after.length} characters"
    elif change.needs_using:
        # It fails on every row, and on none: another matter.
        return None
    said = [f"fails when {change.fails}"] if change.fails and not held else []
    if change.loses:
        said.append(f"loses {change.loses}")
    return ", and ".join(said) or None


def _written(type_: TypeSpec, context: Context) -> str:
    text = " ".join((type_.sql or context.text(type_.span)).split())
    return text if len(text) <= _LONGEST else f"{type_.written}(…)"
