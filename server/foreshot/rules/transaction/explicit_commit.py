"""Alembic commits a revision together with its version; COMMIT or ROLLBACK by hand tears the two apart.

**`connection.commit()`** on Alembic's own connection (`op.get_bind()`, `op.get_context().connection`) ends the transaction that Alembic
holds. What the revision does after it, and the new version with it, runs in a transaction that nobody commits: when the connection
closes it is rolled back, without an error, and `alembic upgrade` reports success. The next upgrade runs the revision again and
fails on what was committed. Where env.py connects with `engine.begin()`, the next statement fails instead (InvalidRequestError), and under
SQLAlchemy 1.4 the connection has no such method.

**`COMMIT` as SQL** commits what all revisions of this run have done so far. If anything fails afterwards, half a revision stays and is
not recorded. What follows depends on the driver: psycopg2 runs each statement on its own, psycopg 3 begins a new transaction, in
which `CREATE INDEX CONCURRENTLY` fails. `commit()` on the driver's own connection is the same. For what has to run outside
of a transaction there is `with op.get_context().autocommit_block():`, which does it properly.

**ROLLBACK**, and `rollback()` of the connection or of an ORM session on it, undoes everything that was done in this run, earlier
revisions included, while Alembic goes on: what follows `rollback()` of the connection is not committed either, and `alembic upgrade` reports success.

`commit()` of an ORM session that is bound to `op.get_bind()` does no harm: it leaves Alembic's transaction alone. Nor do savepoints
(`begin_nested()`), or a connection of one's own. Where env.py connects and begins no transaction, nothing stays but what the
revisions commit themselves, and COMMIT is not reported. Where env.py commits by itself what it has begun by a statement, a commit right before an autocommit
block is what makes the block work, and one after each batch keeps what can be run again: neither is reported. Measured with Alembic 1.20, SQLAlchemy 2.1 and 1.4 on PostgreSQL 15 and SQLite.

```python bad
def upgrade():
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE users SET plan = 'free' WHERE plan IS NULL"))
    connection.commit()
#   ^^^^^^^^^^^^^^^^^ is silently rolled back
    op.alter_column("users", "plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
```
```python fixed
def upgrade():
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE users SET plan = 'free' WHERE plan IS NULL"))
    op.alter_column("users", "plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
```
```python bad
def upgrade():
    op.execute("COMMIT")  # an index is built beside the others
#               ^^^^^^ stays half applied
    op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():  # an index is built beside the others
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
```python bad
def upgrade():
    op.drop_column("users", "name")
    op.execute("ROLLBACK")
#               ^^^^^^^^ Undoes everything this run has done
```
```python bad
def upgrade():
    connection = op.get_bind()
    try:
        connection.execute(sa.text("DELETE FROM users WHERE plan = 'gone'"))
    except sa.exc.ProgrammingError:
        connection.rollback()
#       ^^^^^^^^^^^^^^^^^^^ When this handler runs, it undoes everything
```
```python good
def upgrade():
    connection = op.get_bind()
    try:
        connection.execute(sa.text("DELETE FROM users WHERE plan = 'gone'"))
    except sa.exc.ProgrammingError:
        connection.rollback()
        raise
```
```python good
from sqlalchemy.orm import Session


def upgrade():
    session = Session(bind=op.get_bind())
    session.execute(sa.text("UPDATE users SET plan = 'free' WHERE plan IS NULL"))
    session.commit()
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    savepoint = op.get_bind().begin_nested()
    savepoint.rollback()
```
```python good dialect=mysql
def upgrade():
    op.execute("COMMIT")
```
```python env.py
from alembic import context
from app.models import Base


def run_migrations_offline():
    context.configure(url="postgresql://", target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)
        context.run_migrations()
```
```python good
def upgrade():
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE users SET plan = 'free' WHERE plan IS NULL"))
    connection.commit()
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from foreshot.knowledge import transactional_ddl
from foreshot.lint import blocks
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.migration.operations import TransactionControl
from foreshot.rules.transaction import _commits as commits
from foreshot.syntax.changes import Change, RemoveStatement, WrapStatements
from foreshot.text import Span

_HOLDING: Final = frozenset({"begin_transaction", "begin", "commit"})
_BEGINS: Final = re.compile(r"\.begin\(\)\s+as\b")


class ExplicitCommit(OperationRule[TransactionControl]):
    """COMMIT and ROLLBACK of the transaction that Alembic holds."""

    looks_at = (TransactionControl,)
    severity = "error"
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: TransactionControl, context: Context) -> Iterator[Finding]:
        """Whether Alembic's transaction ends here."""
        if (
            not commits.ends_transaction(operation)
            or operation.site.autocommit
            or commits.is_autocommit(context)
        ):
            return
        kind = commits.kind_of(operation, context)
        targets = context.targets((), operation)
        if kind is None or not targets:
            return
        if operation.verb == "rollback":
            # On the way out of a failure that is raised again, it takes nothing away that would have stayed.
            handled = operation.site.conditional and _goes_on(operation, context)
            if handled or not operation.site.conditional:
                when = "When this handler runs, it undoes" if handled else "Undoes"
                then = (
                    "and what follows is not committed either. Use a savepoint: `begin_nested()`."
                    if kind == "connection" and not _recommits(context)
                    else "earlier revisions included, while Alembic records it as done."
                    " Use a savepoint instead: `begin_nested()`."
                )
                yield self.finding(
                    operation.site.name,
                    f"{when} everything this run has done, {then}",
                    operation=operation,
                    targets=targets,
                )
            return
        mentions = context.env.mentions if context.env is not None else frozenset[str]()
        # Without a transaction of env.py's own, what the revisions do not commit is lost.
        if kind == "session" or (mentions >= {"connect", "run_migrations"} and not mentions & _HOLDING):
            return
        recommits = _recommits(context)
        if kind == "connection" and not recommits:
            source = context.surroundings.env_source
            refused = source is not None and _BEGINS.search(source.content)
            lost = (
                "fails (InvalidRequestError), and the new version is not recorded"
                if refused
                else "is silently rolled back, the new version included"
            )
            yield self.finding(
                operation.site.name,
                f"Ends Alembic's transaction: what follows {lost}. Leave the commit to Alembic.",
                operation=operation,
                targets=targets,
            )
            return
        half = [
            target for target in targets if transactional_ddl(target.database) and target.database != "sqlite"
        ]
        if half and not (kind == "connection" and _leads_on(operation, context)):
            advice = (
                "Use `op.get_context().autocommit_block()`"
                if blocks.begun(context) is None
                else "Make what it has done repeatable"
            )
            yield self.finding(
                operation.site.name,
                "Commits behind Alembic's back: if anything fails afterwards, the revision stays half"
                f" applied and unrecorded{context.where(half)}. {advice}.",
                operation=operation,
                targets=half,
                severity="warning",
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """Without it; with an autocommit block around what follows, where that is what it is for."""
        operation = finding.operation
        if not isinstance(operation, TransactionControl) or operation.verb != "commit":
            return
        site, text = operation.site, commits.call_of(operation, context)
        call = text.site.call if text is not None else site.call
        if site.repeated or site.statement != call or (text is not None and len(text.statements) > 1):
            return
        removed: list[Change] = [RemoveStatement(site.statement)]
        if text is None and context.env is not None and context.env.transaction.early:
            refused = (
                "env.py begins the transaction and never commits it: only this commit keeps the changes."
            )
            yield Fix("Remove the commit, which Alembic makes itself", "unsafe", refused=refused)
            return
        if text is None and blocks.begun(context) and _is_before_block(operation, context):
            refused = "env.py has begun the transaction: without the commit, the autocommit block fails."
            yield Fix("Remove the commit, which Alembic makes itself", "unsafe", refused=refused)
            return
        if text is None:
            yield Fix("Remove the commit, which Alembic makes itself", "unsafe", tuple(removed))
            return
        following = commits.statements_after(site.statement, context)
        begins = any(
            isinstance(other, TransactionControl) and other.verb == "begin"
            for other in context.after(operation)
        )
        if following is not None and not begins:
            header = f"with {context.op}.get_context().autocommit_block():{_comment_behind(site.statement, context)}"
            wrapped = WrapStatements(following[0], following[1], header)
            yield Fix("Use an autocommit block for what follows", "unsafe", (*removed, wrapped))


def _recommits(context: Context) -> bool:
    """Whether env.py commits by itself, or leaves the transaction to other code: the rest may well be committed."""
    mentions = context.env.mentions if context.env is not None else frozenset[str]()
    return "commit" in mentions or "begin_transaction" not in mentions


def _goes_on(operation: TransactionControl, context: Context) -> bool:
    """Whether it stands in a handler that raises nothing: the revision goes on after it."""
    module, call = context.module, operation.site.call
    around = [
        handler
        for handler in module.nodes(ast.ExceptHandler)
        if any(module.span(statement).contains(call) for statement in handler.body)
    ]
    return bool(around) and not any(
        isinstance(node, ast.Raise) or (isinstance(node, ast.Name) and node.id in ("exit", "sys"))
        for handler in around
        for node in ast.walk(handler)
    )


def _is_before_block(operation: TransactionControl, context: Context) -> bool:
    """Whether the next thing that runs stands in an autocommit block, which would commit just as well."""
    following = next(iter(context.after(operation)), None)
    return following is not None and following.site.autocommit


def _leads_on(operation: TransactionControl, context: Context) -> bool:
    """Whether the commit harms nothing where env.py itself commits what follows.

    An autocommit block right behind it commits just as much; in a loop, what was done in batches goes on where it stopped.
    """
    return _is_before_block(operation, context) or (
        operation.site.repeated and blocks.what_stays(operation, context) is None
    )


def _comment_behind(statement: Span, context: Context) -> str:
    """The comment at the end of a statement's line: it says what the commit is for, and so the block."""
    lines = context.module.source.lines
    row = lines.position(statement.end)[0]
    found = [
        comment.text
        for comment in context.module.comments
        if comment.span.start >= statement.end and lines.position(comment.span.start)[0] == row
    ]
    return f"  {found[0]}" if found else ""
