"""A timeout that is in force while an index is built concurrently ends the build, and leaves an INVALID index.

`CREATE INDEX CONCURRENTLY` waits for every transaction that is older than itself, twice, with locks that let all others through. It is
made to wait. A `lock_timeout` of seconds ends it at the first long query, however well that queue is used to it; a `statement_timeout`
ends it when the table has grown. What is left is an index that no query uses and every write keeps up to date.

Set both to 0 around the build, and back behind it. `SET LOCAL` has no effect in an autocommit block, which has no transaction.
It is information where the same revision drops what a failed build has left.
Half an hour and more is taken for a limit that somebody has thought about.

```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
#       ^^^^^^^^^^^^^^^ leaves an INVALID index
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("SET lock_timeout = 0")
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
        op.execute("SET lock_timeout = '5s'")
```
```python env.py
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.execute("SET lock_timeout = '5s'")
        context.run_migrations()
```
```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
#       ^^^^^^^^^^^^^^^ `lock_timeout` of env.py is in force
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
```python env.py
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.execute("SET LOCAL lock_timeout = '5s'")
        context.run_migrations()
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
```python good
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = '2h'")
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
        op.execute("RESET statement_timeout")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix, Related
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code, listed
from foreshot.migration.operations import CreateIndex, DropIndex, Maintenance, Operation, SetOption
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _timeouts as timeouts
from foreshot.syntax.changes import InsertAfter, InsertBefore

_LONG: Final = 1800.0
"""Seconds from which on a limit is one for builds."""
_OF_SESSION: Final = re.compile(
    r"(?:\bset\s+(?:session\s+)?|-c\s*|[?&\"'])((?:lock|statement)_timeout)[\"']?\s*(?:=|to|:|%3D)+\s*[\"']?([\w.']+)",
    re.IGNORECASE,
)
_NAMES: Final = ("lock_timeout", "statement_timeout")


class TimeoutBreaksBuild(RevisionRule):
    """A short timeout around a concurrent build."""

    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def check(self, context: Context) -> Iterator[Finding]:
        """The first build of each direction that runs under a limit."""
        around = _of_env(context)
        if not around and "timeout" not in context.module.content:
            return
        for operations in (context.upgrade, context.downgrade):
            limits: dict[str, SetOption | None] = dict.fromkeys(around)
            for operation in operations:
                if (
                    isinstance(operation, SetOption)
                    and operation.name in _NAMES
                    and operation.site.runs_on("postgresql")
                ):
                    if operation.local and not operation.site.autocommit:
                        continue
                    limits.pop(operation.name, None)
                    if (
                        not operation.local
                        and timeouts.is_on(operation)
                        and timeouts.seconds(operation.value) < _LONG
                    ):
                        limits[operation.name] = operation
                elif limits and _builds(operation) and operation.site.runs_on("postgresql"):
                    yield self._found(operation, limits, context)
                    break

    def _found(self, operation: Operation, limits: dict[str, SetOption | None], context: Context) -> Finding:
        names = listed([code(name) for name in limits])
        name = operation.index.name if isinstance(operation, CreateIndex) else None
        # What a failed build leaves is taken away by the next run.
        cared_for = any(isinstance(one, DropIndex) and one.name == name for one in context.before(operation))
        where = " of env.py" if None in limits.values() else ""
        verb, them = ("is", "it") if len(limits) == 1 else ("are", "them")
        return self.finding(
            operation.site.name,
            f"{names}{where} {verb} in force while this builds: a longer wait fails and leaves an INVALID"
            f" index. Set {them} to 0 around the build.",
            operation=operation,
            severity="information" if cared_for else None,
            targets=context.targets(self.databases, operation),
            related=[Related("It is set here", one.site.name) for one in limits.values() if one is not None],
            state={name: one.value if one is not None else "" for name, one in limits.items()},
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """0 before the build, and what it was behind it."""
        operation, limits = finding.operation, cast("dict[str, str]", finding.state)
        if operation is None or "" in limits.values():
            return
        site = operation.site
        if not placing.is_own_statement(operation) or site.batch is not None or not site.autocommit:
            return
        if any(target.database != "postgresql" for target in context.targets((), operation)):
            return
        off = "\n".join(writing.execute(context, f"SET {name} = 0") for name in limits)
        values = {name: value if value.isdigit() else f"'{value}'" for name, value in limits.items()}
        on = "\n".join(writing.execute(context, f"SET {name} = {value}") for name, value in values.items())
        yield Fix(
            "Set the timeout to 0 around the build",
            "unsafe",
            (InsertBefore(site.statement, off), InsertAfter(site.statement, on)),
        )


def _builds(operation: Operation) -> bool:
    if isinstance(operation, CreateIndex):
        return operation.concurrently is True
    return isinstance(operation, Maintenance) and operation.what == "reindex" and operation.concurrently


def _of_env(context: Context) -> tuple[str, ...]:
    """The short limits that env.py or the URL sets for the session, as builds in an autocommit block meet them."""
    source = context.surroundings.env_source
    if source is None or not context.surroundings.lock_timeout:
        return ()
    return tuple(
        dict.fromkeys(
            match[1].lower()
            for match in _OF_SESSION.finditer(source.content)
            if 0 < timeouts.seconds(match[2].strip("'")) < _LONG
        )
    )
