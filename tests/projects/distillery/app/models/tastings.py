from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Tasting(Base):
    __tablename__ = "tastings"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    cask_id: Mapped[int] = mapped_column(sa.ForeignKey("casks.id"), index=True)
    held_on: Mapped[date]
    score: Mapped[int]
    remarks: Mapped[str | None] = mapped_column(sa.Text)
