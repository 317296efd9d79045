"""measures by day

Revision ID: d4f7b9c1e3a5
Revises: 33cc62e4fb08
Create Date: 2025-10-27 09:12:44.310928

"""

from alembic import op

revision = "d4f7b9c1e3a5"
down_revision = "33cc62e4fb08"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_measures_taken_on", "measures", ["taken_at"])


def downgrade():
    op.drop_index("ix_measures_taken_on", table_name="measures")
