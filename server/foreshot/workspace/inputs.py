"""What could not be read of the files that all revisions of an environment share."""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Surroundings
from foreshot.lint.report import Report
from foreshot.lint.run import problem_report
from foreshot.project.mako import NOT_CLOSED
from foreshot.rules import revision_rules
from foreshot.syntax.module import SyntaxProblem
from foreshot.text import SourceText, Span


def surroundings_problems(surroundings: Surroundings) -> Iterator[Report]:
    """The reports on an env.py or a template that cannot be read or does not parse."""
    environment = surroundings.environment
    problem, source = surroundings.env_problem, surroundings.env_source or SourceText("")
    if problem is not None and environment.env_py is not None:
        if isinstance(problem, SyntaxProblem):
            found = ("syntax", problem.message, problem.span)
        else:
            found = ("unreadable", problem.reason, Span(0, 0))
        yield from _report(*found, source, environment.env_py, "env.py")
    template, source = surroundings.template, surroundings.template_source
    if template is None or template.problem is None or source is None or environment.template is None:
        return
    refused = template.problem
    # What Foreshot does not render, Mako may.
    if refused.why.endswith(NOT_CLOSED):
        yield from _report("syntax", refused.why, refused.span, source, environment.template, "this template")


def _report(kind: str, message: str, at: Span, source: SourceText, path: str, what: str) -> Iterator[Report]:
    # Rules are loaded only where there is something to say.
    report = problem_report(revision_rules(), kind, message, at, source, path, what)
    if report is not None:
        yield report
