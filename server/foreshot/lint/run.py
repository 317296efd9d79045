"""Running rules. A rule that crashes is one log line, never a silent file and never a dead server."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from msgspec.structs import replace

from foreshot.knowledge.databases import Target
from foreshot.lint.blocks import held
from foreshot.lint.context import Context, ProjectContext
from foreshot.lint.entry import Note, Notes
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.report import FileReports, Offer, RelatedPlace, Report, Withheld
from foreshot.lint.rule import OperationRule, ProblemRule, ProjectRule, RevisionRule, Rule, SuppressionRule
from foreshot.lint.suppress import Suppression, suppressions_of
from foreshot.migration.operations import Operation
from foreshot.syntax.comments import string_around
from foreshot.text import SourceText, Span

_log = logging.getLogger("foreshot.rules")
_MAX_SAID = 100
_MAX_BLAMED = 200  # characters of a place by which two are told apart


class RuleSet:
    """Rules, arranged by what they look at."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.by_name: dict[str, Rule] = {rule.name: rule for rule in rules}
        self.revision_rules = [rule for rule in self.by_name.values() if isinstance(rule, RevisionRule)]
        self.project_rules = [rule for rule in self.by_name.values() if isinstance(rule, ProjectRule)]
        self.suppression_rules = [rule for rule in self.by_name.values() if isinstance(rule, SuppressionRule)]
        self.problem_rules = [rule for rule in self.by_name.values() if isinstance(rule, ProblemRule)]
        self._operation_rules: list[OperationRule[Any]] = [
            rule for rule in self.by_name.values() if isinstance(rule, OperationRule)
        ]
        self._dispatch: dict[tuple[type[Operation], tuple[Target, ...]], tuple[OperationRule[Any], ...]] = {}

    def for_operation(self, kind: type[Operation], context: Context) -> Sequence[OperationRule[Any]]:
        """The rules that look at operations of a type, in a project on these databases."""
        key = (kind, context.surroundings.targets)
        found = self._dispatch.get(key)
        if found is None:
            found = tuple(
                rule
                for rule in self._operation_rules
                if issubclass(kind, rule.looks_at) and _applies(rule, context)
            )
            self._dispatch[key] = found
        return found


def revision_findings(rules: RuleSet, context: Context) -> list[Finding]:
    """What the rules that look at one revision find in it."""
    found: list[Finding] = []
    ways = ("upgrade", "downgrade") if context.surroundings.settings.lock_rules_in_downgrade else ("upgrade",)
    for operation in context.revision.operations:
        site = operation.site
        guarded = site.dialects is not None or bool(site.excluded)
        for rule in rules.for_operation(type(operation), context):
            if site.function not in rule.directions or (rule.is_about_locks and site.function not in ways):
                continue
            if guarded and rule.databases and not context.targets(rule.databases, operation):
                continue
            try:
                found.extend(rule.check(operation, context))
            except Exception:
                _failed(rule, context.path)
    for rule in rules.revision_rules:
        if not _applies(rule, context):
            continue
        try:
            said = list(rule.check(context))
        except Exception:
            _failed(rule, context.path)
            continue
        found += [one for one in said if not rule.is_about_locks or _way(one) in ways]
    guessed = context.surroundings.guessed
    return _unique([_as_guessed(one, guessed) for one in found] if guessed else found)


def _as_guessed(finding: Finding, guessed: frozenset[str]) -> Finding:
    """No error for databases that the project may not run on."""
    if finding.severity != "error" or not finding.databases or not guessed.issuperset(finding.databases):
        return finding
    return replace(finding, severity="warning", certainty="possible")


def _way(finding: Finding) -> str:
    return finding.operation.site.function if finding.operation is not None else "upgrade"


def _applies(rule: Rule, context: Context) -> bool:
    """Whether a rule has anything to say on the databases that a project runs on."""
    if rule.needs_database and not context.targets_known:
        return False
    return not rule.databases or bool(context.targets(rule.databases))


def project_findings(rules: RuleSet, project: ProjectContext) -> list[Finding]:
    """What the rules that look at a whole environment find in it."""
    found: list[Finding] = []
    for rule in rules.project_rules:
        found.extend(
            _guarded(rule, lambda rule=rule: rule.check(project), project.environment.script_location)
        )
    return _unique(found)


