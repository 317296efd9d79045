"""A foreign key is made again, and deletes or keeps other rows than before.

`ondelete` decides what becomes of the rows that refer to a row that is deleted: refused, deleted as well, or set to NULL. A foreign key that is
dropped and made again with another one changes what each DELETE of the application does, and that is easily overlooked
between names and columns. Where `downgrade()` makes the key with the same options as `upgrade()`, one of the two is wrong: either
nothing changes, or the way back does not lead back. Where the earlier revisions tell that nothing changes, because the key is only
dropped for as long as something else is done, nothing is said.

```python bad
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")
#                                                                                      ^^^^^^^^^^^^^^^^^^ deletes the referring rows of `orders`


def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
```
```python bad
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")
#                                                                                      ^^^^^^^^^^^^^^^^^^ `downgrade()` creates the key with the same


def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")
```
```python good
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "people", ["user_id"], ["id"], ondelete="CASCADE")


def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")
```
```python good
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], ondelete="RESTRICT")


def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
```
```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer()),
        sa.Column("payer_id", sa.Integer()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_orders_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["payer_id"], ["users.id"], name="fk_orders_payer_id"),
    )
```
```python good
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.alter_column("orders", "user_id", existing_type=sa.Integer(), type_=sa.BigInteger())
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")


def downgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.alter_column("orders", "user_id", existing_type=sa.BigInteger(), type_=sa.Integer())
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")
```
```python bad
def upgrade():
    op.drop_constraint("fk_orders_payer_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_payer_id", "orders", "users", ["payer_id"], ["id"], ondelete="CASCADE")
#                                                                                        ^^^^^^^^^^^^^^^^^^ leaves ON DELETE CASCADE, which was NO ACTION


def downgrade():
    op.drop_constraint("fk_orders_payer_id", "orders", type_="foreignkey")
    op.create_foreign_key("fk_orders_payer_id", "orders", "users", ["payer_id"], ["id"], ondelete="CASCADE")
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import AddConstraint, ConstraintSpec, DropConstraint, Operation

_DOES: Final = {
    "CASCADE": "deletes the referring rows of {}",
    "SET NULL": "sets the references in {} to NULL",
    "SET DEFAULT": "sets the references in {} to their default",
    "RESTRICT": "is refused while rows of {} refer to it",
    "NO ACTION": "is refused while rows of {} refer to it",
}


class ForeignKeyOnDeleteChanged(OperationRule[AddConstraint]):
    """A foreign key that is dropped and made with another ON DELETE, or that goes back to itself."""

    looks_at = (AddConstraint,)
    severity = "information"
    directions = ("upgrade",)

    def check(self, operation: AddConstraint, context: Context) -> Iterator[Finding]:
        """What the key was is what ``downgrade()`` makes of it."""
        made, table = operation.constraint, operation.table_name
        if made.kind != "foreign key" or table is None or context.is_new(operation):
            return
        if not context.targets((), operation):
            return
        key = _key(table, made)
        before = context.once_each_way(_made, "downgrade").get(key)
        if before is None or not _is_dropped(operation, context):
            return
        now, then = _action(made.ondelete), _action(before.constraint.ondelete)
        if now is None or then is None:
            return
        at = operation.site.keywords.get("ondelete", operation.site.name)
        if {now, then} == {"NO ACTION", "RESTRICT"}:
            # Either refuses it, sooner or later in the statement.
            return
        if now != then:
            does = _DOES.get(now, _DOES["NO ACTION"]).format(code(table))
            message = (
                f"Deleting a row of {code(made.ref_table)} now {does}: ON DELETE was {then}."
                " Make sure the application expects it."
            )
        elif _options(made) == _options(before.constraint) and now != "NO ACTION":
            was, is_sure = _told(operation, context)
            if was == now:
                return
            message = (
                f"`downgrade()` leaves ON DELETE {now}, which was {was} before `upgrade()`. Write the earlier value there."
                if is_sure
                else f"`downgrade()` creates the key with the same ON DELETE {now}: either nothing changed, or it is not undone."
                " Write the earlier value there."
            )
        else:
            return
        yield self.finding(
            at,
            message,
            operation=operation,
            object=made.name if isinstance(made.name, str) else None,
            related=[Related("`downgrade()` creates it here", before.site.name)],
        )


def _key(table: str, made: ConstraintSpec) -> tuple[object, ...]:
    return table, made.ref_table, made.columns, made.ref_columns


def _told(operation: AddConstraint, context: Context) -> tuple[str | None, bool]:
    """What the key did on DELETE before the revision, by the history, and whether that is sure."""
    columns, sure = operation.constraint.columns, True
    found: set[str | None] = set()
    for state in states(operation, context):
        table = state.start.table(operation.table_name or "")
        if table is not None:
            found.update(_action(key.ondelete) for key in table.foreign_keys if key.columns == columns)
            sure = sure and not state.start.doubts(table) and table.there is None
    return (found.pop(), sure) if len(found) == 1 else (None, False)


def _action(ondelete: object) -> str | None:
    """What a key does on DELETE; None where it cannot be told."""
    if ondelete is None:
        return "NO ACTION"
    return ondelete.upper() if isinstance(ondelete, str) else None


def _options(made: ConstraintSpec) -> tuple[object, ...]:
    """All that two keys over the same columns can differ in, but for the name."""
    return made.ondelete, made.onupdate, str(made.deferrable), str(made.initially), made.name


def _made(operations: tuple[Operation, ...]) -> dict[tuple[object, ...], AddConstraint]:
    """The foreign keys that a direction makes, by what they lead from and to."""
    return {
        _key(operation.table_name, operation.constraint): operation
        for operation in operations
        if isinstance(operation, AddConstraint)
        and operation.constraint.kind == "foreign key"
        and operation.table_name is not None
    }


def _is_dropped(operation: AddConstraint, context: Context) -> bool:
    """Whether a key of the table is dropped before it, by its own name or one that cannot be told."""
    name = operation.constraint.name
    return any(
        isinstance(other, DropConstraint)
        and other.table_name == operation.table_name
        and other.constraint_kind in ("foreign key", "unknown")
        and (other.name == name or not isinstance(other.name, str) or not isinstance(name, str))
        for other in context.before(operation)
    )
