from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120), index=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    prefers: Mapped[str | None] = mapped_column(sa.Enum("letter", "mail", name="contact_kind"))
    referred_by: Mapped[int | None] = mapped_column(sa.ForeignKey("customers.id"))


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id", ondelete="RESTRICT"), index=True)
    placed_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), index=True)
    status: Mapped[str] = mapped_column(
        sa.Enum("placed", "paid", "shipped", "returned", name="order_status"), index=True
    )
    currency: Mapped[str] = mapped_column(sa.String(3))
    vat_rate: Mapped[Decimal | None] = mapped_column(sa.Numeric(4, 2))


class OrderLine(Base):
    __tablename__ = "order_lines"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    cask_id: Mapped[int] = mapped_column(sa.ForeignKey("casks.id", ondelete="RESTRICT"), index=True)
    bottles: Mapped[int]
    price: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2))


class VatRate(Base):
    __tablename__ = "vat_rates"

    code: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    rate: Mapped[Decimal] = mapped_column(sa.Numeric(4, 2))


class Subscription(Base):
    __tablename__ = "subscriptions"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    since: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
