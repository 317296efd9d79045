"""One environment, read: its surroundings, its revisions and what was found in them. Immutable once made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from foreshot.lint.context import Context, ProjectContext, Surroundings
from foreshot.lint.report import Report, order
from foreshot.lint.run import project_reports
from foreshot.lint.suppress import Suppression
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.revision import Revision, RevisionHeader
from foreshot.project import paths
from foreshot.project.files import Files
from foreshot.rules import family_of, project_rules, revision_rules
from foreshot.text import SourceText
from foreshot.workspace.analysis import FileAnalysis, open_revision
from foreshot.workspace.resolve import KeyedFixes, ResolvedFix, fixes_by_key, resolve
from foreshot.workspace.sift import chosen, suppressed


class Project:
    """A snapshot of one environment.

    ``analyses`` holds every revision file in the order of the version folders; ``last_good`` the header of a file
    that does not parse now but did.
    """

    def __init__(
        self,
        files: Files,
        surroundings: Surroundings,
        analyses: Mapping[str, FileAnalysis],
        *,
        tracked: frozenset[str] | None = None,
        last_good: Mapping[str, RevisionHeader] | None = None,
        graph: RevisionGraph | None = None,
    ) -> None:
        self.files = files
        self.surroundings = surroundings
        self.analyses = analyses
        self._tracked = tracked
        self._last_good = last_good or {}
        self._graph = graph

    @cached_property
    def context(self) -> ProjectContext:
        """What the rules about the whole environment see."""
        entries = [
            analysis.entry(
                path,
                self._last_good.get(path),
                untracked=self._tracked is not None and path not in self._tracked,
            )
            for path, analysis in self.analyses.items()
        ]
        graph = self._graph or RevisionGraph(Node(entry.path, entry.header) for entry in entries if entry.header is not None)
        return ProjectContext(self.surroundings, entries, graph, self.source)

    @property
    def graph(self) -> RevisionGraph:
        """The revision graph."""
        return self.context.graph

    def source(self, path: str) -> SourceText | None:
        """The text of a file of the project as it is now."""
        source = self.files.read(path)
        return source if isinstance(source, SourceText) else None

    def revision(self, path: str) -> Revision | None:
        """One revision, read anew."""
        source = self.source(path)
        opened = open_revision(source, self.surroundings) if source is not None else None
        return opened if isinstance(opened, Revision) else None

    @cached_property
    def project_reports(self) -> list[Report]:
        """What the rules about the whole environment found, before any filter."""
        return project_reports(project_rules(), self.context, self.source)

    @cached_property
    def reports(self) -> list[Report]:
        """Everything to be reported, in order."""
        first = [report for analysis in self.analyses.values() for report in analysis.reports.reports]
        first.extend(self.project_reports)
        suppressions = self.suppressions
        sifted = suppressed(first, suppressions)
        remaining = sifted.reports
        if any(suppressions.values()):
            self.context.suppressions = {
                path: [(item, (path, item) in sifted.used) for item in found] for path, found in suppressions.items() if found
            }
        late = project_reports(project_rules(), self.context, self.source, late=True)
        remaining.extend(suppressed(late, suppressions).reports)
        kept = chosen(remaining, self.surroundings.settings, self.relative, family_of, self.baseline)
        return sorted(kept, key=order)

    @cached_property
    def suppressions(self) -> dict[str, Sequence[Suppression]]:
        """The suppression comments of each file that has any."""
        return {
            path: analysis.reports.suppressions
            for path, analysis in self.analyses.items()
            if analysis.reports.suppressions
        }

    @cached_property
    def baseline(self) -> frozenset[str]:
        """Paths of the revisions that are read but never reported: ``since`` and its ancestors."""
        since = self.surroundings.settings.since
        if not since:
            return frozenset()
        ids = self.graph.ancestors(since) | {since}
        return frozenset(
            entry.path for entry in self.context.entries if entry.header is not None and entry.header.revision in ids
        )

    def relative(self, path: str) -> str:
        """A path as the settings' patterns see it: relative to the project's home."""
        home = self.surroundings.environment.home
        return path[len(home) + 1 :] if paths.is_inside(path, home) and path != home else path

    def fixes(self, report: Report) -> list[ResolvedFix]:
        """The repairs of a report as edits, made from the current texts; empty when it holds no more."""
        found = self._fixes_in(report.path, report.rule).get(report.key)
        if found is None:
            return []
        finding, fixes = found
        return [resolve(fix, finding.path or report.path, self.source) for fix in fixes]

    def _fixes_in(self, path: str, rule: str) -> KeyedFixes:
        if rule in project_rules().by_name:
            return self._project_fixes
        known = self._revision_fixes.get(path)
        if known is None:
            revision = self.revision(path)
            known = {} if revision is None else fixes_by_key(revision_rules(), Context(revision, self.surroundings, path))
            self._revision_fixes[path] = known
        return known

    @cached_property
    def _revision_fixes(self) -> dict[str, KeyedFixes]:
        return {}

    @cached_property
    def _project_fixes(self) -> KeyedFixes:
        return fixes_by_key(project_rules(), self.context)
