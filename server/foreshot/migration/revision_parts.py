"""The parts of a revision that can be kept without its source: its header, and where its functions stand."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from foreshot.migration.operations import Direction
from foreshot.text import Span


class RevisionHeader(Struct, frozen=True):
    """The identity of a revision, as its module-level assignments give it.

    ``revision`` is empty when the file assigns one that cannot be read; ``problems`` then says why.
    ``spans`` are the value spans of ``revision``, ``down_revision``, ``branch_labels`` and ``depends_on``.
    ``down_spans`` is the span of each parent's literal, in the order of ``down_revisions``; ``depends_spans``
    likewise. ``message`` is the first line of the docstring. What the docstring's lines ``Revision ID:``,
    ``Revises:`` and ``Create Date:`` say is in the last three fields, None where there is no such line; Alembic
    writes them when it creates the file and reads none of them.
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
    docstring_revision: str | None = None
    docstring_revises: tuple[str, ...] | None = None
    create_date: str | None = None

    @property
    def docstring_disagrees(self) -> bool:
        """Whether the docstring's ``Revises:`` names other parents than ``down_revision`` does."""
        return self.docstring_revises is not None and set(self.docstring_revises) != set(self.down_revisions)

    def has_problem(self, field: str) -> bool:
        """Whether a field (``down_revision``…) holds anything that could not be read as Alembic would."""
        return any(problem.field == field for problem in self.problems)


class HeaderProblem(Struct, frozen=True):
    """A part of the header that Alembic refuses, or that cannot be told without running the file.

    ``certain`` is True when Alembic refuses it (an integer id), False when it may well be right (an expression).
    """

    field: str
    message: str
    span: Span
    certain: bool = True


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