def notes_of(rules: RuleSet, context: Context) -> Notes:
    """What the rules that look at a whole environment want to know of one revision."""
    found: dict[str, tuple[Note, ...]] = {}
    for rule in rules.project_rules:
        if _applies(rule, context):
            notes = tuple(_guarded(rule, lambda rule=rule: rule.notes(context), context.path))
            if notes:
                found[rule.name] = notes
    return found


def fixes_of(rules: RuleSet, finding: Finding, context: Context | ProjectContext) -> list[Fix]:
    """The repairs that can be offered for a finding, the best first."""
    return [fix for fix in all_fixes_of(rules, finding, context) if fix.refused is None]


def all_fixes_of(rules: RuleSet, finding: Finding, context: Context | ProjectContext) -> list[Fix]:
    """The repairs that a finding's rule has, the best first, those that cannot be made here with the reason."""
    rule = rules.by_name[finding.rule]
    if isinstance(rule, ProjectRule):
        if not isinstance(context, ProjectContext):
            return []
        return _guarded(rule, lambda: rule.fixes(finding, context), finding.path or "")
    if isinstance(rule, OperationRule | RevisionRule) and isinstance(context, Context):
        asked = cast("RevisionRule", rule)
        found = [
            held(fix, context) for fix in _guarded(asked, lambda: asked.fixes(finding, context), context.path)
        ]
        return [_with_op(fix, context) for fix in found] if context.op_import else found
    return []


def _with_op(fix: Fix, context: Context) -> Fix:
    """The repair, with the import of ``op`` where it writes code with it and the file has none."""
    needed = [change for change in context.op_import if change not in fix.changes]
    written = [getattr(change, name, "") for change in fix.changes for name in ("code", "header", "value")]
    if not needed or not any(f"{context.op}." in code for code in written):
        return fix
    return replace(fix, changes=(*fix.changes, *needed))


def revision_reports(rules: RuleSet, context: Context) -> FileReports:
    """The findings of one revision as reports, with what repairs exist."""
    source = context.module.source
    findings = revision_findings(rules, context)
    keys = _keys(findings)
    reports = tuple(
        render(
            finding,
            key,
            source,
            context.path,
            context.revision.header.revision,
            all_fixes_of(rules, finding, context),
        )
        for finding, key in zip(findings, keys, strict=True)
    )
    return FileReports(reports, suppressions_of(context.module, source, context.module.comments))


def project_reports(
    rules: RuleSet, project: ProjectContext, source_of: Callable[[str], SourceText | None]
) -> list[Report]:
    """The findings about a whole environment as reports."""
    return _project_reports(rules, project_findings(rules, project), project, source_of)


def comment_findings(
    rules: RuleSet, project: ProjectContext, path: str, comments: Sequence[tuple[Suppression, bool]]
) -> list[Finding]:
    """What is wrong with the suppression comments of one file."""
    found: list[Finding] = []
    for rule in rules.suppression_rules:
        found.extend(_guarded(rule, lambda rule=rule: rule.check_comments(path, comments, project), path))
    return _unique(found)


def comment_reports(
    rules: RuleSet,
    project: ProjectContext,
    path: str,
    comments: Sequence[tuple[Suppression, bool]],
    source_of: Callable[[str], SourceText | None],
) -> list[Report]:
    """The findings about a file's suppression comments as reports."""
    return _project_reports(rules, comment_findings(rules, project, path, comments), project, source_of)


def problem_report(
    rules: RuleSet,
    kind: str,
    message: str,
    at: Span,
    source: SourceText,
    path: str,
    what: str = "this revision",
) -> Report | None:
    """The report on a file that could not be read or parsed; ``what`` it is."""
    for rule in rules.problem_rules:
        if rule.kind == kind:
            finding = rule.check(message, at, what)
            return render(finding, f"{rule.name}||||0", source, path, None, ())
    return None


def _project_reports(
    rules: RuleSet,
    findings: Sequence[Finding],
    project: ProjectContext,
    source_of: Callable[[str], SourceText | None],
) -> list[Report]:
    reports: list[Report] = []
    for finding, key in zip(findings, _keys(findings), strict=True):
        path = finding.path or project.environment.env_py or project.environment.script_location
        entry = project.by_path.get(path)
        reports.append(
            render(
                finding,
                key,
                source_of(path) or SourceText(""),
                path,
                entry.header.revision if entry and entry.header else None,
                all_fixes_of(rules, finding, project),
                source_of,
            )
        )
    return reports


