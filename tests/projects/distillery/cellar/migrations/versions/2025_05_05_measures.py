"""measures taken in the cellar

Revision ID: 11aa40c2d9e6
Revises:
Create Date: 2025-05-05 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "11aa40c2d9e6"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "gauges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="gauges_pkey"),
        sa.UniqueConstraint("name", name="gauges_name_key"),
    )
    op.create_table(
        "measures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cask", sa.Integer(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("degrees", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("id", name="measures_pkey"),
    )
    op.create_index("ix_measures_cask", "measures", ["cask"])


def downgrade():
    op.drop_index("ix_measures_cask", table_name="measures")
    op.drop_table("measures")
    op.drop_table("gauges")
