"""One environment, read: its surroundings, its revisions and what was found in them. Immutable once made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from msgspec.structs import replace

from foreshot.history.revision_story import RevisionStory
from foreshot.history.story import Story
from foreshot.lint.context import UNION, ProjectContext, Surroundings, Tell
from foreshot.lint.entry import Entry
from foreshot.lint.report import Report, order
from foreshot.lint.run import comment_reports
from foreshot.lint.suppress import Suppression, read_suppressions
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.revision import Revision
from foreshot.project import paths
from foreshot.project.discover import is_revision_place
from foreshot.project.files import Files
from foreshot.project.looks import note_all
from foreshot.rules import NAMES, family_of, project_rules, rule_named
from foreshot.text import SourceText
from foreshot.workspace.found import Found, find
from foreshot.workspace.glance import Glance, glance_at
from foreshot.workspace.histories import History
from foreshot.workspace.kept import FileAnalysis, subjects_of
from foreshot.workspace.load import identity
from foreshot.workspace.offers import ONE_AT_A_TIME, Offers
from foreshot.workspace.resolve import ResolvedFix
from foreshot.workspace.shipped import EVERYTHING, Review
from foreshot.workspace.sift import chosen, is_selected, said_of_shipped, said_once, suppressed

_FEW = 16
"""Files up to which a history is mended; with more it is made anew."""
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
        review: Review = EVERYTHING,
        last_good: Mapping[str, Entry] | None = None,
        partial: bool = False,
        history: History | None = None,
        known: Found | None = None,
    ) -> None:
        self.files = files
        self.history = history
        """What the revisions do to the schema; None while it is not known."""
        self.surroundings = surroundings
        self.analyses = analyses
        self.review = review
        """Which revisions have shipped, and which are reviewed."""
        self.last_good = last_good or {}
        """What was last known of files that do not parse now."""
        self.partial = partial
        """Not every revision has been read yet: the history is not known, and no rule about it speaks."""
        self._name = identity(surroundings.environment)
        self._read_in = surroundings.key
        self._known = known
        """What an earlier run found in the environment as a whole, where that holds."""
        self._revisions: dict[str, Revision] = {}
        self._subjects: frozenset[str] | None = None
        self._spoken: Collection[str] = ()
        self._context: ProjectContext | None = None
        self._before: tuple[ProjectContext, frozenset[str]] | None = None
        """While there is no context yet: an earlier one, and the files that have changed since."""

    @property
    def is_outdated(self) -> bool:
        """Whether its revisions, but for those in an editor's buffer, were read in other surroundings, or with another ``since``."""
        return self._read_in != self.surroundings.key or not self.holds_since()

    def holds_since(self) -> bool:
        """Whether ``since`` covers what it covered when this was asked first of the project or one that it has followed."""
        since, history = self.surroundings.settings.since, self.history
        return history is None or self.review.means_the_same(history.graph, since)

    @property
    def subjects(self) -> frozenset[str]:
        """All files and folders that any revision has looked at besides its text and the surroundings, and perhaps more."""
        if self._subjects is None:
            self._subjects = subjects_of(self.analyses.values())
        return self._subjects

    def tell(self, path: str) -> Tell | None:
        """How a context of the file at ``path`` asks for its story; None while the history is not known."""
        return self.history.tell(path) if self.history is not None else None

    def story(self) -> Story | None:
        """The history's story on the first of the project's databases; None while it is not known."""
        targets = self.surroundings.targets or UNION
        return self.history.story(targets[0]) if self.history is not None else None

    @property
    def context(self) -> ProjectContext:
        """What the rules about the whole environment see."""
        before, context = self._before, self._context
        if context is None:
            context = self._context = self._made_context() if before is None else self._context_after(*before)
            self._before = None
        context.stories = self.history.story if self.history is not None else None
        return context

    def _made_context(self) -> ProjectContext:
        entries = {path: self.entry(path, analysis) for path, analysis in self.analyses.items()}
        graph = RevisionGraph(
            Node(path, entry.header) for path, entry in entries.items() if entry.header is not None
        )
        return ProjectContext(self.surroundings, entries, graph, self.source, NAMES, base=self.review.base)

    def _context_after(self, before: ProjectContext, changed: frozenset[str]) -> ProjectContext:
        if len(changed) > _FEW or any(
            path not in before.by_path or path not in self.analyses for path in changed
        ):
            # Some have come or gone, and the order counts.
            return self._made_context()
        entries = {path: self.entry(path, self.analyses[path]) for path in changed}
        return before.after(entries, self.surroundings, self.source)

    @property
    def graph(self) -> RevisionGraph:
        """The revision graph."""
        return self.context.graph

    def source(self, path: str) -> SourceText | None:
        """The text of a file of the project as it is now."""
        return source if isinstance(source := self.files.read(path), SourceText) else None

    def revision(self, path: str) -> Revision | None:
        """One revision in full; the few that were asked for last are remembered."""
        from foreshot.workspace.reading import open_revision

        if (remembered := self._revisions.get(path)) is not None:
            return remembered
        with ONE_AT_A_TIME:
            if (remembered := self._revisions.get(path)) is not None:
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
    def found(self) -> Found:
        """What was found in the environment as a whole."""
        if self.partial:
            return Found()

        def make() -> Found:
            if self._known is None:
                return find(self.context, self.source)
            note_all(self._known.record)
            return self._known

        surroundings = self.surroundings
        given = (self.context.shape, surroundings.key, surroundings.loaded)
        found = self.files.remember((self._name, "found"), make, given)
        self._spoken = found.spoken
        return found

    def spoke_of(self, path: str) -> bool:
        """Whether a file had models, or anything else in it that was found, when the environment was looked at last; asks nothing."""
        return path in self._spoken

    @cached_property
    def reports(self) -> list[Report]:
        """Everything to be reported, in order."""
        return [report for path in self.reported for report in self.reports_for(path)]

    @property
    def reported(self) -> list[str]:
        """Every file in which something may have been found, in order."""
        return sorted({*self.analyses, *self.found.reports})

    def reports_for(self, path: str) -> list[Report]:
        """Everything to be reported of one file, in order."""
        analysis = self._current(path)
        if analysis is not None and not analysis.reviewed:
            return self._of_shipped(path, analysis)
        found: list[Report] = list(analysis.reports.reports) if analysis is not None else []
        found.extend(self._project_reports_for(path))
        suppressions = self.suppressions(path)
        if suppressions:
            settings = self.surroundings.settings
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
        return self._said(found)

    def _current(self, path: str) -> FileAnalysis | None:
        """What is known of a revision; shown to the rules again, when somebody asks, where an earlier revision does something else."""
        analysis, history = self.analyses.get(path), self.history
        if analysis is None or history is None or not analysis.reviewed:
            return analysis
        if analysis.story == history.mark(path):
            return analysis
        source = self.files.read(path)
        if source is None or analysis.problem is not None:
            return analysis

        def make() -> FileAnalysis:
            from foreshot.workspace.analysis import analyse_anew

            return analyse_anew(source, path, self.surroundings, self.review, history)

        return self.files.remember((self._name, "shown again", path), make, (analysis, history.mark(path)))

    def _of_shipped(self, path: str, analysis: FileAnalysis) -> list[Report]:
        """What breaks a revision that has shipped: of one cause in several, only in the first of them.

        Its comments silence as ever; what they do not silence is not known, as most rules have not run.
        """
        found = [report for report in self._broken.get(path, ()) if report.path == path]
        found += [report for report in self._project_reports_for(path) if rule_named(report.rule).of_shipped]
        return self._said(suppressed(found, analysis.reports.suppressions).reports)

    def _said(self, found: Sequence[Report]) -> list[Report]:
        return sorted(
            said_once(chosen(found, self.surroundings.settings, self.relative, family_of)), key=order
        )

    @cached_property
    def _broken(self) -> Mapping[str, Sequence[Report]]:
        """What is found in revisions that have shipped, by file; equal causes are in the first one, as related places."""
        found = (
            (path, suppressed(reports, item.reports.suppressions).reports)
            for path, item in self.analyses.items()
            if not item.reviewed and (reports := item.reports.reports)
        )
        return said_of_shipped(found)

    def glance(self, path: str, reports: Sequence[Report] | None = None) -> Glance:
        """What is known of a file in short, with its ``reports`` if they are at hand; cheap to ask for again."""
        analysis, found = self._current(path), tuple(self._project_reports_for(path))

        def make() -> Glance:
            shown = self.reports_for(path) if reports is None else reports
            return glance_at(shown, analysis, self.source(path))

        # What is said of a comment that silences depends on more.
        if analysis is None or self.suppressions(path):
            return make()
        return self.files.remember(
            (self._name, "glance", path),
            make,
            (analysis, found, tuple(self._broken.get(path, ())), self.surroundings.settings),
        )

    def _project_reports_for(self, path: str) -> Sequence[Report]:
        """What rules about the environment found in a file; of one that does not parse now, only in its header.

        The rest of it is known from an older text, whose places are not those of this one.
        """
        found = self.found.reports.get(path, ())
        analysis = self.analyses.get(path)
        if analysis is None or analysis.problem is None:
            return found
        spans = analysis.header.spans.values() if analysis.header is not None else ()
        return [report for report in found if any(span.contains(report.span) for span in spans)]

    def takes(self, path: str) -> bool:
        """Whether a file is a revision by its place and name; it need not exist."""
        return path in self.analyses or is_revision_place(self.surroundings.environment, path)

    def story_of(self, path: str) -> RevisionStory | None:
        """The schema before and after a revision, on the first of the project's databases; None without a place in the history."""
        target = (self.surroundings.targets or UNION)[0]
        return self.history.of(path, target) if self.history is not None else None

    def suppressions(self, path: str) -> Sequence[Suppression]:
        """The suppression comments of a revision, of env.py, or of another Python file, such as one with models."""
        if (analysis := self.analyses.get(path)) is not None:
            return analysis.reports.suppressions
        if not path.endswith(".py"):
            return ()

        def read() -> tuple[Suppression, ...]:
            return read_suppressions(self.source(path) or SourceText(""))

        return self.files.remember((self._name, "suppressions", path), read)

    def taking(
        self,
        files: Files,
        surroundings: Surroundings,
        analyses: Mapping[str, FileAnalysis],
        last_good: Mapping[str, Entry],
        changed: frozenset[str],
        history: History | None,
    ) -> Project:
        """The project on another snapshot of its files, with ``changed`` ones read anew, come or gone."""
        after = self._with(files, surroundings, analyses, last_good, history)
        after._read_in = self._read_in
        after._spoken = self._spoken
        if self._subjects is not None:
            after._subjects = self._subjects | subjects_of(
                analyses[path] for path in changed if path in analyses
            )
        before, context = self._before, self._context
        if context is not None:
            after._before = (context, changed)
        elif before is not None:
            after._before = (before[0], before[1] | changed)
        return after

    def with_memory_of(self, before: Project | None) -> Project:
        """The project with what was last known of each file that does not parse now, and what it told of the history last."""
        if before is None:
            return self
        history = self.history
        if history is not None and before.history is not None:
            broken = (path for path, item in self.analyses.items() if item.problem is not None)
            history = history.with_memory_of(before.history, broken)
        known = {
            path: entry
            for path, analysis in self.analyses.items()
            if analysis.problem is not None
            and (entry := before.context.by_path.get(path)) is not None
            and entry.header is not None
        }
        if not known and history is self.history:
            return self
        return self._with(self.files, self.surroundings, self.analyses, known, history)

    def _with(
        self,
        files: Files,
        surroundings: Surroundings,
        analyses: Mapping[str, FileAnalysis],
        last_good: Mapping[str, Entry],
        history: History | None,
    ) -> Project:
        return Project(
            files,
            surroundings,
            analyses,
            review=self.review,
            last_good=last_good,
            partial=self.partial,
            history=history,
        )

    def entry(self, path: str, analysis: FileAnalysis) -> Entry:
        """What the rules about the whole environment see of a file; of one that does not parse, what was last known."""
        entry = analysis.entry(path)
        before = self.last_good.get(path)
        if analysis.problem is None or before is None:
            return entry
        # A header above the broken part is that of the current text.
        return before if entry.header is None else replace(before, header=entry.header)

    def is_only_read(self, path: str) -> bool:
        """Whether a file is a revision that has shipped and is not reviewed."""
        return (analysis := self.analyses.get(path)) is not None and not analysis.reviewed

    def is_stale(self, path: str) -> bool:
        """Whether the file does not parse now, so that what is known of it is older than its text."""
        return (analysis := self.analyses.get(path)) is not None and analysis.problem is not None

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
