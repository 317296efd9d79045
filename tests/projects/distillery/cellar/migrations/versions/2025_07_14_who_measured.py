"""who measured, and with what

Revision ID: 22bb51d3eaf7
Revises: 11aa40c2d9e6
Create Date: 2025-07-14 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "22bb51d3eaf7"
down_revision = "11aa40c2d9e6"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("measures", sa.Column("gauge_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        "measures_gauge_id_fkey", "measures", "gauges", ["gauge_id"], ["id"], ondelete="SET NULL"
    )


def downgrade():
    op.drop_constraint("measures_gauge_id_fkey", "measures", type_="foreignkey")
    op.drop_column("measures", "gauge_id")
