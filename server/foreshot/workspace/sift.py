"""From everything that was found to what is reported: suppressions, selection, severities, baseline."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from foreshot.lint.report import Offer, RelatedPlace, Report, title_of_all
from foreshot.lint.severity import SEVERITIES
from foreshot.lint.suppress import Silence, Suppression
from foreshot.lint.words import MAX_NAMES, code, listed
from foreshot.project import paths
from foreshot.project.settings import Settings

Owner = TypeVar("Owner")

MAX_PLACES: Final = 100
"""Further places of one cause that are listed; how many there are is said."""
MOST_NAMED: Final = 3
"""Further names of which one thing is said at one place; how many more there are is said."""
_NAMES: Final = re.compile(r"`([^`]*)`")
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
    """One report for each cause: the first, with the places of the others as related ones.

    What is said of several names at one place, as of the tables of a loop, is one too: it names the first and counts the rest.
    """
    kept: list[list[_Folded]] = []
    groups: dict[tuple[str, str], list[_Folded]] = {}
    for folded in _at_one_place(reports):
        report = folded[0]
        group = groups.setdefault((report.cause, report.severity), []) if report.cause else []
        if not group:
            kept.append(group)
        group.append(folded)
    return [_joined(group) for group in kept]


_Folded = tuple[Report, Sequence[Report]]
"""What is said at one place, and the reports that it was made of."""


def _joined(group: Sequence[_Folded]) -> Report:
    (report, _), *others = group
    every = [one for _, made_of in group for one in made_of]
    if len(every) > 1:
        report = replace(report, offers=tuple(_for_all(every, place) for place in range(len(report.offers))))
    if not others:
        return report
    places = [RelatedPlace(other.path, other.start, other.end, "The same here") for other, _ in others]
    more = "One more place" if len(others) == 1 else f"{len(others)} more places"
    return replace(
        report,
        message=f"{report.message} {more}.",
        related=(*report.related, *places[:MAX_PLACES]),
        same=(*report.same, *(key for other, _ in others for key in (other.key, *other.same))),
        certainty="certain" if any(one.certainty == "certain" for one, _ in group) else report.certainty,
    )


def _at_one_place(reports: Iterable[Report]) -> list[_Folded]:
    """The reports, those as one that say the same of several names at one place."""
    places: dict[tuple[object, ...], list[Report]] = {}
    for report in reports:
        place = (report.path, report.span, report.rule, report.severity, report.databases)
        places.setdefault(place, []).append(report)
    found: list[_Folded] = []
    for there in places.values():
        if len(there) == 1:
            found.append((there[0], there))
            continue
        alike: dict[str, list[Report]] = {}
        for report in there:
            alike.setdefault(_said_of_any(report), []).append(report)
        found += [(_of_all(group), group) for group in alike.values()]
    return found


def _said_of_any(report: Report) -> str:
    """What a report says, without the names of what it says it of; `users` stands in `fk_users`, too."""
    named = {report.table, (report.table or "").rpartition(".")[2], report.object} - {None, ""}
    if not named:
        return report.message
    words = "|".join(re.escape(name) for name in sorted(map(str, named), key=len, reverse=True))
    return _NAMES.sub(
        lambda found: re.sub(rf"(?<![^\W_])(?:{words})(?![^\W_])", "*", found[0]), report.message
    )


def _of_all(group: Sequence[Report]) -> Report:
    """The first of reports that differ in their names, with the names of the others."""
    first, *others = group
    if not others:
        return first
    named = [_NAMES.findall(report.message) for report in group]
    # The table where tables differ, else the first name that does.
    by_table = all(report.table and report.table in names for report, names in zip(group, named, strict=True))
    tables = [report.table for report in group] if by_table else []
    if len(set(tables)) == len(group):
        subjects = [str(table) for table in tables]
    else:
        at = next(
            (place for place, names in enumerate(zip(*named, strict=True)) if len(set(names)) > 1), None
        )
        subjects = [names[at] for names in named] if at is not None else []
    rest = list(dict.fromkeys(subjects[1:]))
    shown = rest if len(rest) <= MOST_NAMED + 1 else rest[:MOST_NAMED]
    listing = [code(name) for name in shown] + ([f"{len(rest) - len(shown)} more"] if shown != rest else [])
    return replace(
        first,
        message=f"{first.message} The same for {listed(listing)}." if listing else first.message,
        same=(*first.same, *(key for other in others for key in (other.key, *other.same))),
        certainty="certain" if any(one.certainty == "certain" for one in group) else first.certainty,
    )


def _for_all(reports: Sequence[Report], place: int) -> Offer:
    """A repair that is made for all of the reports, called as ``resolve.together`` calls it."""
    offer = reports[0].offers[place]
    parts = [one.offers[place] for one in reports if place < len(one.offers)]
    parts = [part for part in parts if part.safety == offer.safety]
    if any(part.alone for part in parts):
        return offer
    return replace(offer, title=title_of_all([part.title for part in parts]))


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


def of_several(path: str, found: Iterable[tuple[Owner, Iterable[Report]]]) -> Iterator[tuple[Owner, Report]]:
    """What several environments have to say of one file, each thing once and with the first that says it.

    Of the env.py that they share a rule speaks once a place, however many revisions each of them counts.
    """
    is_env = paths.name(path) == "env.py"
    seen: set[tuple[object, ...]] = set()
    for owner, reports in found:
        own: set[tuple[object, ...]] = set()
        for report in reports:
            key = (report.rule, report.span) if is_env else (report.rule, report.span, report.message)
            own.add(key)
            if key not in seen:
                yield owner, report
        seen |= own
