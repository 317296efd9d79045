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

import re
from collections.abc import Iterable, Iterator

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
            f"After `alembic downgrade`, {code(name)} stays {code(operation.new_name)}{lost}: the next upgrade and the"
            " earlier code fail. Rename it back in `downgrade()`.",
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
        if _may_be_renamed(rename, context.text(downgrade.span)):
            return
        if back is None or rename.site.repeated or rename.site.sql is not None or rename.site.conditional:
            return
        again = _again(rename, context)
        changes: list[Change]
        if again is not None:
            if not all(edits.is_plain(operation) for operation in again):
                return
            changes = [ReplaceStatement(again[0].site.statement, back), edits.removal(again[1], context)]
        else:
            column = str(rename.column) if isinstance(rename, ops.AlterColumn) else None
            first = context.once(_way_back).uses.get((rename.table_name, column))
            if first is None:
                changes = [AppendToFunction(downgrade.span, back)]
            elif first.site.repeated:
                return
            else:
                at = first.site.batch.statement if first.site.batch else first.site.statement
                changes = [InsertBefore(at, back)]
        yield Fix("Rename it back in `downgrade()`", "safe", tuple(changes))


def _may_be_renamed(rename: ops.AlterColumn | ops.RenameTable, text: str) -> bool:
    """Whether ``downgrade()`` renames something to the old name, in whichever spelling."""
    old = rename.column if isinstance(rename, ops.AlterColumn) else rename.table
    said = text.lower()
    renames = "rename" in said or "new_column_name" in said
    return renames and re.search(rf"(?<!\w){re.escape(str(old).lower())}(?!\w)", said) is not None


def _may_be_reversed(operation: ops.AlterColumn | ops.RenameTable, context: Context) -> bool:
    back = context.once(_way_back)
    if isinstance(operation, ops.AlterColumn):
        return back.anything or operation.column in back.columns or operation.table_name in back.dropped
    names = {operation.table_name, lasting.table_after(operation)}
    return back.anything or operation.table in back.tables or bool(names & back.dropped)


def _again(
    operation: ops.AlterColumn | ops.RenameTable, context: Context
) -> tuple[ops.AddColumn, ops.DropColumn] | None:
    """The add and the drop that ``downgrade()`` has in place of a column's rename; the add comes first."""
    if not isinstance(operation, ops.AlterColumn):
        return None
    back = context.once(_way_back)
    add = back.added.get((operation.table_name, operation.column))
    drop = back.removed.get((operation.table_name, operation.new_name))
    return (add, drop) if add is not None and drop is not None else None


class _WayBack:
    """What ``downgrade()`` does, by the names of what it does it to."""

    def __init__(self, operations: Iterable[ops.Operation]) -> None:
        self.anything = False
        """Something in it could not be read, or renames what is not known."""
        self.columns: set[object] = set()
        self.tables: set[object] = set()
        self.dropped: set[str | None] = set()
        self.added: dict[tuple[str | None, object], ops.AddColumn] = {}
        self.removed: dict[tuple[str | None, object], ops.DropColumn] = {}
        self.uses: dict[tuple[str | None, str | None], ops.TableOperation] = {}
        """The first operation that uses a table, or a column of it."""
        for operation in operations:
            match operation:
                case ops.Opaque() | ops.Execute(parsed=False):
                    self.anything = True
                case ops.RenameTable():
                    self.tables.add(operation.new_name)
                    known = isinstance(operation.new_name, str) and operation.table_name is not None
                    self.anything = self.anything or not known
                case ops.AlterColumn() if operation.new_name is not None:
                    self.columns.add(operation.new_name)
                    self.anything = self.anything or not isinstance(operation.new_name, str)
                case ops.DropTable():
                    self.dropped.add(operation.table_name)
                case ops.AddColumn(column=column):
                    self.added[operation.table_name, str(column.name)] = operation
                case ops.DropColumn():
                    self.removed[operation.table_name, str(operation.column)] = operation
                case _:
                    pass
            if isinstance(operation, ops.TableOperation):
                for name in (None, *_columns_of(operation)):
                    self.uses.setdefault((operation.table_name, name), operation)


def _way_back(context: Context) -> _WayBack:
    return _WayBack(context.downgrade)


def _columns_of(operation: ops.TableOperation) -> list[str]:
    match operation:
        case ops.AlterColumn() | ops.DropColumn():
            return [str(operation.column)]
        case ops.CreateIndex(index=spec) | ops.AddConstraint(constraint=spec):
            return [name for name in spec.columns if isinstance(name, str)]
        case _:
            return []


def _inverse(operation: ops.AlterColumn | ops.RenameTable, context: Context) -> str | None:
    """The call that takes the rename back; None where the call does more than rename."""
    schema = [f"schema={literal(operation.schema)}"] if isinstance(operation.schema, str) else []
    if isinstance(operation, ops.RenameTable):
        names = [literal(str(operation.new_name)), literal(str(operation.table))]
        return call(f"{context.op}.rename_table", [*names, *schema])
    changed = (operation.type, operation.nullable, operation.server_default, operation.comment)
    if any(value is not None for value in (*changed, operation.autoincrement)):
        return None
    if "existing_type" not in operation.site.args and any(target.is_mysql for target in context.targets()):
        # MySQL and MariaDB rename no column without its type.
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
