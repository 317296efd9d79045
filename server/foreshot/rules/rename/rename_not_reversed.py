"""`upgrade()` renames, and `downgrade()` does not rename back.

After `alembic downgrade` the database has the new name while the earlier revision, and the code that goes with it, expects the
old one. The next upgrade fails, since there is nothing with the old name to rename.

Where `downgrade()` drops the new column and adds the old one instead, everything in it is lost on the way back; the repair
replaces both by the rename. A `downgrade()` that does nothing or raises is a matter of `missing-downgrade`.

It is not reported where what was renamed is made or dropped by the same revision, or where `downgrade()` does something
that could not be read.

```python bad
def upgrade():
    op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(100), existing_nullable=False)
    #                                                ^^^^^^^^^^^ stays `full_name`
    op.add_column("users", sa.Column("note", sa.Text()))


def downgrade():
    op.drop_column("users", "note")
```
```python fixed
def upgrade():
    op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(100), existing_nullable=False)
    op.add_column("users", sa.Column("note", sa.Text()))


def downgrade():
    op.drop_column("users", "note")
    op.alter_column(
        "users",
        "full_name",
        new_column_name="name",
        existing_type=sa.String(100),
        existing_nullable=False,
    )
```
```python bad
def upgrade():
    op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(100), existing_nullable=False)
    #                                                ^^^^^^^^^^^ its values are lost


def downgrade():
    op.add_column("users", sa.Column("name", sa.String(100), nullable=False))
    op.drop_column("users", "full_name")
```
```python fixed
def upgrade():
    op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(100), existing_nullable=False)


def downgrade():
    op.alter_column(
        "users",
        "full_name",
        new_column_name="name",
        existing_type=sa.String(100),
        existing_nullable=False,
    )
```
```python bad
def upgrade():
    op.rename_table("address", "addresses")
    #                          ^^^^^^^^^^^ `address` stays `addresses`
    op.add_column("users", sa.Column("note", sa.Text()))


def downgrade():
    op.drop_column("users", "note")
```
```python fixed
def upgrade():
    op.rename_table("address", "addresses")
    op.add_column("users", sa.Column("note", sa.Text()))


def downgrade():
    op.drop_column("users", "note")
    op.rename_table("addresses", "address")
```
```python good
def upgrade():
    op.rename_table("address", "addresses")


def downgrade():
    op.execute("ALTER TABLE addresses RENAME TO address")
```
```python good
def upgrade():
    op.rename_table("orders", "orders_old")
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))
    op.drop_table("orders_old")


def downgrade():
    op.drop_column("orders", "note")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.lint.writing import call, literal, one_line
from foreshot.migration import operations as ops
from foreshot.rules.rename import _edits as edits
from foreshot.rules.rename import _lasting as lasting
from foreshot.syntax.changes import AppendToFunction, Change, InsertBefore, ReplaceStatement

_KEPT = ("existing_type", "existing_nullable", "existing_server_default", "existing_comment")


class RenameNotReversed(OperationRule[ops.AlterColumn | ops.RenameTable]):
    """A rename that the way back does not undo."""

    looks_at = (ops.AlterColumn, ops.RenameTable)
    severity = "warning"
    directions = ("upgrade",)
    safety = "safe"

    def check(self, operation: ops.AlterColumn | ops.RenameTable, context: Context) -> Iterator[Finding]:
        """Whether anything in ``downgrade()`` gives the old name back."""
        downgrade = context.revision.functions.get("downgrade")
        if downgrade is None or downgrade.empty or downgrade.raises or operation.new_name is None:
            return
        if isinstance(operation, ops.AlterColumn):
            if not lasting.column_lasts(operation, context):
                return
            name, key = f"{operation.table_name}.{operation.column}", "new_column_name"
        else:
            if not lasting.table_lasts(operation, context):
                return
            name, key = str(operation.table_name), "new_table_name"
        if _may_be_reversed(operation, context):
            return
        lost = ", and its values are lost" if _again(operation, context) else ""
        yield self.finding(
            operation.site.args.get(key, operation.site.name),
            f"After `alembic downgrade` {code(name)} stays {code(operation.new_name)}{lost}: the next upgrade fails, and so does"
            " the earlier code. Rename it back in downgrade().",
            operation=operation,
            object=name,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The inverse rename."""
        rename = finding.operation
        downgrade = context.revision.functions.get("downgrade")
        if downgrade is None or not isinstance(rename, ops.AlterColumn | ops.RenameTable):
            return
        back = _inverse(rename, context)
        if back is None or rename.site.repeated or rename.site.sql is not None or rename.site.conditional:
            return
        again = _again(rename, context)
        changes: list[Change]
        if again is not None:
            if not all(edits.is_plain(operation) for operation in again):
                return
            changes = [ReplaceStatement(again[0].site.statement, back), edits.removal(again[1], context)]
        else:
            first = next((item for item in context.downgrade if _needs_old(item, rename)), None)
            if first is None:
                changes = [AppendToFunction(downgrade.span, back)]
            elif first.site.repeated:
                return
            else:
                at = first.site.batch.statement if first.site.batch else first.site.statement
                changes = [InsertBefore(at, back)]
        yield Fix("Rename it back in downgrade()", "safe", tuple(changes))


