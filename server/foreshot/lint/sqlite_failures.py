"""Where a migration ends on SQLite: an ALTER that it does not have, outside of a batch block."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from foreshot.knowledge import Target, effects_of
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    DropConstraint,
    Operation,
    Site,
)
from foreshot.syntax.module import Module
from foreshot.text import Span

_SQLITE: Final = Target("sqlite")
_CATCHES = frozenset(
    {
        "BaseException",
        "Exception",
        "NotImplementedError",
        "SQLAlchemyError",
        "StatementError",
        "DBAPIError",
        "DatabaseError",
        "OperationalError",
    }
)
"""What catches SQLite's syntax error, or what Alembic raises in its place."""


def fails(operation: Operation) -> bool:
    """Whether SQLite, or Alembic for it, refuses an operation that a batch block could do."""
    if not isinstance(operation, AlterColumn | AddConstraint | DropConstraint | AddColumn):
        return False
    if operation.site.batch is not None:
        return False
    if operation.site.sql is not None:
        return _has_no_grammar(operation)
    return effects_of(operation, _SQLITE).always_fails is not None


def _has_no_grammar(operation: AlterColumn | AddConstraint | DropConstraint | AddColumn) -> bool:
    """Whether no version of SQLite takes such SQL: later ones add and drop checks and NOT NULL."""
    if isinstance(operation, AddColumn):
        return operation.column.unique is True or operation.column.primary_key is True
    if isinstance(operation, AddConstraint):
        return operation.constraint.kind in ("unique", "foreign key", "primary key")
    return isinstance(operation, AlterColumn) and operation.type is not None


class Failures:
    """The first operation of one direction, under each condition, that ends it on SQLite."""

    def __init__(self, operations: Iterable[Operation], forgiven: Sequence[Span]) -> None:
        self._first: dict[tuple[int, ...], int] = {}
        for operation in operations:
            site = operation.site
            if fails(operation) and not is_within(site, forgiven):
                self._first.setdefault(site.conditions, site.order)

    def before(self, site: Site) -> bool:
        """Whether one has run whenever the operation at ``site`` is come to."""
        return bool(self._first) and any(
            self._first.get(scope, site.order) < site.order for scope in site.scopes()
        )


def is_within(site: Site, spans: Sequence[Span]) -> bool:
    """Whether the call stands in one of the spans, which are in order and do not overlap."""
    at = bisect_right(spans, site.call.start, key=lambda span: span.start) - 1
    return at >= 0 and site.call.start < spans[at].end


def forgiven(module: Module) -> list[Span]:
    """What stands in a ``try`` whose handler takes the error and goes on: in order, none inside another."""
    found: list[Span] = []
    for span in sorted(
        module.span(statement)
        for node in module.nodes(ast.Try)
        if any(map(_goes_on, node.handlers))
        for statement in node.body
    ):
        if not found or span.start >= found[-1].end:
            found.append(span)
    return found


def _goes_on(handler: ast.ExceptHandler) -> bool:
    if any(isinstance(node, ast.Raise) for node in ast.walk(handler)):
        return False
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        (kind.attr if isinstance(kind, ast.Attribute) else kind.id) in _CATCHES
        if isinstance(kind, ast.Attribute | ast.Name)
        else kind is None
        for kind in kinds
    )
