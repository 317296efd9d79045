"""search casks by wood

Revision ID: 7a58b21cc9e6
Revises: 91ce43d8f0b5
Create Date: 2025-06-20 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "7a58b21cc9e6"
down_revision = "91ce43d8f0b5"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_casks_wood", "casks", ["wood"], postgresql_concurrently=True)


def downgrade():
    op.drop_index("ix_casks_wood", table_name="casks", postgresql_concurrently=True)
