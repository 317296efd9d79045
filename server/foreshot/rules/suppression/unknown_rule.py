"""A suppression or a setting names a rule that does not exist.

It has no effect, so the finding that it was meant for is reported all the same, or a rule that was to be switched off
still speaks. Usually the name is misspelt.

```python bad
def upgrade():
    op.drop_table("users")  # foreshot: ignore[droptable] archived
    #                                          ^^^^^^^^^ no rule `droptable`
```
```python fixed
def upgrade():
    op.drop_table("users")  # foreshot: ignore[drop-table] archived
```
```toml pyproject.toml bad
[tool.foreshot]
ignore = ["blocking-indexes"]
#         ^^^^^^^^^^^^^^^^^^ no rule `blocking-indexes`
```
```toml fixed pyproject.toml
[tool.foreshot]
ignore = ["blocking-index"]
```
```toml pyproject.toml good
[tool.foreshot]
ignore = ["blocking-index"]
```
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import SuppressionRule
from foreshot.lint.suppress import Suppression
from foreshot.lint.words import code
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span


class UnknownRule(SuppressionRule):
    """A name in a suppression or in the settings that is no rule's."""

    severity = "warning"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Names in the settings file."""
        for mention in project.surroundings.loaded.rules:
            if mention.name not in project.rule_names:
                yield self._finding(mention.name, mention.span, mention.path, "This setting", project)

    def check_comments(
        self, path: str, comments: Sequence[tuple[Suppression, bool]], project: ProjectContext
    ) -> Iterator[Finding]:
        """Names in comments."""
        for suppression, _ in comments:
            if suppression.rule not in project.rule_names:
                yield self._finding(suppression.rule, suppression.span, path, "This comment", project)

    def _finding(self, name: str, at: Span, path: str, what: str, project: ProjectContext) -> Finding:
        nearest = _nearest(name, project.rule_names)
        meant = f" Did you mean {code(nearest)}?" if nearest else ""
        return self.finding(
            at,
            f"{what} has no effect: there is no rule {code(name)}.{meant}",
            path=path,
            object=name,
            state=nearest,
        )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The nearest name that is a rule's."""
        source = project.source(finding.path or "")
        if isinstance(finding.state, str) and source is not None:
            written = source.content[finding.span.start : finding.span.end]
            quote = written[:1] if written[:1] in "\"'" else ""
            yield Fix(
                f"Write {code(finding.state)}",
                "unsafe",
                (ReplaceText(finding.span, f"{quote}{finding.state}{quote}"),),
            )


def _nearest(name: str, known: Collection[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, sorted(known), 1, 0.6)), None)
