"""What must hold of every repair: it loses nothing, it repairs, and it does no harm."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from foreshot.ide.actions import Unavailable, resolve_action, safe_fixes
from foreshot.lint.finding import NewFile
from foreshot.lint.report import Report
from foreshot.lint.severity import at_least
from foreshot.project import paths
from foreshot.project.discover import find_environments, revision_files
from foreshot.project.files import Files, Overlay
from foreshot.rules import revision_rules
from foreshot.syntax.comments import comments_of
from foreshot.text import Edit, EditConflict, SourceText, apply_edits, decode, invert_edits
from foreshot.workspace.analysis import analyse
from foreshot.workspace.load import load_surroundings
from foreshot.workspace.project import Project
from foreshot.workspace.resolve import ResolvedFix
from proofs.reports import Violation

Edits = Mapping[str, Sequence[Edit]]

MOST_ROUNDS = 5
"""Rounds in which repairing everything that is safe must come to an end."""


@dataclass
class Tally:
    """How many repairs were offered, made and held, and why others were refused, by rule."""

    offered: Counter[str] = field(default_factory=Counter)
    verified: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    _reread: dict[tuple[tuple[str, str], ...], Project] = field(default_factory=dict)

    def rechecked(self, project: Project, texts: Mapping[str, SourceText]) -> Project:
        """As :func:`rechecked`; changes to what all revisions share, which many repairs make alike, are made once."""
        if all(path in project.analyses for path in texts):
            return rechecked(project, texts)
        key = tuple(sorted((path, source.content) for path, source in texts.items()))
        if key not in self._reread:
            self._reread[key] = rechecked(project, texts)
        return self._reread[key]


def unsound_fixes(project: Project, reports: Iterable[Report], tally: Tally) -> Iterator[Violation]:
    """Repairs that break a promise, each made alone and checked again."""
    for report in reports:
        if not report.offers:
            continue
        fixes = project.fixes(report)
        told = [(offer.title, offer.safety) for offer in report.offers]
        if [(fix.title, fix.safety) for fix in fixes] != told:
            yield _violation("repairs are not those that were offered", report, f"{told} {fixes}")
        for fix in fixes:
            tally.offered[report.rule] += 1
            if fix.refused is not None:
                # Names of files and numbers aside, the reason.
                tally.refused[report.rule, re.sub(r"\d+|/\S+", "…", fix.refused)] += 1
                if fix.edits or fix.creates:
                    yield _violation("refused, and has edits", report, fix.title)
                continue
            complaints = list(_complaints(project, report, fix, tally))
            tally.verified[report.rule] += not complaints
            for what, detail in complaints:
                yield _violation(what, report, f"`{fix.title}`{': ' if detail else ''}{detail}")


def unsound_comments(project: Project, reports: Iterable[Report]) -> Iterator[Violation]:
    """Findings that the comment which is offered to silence them does not silence."""
    for report in reports:
        if not report.path.endswith(".py") or project.source(report.path) is None:
            continue
        try:
            edits = resolve_action(project, report, "ignore", 0).edits
        except Unavailable:
            continue
        complaints = list(lossy_edits(project, edits))
        if not complaints:
            after = rechecked(project, edited(project, edits))
            if _count(after, report) >= _count(project, report):
                complaints.append(("a comment does not silence it", ""))
            extra = _woken(project, after, [report.path])
            # A mistake in a file that does not parse, or in a comment, is not for comments to silence.
            complaints.extend(("a comment to silence it is reported", other.rule) for other in extra)
        for what, detail in complaints:
            yield _violation(what, report, detail)


def unsound_rounds(project: Project, path: str) -> Iterator[Violation]:
    """A file in which repairing everything that is safe loses something or does not come to an end."""
    for _ in range(MOST_ROUNDS):
        changes = safe_fixes(project, path)
        if not changes.edits:
            return
        for what, detail in lossy_edits(project, changes.edits):
            yield Violation(f"repairing everything: {what}", path, detail=detail)
            return
        project = rechecked(project, edited(project, changes.edits))
    yield Violation("repairing everything does not end", path)


def lossy_edits(project: Project, edits: Edits) -> Iterator[tuple[str, str]]:
    """What edits lose: bytes around them, comments, line ends, the way back, or the file's syntax."""
    for path, of_file in edits.items():
        source = project.source(path)
        if source is None:
            yield "edits a file that cannot be read", path
            continue
        content = source.content
        try:
            result = apply_edits(content, of_file)
        except EditConflict as error:
            yield "edits overlap", str(error)
            continue
        if result == content:
            yield "edits change nothing", path
        if apply_edits(result, invert_edits(content, of_file)) != content:
            yield "inverse edits do not restore the text", path
        for edit in of_file:
            for at in (edit.span.start, edit.span.end):
                if content[at - 1 : at + 1] == "\r\n":
                    yield "an edit cuts a line end in half", path
        ends = set(re.findall(r"\r\n|\r|\n", content))
        if len(ends) == 1 and set(re.findall(r"\r\n|\r|\n", result)) - ends:
            yield "line ends of another kind", path
        try:
            again = decode(source.encode(result), python=path.endswith(".py"))
        except UnicodeEncodeError as error:
            yield "cannot be written in the file's encoding", str(error)
            continue
        if not isinstance(again, SourceText) or (again.content, again.bom) != (result, source.bom):
            yield "is not read back as it was written", path
        if path.endswith(".py") and _parses(content):
            if not _parses(result):
                yield "does not parse afterwards", path
            elif lost := _comments(source) - _comments(SourceText(result)):
                yield "loses a comment", "; ".join(lost)


