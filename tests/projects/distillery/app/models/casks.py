from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.types import Litres


class Warehouse(Base):
    __tablename__ = "warehouses"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    country: Mapped[str | None] = mapped_column(sa.String(2))
    closed_on: Mapped[date | None]


class Cask(Base):
    __tablename__ = "casks"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(sa.ForeignKey("warehouses.id", ondelete="RESTRICT"), index=True)
    wood: Mapped[str] = mapped_column(sa.String(40), index=True)
    filled_on: Mapped[date]
    strength_percent: Mapped[Decimal] = mapped_column(sa.Numeric(4, 1))
    contents: Mapped[Decimal | None] = mapped_column(Litres())
    angels_share: Mapped[Decimal | None] = mapped_column(Litres())
