"""env.py gives Alembic an asynchronous connection: every command that needs the database fails.

Alembic calls its connection synchronously, which that of an asynchronous engine does not take: `alembic upgrade` stops with "the argument
passed to Dialect.has_table() should be a Connection, got AsyncConnection", or, where it is opened with a plain `with`, because it is no
context manager. The way through is `await connection.run_sync(function)`, which hands the function an ordinary connection; the
`async` template of `alembic init` is made like that.

Not reported where env.py uses `run_sync` or the engine's `sync_engine`, or leaves the running to another module.

```python env.py bad
import asyncio

from alembic import context
from app.models import Base
from sqlalchemy.ext.asyncio import create_async_engine

target_metadata = Base.metadata


async def run_migrations_online():
    connectable = create_async_engine("postgresql+asyncpg://localhost/app")
    #             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ Alembic cannot use
    async with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


asyncio.run(run_migrations_online())
```
```python fixed env.py
import asyncio

from alembic import context
from app.models import Base
from sqlalchemy.ext.asyncio import create_async_engine

target_metadata = Base.metadata


async def run_migrations_online():
    connectable = create_async_engine("postgresql+asyncpg://localhost/app")
    def do_run_migrations(connection):
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()

    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)


asyncio.run(run_migrations_online())
```
```python env.py bad
import asyncio

from alembic import context
from app.models import Base
from sqlalchemy.ext.asyncio import create_async_engine

target_metadata = Base.metadata


def run_migrations_online():
    connectable = create_async_engine("postgresql+asyncpg://localhost/app")
    #             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ Alembic cannot use
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
```
```python fixed env.py
import asyncio

from alembic import context
from app.models import Base
from sqlalchemy.ext.asyncio import create_async_engine

target_metadata = Base.metadata


def run_migrations_online():
    async def run():
        connectable = create_async_engine("postgresql+asyncpg://localhost/app")

        def do_run_migrations(connection):
            context.configure(connection=connection, target_metadata=target_metadata)
            with context.begin_transaction():
                context.run_migrations()

        async with connectable.connect() as connection:
            await connection.run_sync(do_run_migrations)

    asyncio.run(run())


run_migrations_online()
```
```python env.py bad
import asyncio

from alembic import context
from app.models import Base
from sqlalchemy.ext.asyncio import create_async_engine

target_metadata = Base.metadata


def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


async def run_migrations_online():
    connectable = create_async_engine("postgresql+asyncpg://localhost/app")
    async with connectable.connect() as connection:
        do_run_migrations(connection)
        #|Alembic cannot use


asyncio.run(run_migrations_online())
```
```python fixed env.py
import asyncio

from alembic import context
from app.models import Base
from sqlalchemy.ext.asyncio import create_async_engine

target_metadata = Base.metadata


def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


async def run_migrations_online():
    connectable = create_async_engine("postgresql+asyncpg://localhost/app")
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)


asyncio.run(run_migrations_online())
```
```python env.py good
import asyncio

from alembic import context
from app.models import Base
from sqlalchemy.ext.asyncio import create_async_engine

target_metadata = Base.metadata


def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


async def run_migrations_online():
    connectable = create_async_engine("postgresql+asyncpg://localhost/app")
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)


asyncio.run(run_migrations_online())
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from textwrap import dedent, indent

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.syntax.changes import AddImport, Change, ReplaceStatement, ReplaceText, SetFunctionBody
from foreshot.syntax.module import Module
from foreshot.text import Span

_WAYS = re.compile(r"\b(?:run_sync|sync_engine|sync_connection|greenlet_spawn)\b")
_NAME = "do_run_migrations"


class AsyncEngineWithoutRunSync(ProjectRule):
    """An asynchronous engine whose connection goes to ``context.configure``."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The call that makes the engine."""
        env, path = project.env, project.environment.env_py
        module = project.surroundings.env_module
        if env is None or path is None or module is None or env.async_engine is None:
            return
        if _WAYS.search(module.content) or (_connecting(module) is None and _handed(module) is None):
            return
        if not any("connection" in call.arguments for call in env.online):
            return
        handed = _handed(module)
        yield self.finding(
            env.async_engine if handed is None else module.span(handed),
            "`alembic upgrade` fails: Alembic cannot use the connection of an asynchronous engine."
            " Run the migrations through `await connection.run_sync(...)`.",
            path=path,
        )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The shape of Alembic's template for asynchronous engines."""
        module = project.surroundings.env_module
        handed = _handed(module) if module is not None else None
        if module is not None and handed is not None:
            function, connection = (
                module.text(module.span(handed.func)),
                module.text(module.span(handed.args[0])),
            )
            code = f"await {connection}.run_sync({function})"
            yield Fix(
                "Run the migrations through `run_sync`", "unsafe", (ReplaceText(module.span(handed), code),)
            )
            return
        found = _connecting(module) if module is not None else None
        if module is None or found is None or _NAME in module.content:
            return
        function, block = found
        variable = block.items[0].optional_vars
        if len(block.items) != 1 or not isinstance(variable, ast.Name):
            return
        hoisted = f"def {_NAME}({variable.id}):\n{indent(_lines(module, block.body), '    ')}\n\n"
        connecting = module.text(module.span(block.items[0].context_expr))
        running = (
            f"{hoisted}async with {connecting} as {variable.id}:\n    await {variable.id}.run_sync({_NAME})"
        )
        changes: list[Change] = []
        if isinstance(function, ast.AsyncFunctionDef):
            changes.append(ReplaceStatement(module.span(block), running))
        elif function.body[-1] is block and ast.get_docstring(function) is None:
            setup = _lines(module, function.body[:-1]) + "\n\n" if len(function.body) > 1 else ""
            body = f"async def run():\n{indent(setup + running, '    ')}\n\nasyncio.run(run())"
            changes = [AddImport("import asyncio"), SetFunctionBody(module.span(function), body)]
        else:
            return
        yield Fix("Run the migrations through `run_sync`", "unsafe", tuple(changes))


