"""This revision is not valid Python: Alembic cannot load it.

Alembic loads every file of the version folders before it does anything, so one broken file stops every command, not
only its own migration. The same is said of env.py, which every command runs, and of the template of new revisions. While a file is
broken, Foreshot goes on with what it last said in working order.

Both sides of a merge that git has left in a file are said as what they are, and no comment in the file silences that.

```python versions/0002_example.py bad
revision = "0002"
down_revision = "0001"

def upgrade(:
#           ^ Alembic cannot load
    pass
```
```python versions/0002_example.py bad
revision = "0002"
<<<<<<< HEAD
#| unresolved merge conflict
down_revision = "0001"
=======
down_revision = "0001b"
>>>>>>> feature


def upgrade():
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
    """A revision, an env.py or a template that does not parse."""

    kind = "syntax"
    severity = "error"

    def check(self, message: str, at: Span, what: str = "this revision") -> Finding:
        """The parser's message."""
        return self.finding(at, f"Alembic cannot load {what}: {plain(message)}.")
