"""A table is dropped and another one created that looks like the same table renamed: its rows are lost.

Autogenerate cannot see a rename. Where a model's `__tablename__` changes, it creates an empty table and drops the full one.

Whether it was a rename is judged by the columns that both have, in name and type or, where all types are the same, in their
order; by the names of the tables, and by what the revision's message says. What the dropped table was is read in
`downgrade()`. Nothing is reported where rows may be copied from one to the other, and where several created tables look like
the dropped one, which was divided then. If it is no rename, say so in a suppression comment: then
`drop-table` has nothing to add.

The repair renames the table in both functions, and makes operations of their own of what differs in its columns. On
PostgreSQL its indexes and constraints keep their names when a table is renamed; those whose old and new name the revision
tells are renamed as well. A sequence keeps its name too, which is harmless: the column goes on using it.

```python bad
def upgrade():
    op.create_table(
        "certificates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issued", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("certificates_pkey")),
    )
    op.create_index("ix_certificates_number", "certificates", ["number"], unique=False)
    op.drop_index("ix_certificate_number", table_name="certificate")
    op.drop_table("certificate")
    #             ^^^^^^^^^^^^^ Every row of `certificate` is lost


def downgrade():
    op.create_table(
        "certificate",
        sa.Column("id", sa.INTEGER(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=True),
        sa.Column("issued", sa.DATE(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="certificate_pkey"),
    )
    op.create_index("ix_certificate_number", "certificate", ["number"], unique=False)
    op.drop_index("ix_certificates_number", table_name="certificates")
    op.drop_table("certificates")
```
```python fixed
def upgrade():
    op.rename_table("certificate", "certificates")
    op.execute("ALTER TABLE certificates RENAME CONSTRAINT certificate_pkey TO certificates_pkey")
    op.execute("ALTER INDEX ix_certificate_number RENAME TO ix_certificates_number")


def downgrade():
    op.execute("ALTER TABLE certificates RENAME CONSTRAINT certificates_pkey TO certificate_pkey")
    op.rename_table("certificates", "certificate")
    op.execute("ALTER INDEX ix_certificates_number RENAME TO ix_certificate_number")
```

Another column, on a database where indexes have to be made again:

```python bad dialect=sqlite
def upgrade():
    op.create_table(
        "parcels",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("sent", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
    )
    op.create_index("ix_parcels_sent", "parcels", ["sent"])
    op.drop_index("ix_parcel_sent", table_name="parcel")
    op.drop_table("parcel")
    #             ^^^^^^^^ `parcels` is created empty


def downgrade():
    op.create_table(
        "parcel",
        sa.Column("id", sa.INTEGER(), primary_key=True),
        sa.Column("weight", sa.INTEGER(), nullable=True),
        sa.Column("sent", sa.DATE(), nullable=True),
    )
    op.create_index("ix_parcel_sent", "parcel", ["sent"])
    op.drop_index("ix_parcels_sent", table_name="parcels")
    op.drop_table("parcels")
```
```python fixed
def upgrade():
    op.rename_table("parcel", "parcels")
    op.add_column("parcels", sa.Column("note", sa.Text(), nullable=True))
    op.create_index("ix_parcels_sent", "parcels", ["sent"])
    op.drop_index("ix_parcel_sent", table_name="parcels")


def downgrade():
    op.drop_column("parcels", "note")
    op.rename_table("parcels", "parcel")
    op.create_index("ix_parcel_sent", "parcel", ["sent"])
    op.drop_index("ix_parcels_sent", table_name="parcel")
```
```python good
def upgrade():
    op.create_table("addresses", sa.Column("id", sa.Integer()), sa.Column("street", sa.Text()), sa.Column("city", sa.Text()))
    op.execute("INSERT INTO addresses SELECT * FROM address")
    op.drop_table("address")


def downgrade():
    op.create_table("address", sa.Column("id", sa.Integer()), sa.Column("street", sa.Text()), sa.Column("city", sa.Text()))
    op.drop_table("addresses")
```
```python good
def upgrade():
    op.create_table("roles", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.drop_table("labels")


def downgrade():
    op.create_table("labels", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.drop_table("roles")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix, Related
from foreshot.lint.renames import TableRename
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, listed
from foreshot.migration.operations import DropTable
from foreshot.rules.rename import _table as table


class TableRenameAsDropCreate(OperationRule[DropTable]):
    """A drop and a creation that look like one table renamed."""

    looks_at = (DropTable,)
    severity = "error"
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: DropTable, context: Context) -> Iterator[Finding]:
        """Whether the table seems to live on under another name."""
        targets = context.targets((), operation)
        for pair in context.renames.of(operation):
            if isinstance(pair, TableRename):
                yield self.finding(
                    operation.site.args.get("table_name", operation.site.name),
                    f"Every row of {code(operation.table_name)} is lost{context.where(targets)}:"
                    f" {code(pair.create.table_name)} is created empty, though this looks like a rename."
                    " Rename the table.",
                    operation=operation,
                    object=operation.table_name,
                    targets=targets,
                    related=[
                        Related(
                            f"{code(pair.create.table_name)} is created here: {listed(pair.reasons)}",
                            pair.create.site.name,
                        )
                    ],
                )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """One rename in both functions."""
        if finding.operation is None:
            return
        for pair in context.renames.of(finding.operation):
            changes = table.changes(pair, context) if isinstance(pair, TableRename) else None
            if changes:
                yield Fix(
                    f"Rename the table to {code(pair.new_name)}, and back in `downgrade()`",
                    "unsafe",
                    tuple(changes),
                )
