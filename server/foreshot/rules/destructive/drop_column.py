"""Dropping a column deletes its values in every row, and nothing brings them back.

`downgrade()` can add the column again, but it stays empty. And code that is still running fails at its next statement:
a mapped class names all its columns in every SELECT.

First release code whose models do not have the column any more, then drop it, and keep a copy of what may be wanted. Where the values were copied to another place first, the finding is
milder: what is left is the order of the two releases. So it is where an UPDATE in `downgrade()` computes them from what stays.

A database that refuses the drop is not named beside others: outside of a batch block, SQLite does while a foreign key in the table's definition
has the column, as it has when Alembic or `create_all` made the table. MySQL and MariaDB do, too.

It does not matter in a table that the same revision made or emptied, nor where the values were moved to a column that is
renamed to the old name afterwards, nor where an earlier revision copied them, as they were, to another column. `downgrade()` is looked at only where it drops
what `upgrade()` did not add. A column that looks like one that is added instead is reported by
`column-rename-as-drop-add`.

```python bad
def upgrade():
    op.drop_column("users", "phone")
    #                       ^^^^^^^ Deletes the column `users.phone` with all its values
```
```python bad
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("phone")
        #                    ^^^^^^^ `users.phone`
```
```python bad
def upgrade():
    op.execute("ALTER TABLE users DROP COLUMN phone")
    #                             ^^^^^^^^^^^^^^^^^ `users.phone`
```
```python good
def upgrade():
    # `copied-then-dropped` speaks of that.
    op.execute("UPDATE users SET contact = phone WHERE contact IS NULL")
    op.drop_column("users", "phone")
    op.drop_column("users", "fax_retired_0a1b2c3d4e5f")
    # Nothing is left in it.
    op.execute("DELETE FROM notices WHERE origin IS NOT NULL")
    op.drop_column("notices", "origin")
```
```python bad
class User(declarative_base()):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    phone = sa.Column(sa.String(20))
    fax = sa.Column("fax_number", sa.String(20))


def upgrade():
    session = Session(bind=op.get_bind())
    numbers = [{"user_id": row.id, "number": row.phone} for row in session.query(User)]
    op.bulk_insert(sa.table("numbers", sa.column("user_id"), sa.column("number")), numbers)
    op.drop_column("users", "phone")
    #                       ^^^^^^^ its values were read earlier
    op.drop_column("users", "fax_number")
    #                       ^^^^^^^^^^^^ Deletes the column `users.fax_number` with all its values
```
```python bad
def upgrade():
    op.drop_column("users", "initials")
    #                       ^^^^^^^^^^ its values can be computed again


def downgrade():
    op.add_column("users", sa.Column("initials", sa.Text(), sa.Computed("left(name, 1)", persisted=True)))
```
```python bad
def upgrade():
    op.execute("ALTER TABLE users DROP COLUMN initials")
    #                             ^^^^^^^^^^^^^^^^^^^^ Replaces every value of `users.initials` by a computed one
    op.execute("ALTER TABLE users ADD COLUMN initials text GENERATED ALWAYS AS (left(name, 1)) STORED")
```
```python bad
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("street")
        #                    ^^^^^^^^ Deletes the column `users.street` with all its values, for good. Drop it once no code uses it; keep a copy. 3 more places.
        batch_op.drop_column("city")
        batch_op.drop_column("region")
        batch_op.drop_column("country")
```
```python bad
def upgrade():
    op.drop_column("orders", "pushed")
    #                        ^^^^^^^^ `downgrade()` fills it again


def downgrade():
    op.add_column("orders", sa.Column("pushed", sa.DateTime()))
    op.execute("UPDATE orders SET pushed = GREATEST(stable, testing)")
```
```python bad
def upgrade():
    op.drop_column("orders", "pushed")
    #                        ^^^^^^^^ Deletes the column `orders.pushed` with all its values
    op.drop_column("orders", "stable")
    #                        ^^^^^^^^ Deletes the column `orders.stable` with all its values


def downgrade():
    op.add_column("orders", sa.Column("stable", sa.DateTime()))
    op.execute("UPDATE orders SET stable = now() WHERE id > 0")
    op.add_column("orders", sa.Column("pushed", sa.DateTime()))
    op.execute("UPDATE orders SET pushed = stable")
```
```python bad
def upgrade():
    op.execute("SELECT id, contact FROM users WHERE phone IS NOT NULL")
    op.drop_column("users", "phone")
    #                       ^^^^^^^ Deletes the column `users.phone` with all its values
```
```python bad dialect=postgresql,sqlite
def upgrade():
    op.drop_column("users", "server_id")
    #                       ^^^^^^^^^^^ for good on PostgreSQL


def downgrade():
    op.add_column("users", sa.Column("server_id", sa.Integer(), sa.ForeignKey("servers.id")))
```
```python bad
def upgrade():
    op.execute("DELETE FROM orders WHERE shop_id IN (SELECT shop_id FROM shops)")
    op.drop_column("orders", "shop_id")
    #                        ^^^^^^^^^ Deletes the column `orders.shop_id` with all its values
```
```python bad
def upgrade():
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT 1 FROM information_schema.columns"
        " WHERE table_name = 'users' AND column_name = 'email')"
        " THEN ALTER TABLE users DROP COLUMN email; END IF; END $$"
#                                ^^^^^^^^^^^^^^^^^ Deletes the column `users.email`
    )
```
```python good
def upgrade():
    op.add_column("users", sa.Column("number", sa.Integer()))
    op.execute("UPDATE users SET number = CAST(code AS integer)")
    op.drop_column("users", "code")
    op.alter_column("users", "number", new_column_name="code", existing_type=sa.Integer())
```
```python good
def upgrade():
    op.add_column("users", sa.Column("copy", sa.Text()))
    op.drop_column("users", "copy")
```
```python good
def upgrade():
    op.add_column("users", sa.Column("phone", sa.String(20)))


def downgrade():
    op.drop_column("users", "phone")
```
```python good
def upgrade():
    op.alter_column("users", "phone", new_column_name="phone_number", existing_type=sa.String(20))


def downgrade():
    op.drop_column("users", "phone_number")
```
```python setup
def upgrade():
    op.create_table("parcels", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("state", sa.Text()), sa.Column("status", sa.Text()))
    op.execute(
        "CREATE FUNCTION parcels_copy() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.status := coalesce(NEW.status, NEW.state); RETURN NEW; END $$"
    )
    op.execute("CREATE TRIGGER parcels_copy BEFORE INSERT OR UPDATE ON parcels FOR EACH ROW EXECUTE FUNCTION parcels_copy()")
```
```python bad
def upgrade():
    op.execute("DROP TRIGGER parcels_copy ON parcels")
    op.execute("DROP FUNCTION parcels_copy()")
    op.drop_column("parcels", "state")
    #                         ^^^^^^^ a trigger kept another column in step
```

A drop that fails takes nothing, and `unknown-column` says so:

```python setup
def upgrade():
    op.create_table("firms", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.create_table("towns", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
```
```python good
def upgrade():
    op.add_column("firms", sa.Column("seen_at", sa.DateTime()))


def downgrade():
    op.drop_column("towns", "seen_at")
```
```python setup
def upgrade():
    op.create_table("clients", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()), sa.Column("mail", sa.Text()))
    op.add_column("clients", sa.Column("full_name", sa.Text()))
    op.add_column("clients", sa.Column("domain", sa.Text()))
    op.execute("UPDATE clients SET full_name = name WHERE full_name IS NULL")
    op.execute("UPDATE clients SET domain = split_part(mail, '@', 2)")
```
```python good
def upgrade():
    op.drop_column("clients", "name")
```
```python bad
def upgrade():
    op.drop_column("clients", "mail")
    #                         ^^^^^^ Deletes the column `clients.mail`
```
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from foreshot.knowledge import Facts, Target, effects_of
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.rules.destructive import _lost as lost

_MANY = 4
"""So many columns of one table that are dropped together are one decision, and said once."""
_LATER = "Drop it once no code uses it"


class DropColumn(OperationRule[ops.DropColumn]):
    """A column that existed before is dropped."""

    looks_at = (ops.DropColumn,)
    severity = "error"

    def check(self, operation: ops.DropColumn, context: Context) -> Iterator[Finding]:
        """Whether values go that somebody may want."""
        column = operation.column
        if operation.table_name is None or not isinstance(column, str) or context.renames.of(operation):
            return
        if (
            lost.has_no_rows(operation, context)
            or lost.is_retired(column)
            or lost.is_copied(operation, context)
            or _was_copied(operation, context)
            or lost.is_cleared(operation, context)
            or lost.table_goes(operation, context)
            or lost.is_undone(operation, context)
            or lost.is_replaced(operation, context)
            or _is_missing(operation, column, context)
            or context.schema.column(operation.table_name, column, operation) is not None
        ):
            return
        targets = _targets(operation, context)
        name = code(f"{operation.table_name}.{column}")
        old = context.renames.dropped_column(operation.table_name, column)
        if old is not None and old.computed is not None:
            message = f"Running code that uses {name} fails{context.where(targets)}; its values can be computed again. {_LATER}."
        elif _is_computed_again(operation, context):
            message = f"Replaces every value of {name} by a computed one, and code that writes it fails{context.where(targets)}. Release code that does not, first."
        elif lost.is_kept_in_step(operation, context):
            message = f"Running code that uses {name} fails{context.where(targets)}; a trigger kept another column in step. {_LATER}."
        elif lost.is_read_before(operation, context, column):
            message = f"Running code that uses {name} fails{context.where(targets)}; its values were read earlier. {_LATER}."
        elif lost.is_filled_again(operation, context, column):
            message = f"Running code that uses {name} fails{context.where(targets)}; `downgrade()` fills it again. {_LATER}."
        else:
            message = (
                f"Deletes the column {name} with all its values, for good{context.where(targets)}. {_LATER};"
                " keep a copy."
            )
        yield self.finding(
            operation.site.args.get("column_name", operation.site.name),
            message,
            operation=operation,
            object=column,
            targets=targets,
            severity=None
            if message.startswith("Deletes") or operation.site.function == "downgrade"
            else "warning",
            cause=_cause(operation, message, context),
        )


def _was_copied(operation: ops.DropColumn, context: Context) -> bool:
    """Whether an earlier revision has copied the column's values into another one of the table, on every database."""
    name, here = operation.column, context.revision.header.revision
    found = [
        state.column(operation.table_name, name)
        for state in states(operation, context)
        if isinstance(name, str)
    ]
    return bool(found) and all(
        column is not None and column.copied_by is not None and column.copied_by.revision != here
        for column in found
    )


