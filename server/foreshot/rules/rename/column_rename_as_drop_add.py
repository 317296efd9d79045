"""A column is dropped and another one added that looks like the same column renamed: its values are lost.

Autogenerate cannot see a rename. It compares tables with models, finds that one column is gone and another one is new, and
writes a drop and an add: the new column comes empty, and fails at once where it is NOT NULL.

Whether it was a rename is judged by what both columns have in common: type, nullability, default, comment, foreign key,
indexes, their names, what else comes and goes in the table, and what the revision's message says. What the dropped column
was is read in `downgrade()`. Nothing is reported where data may be copied between the two, or where a foreign key leads
to another table. If it is none, say so in a suppression comment: then `drop-column` has nothing to add.

The repair renames the column in both functions. Indexes, unique constraints and foreign keys follow a renamed column; where
autogenerate drops and makes them again under another name, PostgreSQL and MySQL rename them in place. Elsewhere, and where the
project's databases differ, they are made again as before, which is right, but slower. An unnamed foreign key stays as it is.

```python bad
def upgrade():
    op.add_column("users", sa.Column("full_name", sa.String(100), nullable=True))
    op.drop_column("users", "name")
    #                       ^^^^^^ Every value of `users.name` is lost


def downgrade():
    op.add_column("users", sa.Column("name", sa.VARCHAR(length=100), autoincrement=False, nullable=True))
    op.drop_column("users", "full_name")
```
```python fixed
def upgrade():
    op.alter_column(
        "users",
        "name",
        new_column_name="full_name",
        existing_type=sa.String(100),
        existing_nullable=True,
    )


def downgrade():
    op.alter_column(
        "users",
        "full_name",
        new_column_name="name",
        existing_type=sa.VARCHAR(length=100),
        existing_nullable=True,
    )
```

With its index and its foreign key, and a downgrade that would have failed:

```python bad
def upgrade():
    op.add_column("items", sa.Column("llm_batch_id", sa.String(), nullable=False))
    op.drop_index("ix_items_batch_id", table_name="items")
    op.create_index("ix_items_llm_batch_id", "items", ["llm_batch_id"], unique=False)
    op.drop_constraint("items_batch_id_fkey", "items", type_="foreignkey")
    op.create_foreign_key(None, "items", "batches", ["llm_batch_id"], ["id"], ondelete="CASCADE")
    op.drop_column("items", "batch_id")
    #                       ^^^^^^^^^^ looks like a rename


def downgrade():
    op.add_column("items", sa.Column("batch_id", sa.VARCHAR(), autoincrement=False, nullable=False))
    op.drop_constraint(None, "items", type_="foreignkey")
    op.create_foreign_key("items_batch_id_fkey", "items", "batches", ["batch_id"], ["id"], ondelete="CASCADE")
    op.drop_index("ix_items_llm_batch_id", table_name="items")
    op.create_index("ix_items_batch_id", "items", ["batch_id"], unique=False)
    op.drop_column("items", "llm_batch_id")
```
```python fixed
def upgrade():
    op.alter_column(
        "items",
        "batch_id",
        new_column_name="llm_batch_id",
        existing_type=sa.String(),
        existing_nullable=False,
    )
    op.execute("ALTER INDEX ix_items_batch_id RENAME TO ix_items_llm_batch_id")


def downgrade():
    op.alter_column(
        "items",
        "llm_batch_id",
        new_column_name="batch_id",
        existing_type=sa.VARCHAR(),
        existing_nullable=False,
    )
    op.execute("ALTER INDEX ix_items_llm_batch_id RENAME TO ix_items_batch_id")
```

In a batch block, on a database that has no name for it in SQL:

```python bad dialect=sqlite
def upgrade():
    with op.batch_alter_table("tools") as batch_op:
        batch_op.add_column(sa.Column("description", sa.Text(), nullable=False))
        batch_op.drop_column("description_str")
        #                    ^^^^^^^^^^^^^^^^^ `description` is added empty


def downgrade():
    with op.batch_alter_table("tools") as batch_op:
        batch_op.add_column(sa.Column("description_str", sa.TEXT(), nullable=False))
        batch_op.drop_column("description")
```
```python fixed
def upgrade():
    with op.batch_alter_table("tools") as batch_op:
        batch_op.alter_column(
            "description_str",
            new_column_name="description",
            existing_type=sa.Text(),
            existing_nullable=False,
        )


def downgrade():
    with op.batch_alter_table("tools") as batch_op:
        batch_op.alter_column(
            "description",
            new_column_name="description_str",
            existing_type=sa.TEXT(),
            existing_nullable=False,
        )
```

Several candidates make several actions:

```python bad
def upgrade():
    op.add_column("users", sa.Column("mail_address", sa.String(120), nullable=True))
    op.add_column("users", sa.Column("postal_address", sa.String(120), nullable=True))
    op.drop_column("users", "address")
    #                       ^^^^^^^^^ `mail_address` or `postal_address`


def downgrade():
    op.add_column("users", sa.Column("address", sa.String(120), nullable=True))
    op.drop_column("users", "postal_address")
    op.drop_column("users", "mail_address")
```
```python fixed fix=2
def upgrade():
    op.add_column("users", sa.Column("mail_address", sa.String(120), nullable=True))
    op.alter_column(
        "users",
        "address",
        new_column_name="postal_address",
        existing_type=sa.String(120),
        existing_nullable=True,
    )


def downgrade():
    op.alter_column(
        "users",
        "postal_address",
        new_column_name="address",
        existing_type=sa.String(120),
        existing_nullable=True,
    )
    op.drop_column("users", "mail_address")
```
```python good
def upgrade():
    op.add_column("users", sa.Column("full_name", sa.String(100), nullable=True))
    op.execute("UPDATE users SET full_name = name WHERE name IS NOT NULL")
    op.drop_column("users", "name")


def downgrade():
    op.add_column("users", sa.Column("name", sa.String(100), nullable=True))
    op.drop_column("users", "full_name")
```
```python good
def upgrade():
    op.add_column("users", sa.Column("created", sa.DateTime(), nullable=True))
    op.drop_column("users", "is_admin")


def downgrade():
    op.add_column("users", sa.Column("is_admin", sa.Boolean(), nullable=True))
    op.drop_column("users", "created")
```
```python good
def upgrade():
    op.add_column("forms", sa.Column("competition_form_id", sa.Uuid(), sa.ForeignKey("competition_forms.id")))
    op.drop_column("forms", "form_id")


def downgrade():
    op.add_column("forms", sa.Column("form_id", sa.Uuid(), sa.ForeignKey("forms.id")))
    op.drop_column("forms", "competition_form_id")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix, Related
from foreshot.lint.renames import ColumnRename
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, listed
from foreshot.migration.operations import DropColumn
from foreshot.rules.rename import _column as column


class ColumnRenameAsDropAdd(OperationRule[DropColumn]):
    """A drop and an add that look like one column renamed."""

    looks_at = (DropColumn,)
    severity = "error"
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: DropColumn, context: Context) -> Iterator[Finding]:
        """Whether the column seems to live on under another name."""
        pairs = [pair for pair in context.renames.of(operation) if isinstance(pair, ColumnRename)]
        if not pairs:
            return
        targets = context.targets((), operation)
        names = listed([code(pair.new_name) for pair in pairs], "or")
        added = f"{code(pairs[0].new_name)} is added empty" if len(pairs) == 1 else f"{names} is added empty"
        yield self.finding(
            operation.site.args.get("column_name", operation.site.name),
            f"Every value of {code(f'{operation.table_name}.{operation.column}')} is lost{context.where(targets)}: {added},"
            " though this looks like a rename. Rename the column.",
            operation=operation,
            object=str(operation.column),
            targets=targets,
            related=[
                Related(f"{code(pair.new_name)} is added here: {listed(pair.reasons)}", pair.add.column.span)
                for pair in pairs
            ],
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """One rename, in both functions, for each candidate."""
        if finding.operation is None:
            return
        for pair in context.renames.of(finding.operation):
            if isinstance(pair, ColumnRename):
                changes = column.changes(pair, context)
                if changes:
                    yield Fix(
                        f"Rename the column to {code(pair.new_name)}, and back in `downgrade()`",
                        "unsafe",
                        tuple(changes),
                    )
