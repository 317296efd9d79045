"""What the till knows."""

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Bottle(Base):
    __tablename__ = "bottles"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(120), comment="As printed, with the year")
    price: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2), server_default="0.00")
    boxed: Mapped[bool] = mapped_column(server_default=sa.false())
    box: Mapped[str | None] = mapped_column(sa.String(20))
