"""A comment that silences a rule silences nothing.

The finding that it was written for is gone: the operation was changed, or the comment stands on another line than the
operation. Left in place it would silence the next finding of that rule unseen.

`# foreshot: ignore[rule]` counts for the line that it ends, or, on a line of its own, for the next line of code;
`# foreshot: ignore-file[rule]` for the whole file, when it stands before the first statement.

```python bad
def upgrade():
    op.add_column("users", sa.Column("email", sa.String(255)))  # foreshot: ignore[drop-table] agreed
    #                                                                              ^^^^^^^^^^ silences nothing
```
```python fixed
def upgrade():
    op.add_column("users", sa.Column("email", sa.String(255)))
```
```python bad
def upgrade():
    # foreshot: ignore[blocking-index, drop-table] built at night
    #                                  ^^^^^^^^^^ silences nothing
    op.create_index("ix_users_email", "users", ["email"])
```
```python fixed
def upgrade():
    # foreshot: ignore[blocking-index] built at night
    op.create_index("ix_users_email", "users", ["email"])
```
```python good
def upgrade():
    op.create_index("ix_users_email", "users", ["email"], unique=True)  # foreshot: ignore[blocking-index, unique-over-existing-rows] built at night
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import SuppressionRule
from foreshot.lint.suppress import Suppression
from foreshot.lint.words import code
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span


class UnusedSuppression(SuppressionRule):
    """A suppression that silenced no finding."""

    severity = "warning"
    safety = "safe"

    def check_comments(
        self, path: str, comments: Sequence[tuple[Suppression, bool]], project: ProjectContext
    ) -> Iterator[Finding]:
        """Suppressions that silenced nothing; those that name no rule are another rule's."""
        for suppression, used in comments:
            if not used and suppression.rule in project.rule_names:
                yield self.finding(
                    suppression.span,
                    f"This silences nothing: {code(suppression.rule)} finds nothing here. Remove it.",
                    path=path,
                    object=suppression.rule,
                    state=suppression,
                )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """Take the rule, or the whole comment, away."""
        suppression = finding.state
        source = project.source(finding.path or "")
        if isinstance(suppression, Suppression) and source is not None:
            yield Fix(
                "Remove the suppression", "safe", (ReplaceText(_removal(source.content, suppression), ""),)
            )


def _removal(content: str, suppression: Suppression) -> Span:
    if suppression.alone:
        start, end = suppression.comment.start, suppression.comment.end
        line = max(content.rfind("\n", 0, start), content.rfind("\r", 0, start)) + 1
        if content[line:start].strip():
            # A comment behind code goes with the white space before it.
            while content[start - 1] in " \t":
                start -= 1
            return Span(start, end)
        for newline in ("\r\n", "\n", "\r"):
            if content.startswith(newline, end):
                return Span(line, end + len(newline))
        return Span(line, end)
    start, end = suppression.span.start, suppression.span.end
    after = end
    while content[after] in " \t":
        after += 1
    if content[after] == ",":
        after += 1
        while content[after] in " \t":
            after += 1
        return Span(start, after)
    while content[start - 1] in " \t,":
        start -= 1
    return Span(start, end)
