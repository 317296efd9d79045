"""A filter of env.py compares the schema with the default one's name, and Alembic passes None for it: its tables are left out.

Alembic calls the default schema None, whatever it is called in the database. A filter such as `name in ["public", "shop"]` answers
False for it, so autogenerate sees none of its tables: it proposes to create every table of the models that stands there, again. The same
is true of `object.schema == "public"` in `include_object`, unless the metadata itself says `schema="public"`. Measured on PostgreSQL 18 with Alembic 1.20.

```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_name(name, type_, parent_names):
    if type_ == "schema":
        return name in ["public", "shop"]
        #               ^^^^^^^^ gets None
    return True


def run_migrations_online():
    context.configure(
        connection=None, target_metadata=target_metadata, include_name=include_name, version_table_schema="public"
    )
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_name(name, type_, parent_names):
    if type_ == "schema":
        return name in [None, "shop"]
    return True


def run_migrations_online():
    context.configure(
        connection=None, target_metadata=target_metadata, include_name=include_name, version_table_schema="public"
    )
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def include_name(name, type_, parent_names):
    if type_ == "schema":
        return name in [None, "shop"]
    return True


def include_object(object, name, type_, reflected, compare_to):
    return (getattr(object, "schema", None) or "public") == "public"


def run_migrations_online():
    context.configure(
        connection=None, target_metadata=target_metadata, include_name=include_name, include_object=include_object
    )
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
from foreshot.rules.environment._hooks import Hook, hooks, own_nodes
from foreshot.rules.environment._paths import facts, guarded
from foreshot.syntax.changes import ReplaceText

_DEFAULTS = {"postgresql": "public", "mssql": "dbo"}


class DefaultSchemaNamed(ProjectRule):
    """``schema == "public"`` in a filter that gets None."""

    severity = "warning"
    databases = ("postgresql", "mssql")
    safety = "unsafe"
    needs_database = True

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each comparison with the default schema's name."""
        path, module = project.environment.env_py, project.surroundings.env_module
        targets = [target for target in project.targets if target.database in _DEFAULTS]
        if path is None or module is None or not targets:
            return
        names = {_DEFAULTS[target.database] for target in targets}
        for hook in hooks(project, "include_name", "include_object"):
            for at in _compared(hook, names):
                yield self.finding(
                    module.span(at),
                    f"Autogenerate leaves out the tables of the default schema: this hook gets None for it, not {code(at.value)}."
                    " Test for None.",
                    path=path,
                    object=hook.name,
                    targets=targets,
                )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """None instead of the name, where it stands in a list."""
        module = project.surroundings.env_module
        if module is None:
            return
        for node in module.nodes(ast.Compare):
            right = node.comparators[0]
            if isinstance(right, ast.List | ast.Tuple | ast.Set) and any(
                module.span(item) == finding.span for item in right.elts
            ):
                yield Fix("Test for None, the default schema", "unsafe", (ReplaceText(finding.span, "None"),))


def _compared(hook: Hook, names: set[str]) -> Iterator[ast.Constant]:
    """Where the schema is asked whether it is the default one's name."""
    if any(isinstance(node, ast.Constant) and node.value is None for node in _asking(hook)):
        return
    name, kind = hook.parameter("name"), hook.parameter("type_")
    for node, guards in guarded(hook.body):
        if (
            not isinstance(node, ast.Compare)
            or not isinstance(node.ops[0], ast.Eq | ast.In)
            or len(node.ops) != 1
        ):
            continue
        if hook.name == "include_object":
            if not (isinstance(node.left, ast.Attribute) and node.left.attr == "schema"):
                continue
            if not (isinstance(node.left.value, ast.Name) and node.left.value.id == hook.parameter("object")):
                continue
        else:
            known = [ast.dump(test) for guard in guards for test, held in facts(guard) if held]
            about = any(f"id='{kind}'" in test and "value='schema'" in test for test in known)
            if not (about and isinstance(node.left, ast.Name) and node.left.id == name):
                continue
        right = node.comparators[0]
        items = right.elts if isinstance(right, ast.List | ast.Tuple | ast.Set) else [right]
        yield from (item for item in items if isinstance(item, ast.Constant) and item.value in names)


def _asking(hook: Hook) -> Iterator[ast.AST]:
    """The parts of the tests of a hook: whoever asks for None anywhere has thought of it."""
    for node in own_nodes(hook):
        if isinstance(node, ast.Compare):
            yield from ast.walk(node)
        elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            for value in node.values:
                if isinstance(value, ast.Attribute) or (
                    isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
                ):
                    yield ast.Constant(None)
        elif (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.Not)
            and isinstance(node.operand, ast.Name | ast.Attribute)
        ):
            yield ast.Constant(None)
