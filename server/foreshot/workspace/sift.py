"""From everything that was found to what is reported: suppressions, selection, severities, baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from foreshot.lint.report import RelatedPlace, Report
from foreshot.lint.severity import SEVERITIES
from foreshot.lint.suppress import Silence, Suppression
from foreshot.lint.words import MAX_NAMES
from foreshot.project.settings import Settings

MAX_PLACES: Final = 100
"""Further places of one cause that are listed; how many there are is said."""
_LOCKING = "locking"
_SIZED = frozenset({"mixed-schema-and-data", "unbatched-backfill"})
"""Rules of other families for which it matters how large a table is."""


class Sifted(Struct, frozen=True):
    """Reports that remain, and the suppressions that silenced one."""

    reports: list[Report]
    used: set[Suppression]


def suppressed(reports: Iterable[Report], suppressions: Sequence[Suppression]) -> Sifted:
    """Leave out, of the reports of one file, what its comments silence.

    Reports of one cause are said as one, at the first of their places: so a comment there silences all of them.
    """
    kept: list[Report] = []
    causes: dict[tuple[str, str], bool] = {}
    """By cause, whether its first report is silenced."""
    by_rule: dict[str, list[Suppression]] = {}
    for suppression in suppressions:
        by_rule.setdefault(suppression.rule, []).append(suppression)
    silences = {rule: Silence(items) for rule, items in by_rule.items()}
    for report in reports:
        silence = silences.get(report.rule)
        silenced = silence is not None and silence.covers(report.rows)
        if report.cause:
            silenced = causes.setdefault((report.cause, report.severity), silenced) or silenced
        if not silenced:
            kept.append(report)
    return Sifted(kept, set[Suppression]().union(*(silence.used for silence in silences.values())))


def said_once(reports: Iterable[Report]) -> list[Report]:
    """One report for each cause: the first, with the places of the others as related ones."""
    kept: list[Report] = []
    groups: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        group = groups.setdefault((report.cause, report.severity), []) if report.cause else []
        if not group:
            kept.append(report)
        group.append(report)
    return [_joined(report, groups.get((report.cause, report.severity), ())) for report in kept]


def _joined(report: Report, group: Sequence[Report]) -> Report:
    others = group[1:]
    if not report.cause or not others:
        return report
    places = [RelatedPlace(other.path, other.start, other.end, "The same here") for other in others]
    more = "One more place" if len(others) == 1 else f"{len(others)} more places"
    return replace(
        report,
        message=f"{report.message} {more}.",
        related=(*report.related, *places[:MAX_PLACES]),
        same=tuple(other.key for other in others),
        certainty="certain" if any(one.certainty == "certain" for one in group) else report.certainty,
    )


def said_of_shipped(found: Iterable[tuple[str, Iterable[Report]]]) -> dict[str, list[Report]]:
    """What is found in revisions that have shipped, by file; equal causes are in the first one, as related places."""
    causes: dict[tuple[str, str], list[Report]] = {}
    for path, reports in found:
        for report in reports:
            causes.setdefault((report.rule, report.object or f"{path} {report.span}"), []).append(report)
    said: dict[str, list[Report]] = {}
    for first, *others in causes.values():
        places = [
            RelatedPlace(other.path, other.start, other.end, "the same here") for other in others[:MAX_NAMES]
        ]
        said.setdefault(first.path, []).append(replace(first, related=(*first.related, *places)))
    return said


def is_selected(rule: str, settings: Settings) -> bool:
    """Whether the settings let a rule speak at all."""
    if settings.select and rule not in settings.select:
        return False
    return rule not in settings.ignore


def chosen(
    reports: Iterable[Report],
    settings: Settings,
    relative: Callable[[str], str],
    family_of: Callable[[str], str],
) -> list[Report]:
    """Apply ``select``, ``ignore``, ``per-file-ignores``, ``severity`` and the sizes of tables.

    Args:
        reports: what was found.
        settings: the project's settings.
        relative: a path as the settings' patterns see it.
        family_of: the family of a rule.
    """
    selective = settings.select or settings.ignore or settings.per_file_ignores or settings.severity
    if not (selective or settings.small_tables or settings.large_tables):
        return list(reports)
    kept: list[Report] = []
    for report in reports:
        if not is_selected(report.rule, settings):
            continue
        if settings.per_file_ignores and _ignored(
            report.rule, relative(report.path), settings.per_file_ignores
        ):
            continue
        severity = settings.severity.get(report.rule, report.severity)
        if report.table is not None and (report.rule in _SIZED or family_of(report.rule) == _LOCKING):
            if _matches(report.table, settings.small_tables):
                continue
            if _matches(report.table, settings.large_tables) and report.rule not in settings.severity:
                severity = SEVERITIES[max(SEVERITIES.index(severity) - 1, 0)]
        kept.append(report if severity == report.severity else replace(report, severity=severity))
    return kept


def _ignored(rule: str, path: str, patterns: Mapping[str, Sequence[str]]) -> bool:
    return any(
        rule in rules and (fnmatchcase(path, pattern) or fnmatchcase(path, f"*/{pattern}"))
        for pattern, rules in patterns.items()
    )


def _matches(table: str, patterns: Sequence[str]) -> bool:
    bare = table.rpartition(".")[2]
    return any(fnmatchcase(table, pattern) or fnmatchcase(bare, pattern) for pattern in patterns)
