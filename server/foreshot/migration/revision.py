"""One revision file: its header, and what its two functions do."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from foreshot.migration.operations import Direction, Operation
from foreshot.syntax.module import Module
from foreshot.text import Span


class RevisionHeader(Struct, frozen=True):
    """The identity of a revision, as its module-level assignments give it.

    ``spans`` are the value spans of ``revision``, ``down_revision``, ``branch_labels`` and ``depends_on``.
    ``down_spans`` is the span of each parent's literal, in the order of ``down_revisions``.
    """

    revision: str
    down_revisions: tuple[str, ...]
    branch_labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    message: str = ""
    spans: Mapping[str, Span] = {}
    down_spans: tuple[Span, ...] = ()
    depends_spans: tuple[Span, ...] = ()
    problems: tuple[HeaderProblem, ...] = ()


class HeaderProblem(Struct, frozen=True):
    """A part of the header that is not what Alembic accepts (an integer id, an expression)."""

    field: str
    message: str
    span: Span


class FunctionSpec(Struct, frozen=True):
    """``upgrade`` or ``downgrade`` as it stands in the file."""

    direction: Direction
    span: Span
    name: Span
    body: Span
    """From the first statement (docstring included) to the end of the last."""
    empty: bool
    """Nothing but ``pass``, a docstring, an ellipsis or a bare ``return``."""
    raises: bool
    """It does nothing but raise."""


class Revision(Struct, frozen=True):
    """Everything that was read from one revision file."""

    header: RevisionHeader
    module: Module
    operations: tuple[Operation, ...]
    """In the order in which they run, ``upgrade`` before ``downgrade``."""
    functions: Mapping[str, FunctionSpec]

    def of(self, direction: Direction) -> tuple[Operation, ...]:
        """The operations of one direction."""
        return tuple(operation for operation in self.operations if operation.site.function == direction)
