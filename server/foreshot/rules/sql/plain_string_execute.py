"""A plain string is executed on a connection: SQLAlchemy 2.0 refuses it.

`Connection.execute()` and `Session.execute()` take SQL only as `sa.text(...)` since SQLAlchemy 2.0; a plain string raises
ObjectNotExecutableError. An engine has no `execute()` any more. `op.execute("...")` and `connection.exec_driver_sql("...")` take strings and are not reported.

A project that pins SQLAlchemy below 2.0 is not told: there a plain string still works.

In `sa.text` a colon followed by a name is a bound parameter: a literal colon of that shape has to be written `\\:`.

```python bad
def upgrade():
    connection = op.get_bind()
    connection.execute("UPDATE users SET active = true WHERE id = 1")
    #                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ refuses a plain string
```
```python fixed
def upgrade():
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE users SET active = true WHERE id = 1"))
```
```python bad
def upgrade():
    op.get_bind().engine.execute("UPDATE users SET active = true WHERE id = 1")
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ An engine has no `execute()`
```
```python good
def upgrade():
    op.get_bind().execute(sa.text("UPDATE users SET active = true WHERE id = 1"))
    op.execute("UPDATE users SET active = true WHERE id = 1")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import SqlText
from foreshot.syntax.changes import ReplaceText
from foreshot.syntax.values import Text
from foreshot.text import Span

_ENGINES = (".get_bind().engine", "sqlalchemy.create_engine()")
_CONNECTIONS = ("alembic.op.get_bind()", "sqlalchemy.orm.Session()", "sqlalchemy.orm.session.Session()")


class PlainStringExecute(OperationRule[SqlText]):
    """``connection.execute("…")`` without ``sa.text``."""

    looks_at = (SqlText,)
    severity = "error"
    safety = "safe"
    fails_outright = True

    def check(self, operation: SqlText, context: Context) -> Iterator[Finding]:
        """Whether a string goes where SQLAlchemy wants a construct."""
        receiver, _, method = operation.callee.rpartition(".")
        release = context.surroundings.sqlalchemy
        if release is not None and release < (2,):
            return
        if method in ("execute", "scalar") and receiver.endswith(_ENGINES):
            yield self.finding(
                operation.site.name,
                f"An engine has no {code(f'{method}()')} since SQLAlchemy 2.0: the migration fails. Run it on the connection.",
                operation=operation,
            )
            return
        if (
            operation.wrapped
            or method not in ("execute", "scalar", "scalars")
            or receiver not in _CONNECTIONS
        ):
            return
        if not isinstance(operation.value, Text):
            return
        at = operation.site.args.get("sql", operation.site.call)
        yield self.finding(
            at,
            "SQLAlchemy 2.0 refuses a plain string here (ObjectNotExecutableError): the migration fails. Wrap it in `sa.text()`.",
            operation=operation,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """``sa.text(...)`` around it, where no colon in it would change its meaning."""
        operation = finding.operation
        if not isinstance(operation, SqlText) or not isinstance(operation.value, Text):
            return
        if finding.span == operation.site.name or (
            ":" in operation.value.value.replace("::", "")
            or "%(" in operation.value.value
            or "%s" in operation.value.value
        ):
            return
        sa, imports = context.sa()
        start, end = finding.span.start, finding.span.end
        opening = ReplaceText(Span(start, start), f"{sa}.text(")
        yield Fix("Wrap it in `sa.text()`", "safe", (opening, ReplaceText(Span(end, end), ")"), *imports))
