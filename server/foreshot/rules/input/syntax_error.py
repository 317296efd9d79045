"""This revision is not valid Python: Alembic cannot load it.

Alembic loads every file of the version folders before it does anything, so one broken file stops every command, not
only its own migration. While a file is broken, Foreshot goes on with what it last said in working order.

```python versions/0002_example.py bad
revision = "0002"
down_revision = "0001"

def upgrade(:
#           ^ Alembic cannot load
    pass
```
```python versions/0002_example.py good
revision = "0002"
down_revision = "0001"


def upgrade():
    pass
```
"""

from __future__ import annotations

from foreshot.lint.finding import Finding
from foreshot.lint.rule import ProblemRule
from foreshot.lint.words import plain
from foreshot.text import Span


class SyntaxError(ProblemRule):  # noqa: A001 (the class has the rule's name)
    """A revision file that does not parse."""

    kind = "syntax"
    severity = "error"

    def check(self, message: str, at: Span) -> Finding:
        """The parser's message."""
        return self.finding(at, f"Alembic cannot load this revision: {plain(message)}.")
