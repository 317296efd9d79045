"""This file could not be read, so nothing in it was checked.

It is larger than 1 MiB, not text in the encoding that it states (UTF-8 where it states none), no regular file, or not
readable by this user. Silence about it is no sign of safety.

```python versions/0002_example.py bad
# -*- coding: no-such-encoding -*-
#|  Nothing in this file was checked
revision = "0002"
```
```python versions/0002_example.py good
# -*- coding: utf-8 -*-
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


class UnreadableFile(ProblemRule):
    """A revision file that is not text."""

    kind = "unreadable"
    severity = "error"

    def check(self, message: str, at: Span, what: str = "this revision") -> Finding:
        """Why it could not be read."""
        return self.finding(at, f"Nothing in this file was checked: {plain(message)}.")
