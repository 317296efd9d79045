"""A new value of an enum cannot be used in the transaction that adds it.

PostgreSQL 12 and newer run `ALTER TYPE … ADD VALUE` inside a transaction, and refuse the value until it has been committed (55P04, "unsafe use of
new value"): in an UPDATE or an INSERT, as a default, in a check, the condition of an index, a view, and also where a WHERE only
compares with it. All revisions of one `alembic upgrade` share a transaction unless env.py sets `transaction_per_migration=True`,
so that a later revision that uses it fails in the same way on a database that is two revisions behind. On PostgreSQL 10 and 11
`ADD VALUE` itself is refused in a transaction.

Add the value in `op.get_context().autocommit_block()`, which commits it at once. Nothing is said where an autocommit block in
between ends the transaction, and where the same revision creates the type, which from PostgreSQL 17 on allows it.

```python bad
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
    op.execute("UPDATE orders SET state = 'late' WHERE due < now()")
#               ^^^^^^^^^^^^^ uses `late` of the enum `state`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'late'")
    op.execute("UPDATE orders SET state = 'late' WHERE due < now()")
```
```python bad
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'late'")
    op.add_column("orders", sa.Column("was", sa.Enum("new", "late", name="state"), server_default="late"))
#                                                                                  ^^^^^^^^^^^^^^^^^^^^^ uses `late`
```
```python bad
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
    orders = sa.table("orders", sa.column("state"))
    op.execute(orders.update().values(state="late"))
#   ^^^^^^^^^^ uses `late` of the enum `state`
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE state ADD VALUE 'late'")
    op.execute("UPDATE orders SET state = 'late' WHERE due < now()")
```
```python good
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
    op.execute("UPDATE orders SET done = true WHERE state::text = 'late'")
    op.execute("COMMENT ON TYPE state IS 'new or late'")
```
With one transaction for all revisions, a later one fails as well when both run together:

```python versions/0000_states.py
from alembic import op
import sqlalchemy as sa

revision = "0000"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()), sa.Column("state", sa.Enum("new", "old", name="state")))
```
```python versions/0001_setup.py
from alembic import op

revision = "0001"
down_revision = "0000"


def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
```
```python env.py
from alembic import context

context.configure(connection=None, target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
```
```python bad
def upgrade():
    op.execute("UPDATE orders SET state = 'late' WHERE id = 1")
    #           ^^^^^^^^^^^^^ which `0001` adds: run together they fail
```
```python bad
def upgrade():
    op.create_index("ix_orders_late", "orders", ["id"], postgresql_where=sa.text("state = 'late'"))
#   ^^^^^^^^^^^^^^^ which `0001` adds: run together they fail
```
```python bad
def upgrade():
    op.alter_column("orders", "state", server_default="late")
    #                                  ^^^^^^^^^^^^^^^^^^^^^ which `0001` adds: run together they fail
```
```python good
def upgrade():
    op.execute("UPDATE orders SET state = 'old' WHERE id = 1")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix, Related
from foreshot.lint.rule import RevisionRule
from foreshot.lint.states import states
from foreshot.lint.words import code, on
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AlterColumn,
    BulkInsert,
    ColumnSpec,
    CreateEnum,
    CreateIndex,
    CreateTable,
    DataChange,
    Direction,
    DropType,
    Execute,
    Operation,
    RenameEnumValue,
    SqlText,
    TypeSpec,
)
from foreshot.rules.transaction import _commits as commits
from foreshot.rules.transaction._values_above import added_above, is_of, text_of
from foreshot.syntax.values import Value
from foreshot.text import Span

# What these hold in quotes is run later, or is no value.
_NO_USE: Final = re.compile(
    r"(?:create(?: or replace)? (?:function|procedure)|comment|create type|set|grant)\b", re.IGNORECASE
)
_AS_TEXT: Final = re.compile(r"::\s*(?:text|varchar|character)", re.IGNORECASE)
_LITERAL: Final = re.compile(r"'(?P<text>(?:[^']|'')*)'(?:\s*::\s*(?:\w+\.)?\"?(?P<type>\w+))?")
_STRING: Final = re.compile(r"[\"']([^\"'\n]*)[\"']")
_NAMING = AddEnumValue | RenameEnumValue | CreateEnum | DropType | SqlText


class EnumValueUsedInSameTransaction(RevisionRule):
    """ADD VALUE, and the value used before it is committed."""

    severity = "error"
    databases = ("postgresql",)
    safety = "unsafe"
    fails_outright = True

    def check(self, context: Context) -> Iterator[Finding]:
        """The values that the revision itself adds, and those of the revisions that run before it in one transaction."""
        for operation in context.revision.operations:
            if isinstance(operation, AddEnumValue):
                yield from self._here(operation, context)
        yield from self._from_above(context)

    def _from_above(self, context: Context) -> Iterator[Finding]:
        env, uses = context.env, context.once(_uses)
        if env is None or not env.online or not env.shares_transaction:
            return
        if not uses or commits.is_autocommit(context):
            return
        end = commits.end_of_transaction(context.upgrade[0], context) if context.upgrade else 0
        for target in context.targets(self.databases):
            story = context.story(target)
            if story is None or not any(version.at_least(12) for version in target.versions):
                continue
            for (enum, value), origin in added_above(story).items():
                for use in uses.get(("upgrade", value), ()):
                    if use.operation.site.order >= end or not is_of(use.operation, use.enum, enum, story):
                        continue
                    place = story.place_of(origin)
                    yield self.finding(
                        use.at,
                        f"This uses {code(value)} of the enum {code(enum)}, which {code(origin.revision)} adds: run together they fail ({on([target])})."
                        " Add it in `op.get_context().autocommit_block()`.",
                        operation=use.operation,
                        object=value,
                        targets=[target],
                        related=[Related(f"{code(value)} is added here", place[1], place[0])]
                        if place
                        else [],
                    )
                    break

    def _here(self, operation: AddEnumValue, context: Context) -> Iterator[Finding]:
        """Whether something uses the value before the transaction ends."""
        name, value = operation.name, operation.value
        if not isinstance(name, str) or not isinstance(value, str) or commits.is_outside(operation, context):
            return
        targets = [
            target
            for target in context.targets(self.databases, operation)
            if any(version.at_least(12) for version in target.versions)
        ]
        if not targets or _is_made(name, operation, context):
            return
        end = commits.end_of_transaction(operation, context)
        for use in context.once(_uses).get((operation.site.function, value), ()):
            site = use.operation.site
            if not operation.site.order < site.order < end or use.enum not in (None, _last(name)):
                continue
            if not site.runs_on("postgresql"):
                continue
            yield self.finding(
                use.at,
                f"This uses {code(value)} of the enum {code(name)} before it is committed, and fails on {on(targets)}."
                " Add the value in `op.get_context().autocommit_block()`.",
                operation=use.operation,
                object=value,
                targets=targets,
                certainty="possible" if use.enum is None or operation.site.conditional else None,
                related=[Related(f"{code(value)} is added here", operation.site.name)],
                state=operation,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """An autocommit block around ADD VALUE."""
        operation = finding.state
        changes = commits.in_autocommit(operation, context) if isinstance(operation, AddEnumValue) else []
        if changes:
            yield Fix("Add the value in an autocommit block", "unsafe", tuple(changes))


def _is_made(name: str, operation: AddEnumValue, context: Context) -> bool:
    made = context.once_each_way(_made, operation.site.function).get(str(_last(name)))
    return made is not None and made < operation.site.order


def _made(operations: tuple[Operation, ...]) -> Mapping[str, int]:
    """Which types are made, and when."""
    return {
        str(_last(operation.name)): operation.site.order
        for operation in reversed(operations)
        if isinstance(operation, CreateEnum)
    }


def _last(name: object) -> object:
    return name.rpartition(".")[2] if isinstance(name, str) else name


class _Use(Struct, frozen=True):
    """A value where it is used; ``enum`` is the type that it is said to be of, None where nothing says so."""

    operation: Operation
    at: Span
    enum: str | None = None


def _uses(context: Context) -> Mapping[tuple[Direction, str], list[_Use]]:
    """The literals that each direction uses, in order."""
    found: dict[tuple[Direction, str], list[_Use]] = {}
    for operation in context.revision.operations:
        for value, use in _literals(operation, context):
            uses = found.setdefault((operation.site.function, value), [])
            if not uses or uses[-1].operation is not operation:
                uses.append(use)
    return found


def _known(operation: AlterColumn, context: Context) -> str | None:
    """The enum type that the column has by the history."""
    name = operation.column if isinstance(operation.column, str) else None
    for state in states(operation, context, ("postgresql",)):
        column = state.column(operation.table_name, name)
        if column is not None and column.type.enum is not None:
            return str(_last(column.type.enum))
    return None


def _literals(operation: Operation, context: Context) -> Iterator[tuple[str, _Use]]:
    site = operation.site
    if isinstance(operation, _NAMING) or (isinstance(operation, Execute) and _NO_USE.match(operation.verb)):
        return
    if site.sql is not None:
        # A literal takes the type of what it stands beside, unless that is made a text of.
        if not _AS_TEXT.search(site.sql):
            for match in _LITERAL.finditer(site.sql):
                yield match["text"].replace("''", "'"), _Use(operation, site.name, match["type"])
        return
    match operation:
        case AddColumn(column=column):
            yield from _of_defaults(operation, [column])
        case CreateTable(columns=columns):
            yield from _of_defaults(operation, columns)
        case AlterColumn(server_default=default):
            types = (operation.type, operation.existing_type)
            enum = next((name for type_ in types if (name := _name(type_)) is not None), None)
            enum = enum or _known(operation, context)
            if enum is not None:
                at = site.keywords.get("server_default", site.name)
                yield from ((value, _Use(operation, at, enum)) for value in _values(default))
        case DataChange() | BulkInsert():
            for match in _STRING.finditer(context.text(site.statement)):
                yield match[1], _Use(operation, site.name)
        case CreateIndex(index=index):
            yield from (
                (match["text"], _Use(operation, site.name))
                for match in _LITERAL.finditer(text_of(index.where))
            )
        case AddConstraint(constraint=constraint):
            condition = text_of(constraint.condition)
            yield from ((match["text"], _Use(operation, site.name)) for match in _LITERAL.finditer(condition))
        case _:
            pass


def _of_defaults(operation: Operation, columns: Sequence[ColumnSpec]) -> Iterator[tuple[str, _Use]]:
    for column in columns:
        enum = _name(column.type)
        if enum is not None:
            at = column.keywords.get("server_default", column.span)
            yield from ((value, _Use(operation, at, enum)) for value in _values(column.server_default))


def _name(type_: object) -> str | None:
    """The name of an enum type."""
    name = type_.argument("name") if isinstance(type_, TypeSpec) else None
    return name if isinstance(name, str) else None


def _values(default: Value) -> list[str]:
    """What a default may be: the string itself, or the literals in its SQL."""
    text = text_of(default)
    return [text, *(match["text"] for match in _LITERAL.finditer(text))] if text else []
