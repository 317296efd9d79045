"""Every room's page holds: its examples, and the manners that all rules share."""

from __future__ import annotations

import ast
import itertools
from collections import Counter

import pytest

from foreshot.lint.report import Report
from foreshot.lint.rule import Rule
from foreshot.lint.severity import at_least
from foreshot.rules import IN_A_PROJECT, IN_A_REVISION, all_rules
from foreshot.text import EditConflict, SourceText, apply_edits, invert_edits
from foreshot.workspace.project import Project
from foreshot.workspace.resolve import ResolvedFix
from rules.harness import (
    FIRST,
    MOST_WORDS,
    REVISION,
    ROOT,
    Example,
    Transform,
    applied,
    examples_of,
    functions_of,
    project_of,
    reports_of,
    room_files,
    words_in,
)

RULES = list(all_rules().by_name.values())
PAIRS = [
    (rule, example, f"{rule.name}-{index}")
    for rule in RULES
    for index, example in enumerate(examples_of(rule), 1)
]
EXAMPLES = [pytest.param(rule, example, id=name) for rule, example, name in PAIRS]
BAD = [pytest.param(rule, example, id=name) for rule, example, name in PAIRS if example.bad]
FIXED = [
    pytest.param(rule, example, id=name) for rule, example, name in PAIRS if example.bad and example.fixed
]
LOOKS = [
    Transform("crlf", lambda text: text.replace("\n", "\r\n")),
    Transform("tabs", lambda text: "\n".join(_tabbed(line) for line in text.split("\n"))),
    Transform(
        "non-bmp",
        lambda text: text.replace('"""example', '"""\N{OWL} example \N{MATHEMATICAL BOLD CAPITAL A}'),
    ),
    Transform("comments", lambda text: text.replace("\ndef ", "\n# a comment before\ndef ")),
]


def test_the_list_names_every_room() -> None:
    listed = {entry.replace("-", "_") for entry in (*IN_A_REVISION, *IN_A_PROJECT)}
    rooms = {f"{path.parent.name}/{path.stem}" for path in room_files() if path.stem != "__init__"}
    assert listed == rooms


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_room_is_furnished(rule: Rule) -> None:
    examples = examples_of(rule)
    assert any(example.bad for example in examples), "no bad example"
    assert any(not example.bad for example in examples), "no good example"
    assert all(example.marks for example in examples if example.bad), "a bad example without a mark"
    first_line = rule.page.split("\n", 1)[0]
    assert first_line.endswith("."), "the page starts with a sentence"
    assert type(rule).__name__ == "".join(part.capitalize() for part in rule.name.split("-"))
    has_fixed = any(example.fixed for example in examples)
    assert has_fixed == (rule.safety is not None), "a declared safety goes with an example of the fix"


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_findings_match_the_marks(rule: Rule, example: Example) -> None:
    project = example.project()
    assert _found(project, rule, example) == _expected(project, example)
    if "," not in example.options.get("dialect", ""):
        assert [
            one.message for one in reports_of(project, rule.name) if words_in(one.message) > MOST_WORDS
        ] == []


@pytest.mark.parametrize(("rule", "example"), FIXED)
def test_fixes_give_what_the_page_shows(rule: Rule, example: Example) -> None:
    for number, expected in example.fixed.items():
        project = example.project()
        before = reports_of(project)
        own = [report for report in before if report.rule == rule.name]
        report = next((report for report in own if report.path == f"{ROOT}/{example.path}"), own[0])
        fix = _fix(project, report, number)
        texts = applied(project, fix)
        for path, text in expected.items():
            if path == FIRST:
                (created,) = fix.creates
                assert functions_of(created.text) == text
            elif fix.creates and path == REVISION:
                # Its header now names the new revision.
                assert functions_of(texts[path]) == functions_of(text)
            else:
                assert texts[path] == text
        after_project = project_of(texts, example.options)
        after = reports_of(after_project)
        for path in fix.edits:
            if path.endswith(".py"):
                ast.parse(texts[path.removeprefix(f"{ROOT}/")])
        remaining = [item for item in after if item.rule == rule.name and item.key == report.key]
        assert not remaining, "the finding is still there after its fix"
        # A repair may give an object another name, so what was there before is told by rule and table.
        known = Counter((item.rule, item.table) for item in before)
        created_paths = {item.path for item in fix.creates}
        said = set(known)
        woken: list[Report] = []
        for item in after:
            # What is said of a revision is said of both where it becomes two.
            if item.path in created_paths and (item.rule, item.table) in said:
                continue
            # The revision that models ask for is reviewed as any other.
            if created_paths and rule.by_hand and item.severity != "error":
                continue
            if item.rule == rule.name or not at_least(item.severity, report.severity):
                continue
            known[item.rule, item.table] -= 1
            if known[item.rule, item.table] < 0:
                woken.append(item)
        assert not woken, f"the fix wakes {[(item.rule, item.message) for item in woken]}"


