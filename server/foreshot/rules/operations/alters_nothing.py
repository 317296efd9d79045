"""`alter_column` asks for the type, the default or the nullability that is there already: it changes nothing, and takes an exclusive lock for it.

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
```python setup
def upgrade():
    op.create_table(
        "pets",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("made", sa.DateTime(), server_default=sa.func.now(), nullable=False),
        sa.Column("tag", sa.Text(), server_default="x"),
    )
```
```python bad dialect=postgresql
def upgrade():
    op.alter_column("pets", "made", existing_type=sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP"))
    #|                                                           already has this default
    op.alter_column("pets", "made", existing_type=sa.DateTime(), nullable=False)
    #|                                                           already has this nullability
```
```python bad dialect=postgresql
def upgrade():
    op.execute("ALTER TABLE pets ALTER COLUMN made SET NOT NULL")
    #|                                        already has this nullability
    op.execute("ALTER TABLE pets ALTER COLUMN tag TYPE text")
    #|                                        already has this type
```
```python good dialect=postgresql
def upgrade():
    op.alter_column("pets", "made", existing_type=sa.DateTime(), server_default=sa.text("clock_timestamp()"))
    op.alter_column("pets", "tag", existing_type=sa.Text(), server_default="x", nullable=False)
    op.alter_column("pets", "tag", existing_type=sa.Text(), server_default=None)
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from foreshot.engine.equality import same_default
from foreshot.knowledge import Target, classify
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.specs import type_spec
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import AlterColumn, TypeSpec
from foreshot.schema.plain import Called
from foreshot.schema.state import Column
from foreshot.syntax.changes import RemoveStatement
from foreshot.syntax.values import CallValue


class AltersNothing(OperationRule[AlterColumn]):
    """Type, nullability and default are those that are there, and nothing else changes."""

    looks_at = (AlterColumn,)
    severity = "information"
    safety = "safe"

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether nothing is left to change."""
        site = operation.site
        rest = (operation.new_name, operation.comment, operation.autoincrement, operation.using)
        if site.batch is not None or any(item is not None for item in rest):
            return
        targets = context.targets((), operation)
        if not targets or any(target.is_mysql or target.database == "sqlite" for target in targets):
            return
        found = [state.column(operation.table_name, _name(operation)) for state in states(operation, context)]
        known = [column for column in found if column is not None] if None not in found else []
        asked = {
            "type": (operation.type, lambda: _same_type(operation, known, targets)),
            "nullability": (operation.nullable, lambda: _same_nullable(operation, known)),
            "default": (operation.server_default, lambda: _same_default(operation, known)),
        }
        given = [what for what, (value, _) in asked.items() if value is not None]
        if not given or not all(same() for value, same in asked.values() if value is not None):
            return
        at = (
            site.args.get("type_")
            or site.args.get("server_default")
            or site.args.get("nullable")
            or site.name
        )
        what = "type" if "type" in given else "default" if "default" in given else "nullability"
        yield self.finding(
            at,
            f"This changes nothing: {code(operation.column)} already has this {what}. Remove it: it only waits for an exclusive lock.",
            operation=operation,
            object=operation.column if isinstance(operation.column, str) else None,
            targets=targets,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """Without the operation."""
        operation = finding.operation
        if operation is not None and not operation.site.repeated and operation.site.sql is None:
            yield Fix("Remove the operation", "safe", (RemoveStatement(operation.site.statement),))


def _name(operation: AlterColumn) -> str | None:
    return operation.column if isinstance(operation.column, str) else None


def _same_type(operation: AlterColumn, known: Sequence[Column], targets: Sequence[Target]) -> bool:
    """Whether ``type_`` and ``existing_type``, or for SQL the history's, are one type on every database."""
    new, sql = operation.type, operation.site.sql
    if sql is not None and "collate" in sql.lower():
        return False
    olds = [type_spec(column) for column in known] if sql is not None else [operation.existing_type]
    return bool(olds) and all(_is_same(new, old, target) for old in olds for target in targets)


def _is_same(new: object, old: object, target: Target) -> bool:
    if not isinstance(new, TypeSpec) or not isinstance(old, TypeSpec) or _arguments(new) != _arguments(old):
        return False
    one, other = classify(new, target), classify(old, target)
    return one == other and one.exact and one.family not in ("custom", "enum")


def _same_nullable(operation: AlterColumn, known: Sequence[Column]) -> bool:
    """Whether the call itself, or the history, says that it was so."""
    if operation.nullable == operation.existing_nullable:
        return True
    if operation.existing_nullable is not None or operation.type is not None:
        return False
    return bool(known) and all(column.nullable is operation.nullable for column in known)


def _same_default(operation: AlterColumn, known: Sequence[Column]) -> bool:
    """Whether the column surely has that server default."""
    new = _sql(operation.server_default)
    if new is None or operation.type is not None:
        return False
    return bool(known) and all(
        column.identity is None
        and column.computed is None
        and (old := _sql(column.default)) is not None
        and same_default(new, old)
        for column in known
    )


def _sql(default: object) -> str | None:
    """A server default in SQL; None where it cannot be told, or there is none."""
    if isinstance(default, str):
        return f"'{default}'"
    if isinstance(default, Called | CallValue):
        path = default.path
        if path == "sqlalchemy.text":
            text = default.argument("text", 0)
        elif path.startswith("sqlalchemy.func.") and not default.args:
            text = f"{path.rpartition('.')[2]}()"
        elif path in ("sqlalchemy.true", "sqlalchemy.false"):
            text = path.rpartition(".")[2]
        else:
            return None
        return text if isinstance(text, str) else None
    return None


def _arguments(type_: TypeSpec) -> frozenset[str]:
    """Arguments that a classification leaves out, such as a collation."""
    if type_.call is None:
        return frozenset()
    return frozenset(
        name for name in type_.call.keywords if name in ("collation", "charset", "timezone", "_collation")
    )