def keyed(findings: Sequence[Finding]) -> Iterator[tuple[str, Finding]]:
    """Each finding with the key that its report carries."""
    return zip(_keys(findings), findings, strict=True)


def render(
    finding: Finding,
    key: str,
    source: SourceText,
    path: str,
    revision: str | None,
    fixes: Sequence[Fix],
    source_of: Callable[[str], SourceText | None] = lambda _path: None,
) -> Report:
    """A finding as a report."""
    lines = source.lines
    operation = finding.operation
    anchor = operation.site.statement if operation is not None else finding.span
    first = min(lines.position(anchor.start)[0], lines.position(finding.span.start)[0])
    alone = operation is not None and not source.content[lines.starts[first] : anchor.start].strip()
    if not alone and not anchor.start < finding.span.start <= anchor.end:
        # No comment can stand inside a string: the line on which it begins counts too.
        inside = string_around(source.content, lines.starts[first])
        first = lines.position(inside.start)[0] if inside is not None else first
    rows = (first, max(lines.position(anchor.end)[0], lines.position(finding.span.end)[0]))
    related: list[RelatedPlace] = []
    for place in finding.related:
        other = source if place.path in (None, path) else source_of(place.path)
        if other is not None:
            start, end = other.lines.position(place.span.start), other.lines.position(place.span.end)
            related.append(RelatedPlace(place.path or path, start, end, place.message))
    return Report(
        rule=finding.rule,
        severity=finding.severity,
        message=finding.message,
        path=path,
        span=finding.span,
        start=lines.position(finding.span.start),
        end=lines.position(finding.span.end),
        rows=rows,
        key=key,
        revision=revision,
        function=operation.site.function if operation is not None else None,
        operation=_operation_name(operation),
        table=getattr(operation, "table_name", None) if operation is not None else None,
        object=finding.object,
        databases=finding.databases,
        certainty=finding.certainty,
        related=tuple(related),
        offers=tuple(Offer(fix.title, fix.safety, fix.makes_files) for fix in fixes if fix.refused is None),
        secret=finding.secret,
        cause=_cause(finding, source),
        withheld=tuple(Withheld(fix.title, fix.refused) for fix in fixes if fix.refused is not None),
    )


def _cause(finding: Finding, source: SourceText) -> str:
    """What findings that are said once have in common; empty for one that is about no operation and names no cause."""
    operation = finding.operation
    if finding.cause is not None:
        return f"{finding.rule}|{finding.cause}"
    if operation is None:
        return ""
    table = getattr(operation, "table_name", None) or ""
    blamed = source.content[finding.span.start : min(finding.span.end, finding.span.start + _MAX_BLAMED)]
    return "|".join((finding.rule, operation.site.function, table, finding.object or "", blamed))


def _operation_name(operation: Operation | None) -> str | None:
    if operation is None:
        return None
    return getattr(operation, "alembic_name", None) or operation.kind


def _keys(findings: Sequence[Finding]) -> list[str]:
    seen: dict[str, int] = {}
    keys: list[str] = []
    for finding in findings:
        operation = finding.operation
        base = "|".join(
            (
                finding.rule,
                operation.site.function if operation else "",
                (getattr(operation, "table_name", None) or "") if operation else "",
                finding.object or "",
            )
        )
        count = seen.get(base, 0)
        seen[base] = count + 1
        keys.append(f"{base}|{count}")
    return keys


def _unique(findings: list[Finding]) -> list[Finding]:
    """Without the repetitions that a loop or a helper called twice makes of one place."""
    seen: set[tuple[str, str | None, Span, str]] = set()
    kept: list[Finding] = []
    for finding in findings:
        identity = (finding.rule, finding.path, finding.span, finding.message)
        if identity not in seen:
            seen.add(identity)
            kept.append(finding)
    kept.sort(key=lambda finding: (finding.path or "", finding.span, finding.rule))
    return kept


def _guarded(rule: Rule, work: Callable[[], Iterable[Any]], path: str) -> list[Any]:
    try:
        return list(work())
    except Exception:
        _failed(rule, path)
        return []


_said: set[tuple[str, str]] = set()


def _failed(rule: Rule, path: str) -> None:
    """One line in the log for a rule and what befell it; thousands of files may bring up the same."""
    error = sys.exception()
    what = (rule.name, repr(error)[:200])
    if what not in _said and len(_said) < _MAX_SAID:
        _said.add(what)
        _log.exception("the rule %s failed on %s", rule.name, path)
