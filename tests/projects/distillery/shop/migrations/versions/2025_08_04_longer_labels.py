"""longer labels

Revision ID: b2e1d4c6f8a0
Revises: a1d0c3b5e7f9
Create Date: 2025-08-04 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "b2e1d4c6f8a0"
down_revision = "a1d0c3b5e7f9"
branch_labels = None
depends_on = None


def upgrade():
    op.alter_column("bottles", "label", nullable=False, comment="As printed, with the year")
    op.alter_column("bottles", "price", existing_type=sa.Numeric(precision=8, scale=2), type_=sa.Numeric(precision=10, scale=2))


def downgrade():
    op.alter_column("bottles", "price", existing_type=sa.Numeric(precision=10, scale=2), type_=sa.Numeric(precision=8, scale=2))
    op.alter_column("bottles", "label", nullable=False, comment=None)
