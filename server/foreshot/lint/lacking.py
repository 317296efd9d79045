"""What surely is not there where an operation asks for it: an index, a constraint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.states import State
from foreshot.migration import operations as ops
from foreshot.schema.draft import names_on
from foreshot.schema.names import by_convention, kept_as
from foreshot.schema.plain import Called, Named
from foreshot.schema.state import Table

_FINAL: Final = re.compile(r"(?:\w+\s*\.\s*)*f\s*\(")
"""A name that ``op.f``, or a batch block's ``f``, hands on as it is: no convention touches it."""
_DESCRIBED: Final = re.compile(r"\b(?:copy_from|table_args|reflect_args|reflect_kwargs)\b")
"""What tells a batch block of constraints that the table has not."""


def lacks_constraint(state: State, operation: ops.TableOperation, name: str, context: Context) -> bool:
    """Whether the operation's table, wholly known, has no index or constraint of this name, as it is sent to the database."""
    batch = operation.site.batch
    if batch is not None and _DESCRIBED.search(context.text(batch.call)):
        return False
    return all(_lacks(state, operation, sent) for sent in _sent(operation, name, state, context))


def _sent(operation: ops.TableOperation, name: str, state: State, context: Context) -> Iterator[str]:
    """The name as written, and as a naming convention turns a check's that is dropped as one (measured with Alembic 1.20)."""
    yield name
    at = operation.site.args.get("constraint_name")
    if at is not None and _FINAL.match(context.text(at)):
        return
    story = context.story(state.target)
    if (
        isinstance(operation, ops.DropConstraint)
        and operation.constraint_kind == "check"
        and story is not None
    ):
        made = by_convention(story.target, "ck", operation.table_name or "", (), name=name)
        if made is not None:
            yield made


def _lacks(state: State, operation: ops.TableOperation, name: str) -> bool:
    name = name.rpartition(".")[2]
    if state.target.database == "sqlite" and not isinstance(operation, ops.DropIndex):
        # A batch block looks at the names that SQLite has kept, which are not all, and may give some itself.
        return _has_none(state, operation)
    if operation.table_name is None:
        if not isinstance(operation, ops.DropIndex) or not state.is_whole or state.schema.perhaps:
            return False
        doubtful = any(state.schema.doubts(table) for table in state.schema.tables.values())
        views = any(name in {index.name for index in view.indexes} for view in state.schema.views.values())
        return (
            not doubtful
            and not views
            and all(not _has(state, table, name) for table in state.schema.tables.values())
        )
    table = state.known_table(operation.table_name)
    if (
        table is None
        or not table.columns
        or (not isinstance(operation, ops.DropIndex) and _has_own_types(table))
    ):
        return False
    if (
        isinstance(operation, ops.DropConstraint)
        and operation.constraint_kind == "primary key"
        and state.target.database
        in (
            "mysql",
            "mariadb",
        )
    ):
        return table.primary_key is None
    if state.target.database == "postgresql" and isinstance(operation, ops.DropIndex | ops.RenameIndex):
        owner = state.owner_of(name)
        return owner is None and not _has(state, table, name)
    return not _has(state, table, name)


def _has_none(state: State, operation: ops.TableOperation) -> bool:
    """Whether the table has no constraint of the kind at all, of whatever name."""
    table = state.known_table(operation.table_name)
    if table is None or not isinstance(operation, ops.DropConstraint) or _has_own_types(table):
        return False
    kinds = {"unique": table.uniques, "foreign key": table.foreign_keys}
    return bool(table.columns) and kinds.get(operation.constraint_kind) == ()


def _has_own_types(table: Table) -> bool:
    """Whether columns have types of the project's own, which may bring constraints with them as SQLAlchemy's Boolean does."""
    written = (column.type.written for column in table.columns.values() if column.type.enum is None)
    return any(
        isinstance(type_, Called | Named) and not type_.path.startswith("sqlalchemy") for type_ in written
    )


def _has(state: State, table: Table, name: str) -> bool:
    names, forms = names_on(table), kept_as(name, state.target.database)
    if state.target.database in ("mysql", "mariadb", "sqlite"):
        return not set(map(str.lower, forms)).isdisjoint(map(str.lower, names))
    return not names.isdisjoint(forms)
