"""The prefix for types lacks its last dot: autogenerate glues it to the name of the type.

`user_module_prefix` and `sqlalchemy_module_prefix` are put in front of a type's name as they are. With `"app.types"` a revision says
`app.typesMoney()`, and with `"sa"` it says `saInteger()`: a NameError or an AttributeError as soon as it runs. Measured with Alembic 1.16 to 1.20.

An empty prefix is not reported: it stands for types that the template imports one by one.

```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, sqlalchemy_module_prefix="sa")
    #                                                                                            ^^^^ writes `saInteger()`
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, sqlalchemy_module_prefix="sa.")
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, sqlalchemy_module_prefix="sa.")
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.rules.environment._metadata import passed
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span

_LITERAL = re.compile(r"(['\"])[\w.]+\1")


class PrefixWithoutDot(ProjectRule):
    """A module prefix that does not end in a dot."""

    severity = "error"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each prefix, once a value's place."""
        path = project.environment.env_py
        if path is None:
            return
        for name, example in (
            ("user_module_prefix", "Money"),
            ("sqlalchemy_module_prefix", "Integer"),
            ("alembic_module_prefix", "add_column"),
        ):
            for _, argument in passed(project, name):
                value = argument.value
                if isinstance(value, str) and value and not value.endswith("."):
                    yield self.finding(
                        argument.span,
                        f"Autogenerate writes {code(f'{value}{example}()')}: the prefix is used as it is. End it with a dot.",
                        path=path,
                        object=name,
                    )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The dot."""
        source = project.surroundings.env_source
        span = finding.span
        if source is not None and _LITERAL.fullmatch(source.content[span.start : span.end]):
            yield Fix(
                "End the prefix with a dot", "safe", (ReplaceText(Span(span.end - 1, span.end - 1), "."),)
            )
