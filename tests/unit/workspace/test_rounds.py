"""Repairs in rounds, with invented rules that do what a rule should not."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreshot.lint.finding import Fix
from foreshot.lint.report import Offer, Report
from foreshot.lint.severity import Severity
from foreshot.syntax.changes import (
    AppendToFunction,
    Change,
    InsertBefore,
    RemoveStatement,
    ReplaceStatement,
    ReplaceText,
    SetArgument,
    WrapStatements,
)
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText, Span
from foreshot.workspace.fixall import _repaired
from foreshot.workspace.found import Found
from foreshot.workspace.project import Project
from foreshot.workspace.resolve import ResolvedFix, resolve
from foreshot.workspace.rounds import Applied, Subject

PATH = "/a.py"
ELSEWHERE = "/z.py"
Make = Callable[[str, Span, Span], list[Change]]
"""From a text, the place that was found and the statement around it, to changes."""


@dataclass
class Law:
    """An invented rule: what it finds by a pattern, and what it offers."""

    pattern: str
    make: Make
    severity: Severity = "warning"
    elsewhere: bool = False


@dataclass
class Invented:
    """A project of a few files in which invented rules look for their patterns.

    What a rule finds of the kind ``elsewhere`` is reported in a file of its own, as the rules about a history do.
    """

    texts: Mapping[str, str]
    laws: Mapping[str, Law]

    @property
    def found(self) -> Found:
        return Found({ELSEWHERE: tuple(self.reports_for(ELSEWHERE))})

    @property
    def offers(self) -> Invented:
        return self

    def source(self, path: str) -> SourceText | None:
        return SourceText(self.texts[path]) if path in self.texts else None

    def is_only_read(self, path: str) -> bool:
        return False

    def reports_for(self, path: str) -> list[Report]:
        found: list[Report] = []
        for name, law in self.laws.items():
            if law.elsewhere != (path == ELSEWHERE):
                continue
            text = "".join(self.texts.values()) if law.elsewhere else self.texts[path]
            for number, match in enumerate(re.finditer(law.pattern, text)):
                span, offers = Span(*match.span()), (Offer("Change it", "unsafe"),)[law.elsewhere :]
                report = Report(
                    name,
                    law.severity,
                    "found",
                    path,
                    span,
                    (0, 0),
                    (0, 0),
                    (0, 0),
                    f"{name}||||{number}",
                    offers=offers,
                )
                found.append(report)
        return sorted(found, key=lambda report: (report.span, report.rule))

    def described(self, report: Report) -> list[Fix]:
        text = self.texts[report.path]
        changes = self.laws[report.rule].make(text, report.span, _statement(text, report.span))
        return [Fix("Change it", "unsafe", tuple(changes))]

    def fix(self, report: Report, index: int) -> ResolvedFix:
        return resolve(self.described(report)[index], report.path, self.source)


class All(Subject):
    def __init__(self, project: Invented) -> None:
        self.invented = project

    @property
    def project(self) -> Project:
        return cast("Project", self.invented)

    def reports(self) -> Sequence[Report]:
        return [report for path in self.invented.texts for report in self.invented.reports_for(path)]

    def with_texts(self, texts: Mapping[str, SourceText]) -> All:
        changed = {path: text.content for path, text in texts.items()}
        return All(Invented({**self.invented.texts, **changed}, self.invented.laws))


def _statement(text: str, span: Span) -> Span:
    module = parse(SourceText(text))
    assert isinstance(module, Module)
    around = [
        module.span(node)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.stmt) and module.span(node).contains(span)
    ]
    return max(around, key=lambda found: found.start)


def repaired(text: str, **laws: Law) -> tuple[str, list[Applied]]:
    after, applied = all_repaired({PATH: text}, **laws)
    return after[PATH], applied


def all_repaired(texts: Mapping[str, str], **laws: Law) -> tuple[Mapping[str, str], list[Applied]]:
    rounds = _repaired(All(Invented(texts, laws)), unsafe=True)
    return rounds.subject.invented.texts, rounds.applied


def remove(_text: str, _span: Span, statement: Span) -> list[Change]:
    return [RemoveStatement(statement)]


def replace(code: str) -> Make:
    return lambda _text, _span, statement: [ReplaceStatement(statement, code)]


def write(word: str) -> Make:
    return lambda _text, span, _statement: [ReplaceText(span, word)]


def before(code: str) -> Make:
    return lambda _text, _span, statement: [InsertBefore(statement, code)]


def test_two_repairs_that_empty_a_block() -> None:
    text = "def upgrade():\n    with batch() as b:\n        b.one()\n        b.two()\n"
    after, applied = repaired(text, one=Law("one", remove), two=Law("two", remove))
    assert after == "def upgrade():\n    with batch() as b:\n        pass\n"
    assert len(applied) == 2


def test_two_repairs_of_one_operation() -> None:
    text = 'op.make(\n    "fk",\n    "users",\n)\n'

    def not_valid(text: str, _span: Span, statement: Span) -> list[Change]:
        return [SetArgument(statement, "not_valid", "True")] if "op.make" in text else []

    after, applied = repaired(
        text, rename=Law(r"op\.make", replace('op.execute("RENAME")')), check=Law('"users"', not_valid)
    )
    assert after == 'op.execute("RENAME")\n'
    assert [item.report.rule for item in applied] == ["rename"]


def test_a_repair_after_which_the_finding_is_still_there_is_none() -> None:
    text = "def upgrade():\n    op.alter()\n"
    assert repaired(text, timeout=Law(r"op\.alter", before("op.execute()"))) == (text, [])


def test_a_repair_that_brings_up_something_worse_is_none() -> None:
    text = "a\nb\n"
    laws = {"mild": Law("a", write("worse"), "information"), "grave": Law("worse", write("worse "), "error")}
    assert repaired(text, **laws) == (text, [])


def test_the_others_are_repaired() -> None:
    text = "a\nb\nc\nb\n"
    after, applied = repaired(
        text,
        mild=Law("[ac]", write("worse"), "information"),
        other=Law("b", write("d"), "information"),
        grave=Law("worse", write("worse "), "error"),
    )
    assert after == "a\nd\nc\nd\n"
    assert {item.report.rule for item in applied} == {"other"}


@pytest.mark.timeout(60)
def test_one_of_several_files_whose_repair_breaks_another_is_found() -> None:
    texts = {f"/{name}.py": f"{name}\nx\n" for name in "abcdefg"}
    laws = {"rename": Law(r"\b[a-g]\b", lambda text, span, _: [ReplaceText(span, text[span.start] * 2)])}
    after, applied = all_repaired(texts, **laws, broken=Law("(dd|ff)", remove, elsewhere=True))
    assert {path for path in after if after[path] == texts[path]} == {"/d.py", "/f.py"}
    assert len(applied) == 5


def test_what_was_in_the_way_at_first_is_repaired_later() -> None:
    def late(text: str, span: Span, statement: Span) -> list[Change]:
        return (write("d") if "c" in text else before("x = 1"))(text, span, statement)

    after, applied = repaired("a\nb\n", first=Law("a", late), second=Law("b", write("c")))
    assert after == "d\nc\n"
    assert [item.report.rule for item in applied] == ["second", "first"]


def test_repairs_that_undo_each_other_end() -> None:
    after, applied = repaired(
        "x\ny\nz\n", there=Law("x", write("w")), back=Law("w", write("x")), other=Law("y", write("v"))
    )
    assert after == "x\nv\nz\n"
    assert [item.report.rule for item in applied] == ["other"]


def test_what_is_added_to_one_function_is_added_at_once() -> None:
    text = "def upgrade():\n" + "".join(f"    drop({number})\n" for number in range(40))
    text += "\n\ndef downgrade():\n    begin()\n"

    def back(text: str, span: Span, statement: Span) -> list[Change]:
        module = parse(SourceText(text))
        assert isinstance(module, Module)
        return [
            RemoveStatement(statement),
            AppendToFunction(module.span(module.tree.body[-1]), f"make({text[span.end :].split(')')[0]})"),
        ]

    after, applied = repaired(text, drop=Law(r"drop\(", back))
    assert len(applied) == 40
    assert after.endswith("begin()\n" + "".join(f"    make({number})\n" for number in range(40)))


_CHANGES: Mapping[str, Make] = {
    "remove": remove,
    "insert": before("f()"),
    "replace": replace("g(1)\nh()"),
    "rename": write("k"),
    "wrap": lambda _text, _span, statement: [WrapStatements(statement, statement, "with w():")],
    "argument": lambda _text, _span, statement: [SetArgument(statement, "x", "1")],
}
_LINES = ("f()", "g()", "h(1)", "k()", "m(\n    2,\n)", "n(); f()")


@st.composite
def modules(draw: st.DrawFn) -> str:
    blocks = draw(st.lists(st.lists(st.sampled_from(_LINES), min_size=1, max_size=3), min_size=1, max_size=4))
    text = ""
    for number, lines in enumerate(blocks):
        header = draw(st.sampled_from(("", "with a():\n", "if b:\n", "def c():\n")))
        body = "\n".join(lines)
        text += header + ("\n".join(f"    {line}" for line in body.split("\n")) if header else body) + "\n"
        text += "\n" * (number % 2)
    return text


laws = st.dictionaries(
    st.sampled_from(["one", "two", "three", "four"]),
    st.builds(
        Law,
        st.sampled_from([rf"\b{name}\b" for name in "fghkmn"]),
        st.sampled_from(list(_CHANGES.values())),
        st.sampled_from(cast("list[Any]", ["error", "warning", "information", "hint"])),
        st.booleans(),
    ),
    min_size=1,
)


@pytest.mark.timeout(300)
@settings(max_examples=60, deadline=None)
@given(modules(), modules(), laws)
def test_whatever_rules_do_it_ends_parses_and_is_quiet_afterwards(
    text: str, other: str, laws: dict[str, Law]
) -> None:
    texts = {PATH: text, "/b.py": other}
    after, applied = all_repaired(texts, **laws)
    for changed in after.values():
        ast.parse(changed)
    assert bool(applied) == (after != texts)
    assert all_repaired(after, **laws) == (after, [])
