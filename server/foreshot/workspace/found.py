"""What the rules about a whole environment found, and a key of everything that they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b

import msgspec
from msgspec import Struct

from foreshot.lint.context import ProjectContext, Surroundings
from foreshot.lint.mapped import models_of
from foreshot.lint.report import Report
from foreshot.lint.run import project_reports
from foreshot.project.looks import NOTHING, Record
from foreshot.rules import project_rules
from foreshot.text import SourceText
from foreshot.workspace.inputs import surroundings_problems
from foreshot.workspace.kept import SURROUNDINGS, FileAnalysis
from foreshot.workspace.shipped import Review


class Found(Struct, frozen=True, array_like=True):
    """What was found in an environment as a whole."""

    reports: Mapping[str, tuple[Report, ...]] = {}
    """By file, before any filter."""
    spoken: frozenset[str] = frozenset()
    """The files that have models, or something in them that was found."""
    key: bytes = b""
    """Of what it was made of besides files, see :func:`key_of_found`."""
    record: Record = NOTHING
    """The files that it was made of, but for the revisions'."""


def find(context: ProjectContext, source_of: Callable[[str], SourceText | None]) -> Found:
    """Ask the rules about a whole environment."""
    found: dict[str, list[Report]] = {}
    for report in [
        *surroundings_problems(context.surroundings),
        *project_reports(project_rules(), context, source_of),
    ]:
        found.setdefault(report.path, []).append(report)
    models = {table.origin.path for table in models_of(context.surroundings).tables}
    return Found({path: tuple(reports) for path, reports in found.items()}, frozenset(found.keys() | models))


def key_of_found(
    surroundings: Surroundings,
    analyses: Mapping[str, FileAnalysis],
    marks: Mapping[str, bytes],
    review: Review,
) -> bytes:
    """A digest of everything that the rules about a whole environment are shown, but for files that they look into themselves.

    Args:
        surroundings: what the revisions share.
        analyses: every revision, in the order of the version folders.
        marks: the digest of each revision's text.
        review: what has shipped.

    Returns:
        The digest; empty where half a character in a name lets nothing be stored.
    """
    states = [
        (path, marks[path], analysis.reviewed, analysis.shipped, analysis.edited)
        for path, analysis in analyses.items()
    ]
    records = {analysis.record for analysis in analyses.values()}
    looks = {look for record in records for look in record if look.kind != SURROUNDINGS}
    shown = (surroundings.loaded, review.base, states, sorted(looks))
    try:
        return blake2b(_ENCODER.encode(shown), key=surroundings.key, digest_size=16).digest()
    except UnicodeEncodeError:
        return b""


_ENCODER = msgspec.json.Encoder(order="deterministic")
