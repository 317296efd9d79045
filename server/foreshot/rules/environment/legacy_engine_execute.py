"""env.py calls what SQLAlchemy 2.0 has removed: every command that runs it fails.

`Engine.execute()` is gone, as is `MetaData(bind=…)`: an AttributeError and a TypeError. `Connection.execute()` takes SQL only as
`sa.text(...)`; a plain string raises ObjectNotExecutableError. Revisions are looked at by [plain-string-execute](plain-string-execute.md).

A project that pins SQLAlchemy below 2.0 is not told.

```python env.py bad
from alembic import context
from app.models import Base
from sqlalchemy import create_engine

target_metadata = Base.metadata


def run_migrations_online():
    engine = create_engine("postgresql://localhost/shop")
    engine.execute("SELECT 1")
    #|             no longer has
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            connection.execute("SET LOCAL lock_timeout = '4s'")
            #                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ refuses a plain string
            context.run_migrations()


run_migrations_online()
```
```python env.py bad
from alembic import context
from app.models import Base
from sqlalchemy import create_engine

target_metadata = Base.metadata


def run_migrations_online():
    with create_engine("postgresql://localhost/shop").connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            connection.execute("SET LOCAL lock_timeout = '4s'")
            #                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ refuses a plain string
            context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base
from sqlalchemy import create_engine
import sqlalchemy as sa

target_metadata = Base.metadata


def run_migrations_online():
    with create_engine("postgresql://localhost/shop").connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            connection.execute(sa.text("SET LOCAL lock_timeout = '4s'"))
            context.run_migrations()


run_migrations_online()
```
```python env.py good
from alembic import context
from app.models import Base
from sqlalchemy import create_engine, text

target_metadata = Base.metadata


def run_migrations_online():
    with create_engine("postgresql://localhost/shop").connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            connection.execute(text("SET LOCAL lock_timeout = '4s'"))
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
from foreshot.syntax.changes import AddImport, ReplaceText
from foreshot.syntax.module import Module
from foreshot.text import Span

_MAKERS = ("create_engine", "engine_from_config")


class LegacyEngineExecute(ProjectRule):
    """``engine.execute()``, ``connection.execute("…")``, ``MetaData(bind=…)`` in env.py."""

    severity = "error"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each call."""
        path, module = project.environment.env_py, project.surroundings.env_module
        release = project.surroundings.sqlalchemy
        if path is None or module is None or (release is not None and release < (2,)):
            return
        engines = _engines(module)
        connections = _connections(module, engines)
        for call in module.nodes(ast.Call):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="execute" | "scalar") as func
                ) if name in engines:
                    yield self.finding(
                        module.span(func),
                        f"`alembic upgrade` fails: an engine no longer has {code(func.attr + '()')} in SQLAlchemy 2.0. Run it on a connection.",
                        path=path,
                    )
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="execute" | "scalar" | "scalars"),
                    args=[ast.Constant(value=str()) | ast.JoinedStr() as argument, *_],
                ) if name in connections:
                    yield self.finding(
                        module.span(argument),
                        "SQLAlchemy 2.0 refuses a plain string here (ObjectNotExecutableError). Wrap it in `sa.text()`.",
                        path=path,
                        state=argument.value if isinstance(argument, ast.Constant) else None,
                    )
                case ast.Call(
                    func=ast.Name(id="MetaData") | ast.Attribute(attr="MetaData"), keywords=keywords
                ):
                    for keyword in keywords:
                        if keyword.arg == "bind":
                            yield self.finding(
                                module.span(keyword),
                                "`alembic upgrade` fails: `MetaData` takes no `bind` in SQLAlchemy 2.0. Pass the connection where it is used.",
                                path=path,
                            )
                case _:
                    pass

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """``sa.text(...)`` around a string in which no colon would become a parameter."""
        if (
            not isinstance(finding.state, str)
            or ":" in finding.state.replace("::", "")
            or "%s" in finding.state
        ):
            return
        start, end = finding.span.start, finding.span.end
        yield Fix(
            "Wrap it in `sa.text()`",
            "safe",
            (
                ReplaceText(Span(start, start), "sa.text("),
                ReplaceText(Span(end, end), ")"),
                AddImport("import sqlalchemy as sa"),
            ),
        )


def _engines(module: Module) -> set[str]:
    """Names that are given nothing but engines."""
    found: set[str] = set()
    others: set[str] = set()
    for node in module.nodes(ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                (found if _makes_engine(node.value) else others).add(target.id)
    return found - others


def _makes_engine(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _MAKERS
        case _:
            return False


def _connections(module: Module, engines: set[str]) -> set[str]:
    """Names bound by ``with engine.connect() as …``, and those of parameters and assignments taken away."""
    found: set[str] = set()
    for node in module.nodes(ast.With):
        for item in node.items:
            match item.context_expr, item.optional_vars:
                case (
                    ast.Call(func=ast.Attribute(value=owner, attr="connect" | "begin")),
                    ast.Name(id=name),
                ) if _makes_engine(owner) or (isinstance(owner, ast.Name) and owner.id in engines):
                    found.add(name)
                case _:
                    pass
    assigned = {
        target.id
        for node in module.nodes(ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return found - assigned
