"""warehouses and casks

Revision ID: 5b1e0c9f7a21
Revises:
Create Date: 2025-03-03 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "5b1e0c9f7a21"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "warehouses",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.PrimaryKeyConstraint("id", name="warehouses_pkey"),
    )
    op.create_table(
        "casks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger(), nullable=False),
        sa.Column("wood", sa.String(length=40), nullable=False),
        sa.Column("filled_on", sa.Date(), nullable=False),
        sa.Column("strength", sa.Numeric(precision=4, scale=1), nullable=False),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.id"], name="casks_warehouse_id_fkey", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="casks_pkey"),
    )
    op.create_index("ix_casks_warehouse_id", "casks", ["warehouse_id"])


def downgrade():
    op.drop_index("ix_casks_warehouse_id", table_name="casks")
    op.drop_table("casks")
    op.drop_table("warehouses")
