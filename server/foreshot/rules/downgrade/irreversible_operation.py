"""`upgrade()` adds a value to an enum, which nothing can take away, and the way back leaves it there.

PostgreSQL has no `DROP VALUE`. After `downgrade()` the type still has the value, and the next `upgrade()` fails at `ADD VALUE`
("enum label already exists") unless it says `IF NOT EXISTS`. A type can be made anew without the value, by way of another type and a
change of every column, which fails while a row still holds it.

Write `ADD VALUE IF NOT EXISTS`, and say in `downgrade()` that the value stays.

```python bad
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ stays in `state`


def downgrade():
    op.execute("UPDATE orders SET state = 'open' WHERE state = 'late'")
```
```python fixed
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'late'")


def downgrade():
    op.execute("UPDATE orders SET state = 'open' WHERE state = 'late'")
```
```python good
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'late'")


def downgrade():
    pass
```
```python good
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")


def downgrade():
    raise NotImplementedError("an enum's value cannot be removed")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddEnumValue, CreateEnum, DropType, Opaque, RenameEnumValue
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span

_ADD: Final = re.compile(r"add\s+value(?!\s+if\b)", re.IGNORECASE)


class IrreversibleOperation(OperationRule[AddEnumValue]):
    """A value that stays, and that the next upgrade stumbles over."""

    looks_at = (AddEnumValue,)
    severity = "information"
    databases = ("postgresql",)
    directions = ("upgrade",)
    safety = "safe"

    def check(self, operation: AddEnumValue, context: Context) -> Iterator[Finding]:
        """Whether the value is left, and adding it once more fails."""
        down = context.revision.functions.get("downgrade")
        if operation.if_not_exists or down is None or down.raises or not isinstance(operation.value, str):
            return
        if any(
            isinstance(one, CreateEnum | DropType | RenameEnumValue | Opaque) for one in context.downgrade
        ):
            # The type is made anew there, or may be.
            return
        targets = context.targets(self.databases, operation)
        yield self.finding(
            operation.site.name,
            f"{code(operation.value)} stays in {code(operation.name)} after `downgrade()`, and the next upgrade fails here{context.where(targets)}."
            " Add `IF NOT EXISTS`.",
            operation=operation,
            object=operation.value,
            targets=targets,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """IF NOT EXISTS, where the SQL stands in the source as it is run."""
        operation = finding.operation
        if operation is None or operation.site.repeated:
            return
        call = operation.site.call
        match = _ADD.search(context.text(call))
        if match is not None:
            at = call.start + match.end()
            word = " if not exists" if match[0].islower() else " IF NOT EXISTS"
            yield Fix("Add `IF NOT EXISTS`", "safe", (ReplaceText(Span(at, at), word),))
