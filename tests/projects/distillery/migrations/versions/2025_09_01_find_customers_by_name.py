"""find customers by name

Revision ID: d3b982741fea
Revises: 0c6e8a5f27d1
Create Date: 2025-09-01 09:12:44.310928

"""

from alembic import op

revision = "d3b982741fea"
down_revision = "0c6e8a5f27d1"
branch_labels = None
depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        # env.py lets nothing wait for a lock; this blocks nobody while it waits.
        op.execute("SET lock_timeout = 0")
        op.drop_index(
            "ix_customers_name",
            table_name="customers",
            postgresql_concurrently=True,
            if_exists=True,
        )
        op.create_index(
            "ix_customers_name",
            "customers",
            ["name"],
            postgresql_concurrently=True,
        )
        op.execute("SET lock_timeout = '4s'")
    # foreshot: ignore[blocking-index] the shop is closed for stocktaking while this runs
    op.create_index("ix_orders_status", "orders", ["status"])


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_orders_status",
            table_name="orders",
            postgresql_concurrently=True,
            if_exists=True,
        )
        op.drop_index(
            "ix_customers_name",
            table_name="customers",
            postgresql_concurrently=True,
            if_exists=True,
        )
