"""One environment, read: its surroundings, its revisions and what was found in them. Immutable once made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec.structs import replace

from foreshot.lint.context import Entry, ProjectContext, Surroundings
from foreshot.lint.report import Report, order
from foreshot.lint.run import comment_reports, project_reports
from foreshot.lint.suppress import Suppression, suppressions_of
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.graph_names import Unresolved, resolve_revision
from foreshot.migration.revision import Revision
from foreshot.project import paths
from foreshot.project.files import PRUNED, Files, Listing
from foreshot.project.sniff import revision_names
from foreshot.rules import NAMES, family_of, project_rules
from foreshot.text import SourceText
from foreshot.workspace.glance import Glance, glance_at
from foreshot.workspace.kept import FileAnalysis
from foreshot.workspace.offers import ONE_AT_A_TIME, Offers
from foreshot.workspace.resolve import ResolvedFix
from foreshot.workspace.sift import chosen, is_selected, said_once, suppressed

_REMEMBERED = 4


class Project:
    """A snapshot of one environment.

    ``analyses`` holds every revision file in the order of the version folders; ``last_good`` what is known of a file
    that does not parse now but did.
    """

    def __init__(
        self,
        files: Files,
        surroundings: Surroundings,
        analyses: Mapping[str, FileAnalysis],
        *,
        tracked: frozenset[str] | None = None,
        last_good: Mapping[str, Entry] | None = None,
        partial: bool = False,
    ) -> None:
        self.files = files
        self.surroundings = surroundings
        self.analyses = analyses
        self._tracked = tracked
        self._last_good = last_good or {}
        self.partial = partial
        """Not every revision has been read yet: the history is not known, and no rule about it speaks."""

    @cached_property
    def context(self) -> ProjectContext:
        """What the rules about the whole environment see."""
        entries = [self._entry(path, analysis) for path, analysis in self.analyses.items()]
        graph = RevisionGraph(Node(entry.path, entry.header) for entry in entries if entry.header is not None)
        return ProjectContext(self.surroundings, entries, graph, self.source, NAMES)

    @property
    def graph(self) -> RevisionGraph:
        """The revision graph."""
        return self.context.graph

    def source(self, path: str) -> SourceText | None:
        """The text of a file of the project as it is now."""
        source = self.files.read(path)
        return source if isinstance(source, SourceText) else None

    def revision(self, path: str) -> Revision | None:
        """One revision in full; the few that were asked for last are remembered."""
        from foreshot.workspace.analysis import open_revision

        remembered = self._revisions.get(path)
        if remembered is not None:
            return remembered
        with ONE_AT_A_TIME:
            remembered = self._revisions.get(path)
            if remembered is not None:
                return remembered
            source = self.source(path)
            opened = open_revision(source, self.surroundings) if source is not None else None
            if not isinstance(opened, Revision):
                return None
            if len(self._revisions) >= _REMEMBERED:
                self._revisions.clear()
            self._revisions[path] = opened
            return opened

    @cached_property
    def _revisions(self) -> dict[str, Revision]:
        return {}

    @cached_property
    def project_reports(self) -> Mapping[str, Sequence[Report]]:
        """What the rules about the whole environment found, by file, before any filter."""
        found: dict[str, list[Report]] = {}
        if self.partial:
            return found
        for report in project_reports(project_rules(), self.context, self.source):
            found.setdefault(report.path, []).append(report)
        return found

    @cached_property
    def reports(self) -> list[Report]:
        """Everything to be reported, in order."""
        return [report for path in self.reported for report in self.reports_for(path)]

    @property
    def reported(self) -> list[str]:
        """Every file in which something may have been found, in order."""
        return sorted({*self.analyses, *self.project_reports})

    def reports_for(self, path: str) -> list[Report]:
        """Everything to be reported of one file, in order."""
        if path in self.baseline:
            return []
        analysis = self.analyses.get(path)
        found: list[Report] = list(analysis.reports.reports) if analysis is not None else []
        found.extend(self._project_reports_for(path))
        suppressions = self.suppressions(path)
        settings = self.surroundings.settings
        if suppressions:
            sifted = suppressed(found, suppressions)
            found = sifted.reports
            # What a comment silences is not known while the file does not parse, or others are still to be read.
            if not self.is_stale(path) and not self.partial:
                # A rule that is not asked silences nothing, and is not to be blamed for it.
                comments = [
                    (item, item in sifted.used or not is_selected(item.rule, settings))
                    for item in suppressions
                ]
                late = comment_reports(project_rules(), self.context, path, comments, self.source)
                found += suppressed(late, suppressions).reports
        return sorted(said_once(chosen(found, settings, self.relative, family_of)), key=order)

    def glance(self, path: str, reports: Sequence[Report] | None = None) -> Glance:
        """What is known of a file in short, with its ``reports`` if they are at hand; cheap to ask for again."""
        analysis, found = self.analyses.get(path), tuple(self._project_reports_for(path))
        asked = (analysis, found, path in self.baseline)
        known = self._glances.get(path)
        if known is not None and known[0][0] is analysis and known[0][1:] == asked[1:]:
            return known[1]
        glance = glance_at(
            self.reports_for(path) if reports is None else reports, analysis, self.source(path)
        )
        # What is said of a comment that silences depends on more.
        if analysis is not None and not self.suppressions(path):
            self._glances[path] = (asked, glance)
        return glance

    @cached_property
    def _glances(self) -> dict[str, tuple[tuple[FileAnalysis | None, tuple[Report, ...], bool], Glance]]:
        return {}

    def _project_reports_for(self, path: str) -> Sequence[Report]:
        """What rules about the environment found in a file; of one that does not parse now, only in its header.

        The rest of it is known from an older text, whose places are not those of this one.
        """
        found = self.project_reports.get(path, ())
        analysis = self.analyses.get(path)
        if analysis is None or analysis.problem is None:
            return found
        spans = analysis.header.spans.values() if analysis.header is not None else ()
        return [report for report in found if any(span.contains(report.span) for span in spans)]

    def takes(self, path: str) -> bool:
        """Whether a file is a revision by its place and name; it need not exist."""
        if path in self.analyses:
            return True
        folder, name = paths.parent(path), paths.name(path)
        if not revision_names(Listing((), (name,))):
            return False
        environment = self.surroundings.environment
        if not environment.recursive:
            return folder in environment.version_dirs
        return any(
            paths.is_inside(folder, place)
            and not any(
                part in PRUNED or part[:1] == "." for part in paths.relative(folder, place).split("/")
            )
            for place in environment.version_dirs
        )

    def suppressions(self, path: str) -> Sequence[Suppression]:
        """The suppression comments of a revision or of env.py."""
        analysis = self.analyses.get(path)
        if analysis is not None:
            return analysis.reports.suppressions
        module = self.surroundings.env_module
        if module is None or path != self.surroundings.environment.env_py:
            return ()
        return suppressions_of(module, module.source, module.comments)

    def with_file(self, path: str, analysis: FileAnalysis, files: Files) -> Project:
        """The project after one revision file has changed or come, with all that the change does not touch."""
        before = self.analyses.get(path)
        last_good = self._last_good
        if before is not None and before.problem is None and before.header is not None and analysis.problem:
            last_good = {**last_good, path: self._entry(path, before)}
        after = self._with(files, analyses={**self.analyses, path: analysis}, last_good=last_good)
        old = self.context.by_path.get(path)
        new = after._entry(path, analysis)
        if old is not None:
            graph = self.graph.with_replaced(path, new.header)
            after.__dict__["context"] = self.context.with_entry(new, graph, after.source)
            # What stands elsewhere in the text, and nothing else, changes no finding in other files.
            if new.is_like(old) and path not in self.project_reports:
                after.__dict__["project_reports"] = self.project_reports
                if "baseline" in self.__dict__:
                    after.__dict__["baseline"] = self.baseline
        return after

    def without_file(self, path: str, files: Files) -> Project:
        """The project after one revision file has gone."""
        analyses = {other: analysis for other, analysis in self.analyses.items() if other != path}
        last_good = {other: entry for other, entry in self._last_good.items() if other != path}
        return self._with(files, analyses=analyses, last_good=last_good)

    def with_surroundings(self, surroundings: Surroundings, files: Files) -> Project:
        """The project in other surroundings; what was found in its revisions is left as it was."""
        return self._with(files, surroundings)

    def with_fresh_modules(self, files: Files) -> Project:
        """The project with nothing remembered of the workspace's other modules."""
        surroundings = replace(self.surroundings, modules=self.surroundings.modules.fresh(files))
        after = self._with(files, surroundings)
        after._keep(self)
        return after

    def with_memory_of(self, before: Project | None) -> Project:
        """The project with what was last known of each file that does not parse now."""
        if before is None:
            return self
        known = {
            path: entry
            for path, analysis in self.analyses.items()
            if analysis.problem is not None
            and (entry := before.context.by_path.get(path)) is not None
            and entry.header is not None
        }
        if not known:
            return self
        return self._with(self.files, last_good=known)

    def _with(
        self,
        files: Files,
        surroundings: Surroundings | None = None,
        analyses: Mapping[str, FileAnalysis] | None = None,
        last_good: Mapping[str, Entry] | None = None,
    ) -> Project:
        """The same project with something else, and nothing worked out yet."""
        after = Project(
            files,
            surroundings or self.surroundings,
            self.analyses if analyses is None else analyses,
            tracked=self._tracked,
            last_good=self._last_good if last_good is None else last_good,
            partial=self.partial,
        )
        if surroundings is None:
            after.__dict__["_glances"] = self._glances
        return after

    def dependents(self, path: str) -> list[str]:
        """Revisions whose findings depend on another file."""
        return [revision for revision, analysis in self.analyses.items() if path in analysis.depends]

    def _keep(self, other: Project) -> None:
        """Take over what another snapshot knows that holds here too."""
        self.__dict__["context"] = other.context.with_surroundings(self.surroundings, self.source)
        for name in ("project_reports", "baseline", "_glances"):
            if name in other.__dict__:
                self.__dict__[name] = other.__dict__[name]

    def _entry(self, path: str, analysis: FileAnalysis) -> Entry:
        untracked = self._tracked is not None and path not in self._tracked
        entry = analysis.entry(path, untracked=untracked)
        before = self._last_good.get(path)
        if analysis.problem is None or before is None:
            return entry
        # A header above the broken part is that of the current text.
        return before if entry.header is None else replace(before, header=entry.header)

    def is_stale(self, path: str) -> bool:
        """Whether the file does not parse now, so that what is known of it is older than its text."""
        analysis = self.analyses.get(path)
        return analysis is not None and analysis.problem is not None

    @cached_property
    def baseline(self) -> frozenset[str]:
        """Paths of the revisions that are read but never reported: ``since`` and its ancestors."""
        since = self.surroundings.settings.since
        if not since:
            return frozenset()
        found = resolve_revision(self.graph, since)
        if isinstance(found, Unresolved):
            return frozenset()
        ids = self.graph.ancestors(*found) | {node.id for node in found}
        return frozenset(
            entry.path
            for entry in self.context.entries
            if entry.header is not None and entry.header.revision in ids
        )

    def relative(self, path: str) -> str:
        """A path as the settings' patterns see it: relative to the project's home."""
        home = self.surroundings.environment.home
        return path[len(home) + 1 :] if paths.is_inside(path, home) and path != home else path

    def fixes(self, report: Report) -> list[ResolvedFix]:
        """The repairs of a report as edits, made from the current texts; empty when it holds no more."""
        found = (self.offers.fix(report, index) for index in range(len(self.offers.described(report))))
        return [fix for fix in found if fix is not None]

    @cached_property
    def offers(self) -> Offers:
        """What is offered for its findings."""
        return Offers(self)
