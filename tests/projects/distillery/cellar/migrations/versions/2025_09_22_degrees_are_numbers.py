"""degrees are numbers

Revision ID: 33cc62e4fb08
Revises: 22bb51d3eaf7
Create Date: 2025-09-22 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "33cc62e4fb08"
down_revision = "22bb51d3eaf7"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("measures") as batch_op:
        batch_op.alter_column("degrees", existing_type=sa.String(length=10), type_=sa.Float())


def downgrade():
    pass
