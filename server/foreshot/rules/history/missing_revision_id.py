"""A Python file in the version folder names no revision: Alembic refuses the whole history.

Alembic takes every `.py` file of a version folder for a revision. One without `revision` ends every command, `upgrade` on a
server included, with "Could not determine revision id from filename", whatever else the folder holds. Modules that migrations
share belong outside of the version folders, and a package marker is called `__init__.py`.

A file whose whole name looks like an id (`1a2b3c.py`) is taken as one of Alembic 0.1, and is no finding; nor is one that
gets its names in a way that cannot be read.

```python versions/helpers.py bad
def add_audit_columns(table): ...
#| Alembic refuses every command
```
```python versions/1a2b3c.py good
def upgrade():
    pass
```
```python versions/0002_example.py good
from shared.header import *
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding
from foreshot.lint.rule import ProjectRule
from foreshot.project import paths
from foreshot.project.module_names import ModuleNames
from foreshot.syntax.module import Module, first_line, parse

_OF_OLD = re.compile(r"[a-f0-9]+\.py")  # alembic.script.base, _legacy_rev


class MissingRevisionId(ProjectRule):
    """A file of the version folder that gives no id."""

    severity = "error"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each file that is no revision, beside some that are."""
        if project.environment.flavour == "revisions-only" or not len(project.graph):
            return
        for entry in project.entries:
            name = paths.name(entry.path)
            if entry.header is not None or _OF_OLD.fullmatch(name):
                continue
            source = project.source(entry.path)
            module = parse(source) if source is not None else None
            if not isinstance(module, Module) or _may_name(module):
                continue
            message = "Alembic refuses every command: this file has no `revision`. Move files that are not migrations out of the version folder."
            yield self.finding(first_line(module.source), message, path=entry.path)


def _may_name(module: Module) -> bool:
    names = ModuleNames(module)
    if names.binding("revision") is not None or names.is_dynamic:
        return True
    return next(names.stars(before="revision"), None) is not None
