"""The constraint gets no name of its own: the database makes one up.

What drops the constraint later has to know that name, which differs from database to database, and stays the old one when the table
or the column is renamed. `drop_constraint(None, ...)`, which autogenerate writes into the downgrade, fails. In batch mode, which SQLite
needs, Alembic refuses a constraint without a name (measured with Alembic 1.20). Give it a name, or set a `naming_convention` on the
metadata that env.py hands to Alembic.

On MySQL and MariaDB a primary key is always called `PRIMARY`, so it is not reported there.

The repair writes down the name that the database would have made up, so the schema stays the same.

```python app/models.py
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
```
```python bad
def upgrade():
    op.create_unique_constraint(None, "users", ["email"])
    #                           ^^^^ has no name: the database makes one up


def downgrade():
    op.drop_constraint(None, "users", type_="unique")
```
```python fixed
def upgrade():
    op.create_unique_constraint("users_email_key", "users", ["email"])


def downgrade():
    op.drop_constraint("users_email_key", "users", type_="unique")
```
```python good
def upgrade():
    op.create_unique_constraint("uq_users_email", "users", ["email"])
```
```python bad
def upgrade():
    op.create_unique_constraint(None, "users", ["email"])
    #                           ^^^^ Name it. One more place
    op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"])
```
```python fixed
def upgrade():
    op.create_unique_constraint("users_email_key", "users", ["email"])
    op.create_foreign_key("orders_user_id_fkey", "orders", "users", ["user_id"], ["id"])
```
```python bad dialect=sqlite
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_unique_constraint(None, ["email"])
        #                                 ^^^^ refuses it, so this fails
```
```python good dialect=mysql
def upgrade():
    op.create_primary_key(None, "users", ["id"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.conventions import has_naming_convention
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, on
from foreshot.migration.operations import AddConstraint, Batch, DropConstraint
from foreshot.rules.constraints._given import given_name
from foreshot.syntax.changes import ReplaceText


class UnnamedConstraint(OperationRule[AddConstraint]):
    """A constraint created without a name, and no naming convention in reach."""

    looks_at = (AddConstraint,)
    severity = "warning"
    safety = "safe"

    def check(self, operation: AddConstraint, context: Context) -> Iterator[Finding]:
        """Whether the constraint has a name, or will be given one."""
        constraint = operation.constraint
        batch = operation.site.batch
        if constraint.name is not None or operation.site.sql or operation.table_name is None:
            return
        if (batch is not None and batch.naming_convention) or has_naming_convention(
            context.surroundings
        ) is not False:
            return
        targets = context.targets(operation=operation)
        refusing = [target for target in targets if target.database == "sqlite" or _is_copied(batch)]
        naming = [
            target
            for target in targets
            if target not in refusing and not (constraint.kind == "primary key" and target.is_mysql)
        ]
        kind = "unique constraint" if constraint.kind == "unique" else constraint.kind
        what = f"This {kind} on {code(operation.table_name)}"
        if naming:
            also = f" {on(refusing)}'s batch mode refuses it." if refusing and batch else ""
            message = (
                f"{what} has no name: the database makes one up{'' if also else context.where(naming)}, and a later"
                f" `drop_constraint(None)` fails.{also} Name it."
            )
        elif refusing:
            message = f"{what} has no name: batch mode, which copies the table, refuses it, so this fails{context.where(refusing)}. Name it."
        else:
            return
        yield self.finding(
            operation.site.args.get("constraint_name", operation.site.name),
            message,
            operation=operation,
            targets=naming or refusing,
            severity=None if naming else "error",
            cause=f"{operation.site.function}|{bool(naming)}",
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The name that the database would make up, in both directions."""
        operation = finding.operation
        targets = context.targets(operation=operation)
        if not isinstance(operation, AddConstraint) or operation.site.repeated or len(targets) != 1:
            return
        constraint = operation.constraint
        span = operation.site.args.get("constraint_name")
        if not isinstance(operation.table, str) or span is None:
            return
        name = given_name(constraint, operation.table, targets[0], context)
        if name is None:
            return
        dropped = [
            other.site.args["constraint_name"]
            for other in context.revision.operations
            if isinstance(other, DropConstraint)
            and other.name is None
            and other.site.function != operation.site.function
            and other.table_name == operation.table_name
            and other.constraint_kind in (constraint.kind, "unknown")
            and "constraint_name" in other.site.args
        ]
        if len(dropped) <= 1:
            changes = tuple(ReplaceText(at, f'"{name}"') for at in (span, *dropped))
            yield Fix(f"Name it {code(name)}, as {on(targets)} would", "safe", changes)


def _is_copied(batch: Batch | None) -> bool:
    """Whether batch mode copies the table on every database, as it does on SQLite."""
    return batch is not None and batch.recreate == "always"
