"""The index that is dropped is the only one that a foreign key of the table can use: MySQL and MariaDB refuse it.

"Cannot drop index …: needed in a foreign key constraint" (1553). Autogenerate writes such a drop before every `drop_table` in
`downgrade()`, where the table takes its indexes with it anyway: leave the drop out. Elsewhere drop the key first, or make another index that
begins with its columns.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_posts_user"),
    )
    op.create_index("ix_posts_user_id", "posts", ["user_id"])
```
```python bad dialect=mysql
def upgrade():
    op.drop_index("ix_posts_user_id", table_name="posts")
    #             ^^^^^^^^^^^^^^^^^^ the foreign key `fk_posts_user` needs this index
```
```python bad dialect=mysql
def upgrade():
    op.drop_index("ix_posts_user_id", table_name="posts")
    #             ^^^^^^^^^^^^^^^^^^ Leave it out
    op.drop_table("posts")
```
```python fixed
def upgrade():
    op.drop_table("posts")
```
```python good dialect=mysql
def upgrade():
    op.drop_constraint("fk_posts_user", "posts", type_="foreignkey")
    op.drop_index("ix_posts_user_id", table_name="posts")
```
```python good dialect=mysql
def upgrade():
    op.create_index("ix_posts_user_id_id", "posts", ["user_id", "id"])
    op.drop_index("ix_posts_user_id", table_name="posts")
```
```python good dialect=postgresql
def upgrade():
    op.drop_index("ix_posts_user_id", table_name="posts")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.schema.state import ForeignKey, Index, Table
from foreshot.syntax.changes import RemoveStatement


class IndexNeededByForeignKey(OperationRule[ops.DropIndex]):
    """An index is dropped that a foreign key stands on."""

    looks_at = (ops.DropIndex,)
    severity = "error"
    databases = ("mysql", "mariadb")
    needs_database = True
    fails_outright = True
    safety = "safe"

    def check(self, operation: ops.DropIndex, context: Context) -> Iterator[Finding]:
        """Whether a key of the table, or one that refers to it, has no other index."""
        name = operation.name
        if not isinstance(name, str) or operation.table_name is None or operation.site.conditional:
            return
        needing = [
            (state, key)
            for state in states(operation, context, self.databases)
            # MySQL has no DROP INDEX IF EXISTS: it never comes to the key.
            if not (operation.if_exists and state.target.database == "mysql")
            if (key := _key(state, operation.table_name, name)) is not None
        ]
        if not needing:
            return
        goes = any(
            isinstance(other, ops.DropTable) and other.table_name == operation.table_name
            for other in context.after(operation)
        )
        then = "Leave it out: dropping the table drops it." if goes else "Drop the key first."
        yield self.finding(
            operation.site.args.get("index_name", operation.site.name),
            f"This fails{context.where(state.target for state, _ in needing)}: the foreign key {code(needing[0][1].name)} needs this index. {then}",
            operation=operation,
            object=name,
            targets=[state.target for state, _ in needing],
            state=goes and len(needing) == len(context.targets(operation=operation)),
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """Without the drop, where the table goes right after it."""
        operation = finding.operation
        if (
            finding.state is True
            and operation is not None
            and not operation.site.repeated
            and not operation.site.sql
        ):
            yield Fix(
                "Remove it: dropping the table drops the index",
                "safe",
                (RemoveStatement(operation.site.statement),),
            )


def _key(state: State, name: str, index: str) -> ForeignKey | None:
    table = state.known_table(name)
    if table is None:
        return None
    dropped = next((item for item in table.indexes if item.name == index), None)
    if dropped is None:
        return None
    for key in table.foreign_keys:
        if _serves(dropped, key.columns) and not _others(table, dropped, key.columns):
            return key
    return None


def _serves(index: Index, columns: tuple[str, ...]) -> bool:
    return index.columns[: len(columns)] == columns


def _others(table: Table, dropped: Index, columns: tuple[str, ...]) -> bool:
    """Whether something else begins with the columns."""
    found: list[tuple[str | None, ...]] = [item.columns for item in table.indexes if item is not dropped]
    found += [item.columns for item in table.uniques]
    if table.primary_key is not None:
        found.append(table.primary_key.columns)
    return any(item[: len(columns)] == columns for item in found)
