"""Repairs as edits: made anew from the current text each time they are asked for, never remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from foreshot.lint.context import Context, ProjectContext
from foreshot.lint.finding import FileChanges, Finding, Fix, NewFile, Safety
from foreshot.lint.report import title_of_all
from foreshot.lint.run import RuleSet, comment_findings, fixes_of, keyed, project_findings, revision_findings
from foreshot.lint.suppress import Suppression
from foreshot.syntax.changes import Change, Refused, ReplaceText
from foreshot.text import Edit, SourceText, apply_edits, minimal_edit
from foreshot.workspace.dividing import divided


class KeyedFixes:
    """Findings by the keys of their reports, and what is offered for each, which its rule is asked for once."""

    def __init__(
        self, rules: RuleSet, context: Context | ProjectContext, findings: Sequence[Finding]
    ) -> None:
        self._rules = rules
        self._context = context
        self._findings = dict(keyed(findings))
        self._fixes: dict[str, list[Fix]] = {}

    def get(self, key: str) -> tuple[Finding, list[Fix]] | None:
        """A finding and its repairs, the best first; None where there is no such finding any more."""
        finding = self._findings.get(key)
        if finding is None:
            return None
        fixes = self._fixes.get(key)
        if fixes is None:
            fixes = self._fixes[key] = fixes_of(self._rules, finding, self._context)
        return finding, fixes


class ResolvedFix(Struct, frozen=True):
    """A repair as edits to texts; with ``refused`` set it cannot be made, and there are none."""

    title: str
    safety: Safety
    edits: Mapping[str, tuple[Edit, ...]] = {}
    creates: tuple[NewFile, ...] = ()
    refused: str | None = None


def changes_by_path(fix: Fix, path: str) -> dict[str, list[Change]]:
    """What a repair changes in each file; ``path`` is that of the finding."""
    found: dict[str, list[Change]] = {}
    for group in (FileChanges(path, fix.changes), *fix.others):
        if group.changes:
            found.setdefault(group.path, []).extend(group.changes)
    return found


def fixes_by_key(rules: RuleSet, context: Context | ProjectContext) -> KeyedFixes:
    """Every finding of a revision or an environment, with its repairs, by the key of its report."""
    findings = (
        revision_findings(rules, context)
        if isinstance(context, Context)
        else project_findings(rules, context)
    )
    return KeyedFixes(rules, context, findings)


def comment_fixes_by_key(
    rules: RuleSet, context: ProjectContext, path: str, comments: Sequence[tuple[Suppression, bool]]
) -> KeyedFixes:
    """The same for what is wrong with a file's suppression comments."""
    return KeyedFixes(rules, context, comment_findings(rules, context, path, comments))


def together(fixes: Sequence[Fix], further: Sequence[Sequence[Fix]]) -> list[Fix]:
    """The repairs of a finding, each with those of its kind of the ``further`` findings that it stands for."""
    return [
        _joined(fix, [others[number] for others in further if number < len(others)])
        for number, fix in enumerate(fixes)
    ]


def _joined(fix: Fix, others: Sequence[Fix]) -> Fix:
    """One repair of several places that have one cause; ``fix`` itself where they make files."""
    parts = [fix, *(other for other in others if other.safety == fix.safety)]
    if len(parts) == 1 or any(part.makes_files for part in parts):
        return fix
    changes = dict.fromkeys(change for part in parts for change in part.changes)
    elsewhere = dict.fromkeys(group for part in parts for group in part.others)
    title = title_of_all([part.title for part in parts])
    return Fix(title, fix.safety, tuple(changes), tuple(elsewhere))


def resolve(fix: Fix, path: str, source_of: Callable[[str], SourceText | None]) -> ResolvedFix:
    """Turn a repair into edits.

    Args:
        fix: what the rule offers.
        path: the file of the finding.
        source_of: the current text of a file; None when there is none.
    """
    from foreshot.syntax.window import edits_in_window

    edits: dict[str, tuple[Edit, ...]] = {}
    for target, changes in changes_by_path(fix, path).items():
        source = source_of(target)
        if source is None:
            return ResolvedFix(fix.title, fix.safety, refused=f"{target} cannot be read")
        try:
            made = tuple(
                edits_in_window(source, changes) if target.endswith(".py") else _plain_edits(source, changes)
            )
        except Refused as error:
            return ResolvedFix(fix.title, fix.safety, refused=str(error))
        if made:
            edits[target] = made
    creates = fix.creates
    if fix.split is not None:
        source = source_of(path)
        if source is None:
            return ResolvedFix(fix.title, fix.safety, refused=f"{path} cannot be read")
        try:
            text = apply_edits(source.content, edits.get(path, ()))
            edits[path], created = divided(source, text, fix.split)
        except Refused as error:
            return ResolvedFix(fix.title, fix.safety, refused=str(error))
        creates = (*creates, created)
    for created in creates:
        if source_of(created.path) is not None:
            return ResolvedFix(fix.title, fix.safety, refused=f"{created.path} already exists")
    return ResolvedFix(fix.title, fix.safety, edits, creates)


def _plain_edits(source: SourceText, changes: Sequence[Change]) -> Iterator[Edit]:
    """Edits to a file that is no Python: an ini file, a template."""
    for change in changes:
        if isinstance(change, ReplaceText):
            edit = minimal_edit(source.content, change.span, change.text)
            if edit is not None:
                yield edit
