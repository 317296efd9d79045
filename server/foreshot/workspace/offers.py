"""What can be done about a project's findings: asked of their rules, and turned into edits, when somebody wants to know."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Fix
from foreshot.lint.report import Report
from foreshot.rules import project_rules, revision_rules
from foreshot.workspace.resolve import (
    KeyedFixes,
    ResolvedFix,
    comment_fixes_by_key,
    fixes_by_key,
    resolve,
    together,
)
from foreshot.workspace.sift import suppressed

if TYPE_CHECKING:
    from foreshot.workspace.project import Project

_REMEMBERED: Final = 4
_REMEMBERED_EDITS: Final = 200
ONE_AT_A_TIME: Final = threading.RLock()
"""For what is read anew: several threads at the same gain nothing, and keep the interpreter from whoever takes in a change."""


class Offers:
    """The repairs of one project. Those that were asked for last are remembered."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._edits: dict[tuple[str, str, str, tuple[str, ...], int], ResolvedFix] = {}
        self._revision_fixes: dict[str, KeyedFixes] = {}
        self._fixes_of_comments: dict[str, KeyedFixes] = {}

    def fix(self, report: Report, index: int) -> ResolvedFix | None:
        """One repair of a report as edits; None when there is none such any more.

        Those that were asked for last are remembered: an editor without `codeAction/resolve` wants them all at every move.
        """
        asked = (report.path, report.rule, report.key, report.same, index)
        made = self._edits.get(asked)
        if made is None:
            with ONE_AT_A_TIME:
                made = self._edits.get(asked)
                if made is None:
                    described, alone = self.described(report), self._fixes_of(report, report.key)
                    if index >= len(described):
                        return None
                    made = resolve(described[index], report.path, self._project.source)
                    if made.refused is not None and report.same:
                        made = resolve(alone[index], report.path, self._project.source)
                    if len(self._edits) >= _REMEMBERED_EDITS:
                        self._edits.clear()
                    self._edits[asked] = made
        return made

    def described(self, report: Report) -> Sequence[Fix]:
        """The repairs of a report as its rule describes them; empty when it holds no more."""
        own = self._fixes_of(report, report.key)
        return together(own, [self._fixes_of(report, key) for key in report.same]) if report.same else own

    def _fixes_of(self, report: Report, key: str) -> Sequence[Fix]:
        """What the rule of a report offers for the finding with this key."""
        if report.rule in project_rules().by_name:
            comments = self._comment_fixes(report.path)
            found = comments.get(key) if comments is not None else None
            found = found or self._project_fixes.get(key)
        else:
            known = self._fixes_in(report.path)
            found = known.get(key) if known is not None else None
        if found is None:
            return ()
        finding, fixes = found
        # Keys of findings about the environment count on over its files.
        return fixes if (finding.path or report.path) == report.path else ()

    def _fixes_in(self, path: str) -> KeyedFixes | None:
        """What rules offer for one revision; of the few that were asked for last, it is remembered."""
        known = self._revision_fixes.get(path)
        if known is None:
            revision = self._project.revision(path)
            if revision is None:
                return None
            known = fixes_by_key(
                revision_rules(),
                Context(revision, self._project.surroundings, path, self._project.tell(path)),
            )
            if len(self._revision_fixes) >= _REMEMBERED:
                self._revision_fixes.clear()
            self._revision_fixes[path] = known
        return known

    @cached_property
    def _project_fixes(self) -> KeyedFixes:
        return fixes_by_key(project_rules(), self._project.context)

    def _comment_fixes(self, path: str) -> KeyedFixes | None:
        suppressions = self._project.suppressions(path)
        if not suppressions:
            return None
        known = self._fixes_of_comments.get(path)
        if known is None:
            analysis = self._project.analyses.get(path)
            own = analysis.reports.reports if analysis is not None else ()
            used = suppressed([*own, *self._project.found.reports.get(path, ())], suppressions).used
            comments = [(item, item in used) for item in suppressions]
            known = comment_fixes_by_key(project_rules(), self._project.context, path, comments)
            if len(self._fixes_of_comments) >= _REMEMBERED:
                self._fixes_of_comments.clear()
            self._fixes_of_comments[path] = known
        return known
