"""orders can come back

Revision ID: 0c6e8a5f27d1
Revises: b4f07d3e9a16
Create Date: 2025-08-15 09:12:44.310928

"""

from alembic import op

revision = "0c6e8a5f27d1"
down_revision = "b4f07d3e9a16"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TYPE order_status ADD VALUE 'returned'")
    op.execute("UPDATE orders SET status = 'returned' WHERE id IN (SELECT order_id FROM returns)")


def downgrade():
    pass
