"""order lines, VAT, and what is left in a cask

Revision ID: c07a9be4512d
Revises: 8f3d62b0c4e7
Create Date: 2025-04-02 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

from app.types import Litres

revision = "c07a9be4512d"
down_revision = "8f3d62b0c4e7"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "order_lines",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("cask_id", sa.BigInteger(), nullable=False),
        sa.Column("bottles", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.CheckConstraint("bottles > 0", name="order_lines_bottles_check"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="order_lines_order_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["cask_id"], ["casks.id"], name="order_lines_cask_id_fkey", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="order_lines_pkey"),
    )
    op.create_index("ix_order_lines_order_id", "order_lines", ["order_id"])
    op.create_index("ix_order_lines_cask_id", "order_lines", ["cask_id"])
    op.create_table(
        "vat_rates",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("rate", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.PrimaryKeyConstraint("code", name="vat_rates_pkey"),
    )
    op.add_column("casks", sa.Column("contents", Litres(), nullable=True))


def downgrade():
    op.drop_column("casks", "contents")
    op.drop_table("vat_rates")
    op.drop_index("ix_order_lines_cask_id", table_name="order_lines")
    op.drop_index("ix_order_lines_order_id", table_name="order_lines")
    op.drop_table("order_lines")
