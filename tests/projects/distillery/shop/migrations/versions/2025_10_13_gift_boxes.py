"""gift boxes

Revision ID: c3f2e5d7a9b1
Revises: b2e1d4c6f8a0
Create Date: 2025-10-13 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "c3f2e5d7a9b1"
down_revision = "b2e1d4c6f8a0"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("bottles", sa.Column("boxed", sa.Boolean(), server_default=sa.false(), nullable=False))
<<<<<<< HEAD
    op.add_column("bottles", sa.Column("box", sa.String(length=20), nullable=True))
=======
    op.add_column("bottles", sa.Column("box_colour", sa.String(length=20), nullable=True))
>>>>>>> gift-boxes


def downgrade():
    op.drop_column("bottles", "box")
    op.drop_column("bottles", "boxed")