@pytest.mark.parametrize(("rule", "example"), BAD)
def test_fixes_lose_nothing(rule: Rule, example: Example) -> None:
    project = example.project()
    for report in reports_of(project, rule.name):
        fixes = project.fixes(report)
        assert [(fix.title, fix.safety) for fix in fixes] == [
            (offer.title, offer.safety) for offer in report.offers
        ]
        for fix in fixes:
            assert fix.refused is None, fix.refused
            assert fix.edits or fix.creates, f"`{fix.title}` changes nothing"
            for path, edits in fix.edits.items():
                source = project.source(path)
                assert source is not None
                try:
                    result = apply_edits(source.content, edits)
                except EditConflict as error:
                    raise AssertionError(f"`{fix.title}`: {error}") from error
                assert apply_edits(result, invert_edits(source.content, edits)) == source.content


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.safety], ids=lambda rule: rule.name)
def test_the_best_fix_is_as_safe_as_declared(rule: Rule) -> None:
    offered = [
        offer.safety
        for example in examples_of(rule)
        if example.bad
        for report in reports_of(example.project(), rule.name)
        for offer in report.offers
    ]
    assert offered
    assert ("safe" in offered) == (rule.safety == "safe")


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize(("rule", "example"), BAD)
def test_looks_do_not_matter(rule: Rule, example: Example, look: Transform) -> None:
    plain, changed = example.project(), example.project(look)
    one, other = reports_of(plain, rule.name), reports_of(changed, rule.name)
    assert [(item.message, item.key) for item in one] == [(item.message, item.key) for item in other]
    for first, second in zip(one, other, strict=True):
        for fix, same in zip(plain.fixes(first), changed.fixes(second), strict=True):
            assert same.refused is None, same.refused
            expected = {
                path: look(text) if path.endswith(".py") else text
                for path, text in applied(plain, fix).items()
            }
            actual = applied(changed, same)
            created = {item.path.removeprefix(f"{ROOT}/") for item in (*same.creates, *fix.creates)}
            for path in expected.keys() - created:
                assert actual[path] == expected[path]


@pytest.mark.parametrize(("rule", "example"), BAD)
def test_a_comment_silences_it(rule: Rule, example: Example) -> None:
    if not example.path.endswith(".py") or rule.family in ("suppression", "input"):
        return
    project = example.project()
    analysis = project.analyses.get(f"{ROOT}/{example.path}")
    # Each place of a finding that is said once has a comment of its own.
    said = [*reports_of(project), *(analysis.reports.reports if analysis is not None else ())]
    reports = [one for one in said if one.rule == rule.name and one.path == f"{ROOT}/{example.path}"]
    lines = example.text.split("\n")
    for row in sorted({report.rows[0] for report in reports}, reverse=True):
        indent = lines[row][: len(lines[row]) - len(lines[row].lstrip())]
        lines.insert(row, f"{indent}# foreshot: ignore[{rule.name}] known")
    silenced = project_of({**example.files, example.path: "\n".join(lines)}, example.options)
    left = [
        report
        for report in reports_of(silenced)
        if report.rule == rule.name and report.path.endswith(example.path)
    ]
    assert not left
    assert not list(reports_of(silenced, "unused-suppression"))


def test_keys_are_unique() -> None:
    for rule, example, _ in PAIRS:
        keys = [(report.path, report.key) for report in reports_of(example.project(), rule.name)]
        assert len(keys) == len(set(keys))


def _fix(project: Project, report: Report, number: int) -> ResolvedFix:
    fixes = project.fixes(report)
    assert len(fixes) >= number, f"{report.rule} offers {len(fixes)} fixes"
    return fixes[number - 1]


def _expected(project: Project, example: Example) -> list[tuple[str, int, object, str]]:
    return [(mark.path, mark.row, mark.columns, mark.message) for mark in example.marks]


def _found(project: Project, rule: Rule, example: Example) -> list[tuple[str, int, object, str]]:
    """What was found, in the words of the marks as far as they agree."""
    found: list[tuple[str, int, object, str]] = []
    reports = reports_of(project, rule.name)
    for report, mark in itertools.zip_longest(reports, example.marks):
        if report is None:
            continue
        source = project.source(report.path) or SourceText("")
        end = report.end[1] if report.end[0] == report.start[0] else len(source.lines.line(report.start[0]))
        columns: object = (report.start[1], end)
        message = report.message
        if mark is not None:
            columns = None if mark.columns is None else columns
            message = mark.message if mark.message in report.message else report.message
        found.append((report.path.removeprefix(f"{ROOT}/"), report.start[0], columns, message))
    return found


def _tabbed(line: str) -> str:
    stripped = line.lstrip(" ")
    spaces = len(line) - len(stripped)
    return "\t" * (spaces // 4) + " " * (spaces % 4) + stripped