def _is_missing(operation: ops.DropColumn, column: str, context: Context) -> bool:
    """Whether there is surely no such column anywhere: the drop fails, and takes no values."""
    table, found = operation.table_name, list(states(operation, context))
    return table is not None and bool(found) and all(state.lacks_column(table, column) for state in found)


def _is_computed_again(operation: ops.DropColumn, context: Context) -> bool:
    """Whether the same direction adds the column again, as one that the database computes."""
    return any(
        isinstance(other, ops.AddColumn)
        and other.column.name == operation.column
        and other.table_name == operation.table_name
        and other.site.order > operation.site.order
        and other.column.computed is not None
        for other in context.operations(operation.site.function)
    )


def _cause(operation: ops.DropColumn, message: str, context: Context) -> str | None:
    """Of many columns that one direction drops from a table: that they go together."""
    table, function = operation.table_name, operation.site.function
    dropped = context.once_each_way(_dropped, function).get(table, 0)
    apart = message.replace(code(f"{table}.{operation.column}"), "")
    return f"{function}|{table}|{apart}" if dropped >= _MANY else None


def _dropped(operations: tuple[ops.Operation, ...]) -> dict[str | None, int]:
    """How many columns of each table are dropped."""
    return Counter(one.table_name for one in operations if isinstance(one, ops.DropColumn))


def _targets(operation: ops.DropColumn, context: Context) -> tuple[Target, ...]:
    """The databases that take it; where none does, all."""
    targets = context.targets((), operation)
    return tuple(target for target in targets if not _is_refused(operation, target, context)) or targets


def _is_refused(operation: ops.DropColumn, target: Target, context: Context) -> bool:
    """Whether the column's own foreign key, which nothing has dropped, keeps it."""
    if not lost.is_referring(operation, context, target.database):
        return False
    return effects_of(operation, target, facts=Facts(parents=("",))).always_fails is not None