def _connecting(
    module: Module,
) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.With | ast.AsyncWith] | None:
    """The function that configures Alembic inside ``with engine.connect() as connection``, and that block."""
    for function in module.tree.body:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.With | ast.AsyncWith) and _connects(node) and _configures(node):
                return function, node
    return None


def _handed(module: Module) -> ast.Call | None:
    """The call by which ``async with engine.connect() as c`` hands its connection to a function that configures Alembic."""
    for block in module.nodes(ast.AsyncWith):
        variables = [item.optional_vars for item in block.items]
        if not _connects(block) or len(variables) != 1 or not isinstance(variables[0], ast.Name):
            continue
        for node in ast.walk(block):
            match node:
                case ast.Expr(
                    value=ast.Call(func=ast.Name(id=name), args=[ast.Name(id=given)], keywords=[]) as call
                ) if given == variables[0].id and _configures_in(module.functions.get(name)):
                    return call
                case _:
                    pass
    return None


def _configures_in(function: ast.FunctionDef | None) -> bool:
    return function is not None and any(
        isinstance(node, ast.Attribute) and node.attr == "configure" for node in ast.walk(function)
    )


def _connects(block: ast.With | ast.AsyncWith) -> bool:
    return any(
        isinstance(item.context_expr, ast.Call)
        and isinstance(item.context_expr.func, ast.Attribute)
        and item.context_expr.func.attr in ("connect", "begin")
        for item in block.items
    )


def _configures(block: ast.With | ast.AsyncWith) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "configure" for node in ast.walk(block))


def _lines(module: Module, body: list[ast.stmt]) -> str:
    """Statements as they are written, without their indentation."""
    first, last = module.span(body[0]), module.span(body[-1])
    lines = module.source.lines
    start = lines.starts[lines.position(first.start)[0]]
    return dedent(module.text(Span(start, last.end)).replace("\r\n", "\n"))
