"""`ON DELETE SET NULL` on a column that is NOT NULL: the row that is referred to can never be deleted.

The foreign key is made without a word, on PostgreSQL, MariaDB and SQLite; MySQL refuses it (1830). When the application deletes the parent, the database wants to write NULL, and stops with "null value in column violates
not-null constraint". Measured on PostgreSQL 18 and SQLite. Make the column nullable, or say `CASCADE` or `RESTRICT`, whichever is meant.

```python bad
def upgrade():
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=False),
        #|                                 can never be deleted
    )
```
```python good
def upgrade():
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
        sa.Column("shop_id", sa.Integer(), sa.ForeignKey("shops.id", ondelete="CASCADE"), nullable=False),
    )
```
```python setup
def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("user_id", sa.Integer(), nullable=False))
```
```python bad
def upgrade():
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"], ondelete="SET NULL")
    #|                                                                                      can never be deleted
```
```python good
def upgrade():
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"], ondelete="SET NULL")
    op.alter_column("orders", "user_id", existing_type=sa.Integer(), nullable=True)
```
```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
    )
```
```python bad
def upgrade():
    op.alter_column("orders", "user_id", existing_type=sa.Integer(), nullable=False)
    #|                                                               can never be deleted
```
```python good
def upgrade():
    op.drop_constraint("orders_user_id_fkey", "orders", type_="foreignkey")
    op.alter_column("orders", "user_id", existing_type=sa.Integer(), nullable=False)
```
```python good
def upgrade():
    op.alter_column("orders", "user_id", existing_type=sa.Integer(), nullable=False)
    op.drop_constraint("orders_user_id_fkey", "orders", type_="foreignkey")
```
Since PostgreSQL 15 a key may say which of its columns become NULL:

```python good
def upgrade():
    op.execute("CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b))")
    op.execute("CREATE TABLE c (a INT NOT NULL, b INT, CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p ON DELETE SET NULL (b))")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, states
from foreshot.lint.words import code
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    ColumnSpec,
    CreateTable,
    Operation,
)
from foreshot.text import Span


class SetNullOnNotNull(OperationRule[CreateTable | AddColumn | AddConstraint | AlterColumn]):
    """``SET NULL`` where NULL is refused."""

    looks_at = (CreateTable, AddColumn, AddConstraint, AlterColumn)
    severity = "error"

    def check(
        self, operation: CreateTable | AddColumn | AddConstraint | AlterColumn, context: Context
    ) -> Iterator[Finding]:
        """Each foreign key of the operation, or of the column that it sets NOT NULL."""
        if isinstance(operation, AlterColumn):
            yield from self._set_not_null(operation, context)
            return
        if isinstance(operation, AddConstraint):
            key = operation.constraint
            # MySQL refuses the key at once, whatever becomes of the column afterwards.
            refused = any(target.database == "mysql" for target in context.targets((), operation))
            freed = context.once_each_way(_freed, operation.site.function)
            if key.kind == "foreign key" and _sets_null(key.ondelete, key.onupdate):
                at = (
                    operation.site.args.get("ondelete")
                    or operation.site.args.get("onupdate")
                    or operation.site.call
                )
                for name in key.columns:
                    if not refused and (operation.table_name, name) in freed:
                        continue
                    found = [
                        state.column(operation.table_name, name if isinstance(name, str) else None)
                        for state in states(operation, context)
                    ]
                    if any(column is not None and column.nullable is False for column in found):
                        yield self._found(at, name, operation)
            return
        columns = operation.columns if isinstance(operation, CreateTable) else (operation.column,)
        if isinstance(operation, CreateTable):
            refused = {column.name for column in columns if _refuses(column)}
            refused |= {
                name for item in operation.constraints if item.kind == "primary key" for name in item.columns
            }
            for key in operation.constraints:
                if key.kind == "foreign key" and _sets_null(key.ondelete, key.onupdate):
                    for name in key.columns:
                        if isinstance(name, str) and name in refused:
                            yield self._found(key.span, name, operation)
        for column in columns:
            for reference in column.foreign_keys:
                if _refuses(column) and _sets_null(reference.ondelete, reference.onupdate):
                    yield self._found(reference.span, column.name, operation)

    def _set_not_null(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Where the column's foreign key is still there when the direction ends."""
        name = operation.column
        if operation.nullable is not False or not isinstance(name, str):
            return
        for target in context.targets((), operation):
            story = context.story(target)
            if story is None:
                continue
            start, end = story.start(operation.site.function), story.end(operation.site.function)
            before = State(target, start, start).column(operation.table_name, name)
            state = State(target, end, start)
            table = state.known_table(operation.table_name)
            after = state.column(operation.table_name, name)
            if before is None or before.nullable is not True or table is None or after is None:
                continue
            if after.nullable is False and any(
                name in key.columns and _sets_null(key.ondelete, key.onupdate) for key in table.foreign_keys
            ):
                yield self._found(
                    operation.site.keywords.get("nullable", operation.site.name), name, operation
                )
                return

    def _found(self, at: Span, name: object, operation: Operation) -> Finding:
        return self.finding(
            at,
            f"The row this refers to can never be deleted: {code(name)} would become NULL, but is NOT NULL. Allow NULL, or use CASCADE or RESTRICT.",
            operation=operation,
            object=name if isinstance(name, str) else None,
        )


def _freed(operations: tuple[Operation, ...]) -> frozenset[tuple[str | None, object]]:
    """The columns that one direction lets be NULL, before the key or after it."""
    return frozenset(
        (operation.table_name, operation.column)
        for operation in operations
        if isinstance(operation, AlterColumn)
        and operation.nullable is not False
        and operation.nullable is not None
    )


def _refuses(column: ColumnSpec) -> bool:
    return column.is_nullable is False


def _sets_null(*actions: object) -> bool:
    return any(
        isinstance(action, str) and " ".join(action.upper().split()) == "SET NULL" for action in actions
    )
