"""What env.py makes autogenerate write, and what script.py.mako gives a meaning to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from foreshot.lint.context import ProjectContext
from foreshot.project.env_facts import Argument, EnvFacts
from foreshot.project.template import TemplateFacts
from foreshot.syntax.values import Unknown

PREFIX = re.compile(r"(?:[A-Za-z_]\w*\.)+")
"""A module prefix as Alembic takes it: a dotted path with a dot behind it."""


class Prefix(Struct, frozen=True):
    """A module prefix that env.py sets."""

    value: str
    """Without the dot at its end."""
    argument: Argument

    @property
    def root(self) -> str:
        """The name that must be known in a revision."""
        return self.value.partition(".")[0]


def prefix_of(project: ProjectContext, name: str) -> Prefix | None:
    """The prefix that env.py passes as ``name``; None when it passes none, or one that cannot be told."""
    return prefix_in(project.env, name)


def prefix_in(env: EnvFacts | None, name: str) -> Prefix | None:
    """The same, from the facts of an env.py."""
    argument = env.argument(name) if env is not None else None
    if not isinstance(argument, Argument) or not isinstance(argument.value, str):
        return None
    if PREFIX.fullmatch(argument.value) is None:
        return None
    return Prefix(argument.value.rstrip("."), argument)


def is_told(project: ProjectContext, name: str) -> bool:
    """Whether it is certain if env.py passes ``name``, and what."""
    argument = project.env.argument(name) if project.env is not None else None
    return not isinstance(argument, Unknown) and (argument is None or not isinstance(argument.value, Unknown))


def readable(project: ProjectContext) -> TemplateFacts | None:
    """The template, when it is one that autogenerate fills in."""
    template = project.template
    if template is None or template.problem is not None or project.environment.template is None:
        return None
    return template if "upgrades" in template.fields else None


def bound_in(template: TemplateFacts, name: str) -> bool:
    """Whether a template imports something under a name."""
    return any(item.bound in (name, "*") for item in template.imports)


def aliases(template: TemplateFacts) -> Iterator[str]:
    """The names under which a template has ``sqlalchemy``."""
    return (item.bound for item in template.imports if item.path == "sqlalchemy")
