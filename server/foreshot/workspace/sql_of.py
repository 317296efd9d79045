"""The SQL of one revision, told from its file and the project's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from foreshot.lint.context import Surroundings
from foreshot.migration.calls import RecordedCall
from foreshot.migration.reader import read_revision
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.migration.specs import Direction, Site
from foreshot.schema.state import Schema
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText
from foreshot.workspace.histories import target_of

if TYPE_CHECKING:
    from foreshot.engine.offline import Statement

_IN_TRANSACTION: Final = frozenset({"postgresql", "mssql"})
"""Databases on which Alembic writes a transaction around DDL."""


class RevisionSql(Struct, frozen=True):
    """What a revision sends to a database."""

    header: RevisionHeader
    dialect: str
    direction: Direction
    statements: tuple[Statement, ...]
    text: str
    """All of it, as a script."""


def sql_of(
    source: SourceText,
    surroundings: Surroundings,
    dialect: str | None = None,
    direction: Direction = "upgrade",
    before: Callable[[Site], Schema | None] = lambda _: None,
) -> RevisionSql | None:
    """The SQL of a revision as ``alembic upgrade --sql`` writes it; None for a file that is none.

    Args:
        source: the revision's text.
        surroundings: what all revisions of the project share.
        dialect: the database; by default the project's first.
        direction: which function.
        before: the schema before an operation.
    """
    from foreshot.engine.offline import Offline, VersionChange, statements
    from foreshot.workspace.settle import Settler

    dialect = dialect or surroundings.database
    module = parse(source)
    if not isinstance(module, Module):
        return None
    calls: list[RecordedCall] = []
    settler = Settler(surroundings.modules)
    options = settler.options(surroundings.env)
    revision = read_revision(module, (dialect,), calls, options.value, surroundings.modules)
    if revision is None:
        return None
    settle = settler.inside(module)
    conventions = dict(target_of(surroundings, dialect).conventions)
    wanted = [call for call in calls if call.site.function == direction]
    header = revision.header
    own, parents = (header.revision,), header.down_revisions
    ends = (parents, own) if direction == "upgrade" else (own, parents)
    change = VersionChange(*ends, *_version_table(surroundings))
    *made, version = statements(wanted, Offline(dialect, conventions, settle, before), change)
    script = "\n\n".join(_script(header, made, version, dialect, direction, source))
    revision.scope.release()
    return RevisionSql(header, dialect, direction, tuple(made), script + "\n")


def _version_table(surroundings: Surroundings) -> tuple[str, str | None]:
    """Alembic's own table, and its schema, as env.py names them; what cannot be told as usual."""
    table, schema = surroundings.env.version_table if surroundings.env is not None else (None, None)
    return table if isinstance(table, str) else "alembic_version", schema if isinstance(schema, str) else None


def _script(
    header: RevisionHeader,
    made: Sequence[Statement],
    version: Statement,
    dialect: str,
    direction: Direction,
    source: SourceText,
) -> Iterator[str]:
    parents = ", ".join(header.down_revisions) or "the base"
    way = f"{parents} -> {header.revision}" if direction == "upgrade" else f"{header.revision} -> {parents}"
    yield f"-- Running {direction} {way}"
    in_transaction = dialect in _IN_TRANSACTION
    outside = False
    if in_transaction:
        yield "BEGIN;"
    for statement in made:
        if in_transaction and statement.autocommit is not outside:
            yield "BEGIN;" if outside else "COMMIT;"
            outside = not outside
        row = source.lines.position(statement.at.start)[0] + 1
        if statement.conditional:
            yield f"-- Line {row} stands under a condition that is only known when it runs."
        if statement.why:
            yield f"-- Line {row} is not known: {' '.join(statement.why.split()).rstrip('.')}."
        if statement.sql:
            yield statement.sql
    if outside:
        yield "BEGIN;"
    yield version.sql
    if in_transaction:
        yield "COMMIT;"
