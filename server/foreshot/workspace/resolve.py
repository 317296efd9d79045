"""Repairs as edits: made anew from the current text each time they are asked for, never remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from foreshot.lint.context import Context, ProjectContext
from foreshot.lint.finding import FileChanges, Finding, Fix, NewFile, Safety
from foreshot.lint.run import RuleSet, comment_findings, fixes_of, keyed, project_findings, revision_findings
from foreshot.lint.suppress import Suppression
from foreshot.syntax.changes import Change, ReplaceText
from foreshot.text import Edit, SourceText, minimal_edit

KeyedFixes = Mapping[str, tuple[Finding, list[Fix]]]
"""Findings and their repairs by the key of the finding's report."""


class ResolvedFix(Struct, frozen=True):
    """A repair as edits to texts; with ``refused`` set it cannot be made, and there are none."""

    title: str
    safety: Safety
    edits: Mapping[str, tuple[Edit, ...]] = {}
    creates: tuple[NewFile, ...] = ()
    refused: str | None = None


def fixes_by_key(rules: RuleSet, context: Context | ProjectContext) -> KeyedFixes:
    """Every finding of a revision or an environment, with its repairs, by the key of its report."""
    findings = (
        revision_findings(rules, context)
        if isinstance(context, Context)
        else project_findings(rules, context)
    )
    return _with_fixes(rules, context, findings)


def comment_fixes_by_key(
    rules: RuleSet, context: ProjectContext, path: str, comments: Sequence[tuple[Suppression, bool]]
) -> KeyedFixes:
    """The same for what is wrong with a file's suppression comments."""
    return _with_fixes(rules, context, comment_findings(rules, context, path, comments))


def _with_fixes(rules: RuleSet, context: Context | ProjectContext, findings: Sequence[Finding]) -> KeyedFixes:
    return {key: (finding, fixes_of(rules, finding, context)) for key, finding in keyed(findings)}


def resolve_together(
    fixes: Sequence[Fix],
    further: Sequence[Sequence[Fix]],
    path: str,
    source_of: Callable[[str], SourceText | None],
) -> list[ResolvedFix]:
    """The repairs of a finding as edits, each with those of its kind of the ``further`` findings that it stands for."""
    made: list[ResolvedFix] = []
    for number, fix in enumerate(fixes):
        whole = _joined(fix, [others[number] for others in further if number < len(others)])
        resolved = resolve(whole, path, source_of)
        if resolved.refused is not None and whole is not fix:
            resolved = resolve(fix, path, source_of)
        made.append(resolved)
    return made


def _joined(fix: Fix, others: Sequence[Fix]) -> Fix:
    """One repair of several places that have one cause; ``fix`` itself where they make files."""
    parts = [fix, *(other for other in others if other.safety == fix.safety)]
    if len(parts) == 1 or any(part.creates for part in parts):
        return fix
    changes = dict.fromkeys(change for part in parts for change in part.changes)
    elsewhere = dict.fromkeys(group for part in parts for group in part.others)
    title = fix.title
    if any(part.title != title for part in parts):
        title = f"{title}, and {len(parts) - 1} more like it"
    return Fix(title, fix.safety, tuple(changes), tuple(elsewhere))


def resolve(fix: Fix, path: str, source_of: Callable[[str], SourceText | None]) -> ResolvedFix:
    """Turn a repair into edits.

    Args:
        fix: what the rule offers.
        path: the file of the finding.
        source_of: the current text of a file; None when there is none.
    """
    from foreshot.syntax.rewrite import Refused, edits_for

    edits: dict[str, tuple[Edit, ...]] = {}
    groups = [FileChanges(path, fix.changes), *fix.others]
    merged: dict[str, list[FileChanges]] = {}
    for group in groups:
        if group.changes:
            merged.setdefault(group.path, []).append(group)
    for target, parts in merged.items():
        source = source_of(target)
        if source is None:
            return ResolvedFix(fix.title, fix.safety, refused=f"{target} cannot be read")
        try:
            changes = [change for part in parts for change in part.changes]
            made = tuple(
                edits_for(source, changes) if target.endswith(".py") else _plain_edits(source, changes)
            )
        except Refused as error:
            return ResolvedFix(fix.title, fix.safety, refused=str(error))
        if made:
            edits[target] = made
    for created in fix.creates:
        if source_of(created.path) is not None:
            return ResolvedFix(fix.title, fix.safety, refused=f"{created.path} exists already")
    return ResolvedFix(fix.title, fix.safety, edits, fix.creates)


def _plain_edits(source: SourceText, changes: Sequence[Change]) -> Iterator[Edit]:
    """Edits to a file that is no Python: an ini file, a template."""
    for change in changes:
        if isinstance(change, ReplaceText):
            edit = minimal_edit(source.content, change.span, change.text)
            if edit is not None:
                yield edit
