"""`alter_column` asks for the type that is there already: it changes nothing, and takes an exclusive lock for it.

Autogenerate writes such operations where two spellings of one type are compared, and does so again at every run: `NUMERIC(10, 2)` and `DECIMAL(10, 2)`, `VARCHAR(50)` and `String(50)`. PostgreSQL
takes ACCESS EXCLUSIVE for `ALTER COLUMN … TYPE`, even where there is nothing to do (measured on 15 to 18).

Not reported on MySQL and MariaDB, where `MODIFY` sets everything else of the column anew, nor in a batch, where the table is often copied for the copy's sake.

```python bad
def upgrade():
    op.alter_column("bills", "total", existing_type=sa.NUMERIC(10, 2), type_=sa.DECIMAL(10, 2))
    #|                                                                 changes nothing
```
```python fixed
def upgrade():
    pass
```
```python good
def upgrade():
    op.alter_column("bills", "total", existing_type=sa.NUMERIC(10, 2), type_=sa.NUMERIC(12, 2))
    op.alter_column("bills", "note", existing_type=sa.Text(), type_=sa.Text(), nullable=True)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge import classify
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AlterColumn, TypeSpec
from foreshot.syntax.changes import RemoveStatement
from foreshot.syntax.values import Unknown


class AltersNothing(OperationRule[AlterColumn]):
    """``type_`` and ``existing_type`` are one type, and nothing else changes."""

    looks_at = (AlterColumn,)
    severity = "information"
    safety = "safe"

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether nothing is left to change."""
        new, old = operation.type, operation.existing_type
        at = operation.site.args.get("type_")
        site = operation.site
        if (
            not isinstance(new, TypeSpec)
            or not isinstance(old, TypeSpec)
            or at is None
            or site.batch is not None
        ):
            return
        rest = (
            operation.new_name,
            operation.server_default,
            operation.comment,
            operation.autoincrement,
            operation.using,
        )
        changes_null = operation.nullable is not None and operation.nullable != operation.existing_nullable
        if any(item is not None for item in rest) or changes_null or isinstance(operation.nullable, Unknown):
            return
        targets = context.targets((), operation)
        if not targets or any(target.is_mysql or target.database == "sqlite" for target in targets):
            return
        if _arguments(new) != _arguments(old):
            return
        for target in targets:
            one, other = classify(new, target), classify(old, target)
            if one != other or not one.exact or one.family in ("custom", "enum"):
                return
        yield self.finding(
            at,
            f"This changes nothing: {code(operation.column)} already has this type. Remove it: it only waits for an exclusive lock.",
            operation=operation,
            object=operation.column if isinstance(operation.column, str) else None,
            targets=targets,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """Without the operation."""
        if finding.operation is not None and not finding.operation.site.repeated:
            yield Fix("Remove the operation", "safe", (RemoveStatement(finding.operation.site.statement),))


def _arguments(type_: TypeSpec) -> frozenset[str]:
    """Arguments that a classification leaves out, such as a collation."""
    if type_.call is None:
        return frozenset()
    return frozenset(
        name for name in type_.call.keywords if name in ("collation", "charset", "timezone", "_collation")
    )
