"""newsletter

Revision ID: 37b20fd5e8a9
Revises: a8d51f3097be
Create Date: 2025-11-26 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "37b20fd5e8a9"
down_revision = "a8d51f3097be"
branch_labels = None
depends_on = None


def upgrade():
    # foreshot: ignore[blocking-index] the table is new
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="subscriptions_pkey"),
        sa.UniqueConstraint("email", name="subscriptions_email_key"),
    )
    op.add_column(
        "customers",
        sa.Column("prefers", sa.Enum("letter", "mail", name="contact_kind"), nullable=True),
    )


def downgrade():
    op.drop_column("customers", "prefers")
    op.drop_table("subscriptions")