def _may_be_reversed(operation: ops.AlterColumn | ops.RenameTable, context: Context) -> bool:
    old = operation.column if isinstance(operation, ops.AlterColumn) else operation.table
    for other in context.downgrade:
        match other:
            case ops.Opaque() | ops.Execute(parsed=False):
                return True
            case ops.RenameTable():
                if isinstance(operation, ops.RenameTable) and other.new_name == old:
                    return True
                if not isinstance(other.new_name, str) or other.table_name is None:
                    return True
            case ops.AlterColumn():
                if isinstance(operation, ops.AlterColumn) and other.new_name == old:
                    return True
                if other.new_name is not None and not isinstance(other.new_name, str):
                    return True
            case ops.DropTable():
                names = {operation.table_name}
                if isinstance(operation, ops.RenameTable):
                    names.add(lasting.table_after(operation))
                if other.table_name in names:
                    return True
            case _:
                pass
    return False


def _again(
    operation: ops.AlterColumn | ops.RenameTable, context: Context
) -> tuple[ops.AddColumn, ops.DropColumn] | None:
    """The add and the drop that ``downgrade()`` has in place of a column's rename; the add comes first."""
    if not isinstance(operation, ops.AlterColumn):
        return None
    add = drop = None
    for other in context.downgrade:
        if isinstance(other, ops.AddColumn) and other.table_name == operation.table_name:
            add = other if other.column.name == operation.column else add
        elif isinstance(other, ops.DropColumn) and other.table_name == operation.table_name:
            drop = other if other.column == operation.new_name else drop
    return (add, drop) if add is not None and drop is not None else None


def _inverse(operation: ops.AlterColumn | ops.RenameTable, context: Context) -> str | None:
    """The call that takes the rename back; None where the call does more than rename."""
    schema = [f"schema={literal(operation.schema)}"] if isinstance(operation.schema, str) else []
    if isinstance(operation, ops.RenameTable):
        names = [literal(str(operation.new_name)), literal(str(operation.table))]
        return call(f"{context.op}.rename_table", [*names, *schema])
    changed = (operation.type, operation.nullable, operation.server_default, operation.comment)
    if any(value is not None for value in (*changed, operation.autoincrement)):
        return None
    arguments = [literal(str(operation.new_name)), f"new_column_name={literal(str(operation.column))}"]
    for name in _KEPT:
        span = operation.site.args.get(name)
        if span is not None:
            text = one_line(context.module, span)
            if text is None:
                return None
            arguments.append(f"{name}={text}")
    table = literal(str(operation.table))
    if operation.site.batch is not None:
        header = call(f"{context.op}.batch_alter_table", [table, *schema])
        body = call("batch_op.alter_column", arguments).replace("\n", "\n    ")
        return f"with {header} as batch_op:\n    {body}"
    return call(f"{context.op}.alter_column", [table, *arguments, *schema])


def _needs_old(item: ops.Operation, rename: ops.AlterColumn | ops.RenameTable) -> bool:
    """Whether an operation of ``downgrade()`` uses the old name already."""
    if not isinstance(item, ops.TableOperation):
        return False
    if isinstance(rename, ops.RenameTable):
        return item.table_name == rename.table_name
    if item.table_name != rename.table_name:
        return False
    match item:
        case ops.AlterColumn() | ops.DropColumn():
            return item.column == rename.column
        case ops.CreateIndex(index=spec) | ops.AddConstraint(constraint=spec):
            return rename.column in spec.columns
        case _:
            return False
