"""customers and orders

Revision ID: 8f3d62b0c4e7
Revises: 5b1e0c9f7a21
Create Date: 2025-03-18 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "8f3d62b0c4e7"
down_revision = "5b1e0c9f7a21"
branch_labels = None
depends_on = None


order_status = postgresql.ENUM("placed", "paid", "shipped", name="order_status", create_type=False)


def upgrade():
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("fax", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="customers_pkey"),
        sa.UniqueConstraint("email", name="customers_email_key"),
    )
    order_status.create(op.get_bind(), checkfirst=True)
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("status", order_status, nullable=False),
        sa.Column("vat_rate", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="orders_customer_id_fkey", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="orders_pkey"),
    )
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    op.create_table(
        "returns",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="returns_order_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("order_id", name="returns_pkey"),
    )


def downgrade():
    op.drop_table("returns")
    op.drop_index("ix_orders_customer_id", table_name="orders")
    op.drop_table("orders")
    order_status.drop(op.get_bind(), checkfirst=True)
    op.drop_table("customers")
