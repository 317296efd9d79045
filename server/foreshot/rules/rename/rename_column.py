"""A column gets another name while code that asks for the old one is running.

From the rename until the new release is everywhere, every statement that names the column fails, and a mapped class names
all its columns. Released the other way round, the new code fails until the migration has run. The rename itself takes
milliseconds.

Where downtime is planned, or nothing else uses the column, say so in a suppression comment. Otherwise expand and contract:
add the new column beside the old one, release code that writes both, copy the rows, release code that uses only the new
one, and drop the old one in a later revision. The repair writes the first step and says what the others are.
An attribute can also get another name in the model alone: `full_name = mapped_column("name", String(100))`.

It is not reported in `downgrade()`, nor where the revision made the column itself, gives the old name to another column, or
renames the whole table, which `rename-table` reports.

```python bad
def upgrade():
    op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(100))
    #                                                ^^^^^^^^^^^ Renaming `users.name` breaks running code


def downgrade():
    op.alter_column("users", "full_name", new_column_name="name", existing_type=sa.String(100))
```
```python fixed
def upgrade():
    # `name` stays until no running code uses it: write both, copy the rows in batches, and drop it in a later revision.
    op.add_column("users", sa.Column("full_name", sa.String(100), nullable=True))


def downgrade():
    op.drop_column("users", "full_name")
```
```python bad
def upgrade():
    op.execute("ALTER TABLE users RENAME COLUMN name TO full_name")
    #                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `users.name`
```
```python good
def upgrade():
    op.alter_column("users", "status", new_column_name="old_status", existing_type=sa.String(20))
    op.add_column("users", sa.Column("status", sa.Integer()))
```
```python good
def upgrade():
    op.add_column("users", sa.Column("new_status", sa.Integer()))
    op.alter_column("users", "new_status", new_column_name="status", existing_type=sa.Integer())
```
```python good
def upgrade():
    op.add_column("users", sa.Column("note", sa.Text()))


def downgrade():
    op.alter_column("users", "full_name", new_column_name="name", existing_type=sa.String(100))
    op.drop_column("users", "note")
```
A column that is put aside to be dropped later gets a name that nothing shall use:

```python good
def upgrade():
    op.alter_column("users", "email", new_column_name="email_retired_0002")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, plain
from foreshot.lint.writing import literal, one_line
from foreshot.migration.operations import (
    AlterColumn,
    DropConstraint,
    DropIndex,
    Opaque,
    TypeSpec,
)
from foreshot.rules.destructive._lost import is_retired
from foreshot.rules.rename import _edits as edits
from foreshot.rules.rename import _lasting as lasting
from foreshot.syntax.changes import AppendToFunction, Change, ReplaceStatement


class RenameColumn(OperationRule[AlterColumn]):
    """A column that existed before is renamed."""

    looks_at = (AlterColumn,)
    severity = "warning"
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether running code still knows the old name."""
        if operation.new_name is None or not lasting.column_lasts(operation, context):
            return
        if is_retired(operation.new_name):
            # It is dropped, in two steps: nothing shall use the new name.
            return
        if lasting.table_is_renamed(operation, context):
            # The table is asked for by another name before the column is.
            return
        targets = context.targets((), operation)
        yield self.finding(
            operation.site.args.get("new_column_name", operation.site.name),
            f"Renaming {code(f'{operation.table_name}.{operation.column}')} breaks running code{context.where(targets)}"
            f" until the new release is everywhere. Add {code(operation.new_name)} beside"
            " it, and drop the old column later.",
            operation=operation,
            object=str(operation.column),
            targets=targets,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The first step of expand and contract."""
        rename = finding.operation
        if not isinstance(rename, AlterColumn) or not edits.is_plain(rename):
            return
        others = (rename.type, rename.nullable, rename.server_default, rename.comment, rename.autoincrement)
        kind = rename.existing_type
        written = one_line(context.module, kind.span) if isinstance(kind, TypeSpec) else None
        back = _back(rename, context)
        if written is None or back is None or any(value is not None for value in others):
            return
        uses = context.once(_uses)
        if rename.table_name in uses or (rename.table_name, rename.new_name) in uses:
            return
        if _is_named_later(rename, context):
            yield Fix(
                f"Add {code(rename.new_name)} beside {code(rename.column)}",
                "unsafe",
                refused="Later statements use the new column, which would still be NULL.",
            )
            return
        sa, imports = context.sa()
        column = f"{sa}.Column({literal(str(rename.new_name))}, {written}, nullable=True)"
        steps = (
            f"# `{plain(rename.column)}` stays until no running code uses it: write both, copy the rows in batches, and drop it"
            " in a later revision.\n"
        )
        add = ReplaceStatement(
            rename.site.statement, steps + edits.on_table(rename, "add_column", [column], context)
        )
        yield Fix(
            f"Add {code(rename.new_name)} beside {code(rename.column)}, copy the rows and drop the old column later",
            "unsafe",
            (add, *back, *imports),
        )


def _is_named_later(rename: AlterColumn, context: Context) -> bool:
    """Whether anything behind the rename speaks of the new name, or could not be read."""
    word = re.compile(rf"\b{re.escape(str(rename.new_name))}\b")
    return any(
        isinstance(other, Opaque)
        or (other.site.statement != rename.site.statement and word.search(context.text(other.site.statement)))
        for other in context.after(rename)
    )


def _uses(context: Context) -> set[object]:
    """Columns that other operations change, and tables that lose an index or a constraint: they reckon with one column."""
    found: set[object] = set()
    for operation in context.upgrade:
        if isinstance(operation, AlterColumn):
            found.add((operation.table_name, str(operation.column)))
        elif isinstance(operation, DropIndex | DropConstraint):
            found.add(operation.table_name)
    return found


def _renames_back(context: Context) -> dict[tuple[object, ...], AlterColumn]:
    """The renames of ``downgrade()``, by table, name before and name after."""
    return {
        (operation.table_name, str(operation.column), operation.new_name): operation
        for operation in context.downgrade
        if isinstance(operation, AlterColumn) and isinstance(operation.new_name, str)
    }


def _back(rename: AlterColumn, context: Context) -> list[Change] | None:
    """What ``downgrade()`` does instead of renaming back; None where that cannot be told."""
    downgrade = context.revision.functions.get("downgrade")
    if downgrade is None or downgrade.raises:
        return []
    name = literal(str(rename.new_name))
    if downgrade.empty:
        if rename.site.batch is not None:
            return None
        return [AppendToFunction(downgrade.span, edits.on_table(rename, "drop_column", [name], context))]
    other = context.once(_renames_back).get((rename.table_name, str(rename.new_name), rename.column))
    if other is None or not edits.is_plain(other):
        return None
    return [ReplaceStatement(other.site.statement, edits.on_table(other, "drop_column", [name], context))]
