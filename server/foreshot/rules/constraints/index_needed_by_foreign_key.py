"""The index or the unique constraint that is dropped is the only one that a foreign key can use: the database refuses it.

MySQL and MariaDB need an index for each side of a key: "Cannot drop index …: needed in a foreign key constraint" (1553). Autogenerate writes such a drop before every `drop_table` in
`downgrade()`, where the table takes its indexes with it anyway: leave the drop out. Elsewhere drop the key first, or make another index that
begins with its columns.

PostgreSQL needs one for the columns that the key refers to, and the key depends on the very one that was there when it was made: "cannot drop constraint … because other objects depend on
it" (2BP01). Drop the key first, and make it again when the successor is there. Nothing is said where several would have served.

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
```python setup
def upgrade():
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sku", sa.String(20), nullable=False),
        sa.UniqueConstraint("sku", name="uq_products_sku"),
    )
    op.create_table("parts", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("sku", sa.String(20), index=True))
    op.create_foreign_key("fk_parts_sku", "parts", "products", ["sku"], ["sku"])
```
```python bad dialect=postgresql,mysql
def upgrade():
    op.drop_constraint("uq_products_sku", "products", type_="unique")
    #                  ^^^^^^^^^^^^^^^^^ the foreign key `fk_parts_sku` of `parts` needs this constraint. Drop the key first.
```
```python bad dialect=postgresql
def upgrade():
    op.create_index("ix_sku", "products", ["sku", "id"])
    op.execute("ALTER TABLE products DROP CONSTRAINT uq_products_sku")
    #                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ needs this constraint
```
```python good dialect=postgresql
def upgrade():
    op.drop_constraint("fk_parts_sku", "parts", type_="foreignkey")
    op.drop_constraint("uq_products_sku", "products", type_="unique")
```
```python good dialect=postgresql
def upgrade():
    op.execute("ALTER TABLE products DROP CONSTRAINT uq_products_sku CASCADE")
```
```python good dialect=mysql
def upgrade():
    op.drop_constraint("fk_parts_sku", "parts", type_="foreignkey")
    op.create_index("ix_sku", "products", ["sku", "id"])
    op.drop_constraint("uq_products_sku", "products", type_="unique")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.aborted import is_survived
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.schema.state import ForeignKey, Table
from foreshot.syntax.changes import RemoveStatement

_Drop = ops.DropIndex | ops.DropConstraint


class IndexNeededByForeignKey(OperationRule[_Drop]):
    """An index or a unique constraint is dropped that a foreign key stands on."""

    looks_at = (ops.DropIndex, ops.DropConstraint)
    severity = "error"
    databases = ("mysql", "mariadb", "postgresql")
    needs_database = True
    fails_outright = True
    safety = "safe"

    def check(self, operation: _Drop, context: Context) -> Iterator[Finding]:
        """Whether a key of the table, or one that refers to it, has no other index."""
        name = operation.name
        if not isinstance(name, str) or operation.table_name is None or operation.site.conditional:
            return
        if getattr(operation, "cascade", False) or is_survived(operation, context):
            return
        needing = [
            (state, needed)
            for state in states(operation, context, self.databases)
            # MySQL has no DROP INDEX IF EXISTS: it never comes to the key.
            if not (getattr(operation, "if_exists", False) and state.target.database == "mysql")
            # A foreign key's name is that of the index that MySQL makes for it, too.
            if not (state.target.is_mysql and _is_other(operation))
            if (needed := _needing(state, operation.table_name, name)) is not None
        ]
        if not needing:
            return
        goes = any(
            isinstance(other, ops.DropTable) and other.table_name == operation.table_name
            for other in context.after(operation)
        )
        child, key = needing[0][1]
        own = child.name == operation.table_name
        leaves_out = goes and own and isinstance(operation, ops.DropIndex)
        kind = "index" if isinstance(operation, ops.DropIndex) else "constraint"
        of = "" if own else f" of {code(child.name)}"
        then = "Leave it out: dropping the table drops it." if leaves_out else "Drop the key first."
        yield self.finding(
            operation.site.args.get(f"{kind}_name", operation.site.name),
            f"This fails{context.where(state.target for state, _ in needing)}: the foreign key {code(key.name)}{of} needs this {kind}. {then}",
            operation=operation,
            object=name,
            targets=[state.target for state, _ in needing],
            state=leaves_out and len(needing) == len(context.targets(operation=operation)),
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


def _is_other(operation: _Drop) -> bool:
    return isinstance(operation, ops.DropConstraint) and operation.constraint_kind != "unique"


def _needing(state: State, name: str, dropped: str) -> tuple[Table, ForeignKey] | None:
    """The first key that nothing else than what is dropped serves, with its table."""
    table = state.known_table(name)
    if table is None:
        return None
    if state.target.is_mysql:
        for key in table.foreign_keys:
            if _only_one(table, dropped, key.columns):
                return table, key
    for child, key in _referring(state, table):
        serves = _only_one if state.target.is_mysql else _only_unique
        if serves(table, dropped, key.ref_columns):
            return child, key
    return None


def _referring(state: State, table: Table) -> Iterator[tuple[Table, ForeignKey]]:
    """The keys of other tables that surely refer to this one."""
    for child in state.schema.tables.values():
        if child is not table and not state.schema.doubts(child):
            for key in child.foreign_keys:
                if key.ref_table == table.name and key.ref_columns:
                    yield child, key


def _only_one(table: Table, dropped: str, columns: tuple[str, ...]) -> bool:
    """Whether what is dropped begins with the columns, and nothing else does: what MySQL wants."""
    return _named(table).get(dropped, ())[: len(columns)] == columns and not any(
        other[: len(columns)] == columns for name, other in _named(table).items() if name != dropped
    )


def _only_unique(table: Table, dropped: str, columns: tuple[str, ...]) -> bool:
    """Whether what is dropped is all that makes the columns unique: what PostgreSQL wants."""
    unique = [(item.name, item.columns) for item in table.uniques]
    unique += [(item.name, item.columns) for item in table.indexes if item.unique and item.implied_by is None]
    if table.primary_key is not None:
        unique.append((table.primary_key.name, table.primary_key.columns))
    serving = [name for name, made_of in unique if set(made_of) == set(columns)]
    return serving == [dropped]


def _named(table: Table) -> dict[str | None, tuple[str | None, ...]]:
    """The columns of everything that MySQL has an index for, by its name."""
    found: dict[str | None, tuple[str | None, ...]] = {item.name: item.columns for item in table.indexes}
    found |= {item.name: item.columns for item in table.uniques}
    if table.primary_key is not None:
        found["PRIMARY"] = table.primary_key.columns
    return found
