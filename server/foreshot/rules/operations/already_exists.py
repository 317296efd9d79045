"""The operation creates what is there already at this point of the history: it fails.

A column or a table is added a second time when a migration was generated against a database that had not run an earlier one, when
two branches did the same, or when a file was copied.

Nothing is said where something that could not be read may have dropped it meanwhile.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(80)))
    op.create_index("ix_users_email", "users", ["email"])
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("email", sa.String(80)))
    #                                ^^^^^^^ `users` already has a column `email`
```
```python bad
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    #               ^^^^^^^ the table `users` already exists
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("mail", sa.String(80)))
    op.alter_column("users", "mail", new_column_name="email", existing_type=sa.String(80))
    #                                                ^^^^^^^ `users` already has a column `email`
```
```python good
def upgrade():
    op.alter_column("users", "email", new_column_name="EMAIL", existing_type=sa.String(80))
```
```python bad
def upgrade():
    op.add_column("older", sa.Column("cost", sa.Float()))


def downgrade():
    op.add_column("older", sa.Column("cost", sa.Float()))
    #                                ^^^^^^ `upgrade()` has added a column `cost` to `older`
```
```python good
def upgrade():
    op.add_column("older", sa.Column("cost", sa.Float()))


def downgrade():
    op.drop_column("older", "cost")
    op.add_column("older", sa.Column("cost", sa.Text()))
```
```python good
def upgrade():
    op.drop_column("users", "email")
    op.add_column("users", sa.Column("email", sa.Text()))
```
```python good
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), if_not_exists=True)
```
A table whose name is only known when it runs may be this one:

```python good
def upgrade():
    schema = os.environ["SCHEMA"]
    op.execute(f"DROP TABLE {schema}.users")
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
```
Each of several databases may have a table of one name:

```python good
def upgrade(engine_name):
    globals()["upgrade_%s" % engine_name]()


def downgrade(engine_name):
    globals()["downgrade_%s" % engine_name]()


def upgrade_shop():
    op.create_table("vats", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade_shop():
    op.drop_table("vats")


def upgrade_reports():
    op.create_table("vats", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade_reports():
    op.drop_table("vats")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.aborted import although_caught, is_survived
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import made_here, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.schema.state import Origin


class AlreadyExists(OperationRule[ops.TableOperation]):
    """A table or a column is created a second time, or given a name that is taken."""

    looks_at = (ops.CreateTable, ops.AddColumn, ops.AlterColumn, ops.RenameTable)
    severity = "error"
    fails_outright = True

    def check(self, operation: ops.TableOperation, context: Context) -> Iterator[Finding]:
        """Whether it is surely there on some database."""
        if (
            operation.site.conditional
            or is_survived(operation, context)
            or getattr(operation, "if_not_exists", False)
        ):
            return
        if isinstance(operation, ops.AddColumn | ops.AlterColumn):
            yield from self._column(operation, context)
            return
        name = operation.table_name
        if isinstance(operation, ops.RenameTable):
            new = operation.new_name if isinstance(operation.new_name, str) else None
            name = f"{operation.schema}.{new}" if new and isinstance(operation.schema, str) else new
        if name is None or (isinstance(operation, ops.CreateTable) and operation.temporary):
            return
        found = [state for state in states(operation, context) if state.is_seen(name)]
        if not found or _may_have_gone(operation, context):
            return
        table = found[0].table(name)
        at = "new_table_name" if isinstance(operation, ops.RenameTable) else "table_name"
        yield self.finding(
            operation.site.args.get(at, operation.site.name),
            f"This fails{context.where(state.target for state in found)}: the table {code(name)} already exists.{although_caught(operation, context)}",
            operation=operation,
            object=name,
            related=made_here(
                table.named_by or table.origin if table is not None else None,
                f"{code(name)} was made here",
                context,
            ),
        )

    def _column(self, operation: ops.AddColumn | ops.AlterColumn, context: Context) -> Iterator[Finding]:
        args, table = operation.site.args, operation.table_name
        if isinstance(operation, ops.AddColumn):
            name = operation.column.name
            at = operation.column.args.get("name", args.get("column"))
            old = None
        else:
            name, at, old = operation.new_name, args.get("new_column_name"), operation.column
        if not isinstance(name, str) or table is None:
            return
        if isinstance(old, str) and old.lower() == name.lower():
            # The same column, spelled otherwise.
            return
        found = [state for state in states(operation, context) if state.is_seen(table)]
        made: Origin | None = None
        having: list[object] = []
        for state in found:
            known = state.column(table, name)
            if known is not None:
                made = known.named_by or known.origin
                having.append(state.target)
        if not having:
            if isinstance(operation, ops.AddColumn) and _added_before(operation, context):
                yield self.finding(
                    at or operation.site.name,
                    f"This fails: `upgrade()` has added a column {code(name)} to {code(table)}. Drop it here.",
                    operation=operation,
                    object=name,
                )
            return
        targets = [state.target for state in found if state.target in having]
        yield self.finding(
            at or operation.site.name,
            f"This fails{context.where(targets)}: {code(table)} already has a column {code(name)}.{although_caught(operation, context)}",
            operation=operation,
            object=name,
            related=made_here(made, f"{code(name)} was added here", context),
        )


def _may_have_gone(operation: ops.TableOperation, context: Context) -> bool:
    """Whether a table was dropped or renamed before whose name is only known when it runs."""
    return any(
        isinstance(other, ops.DropTable | ops.RenameTable) and other.table_name is None
        for other in context.before(operation)
    )


def _added_before(operation: ops.AddColumn, context: Context) -> bool:
    """Whether ``upgrade()`` surely added what this adds again in ``downgrade()``, to a table of which the history need not know anything."""
    if operation.site.function != "downgrade":
        return False
    added = False
    for other in (*context.upgrade, *context.before(operation)):
        same = getattr(other, "table_name", None) == operation.table_name
        if isinstance(other, ops.AddColumn) and same:
            sure = not (other.site.conditional or context.is_forgiven(other))
            added = added or (sure and other.column.name == operation.column.name)
        elif same or isinstance(other, ops.Opaque | ops.Execute):
            # It may have taken the column, or the table, away again.
            added = False
    return added
