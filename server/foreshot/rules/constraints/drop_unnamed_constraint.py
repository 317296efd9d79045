"""A constraint is dropped without its name: this fails.

Autogenerate writes `drop_constraint(None, ...)` where the constraint was created without a name. SQLAlchemy cannot render it
("Can't emit DROP CONSTRAINT for constraint; it has no name"), so the migration stops here. Write the name that the database
made up: PostgreSQL's are `table_column_key` for a unique constraint and `table_column_fkey` for a foreign key.

MySQL and MariaDB number the table's keys (`orders_ibfk_2`): no name is offered for them, as the number may be another key's. Nor is
one where the models have, or may have, a naming convention.

A primary key of MySQL and MariaDB needs no name: Alembic writes `DROP PRIMARY KEY`.

```python app/models.py
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
```
```python bad
def upgrade():
    op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"])


def downgrade():
    op.drop_constraint(None, "orders", type_="foreignkey")
    #                  ^^^^ This fails
```
```python fixed
def upgrade():
    op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"])


def downgrade():
    op.drop_constraint("orders_user_id_fkey", "orders", type_="foreignkey")
```
```python good
def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
```
```python bad
def upgrade():
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])


def downgrade():
    op.drop_constraint(None, "orders")
    #                  ^^^^ This fails
```
```python fixed
def upgrade():
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])


def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
```
```python good dialect=mysql
def upgrade():
    op.drop_constraint(None, "orders", type_="primary")
```
```python bad dialect=mysql,postgresql
def upgrade():
    op.drop_constraint(None, "orders", type_="primary")
    #                  ^^^^ This fails on PostgreSQL
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge import Target, effects_of
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.inverse import CONSTRAINT_TYPES
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddConstraint, DropConstraint
from foreshot.rules.constraints._given import given_name
from foreshot.syntax.changes import ReplaceText, SetArgument


class DropUnnamedConstraint(OperationRule[DropConstraint]):
    """``drop_constraint(None, …)``."""

    looks_at = (DropConstraint,)
    severity = "error"
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: DropConstraint, context: Context) -> Iterator[Finding]:
        """Whether the name is missing."""
        if operation.name is not None or operation.site.sql:
            return
        targets = context.targets(operation=operation)
        failing = [target for target in targets if _fails(operation, target)]
        if not failing:
            return
        where = context.where(failing)
        table = f" on {code(operation.table_name)}" if operation.table_name else ""
        yield self.finding(
            operation.site.args.get("constraint_name", operation.site.name),
            f"This fails{where}: a constraint{table} cannot be dropped without its name. Write the name it has in the database.",
            operation=operation,
            targets=failing if where else (),
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The name that the other direction created it by, or that the database made up for it."""
        operation = finding.operation
        span = operation.site.args.get("constraint_name") if operation is not None else None
        if not isinstance(operation, DropConstraint) or span is None or operation.site.repeated:
            return
        created = [
            other.constraint
            for other in context.revision.operations
            if isinstance(other, AddConstraint)
            and other.site.function != operation.site.function
            and other.table_name == operation.table_name
            and operation.constraint_kind in (other.constraint.kind, "unknown")
        ]
        if len(created) != 1 or not isinstance(operation.table, str):
            return
        constraint = created[0]
        names: dict[str, str] = {}
        if isinstance(constraint.name, str):
            names[constraint.name] = "the name it was created with"
        else:
            # No name is better than a wrong one, which may be that of another constraint.
            for target in context.targets(operation=operation):
                name = given_name(constraint, operation.table, target, context)
                if name is not None:
                    names.setdefault(name, f"the name {target.display} gave it")
        # With a name MySQL has to be told what it is.
        untold = operation.constraint_kind == "unknown" and "type_" not in operation.site.args
        kind = (
            (SetArgument(operation.site.call, "type_", f'"{CONSTRAINT_TYPES[constraint.kind]}"'),)
            if untold
            else ()
        )
        for name, why in names.items():
            yield Fix(f"Name it {code(name)}, {why}", "unsafe", (ReplaceText(span, f'"{name}"'), *kind))


def _fails(operation: DropConstraint, target: Target) -> bool:
    effect = effects_of(operation, target)
    # Of the databases that nothing was measured of, SQLAlchemy asks the name all the same.
    return effect.always_fails is not None or not effect.known
