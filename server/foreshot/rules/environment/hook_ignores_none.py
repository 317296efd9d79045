"""A hook of env.py takes the name for a text, and Alembic passes None: autogenerate stops with an AttributeError.

`include_object` gets None for a unique constraint or a foreign key that has no name in the models. `include_name` gets
None for the default schema, at every autogenerate, whether `include_schemas` is on or not. Measured with Alembic 1.16 to 1.20.

Tables and columns always have a name, and indexes get one from SQLAlchemy, so what runs for them alone is not reported; nor what stands behind a test of the name.

```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_object(object, name, type_, reflected, compare_to):
    return not name.startswith("tmp_")
    #          ^^^^ has no name


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
    if name is None:
        return True
    return not name.startswith("tmp_")


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
    if type_ == "schema":
        return name.startswith("app_")
        #      ^^^^ the default schema
    return True


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_name=include_name)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py bad
import re

from alembic import context
from app.models import Base

target_metadata = Base.metadata
IGNORED = {"spatial_ref_sys", "topology"}


def include_object(object, name, type_, reflected, compare_to):
    if name in IGNORED:
        return False
    return not re.match(r"tmp_\\d+$", name)
    #                                ^^^^ the name is None then


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
WANTED = {None, "shop"}


def include_object(object, name, type_, reflected, compare_to):
    if name not in WANTED or name is None:
        return name is None
    return len(name) < 20


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
    if type_ == "table":
        return not name.startswith("tmp_")
    return not (name and name.startswith("ix_tmp_"))


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_object=include_object)
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
from foreshot.rules.environment._hooks import Hook, hooks, own_nodes
from foreshot.rules.environment._paths import Guard, facts, guarded
from foreshot.syntax.changes import PrependToFunction
from foreshot.syntax.module import Module

_NAMED = {
    "include_object": {"table", "column", "index"},
    "include_name": {"table", "column", "index", "unique_constraint", "foreign_key_constraint"},
}
"""The kinds of objects whose name is never None."""


class HookIgnoresNone(ProjectRule):
    """``name.…`` in a filter, where the name may be None."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The first such place of each hook."""
        path, module = project.environment.env_py, project.surroundings.env_module
        if path is None or module is None:
            return
        for hook in hooks(project, *_NAMED):
            at = _used_as_text(hook, module)
            if at is None:
                continue
            what = (
                "an object has no name"
                if hook.name == "include_object"
                else "it is asked about the default schema"
            )
            yield self.finding(
                module.span(at),
                f"Autogenerate stops with an AttributeError or a TypeError when {what}: the name is None then. Handle that first.",
                path=path,
                object=hook.name,
                state=hook,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """What has no name is taken in."""
        module, hook = project.surroundings.env_module, finding.state
        if module is None or not isinstance(hook, Hook):
            return
        name = hook.parameter("name")
        if hook.name != "include_object" or isinstance(hook.function, ast.Lambda):
            # The default schema may be wanted or not.
            return
        code = f"if {name} is None:\n    return True"
        yield Fix(
            f"Return True where {name} is None",
            "unsafe",
            (PrependToFunction(module.span(hook.function), code),),
        )


def _used_as_text(hook: Hook, module: Module) -> ast.Name | None:
    name, kind = hook.parameter("name"), hook.parameter("type_")
    if name is None or any(_assigns(node, name) for node in own_nodes(hook)):
        return None
    for node, guards in guarded(hook.body):
        used = _use(node, name)
        if used is None:
            continue
        known = [fact for guard in guards for fact in facts(guard)]
        if not any(_tells(fact, name, kind, hook.name, module) for fact in known):
            return used
    return None


def _assigns(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)


def _use(node: ast.expr, name: str) -> ast.Name | None:
    """The name where it has to be a text: an attribute or a slice of it, something looked for in it."""
    match node:
        case (
            ast.Attribute(value=ast.Name(id=used) as at)
            | ast.Subscript(value=ast.Name(id=used) as at)
            | ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=used) as at])
        ) if used == name:
            return at
        case (
            ast.Call(
                func=ast.Attribute(attr="match" | "search" | "fullmatch" | "fnmatch" | "fnmatchcase"),
                args=args,
            )
            | ast.Call(func=ast.Name(id="len" | "fnmatch" | "fnmatchcase"), args=args)
        ):
            return next((item for item in args if isinstance(item, ast.Name) and item.id == name), None)
        case _:
            return None


def _tells(fact: Guard, name: str, kind: str | None, hook: str, module: Module) -> bool:
    """Whether what is known makes sure that there is a name; a test that is not understood is taken to."""
    test, held = fact
    if not held and _is_another(test, name, module):
        return False
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    if name in names:
        # A test that looks into the name itself was reported; any other is about what it is.
        return not any(_use(node, name) is not None for node in ast.walk(test) if isinstance(node, ast.expr))
    if kind is None or kind not in names:
        return False
    kinds, same = _kinds(test, kind)
    if kinds is None:
        return True
    if same is held:
        return kinds <= _NAMED[hook]
    return hook == "include_name" and "schema" in kinds


def _is_another(test: ast.expr, name: str, module: Module) -> bool:
    """Whether a test asks for certain texts: that the name is none of them says nothing of None."""
    match test:
        case ast.Compare(left=ast.Name(id=left), ops=[ast.Eq()], comparators=[ast.Constant(value=str())]):
            return left == name
        case ast.Compare(left=ast.Name(id=left), ops=[ast.In()], comparators=[listed]) if left == name:
            if isinstance(listed, ast.Name):
                listed = next((value for known, value in _constants(module) if known == listed.id), listed)
            return isinstance(listed, ast.Tuple | ast.List | ast.Set) and all(
                isinstance(item, ast.Constant) and isinstance(item.value, str) for item in listed.elts
            )
        case _:
            return False


def _constants(module: Module) -> Iterator[tuple[str, ast.expr]]:
    for statement in module.tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=known)], value=value)
                | ast.AnnAssign(target=ast.Name(id=known), value=ast.expr() as value)
            ):
                yield known, value
            case _:
                pass


def _kinds(test: ast.expr, kind: str) -> tuple[set[str] | None, bool]:
    """The kinds that a test compares with, and whether it asks for one of them; None where it is another test."""
    match test:
        case ast.Compare(
            left=ast.Name(id=left),
            ops=[ast.Eq() | ast.NotEq() as op],
            comparators=[ast.Constant(value=str(value))],
        ) if left == kind:
            return {value}, isinstance(op, ast.Eq)
        case ast.Compare(
            left=ast.Name(id=left),
            ops=[ast.In() | ast.NotIn() as op],
            comparators=[ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items)],
        ) if left == kind and all(isinstance(item, ast.Constant) for item in items):
            return {str(item.value) for item in items if isinstance(item, ast.Constant)}, isinstance(
                op, ast.In
            )
        case _:
            return None, True
