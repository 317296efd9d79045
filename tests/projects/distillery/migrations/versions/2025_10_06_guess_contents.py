"""guess what is left in old casks

Revision ID: e52c8f07b91d
Revises: 46af0be1d7c8
Create Date: 2025-10-06 09:12:44.310928

"""

from alembic import op
from sqlalchemy.orm import Session

from app.models import Cask

revision = "e52c8f07b91d"
down_revision = "46af0be1d7c8"
branch_labels = None
depends_on = None


def upgrade():
    session = Session(bind=op.get_bind())
    for cask in session.query(Cask).filter(Cask.contents.is_(None)):
        cask.contents = 200
    session.commit()


def downgrade():
    pass
