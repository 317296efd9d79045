"""Findings as plain values that can be kept, sorted, filtered and printed without the rules that made them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from foreshot.lint.finding import Certainty, Safety
from foreshot.lint.severity import Severity
from foreshot.lint.suppress import Suppression
from foreshot.text import Span

Position = tuple[int, int]
"""Row and column in code points, from 0."""


class RelatedPlace(Struct, frozen=True, array_like=True):
    """Another place that explains a report."""

    path: str
    start: Position
    end: Position
    message: str


class Offer(Struct, frozen=True, array_like=True):
    """That a repair exists; it is made anew when it is asked for."""

    title: str
    safety: Safety
    alone: bool = False
    """It makes files, and is made for its own finding only."""


def title_of_all(titles: Sequence[str]) -> str:
    """What a repair of several places is called, by the titles that it has at each; the first is the finding's own."""
    first, *others = titles
    return first if all(title == first for title in others) else f"{first}, and {len(others)} more like it"


class Withheld(Struct, frozen=True, array_like=True):
    """A repair that exists and cannot be made here, with the reason as a sentence."""

    title: str
    reason: str


class Report(Struct, frozen=True, array_like=True):
    """One finding, said in full."""

    rule: str
    severity: Severity
    message: str
    path: str
    span: Span
    start: Position
    end: Position
    rows: tuple[int, int]
    """First and last row on which a suppression comment counts."""
    key: str
    """Identifies the finding among those of its file, across texts in which it stands elsewhere."""
    revision: str | None = None
    function: str | None = None
    operation: str | None = None
    table: str | None = None
    object: str | None = None
    databases: tuple[str, ...] = ()
    certainty: Certainty = "certain"
    related: tuple[RelatedPlace, ...] = ()
    offers: tuple[Offer, ...] = ()
    secret: bool = False
    """What stands at its place, such as a password, is not to be shown."""
    cause: str = ""
    """Equal for findings that have one cause and are said once; empty: it stands alone."""
    same: tuple[str, ...] = ()
    """The keys of the further findings that it stands for."""
    withheld: tuple[Withheld, ...] = ()


class FileReports(Struct, frozen=True, array_like=True):
    """Everything that was found in one file by rules that look at it alone, suppressed findings included."""

    reports: tuple[Report, ...]
    suppressions: tuple[Suppression, ...] = ()


def order(report: Report) -> tuple[str, Position, Position, str]:
    """The order of every listing: path, then position, then rule."""
    return report.path, report.start, report.end, report.rule
