"""A hook of env.py does not take what Alembic passes to it: autogenerate stops with a TypeError.

Alembic calls its hooks by position: `include_object` with five arguments, `include_name`, `render_item` and
`process_revision_directives` with three, `compare_type` with five, `compare_server_default` with six; and `on_version_apply` with the keywords `ctx`, `step`,
`heads` and `run_args`. Measured with Alembic 1.16 to 1.20. Upgrades do not call the hooks of autogenerate, so the slip shows
only when somebody wants a new revision; `on_version_apply` breaks upgrades as well.

Functions with `*args`, and decorated ones, are not reported: what they take is not known.

```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_object(object, name, type_):
#   ^^^^^^^^^^^^^^ stops with a TypeError
    return name != "spatial_ref_sys"


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_object=include_object)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_object(object, name, type_, reflected, compare_to):
    return name != "spatial_ref_sys"


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_object=include_object)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_object(object, name, type_, reflected, compare_to):
    return name != "spatial_ref_sys"


def render_item(*args):
    return False


def run_migrations_online():
    context.configure(
        connection=None, target_metadata=target_metadata, include_object=include_object, render_item=render_item
    )
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py bad
from alembic import context
from app.models import Base


def run_migrations_online():
    wanted = Base.metadata
    context.configure(connection=None, target_metadata=wanted, include_name=lambda name, type_: type_ != "schema")
    #                                                                       ^^^^^^ stops with a TypeError
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base


def run_migrations_online():
    wanted = Base.metadata
    context.configure(connection=None, target_metadata=wanted, include_name=lambda name, type_, parent_names: type_ != "schema")
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, listed
from foreshot.rules.environment._hooks import PARAMETERS, Hook, hooks
from foreshot.syntax.changes import ReplaceText
from foreshot.syntax.module import Module
from foreshot.text import Span

_KEYWORDS = ("ctx", "step", "heads", "run_args")


class WrongHookSignature(ProjectRule):
    """A hook with other parameters than Alembic passes."""

    severity = "error"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each hook that cannot be called."""
        path, module = project.environment.env_py, project.surroundings.env_module
        if path is None or module is None:
            return
        for hook in hooks(project, *PARAMETERS):
            if not _takes(hook.function.args, len(PARAMETERS[hook.name])):
                expected = listed([code(name) for name in PARAMETERS[hook.name]])
                when = "Autogenerate stops with a TypeError"
                yield self.finding(
                    hook.at(module),
                    f"{when}: Alembic passes {len(PARAMETERS[hook.name])} arguments to {code(hook.name)}: {expected}.",
                    path=path,
                    object=hook.name,
                    state=hook,
                )
        for hook in hooks(project, "on_version_apply"):
            if not _takes_keywords(hook.function.args):
                yield self.finding(
                    hook.at(module),
                    "Every upgrade stops with a TypeError: Alembic calls `on_version_apply` with the keywords"
                    " `ctx`, `step`, `heads` and `run_args`. Take them, or `**kw`.",
                    path=path,
                    object=hook.name,
                )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The parameters that are missing, or without those that nothing in the function uses."""
        module = project.surroundings.env_module
        if module is None or not isinstance(finding.state, Hook):
            return
        change = _completed(finding.state, module)
        if change is not None:
            yield Fix("Take the arguments that Alembic passes", "safe", (change,))


def _takes(given: ast.arguments, count: int) -> bool:
    """Whether a call with so many arguments by position works."""
    if any(default is None for default in given.kw_defaults):
        return False
    names = len(given.posonlyargs) + len(given.args)
    if given.vararg is not None:
        return names - len(given.defaults) <= count
    return names - len(given.defaults) <= count <= names


def _takes_keywords(given: ast.arguments) -> bool:
    names = [item.arg for item in (*given.args, *given.kwonlyargs)]
    if given.posonlyargs:
        return False
    needed = [item.arg for item in given.args[: len(given.args) - len(given.defaults)]]
    needed += [
        item.arg for item, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default is None
    ]
    return set(needed) <= set(_KEYWORDS) and (given.kwarg is not None or set(_KEYWORDS) <= set(names))


def _completed(hook: Hook, module: Module) -> ReplaceText | None:
    """What makes the parameters those of Alembic; None where more than one thing could be meant."""
    given, expected = hook.function.args, PARAMETERS[hook.name]
    names = hook.parameters
    if given.vararg or given.kwonlyargs or given.kwarg or given.defaults or given.posonlyargs or not names:
        return None
    last = module.span(given.args[-1])
    if len(names) < len(expected):
        missing = expected[len(names) :]
        used = {node.id for node in ast.walk(hook.function) if isinstance(node, ast.Name)}
        if set(missing) & (set(names) | used):
            return None
        return ReplaceText(Span(last.end, last.end), "".join(f", {name}" for name in missing))
    extra = set(names[len(expected) :])
    if any(isinstance(node, ast.Name) and node.id in extra for node in ast.walk(hook.function)):
        return None
    kept = module.span(given.args[len(expected) - 1])
    return ReplaceText(Span(kept.end, last.end), "")
