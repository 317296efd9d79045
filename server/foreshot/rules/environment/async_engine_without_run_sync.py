"""env.py gives Alembic an asynchronous connection: every command that needs the database fails.

Alembic calls its connection synchronously, which that of an asynchronous engine does not take: `alembic upgrade` stops with "the argument
passed to Dialect.has_table() should be a Connection, got AsyncConnection", or, where it is opened with a plain `with`, because it is no
context manager. The way through is `await connection.run_sync(function)`, which hands the function an ordinary connection; the
`async` template of `alembic init` is made like that.

The other way round, an ordinary engine over a URL of an asynchronous driver (asyncpg, aiosqlite, aiomysql, asyncmy) stops with "MissingGreenlet: greenlet_spawn
has not been called". And `run_sync` without `await` runs nothing at all: `alembic upgrade` reports success.

Not reported where env.py uses `run_sync` or the engine's `sync_engine`, or leaves the running to another module; nor a URL that env.py may change on the way.

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
        connection.run_sync(do_run_migrations)
        #|does nothing


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
```ini alembic.ini
[alembic]
script_location = migrations
sqlalchemy.url = postgresql+asyncpg://localhost/app
```
```python env.py bad
from alembic import context
from app.models import Base
from sqlalchemy import engine_from_config

target_metadata = Base.metadata


def run_migrations_online():
    connectable = engine_from_config(context.config.get_section("alembic"), prefix="sqlalchemy.")
    #             ^^^^^^^^^^^^^^^^^^ names an asynchronous driver
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
```
```python env.py good
import os

from alembic import context
from app.models import Base
from sqlalchemy import engine_from_config

target_metadata = Base.metadata


def run_migrations_online():
    connectable = engine_from_config({"sqlalchemy.url": os.environ["DATABASE_URL"]}, prefix="sqlalchemy.")
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
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
from foreshot.rules.environment import _engines as engines
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
        if env is None or path is None or module is None:
            return
        if env.async_engine is None:
            engine = engines.ordinary_engine(module) if engines.is_async_url(project) else None
            if engine is not None:
                yield self.finding(
                    module.span(engine.func),
                    "`alembic upgrade` fails (MissingGreenlet): the URL names an asynchronous driver, and this engine is none."
                    " Use `async_engine_from_config` and `run_sync`.",
                    path=path,
                )
            return
        idle = engines.not_awaited(module)
        if idle is not None:
            yield self.finding(
                module.span(idle),
                "`alembic upgrade` does nothing and reports success: nobody awaits this. Write `await` before it.",
                path=path,
                state=idle,
            )
            return
        if _WAYS.search(module.content) or (
            engines.connecting(module) is None and engines.handed(module) is None
        ):
            return
        if not any("connection" in call.arguments for call in env.online):
            return
        handed = engines.handed(module)
        yield self.finding(
            env.async_engine if handed is None else module.span(handed),
            "`alembic upgrade` fails: Alembic cannot use the connection of an asynchronous engine."
            " Run the migrations through `await connection.run_sync(...)`.",
            path=path,
        )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The shape of Alembic's template for asynchronous engines."""
        module = project.surroundings.env_module
        if isinstance(finding.state, ast.Call):
            start = finding.span.start
            yield Fix("Await it", "unsafe", (ReplaceText(Span(start, start), "await "),))
            return
        handed = engines.handed(module) if module is not None else None
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
        found = engines.connecting(module) if module is not None else None
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


def _lines(module: Module, body: list[ast.stmt]) -> str:
    """Statements as they are written, without their indentation."""
    first, last = module.span(body[0]), module.span(body[-1])
    lines = module.source.lines
    start = lines.starts[lines.position(first.start)[0]]
    return dedent(module.text(Span(start, last.end)).replace("\r\n", "\n"))
