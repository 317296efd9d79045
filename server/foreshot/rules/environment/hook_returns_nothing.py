"""A hook of env.py can end without an answer, and Alembic takes None for one.

What `include_object` and `include_name` return is asked whether it is true: None leaves the object out, so that a hook which says
`return False` for some things and nothing for the rest leaves everything out, and autogenerate finds no changes. What `render_item` returns is written into the revision
unless it is `False`: None becomes the text `None`, and `op.add_column("users", None)` stops with an AttributeError. Measured
with Alembic 1.16 to 1.20. In a new table None leaves a constraint out: a hook that says `return None` means that.

`compare_type` and `compare_server_default` are not reported: there None asks for Alembic's own comparison. Nor is a filter that says `return True` for what it wants and lets
the rest end: that is one way to leave things out.

```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_object(object, name, type_, reflected, compare_to):
#   ^^^^^^^^^^^^^^ leaves everything else out
    if type_ == "table" and name == "spatial_ref_sys":
        return False


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
    if type_ == "table" and name == "spatial_ref_sys":
        return False
    return True


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_object=include_object)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def render(type_, obj, autogen_context):
#   ^^^^^^ writes `None` into the revision
    if type_ == "type" and obj.__class__.__module__.startswith("app."):
        return f"app.types.{obj!r}"


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, render_item=render)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def render(type_, obj, autogen_context):
    if type_ == "type" and obj.__class__.__module__.startswith("app."):
        return f"app.types.{obj!r}"
    return False


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, render_item=render)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def render(type_, obj, autogen_context):
    if type_ == "check_constraint" and obj.info.get("not_rendered"):
        return None
    return False


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, render_item=render)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_object(object, name, type_, reflected, compare_to):
    if type_ == "table" and reflected and compare_to is None:
        return False
    else:
        return True


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_object=include_object)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_name(name, type_, parent_names):
#   ^^^^^^^^^^^^ leaves columns out
    if type_ == "schema":
        return name in (None, "shop")
    elif type_ == "table":
        return name != "spatial_ref_sys"


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_name=include_name)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py fixed
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_name(name, type_, parent_names):
    if type_ == "schema":
        return name in (None, "shop")
    elif type_ == "table":
        return name != "spatial_ref_sys"
    return True


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_name=include_name)
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
from foreshot.lint.words import code
from foreshot.rules.environment._hooks import Hook, falls_through, hooks, own_nodes
from foreshot.syntax.changes import AppendToFunction
from foreshot.syntax.module import Module


class HookReturnsNothing(ProjectRule):
    """A path through a hook that ends without an answer."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each hook that can end so."""
        path, module = project.environment.env_py, project.surroundings.env_module
        if path is None or module is None:
            return
        for hook in hooks(project, "include_object", "include_name", "render_item"):
            told = _told(hook)
            if told is not None:
                yield self.finding(hook.at(module), told, path=path, object=hook.name, state=hook)

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """An answer at the end."""
        module, hook = project.surroundings.env_module, finding.state
        if module is None or not isinstance(hook, Hook) or not falls_through(hook.body):
            return
        answer = "False" if hook.name == "render_item" else "True"
        yield Fix(f"End with `return {answer}`", "unsafe", (_appended(module, hook, answer),))


def _appended(module: Module, hook: Hook, answer: str) -> AppendToFunction:
    return AppendToFunction(module.span(hook.function), f"return {answer}")


def _told(hook: Hook) -> str | None:
    """What happens where the hook ends without an answer; None where it does not, or where that is an answer."""
    returns = [node for node in own_nodes(hook) if isinstance(node, ast.Return)]
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(hook)):
        return None
    # `return None` is written on purpose: Alembic leaves such a constraint out of a new table.
    empty = [node for node in returns if node.value is None]
    ends = falls_through(hook.body)
    if not ends and not empty:
        return None
    if hook.name == "render_item":
        return (
            "Autogenerate writes `None` into the revision where this hook ends without a return value."
            " Return `False` there, for Alembic's own rendering."
        )
    if not ends:
        return None
    if not returns or all(node.value is not None and _is(node.value, value=False) for node in returns):
        return (
            f"Autogenerate leaves everything else out: {code(hook.label)} ends without a return value, which counts as False."
            " Return True at its end."
        )
    if all(_asks_for_others(statement, hook.parameter("type_")) for statement in hook.body):
        return (
            f"Autogenerate leaves columns out: {code(hook.label)} ends without a return value for them, which counts as False."
            " Return True at its end."
        )
    return None


def _asks_for_others(statement: ast.stmt, kind: str | None) -> bool:
    """Whether a statement gives an answer for objects of other kinds than columns alone, or none."""
    match statement:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.If(
            test=ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()], comparators=[ast.Constant(value=asked)])
        ):
            asks = name == kind and asked != "column"
            return asks and all(_asks_for_others(item, kind) for item in statement.orelse)
        case _:
            return False


def _is(node: ast.expr, *, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
