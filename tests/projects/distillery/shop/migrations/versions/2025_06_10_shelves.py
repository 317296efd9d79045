"""what stands on the shelves

Revision ID: a1d0c3b5e7f9
Revises:
Create Date: 2025-06-10 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "a1d0c3b5e7f9"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "bottles",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("price", sa.Numeric(precision=8, scale=2), server_default="0.00", nullable=False),
        sa.PrimaryKeyConstraint("id", name="bottles_pkey"),
    )


def downgrade():
    op.drop_table("bottles")
