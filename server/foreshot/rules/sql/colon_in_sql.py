"""A colon inside of SQL is taken for a bound parameter: the migration fails, because nobody gives it a value.

`op.execute("…")` hands a string to `sa.text()`, where `:name` is a parameter, inside of quotes and comments, too. JSON such as `{"days":28}` becomes a parameter `28`, and the statement stops
with "A value is required for bind parameter '28'". A colon behind a letter or a digit (`12:30`), a double one (`::jsonb`) and one before a space are left alone. Write `\\\\:`
for a literal one, or bind the value. Measured with SQLAlchemy 2.0 and 2.1.

`sa.text("…")` reads it alike, wherever it is executed. Not reported where the text is given its parameters, by `.bindparams()` or otherwise.

```python bad
def upgrade():
    op.execute("UPDATE schedules SET target = '{\\"days\\":28}' WHERE id = 1")
    #|                                                     a bound parameter
```
```python fixed
def upgrade():
    op.execute("UPDATE schedules SET target = '{\\"days\\"\\\\:28}' WHERE id = 1")
```
```python bad
def upgrade():
    bind = op.get_bind()
    bind.execute(sa.text("UPDATE schedules SET target = '{\\"on\\":true}' WHERE id = 1"))
    #|                                                               a bound parameter
```
```python good
def upgrade():
    op.execute("UPDATE schedules SET target = '{\\"at\\": \\"12:30\\"}'::jsonb WHERE id = 1")
    op.get_bind().execute(sa.text("UPDATE schedules SET name = :name WHERE id = 2"), {"name": "daily"})
    op.get_bind().exec_driver_sql("UPDATE schedules SET target = '{\\"days\\":28}' WHERE id = 3")
    op.execute(sa.text("UPDATE schedules SET name = :name").bindparams(name="daily"))
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import SqlText
from foreshot.syntax.changes import ReplaceText
from foreshot.syntax.values import Text
from foreshot.text import Span

# As SQLAlchemy's `TextClause` finds them.
_PARAMETER = re.compile(r"(?<![:\w\x5c\ufffc]):(\w+)(?!:)")
_CALLEES = ("alembic.op.execute", "<block>.execute")
_CONNECTIONS = ("alembic.op.get_bind().", "sqlalchemy.orm.Session().", "sqlalchemy.orm.session.Session().")
_MANY = 20


class ColonInSql(OperationRule[SqlText]):
    """``:word`` in SQL that is given no parameters."""

    looks_at = (SqlText,)
    severity = "error"
    safety = "safe"
    fails_outright = True

    def check(self, operation: SqlText, context: Context) -> Iterator[Finding]:
        """The first parameter of a text without values."""
        text = operation.value
        if not isinstance(text, Text) or ":" not in text.value:
            return
        if operation.callee not in _CALLEES and not _is_text_alone(operation, context):
            return
        if "bindparams" in context.text(operation.site.statement) or "bindparam" in context.text(
            operation.site.call
        ):
            return
        match = _PARAMETER.search(text.value)
        if match is None:
            return
        place = _place(text, match.start(), context)
        at = operation.site.args.get("sql", operation.site.call)
        yield self.finding(
            Span(place, place + len(match.group())) if place is not None else at,
            f"This fails: {code(match.group())} is read as a bound parameter without a value. Put a backslash before the colon.",
            operation=operation,
            state=text,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A backslash before each colon that would be a parameter."""
        text, operation = finding.state, finding.operation
        if not isinstance(text, Text) or operation is None or text.interpolated:
            return
        places = [
            _place(text, match.start(), context) for match in list(_PARAMETER.finditer(text.value))[:_MANY]
        ]
        known = [place for place in places if place is not None]
        if len(known) != len(places):
            return
        changes: list[ReplaceText] = []
        for place in known:
            raw = _is_raw(text, context)
            if raw is None:
                return
            changes.append(ReplaceText(Span(place, place), "\\" if raw else "\\\\"))
        yield Fix("Escape the colon", "safe", tuple(changes))


def _is_text_alone(operation: SqlText, context: Context) -> bool:
    """``connection.execute(sa.text("…"))``, without parameters beside it."""
    if not (operation.wrapped and operation.callee.startswith(_CONNECTIONS)):
        return False
    try:
        call = ast.parse(context.text(operation.site.call), mode="eval").body
    except (SyntaxError, ValueError):
        return False
    match call:
        case ast.Call(args=[ast.Call(func=ast.Name(id="text") | ast.Attribute(attr="text"))], keywords=[]):
            return True
        case _:
            return False


def _place(text: Text, offset: int, context: Context) -> int | None:
    """Where the colon at an offset of the text stands in the file; None where that is no plain place."""
    begin, span = max(
        (piece for piece in text.pieces if piece[0] <= offset), key=lambda piece: piece[0], default=(0, None)
    )
    if span is None:
        return None
    place = span.start + offset - begin
    return place if context.module.content[place : place + 1] == ":" and place < span.end else None


def _is_raw(text: Text, context: Context) -> bool | None:
    """Whether the literal is a raw one; None where that cannot be told."""
    content = context.module.content
    first = min(span.start for _, span in text.pieces)
    quote = max(content.rfind('"', 0, first), content.rfind("'", 0, first))
    prefix = re.search(r"([A-Za-z]*)[\"']{1,3}$", content[max(first - 6, 0) : quote + 1])
    if prefix is None or len({span.start for _, span in text.pieces}) > 40:
        return None
    return "r" in prefix.group(1).lower()
