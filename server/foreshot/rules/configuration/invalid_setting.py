"""A setting has no effect: its key is unknown, its value is not one that the key takes, or what it names is not there.

For Foreshot's own settings, in `[tool.foreshot]` or `foreshot.toml`, the default holds instead: a rule that was to be silent
still speaks, or a database that was named is not taken into account. In `alembic.ini` it is Alembic that fails or does not find its
revisions: a version folder that does not exist, a line that is no option.

```toml pyproject.toml bad
[tool.foreshot]
dialects = ["postgresql"]
#| no setting `dialects`
```
```toml fixed pyproject.toml
[tool.foreshot]
dialect = ["postgresql"]
```
```toml pyproject.toml bad
[tool.foreshot]
fail-level = "fatal"
#            ^^^^^^^ `fail-level`
```
```toml pyproject.toml good
[tool.foreshot]
dialect = ["postgresql"]
fail-level = "warning"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.project.environment import Problem
from foreshot.project.settings_keys import KEYS
from foreshot.syntax.changes import ReplaceText


class InvalidSetting(ProjectRule):
    """What is wrong with the files that configure Foreshot and Alembic."""

    severity = "warning"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each problem at its place."""
        for problem in (*project.surroundings.loaded.problems, *project.environment.problems):
            message = problem.message[:1].upper() + problem.message[1:]
            yield self.finding(
                problem.span,
                message if message.endswith((".", "?")) else f"{message}.",
                path=problem.path,
                object=problem.kind,
                severity=problem.severity,
                state=problem,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The nearest key that there is."""
        source = project.source(finding.path or "")
        if source is None or not isinstance(finding.state, Problem) or finding.state.kind != "unknown-key":
            return
        written = source.content[finding.span.start : finding.span.end].strip("\"'")
        nearest = _nearest(written)
        if nearest is not None:
            yield Fix(f"Write {code(nearest)}", "unsafe", (ReplaceText(finding.span, nearest),))


def _nearest(name: str) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, [key.name for key in KEYS], 1)), None)
