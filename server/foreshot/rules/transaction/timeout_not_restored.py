"""A timeout that a revision sets for the session is in force for every later revision of the run.

`SET lock_timeout = '1s'` holds for the connection, not for the transaction. All revisions of one `alembic upgrade` share that connection,
so a revision next year that builds an index or fills a column meets a limit that nobody wrote there, on a database that is
several revisions behind, and on no other.

On PostgreSQL `SET LOCAL` ends with the transaction. In an autocommit block, on MySQL and MariaDB, and where one transaction holds all revisions of a run (no
`transaction_per_migration`), set the value back at the end.
A revision that begins with 0 and ends with a value is taken to put back what env.py or the connection had set.

```python bad
def upgrade():
    op.execute("SET lock_timeout = '1s'")
#               ^^^^^^^^^^^^^^^^ stays in force
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
```
```python fixed
def upgrade():
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
```
```python bad dialect=mysql
def upgrade():
    op.execute("SET SESSION lock_wait_timeout = 5")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ stays in force
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
```
```python good
def upgrade():
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
```
```python bad
def upgrade():
    op.execute("SET lock_timeout = '1s'")
#               ^^^^^^^^^^^^^^^^ `lock_timeout` and `statement_timeout` stay in force
    op.execute("SET statement_timeout = '9s'")
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
```
```python fixed
def upgrade():
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.execute("SET LOCAL statement_timeout = '9s'")
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
```
```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '1s'")
#                   ^^^^^^^^^^^^^^^^ need longer. Set it back
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
```python good
def upgrade():
    op.execute("SET statement_timeout = '2h'")
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.execute("RESET statement_timeout")
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
        op.execute("SET lock_timeout = '5s'")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import codes
from foreshot.migration.operations import SetOption, SqlText
from foreshot.rules.locking import _timeouts as timeouts
from foreshot.syntax.changes import Change, ReplaceText
from foreshot.text import Span

_SET: Final = re.compile(r"SET(?:\s+SESSION)?(?=\s)", re.IGNORECASE)
_RESET: Final = re.compile(r"\breset\s+(?:all\b|(\w+))", re.IGNORECASE)


class TimeoutNotRestored(RevisionRule):
    """A session's timeout that a revision leaves as it has set it."""

    severity = "information"
    databases = ("postgresql", "mysql", "mariadb")
    safety = "safe"

    def check(self, context: Context) -> Iterator[Finding]:
        """The settings of each direction that its end does not put back."""
        for operations in (context.upgrade, context.downgrade):
            left: dict[str, SetOption] = {}
            first: dict[str, bool] = {}
            """By setting, whether the revision begins with a limit: else a later one is what was there before."""
            for operation in operations:
                if isinstance(operation, SetOption) and timeouts.limits(operation):
                    if operation.local:
                        continue
                    if first.setdefault(operation.name, timeouts.is_on(operation)) and timeouts.is_on(
                        operation
                    ):
                        left.setdefault(operation.name, operation)
                    else:
                        left.pop(operation.name, None)
                elif isinstance(operation, SqlText):
                    for match in _RESET.finditer("; ".join(operation.statements)):
                        left = (
                            {}
                            if match[1] is None
                            else {k: v for k, v in left.items() if k != match[1].lower()}
                        )
            if left:
                yield self._said(list(left.values()), context)

    def _said(self, left: list[SetOption], context: Context) -> Finding:
        """All of a direction at once, at the first."""
        names = [operation.name for operation in left]
        env = context.surroundings.env_source
        instead = env is not None and all(
            re.search(rf"(?i)\bset\s+(?:session\s+)?{re.escape(name)}\b", env.content) for name in names
        )
        stays, stops, them = ("stays", "stops", "it") if len(names) == 1 else ("stay", "stop", "them")
        what = "in place of env.py's" if instead else f"and {stops} those that need longer"
        # SET LOCAL does nothing without a transaction, and in one that all revisions share it lasts as long.
        apart = left[0].site.autocommit or _shares_transaction(context)
        advice = f"Set {them} back" if apart else f"Use SET LOCAL, or set {them} back"
        return self.finding(
            left[0].site.name,
            f"{codes(names)} {stays} in force for all later revisions, {what}. {advice}.",
            operation=left[0],
            object=names[0],
            targets=context.targets(self.databases, left[0]),
            state=tuple(left),
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """SET LOCAL, where one transaction is all that the setting is for."""
        left = cast("tuple[SetOption, ...]", finding.state)
        changes = [_as_local(operation, context) for operation in left]
        known = [change for change in changes if change is not None]
        if len(known) == len(changes):
            yield Fix("Use `SET LOCAL`, which ends with the transaction", "safe", tuple(known))


def _as_local(operation: SetOption, context: Context) -> Change | None:
    """SET LOCAL for SET; None where something else runs in the function than one transaction of PostgreSQL's."""
    if operation.site.autocommit or operation.site.repeated or _shares_transaction(context):
        return None
    others = [one for one in context.targets((), operation) if one.database != "postgresql"]
    if others or any(one.site.autocommit for one in context.operations(operation.site.function)):
        return None
    at = operation.site.name
    match = _SET.match(context.text(at))
    if match is None:
        return None
    word = "set local" if match[0].islower() else "SET LOCAL"
    return ReplaceText(Span(at.start, at.start + match.end()), word)


def _shares_transaction(context: Context) -> bool:
    """Whether one transaction holds all revisions of a run."""
    env = context.env
    return env is not None and (env.shares_transaction or env.transaction.begun is not None)
