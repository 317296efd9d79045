"""VAT as a number

Revision ID: f9027c6ab354
Revises: e52c8f07b91d
Create Date: 2025-10-21 09:12:44.310928

"""

import sqlalchemy as sa
from alembic import op

revision = "f9027c6ab354"
down_revision = "e52c8f07b91d"
branch_labels = None
depends_on = None


def upgrade():
    connection = op.get_bind()
    for code, rate in connection.execute(sa.text("SELECT code, rate FROM vat_rates")):
        op.execute(f"UPDATE orders SET vat_rate = '{rate}' WHERE vat_rate = '{code}'")
    connection.execute("UPDATE orders SET vat_rate = '0' WHERE vat_rate = 'exempt'")
    op.alter_column("orders", "vat_rate", type_=sa.Numeric(precision=4, scale=2))


def downgrade():
    op.alter_column("orders", "vat_rate", type_=sa.String(length=10))