def edited(project: Project, edits: Edits, creates: Iterable[NewFile] = ()) -> dict[str, SourceText]:
    """The files that edits change or create, as they are afterwards."""
    texts: dict[str, SourceText] = {}
    for path, of_file in edits.items():
        source = project.source(path)
        assert source is not None
        texts[path] = SourceText(apply_edits(source.content, of_file), source.encoding, bom=source.bom)
    return texts | {created.path: SourceText(created.text) for created in creates}


def rechecked(project: Project, texts: Mapping[str, SourceText]) -> Project:
    """The project with other texts in some files, everything worked out anew that depends on them."""
    files = Overlay(texts, project.files)
    if any(path not in project.analyses for path in texts):
        return _reread(project, files, texts)
    dependents = [other for path in texts for other in project.dependents(path)]
    for path in dict.fromkeys([*texts, *dependents]):
        source = files.read(path)
        assert source is not None
        project = project.with_file(
            path, analyse(source, path, project.surroundings, revision_rules()), files
        )
    return project


def _reread(project: Project, files: Files, texts: Mapping[str, SourceText]) -> Project:
    place = project.surroundings.environment
    environments = find_environments(files, place.root)
    environment = next(found for found in environments if found.script_location == place.script_location)
    sources = {
        path: source
        for path in revision_files(files, environment)
        if (source := files.read(path)) is not None
    }
    contents = {path: source.encode() for path, source in sources.items() if isinstance(source, SourceText)}
    surroundings, _ = load_surroundings(files, environment, {}, contents)
    # Only what all revisions see can change what is found in those whose texts are the same.
    same = surroundings.targets == project.surroundings.targets and not set(texts) & {
        environment.env_py,
        environment.template,
    }
    analyses = {
        path: project.analyses[path]
        if same and path in project.analyses and path not in texts
        else analyse(source, path, surroundings, revision_rules())
        for path, source in sources.items()
    }
    return Project(files, surroundings, analyses)


def _complaints(
    project: Project, report: Report, fix: ResolvedFix, tally: Tally
) -> Iterator[tuple[str, str]]:
    if not fix.edits and not fix.creates:
        yield "changes nothing", ""
        return
    # A comment that silences nothing is deleted on purpose.
    lossy = [
        complaint
        for complaint in lossy_edits(project, fix.edits)
        if not (complaint[0] == "loses a comment" and "foreshot: ignore" in complaint[1])
    ]
    yield from lossy
    if lossy:
        return
    for path in fix.edits:
        if path != report.path and paths.name(path) not in fix.title:
            yield "changes a file that its title does not name", path
    for created in fix.creates:
        if project.files.read(created.path) is not None:
            yield "creates a file that exists", created.path
        if not project.files.contains(created.path):
            yield "creates a file outside the workspace", created.path
        if created.path.endswith(".py") and not _parses(created.text):
            yield "creates a file that does not parse", created.path
    after = tally.rechecked(project, edited(project, fix.edits, fix.creates))
    left = _count(after, report)
    if left >= _count(project, report):
        yield "the finding is still there", report.message
    elif left == 0 and after.fixes(report):
        yield "can be made twice", ""
    touched = [*fix.edits, *(created.path for created in fix.creates)]
    for other in _woken(project, after, touched):
        if at_least(other.severity, report.severity):
            yield "wakes", f"{other.rule} in {paths.name(other.path)}: {other.message}"


def _woken(project: Project, after: Project, touched: Sequence[str]) -> Iterator[Report]:
    """Findings that are new."""
    places = dict.fromkeys(touched)
    if after.project_reports is not project.project_reports:
        places |= dict.fromkeys([*project.project_reports, *after.project_reports])
    for path in places:
        before, now = project.reports_for(path), after.reports_for(path)
        known = Counter(_identity(report) for report in before)
        kinds = Counter(_kind(report) for report in before)
        for report in now:
            known[_identity(report)] -= 1
            kinds[_kind(report)] -= 1
        for report in now:
            # A finding that is about another name than before is no new one while there are as many.
            if known[_identity(report)] < 0 and kinds[_kind(report)] < 0:
                known[_identity(report)] += 1
                kinds[_kind(report)] += 1
                yield report


def _identity(report: Report) -> tuple[str, ...]:
    return (*_kind(report), report.key.rpartition("|")[0])


def _kind(report: Report) -> tuple[str, ...]:
    return (report.rule, report.severity, report.function or "")


def _count(project: Project, report: Report) -> int:
    """Findings of the same rule about the same thing, of which several carry running numbers."""
    base = report.key.rpartition("|")[0]
    return sum(
        other.rule == report.rule and other.key.rpartition("|")[0] == base
        for other in project.reports_for(report.path)
    )


def _comments(source: SourceText) -> Counter[str]:
    return Counter(comment.text.strip() for comment in comments_of(source))


def _parses(content: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _violation(what: str, report: Report, detail: str) -> Violation:
    return Violation(what, report.path, report.rule, report.key, detail)
