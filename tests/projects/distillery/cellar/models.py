"""What the tablet keeps."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Gauge(Base):
    __tablename__ = "gauges"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)


class Measure(Base):
    __tablename__ = "measures"

    id: Mapped[int] = mapped_column(primary_key=True)
    cask: Mapped[int] = mapped_column(index=True)
    taken_on: Mapped[date] = mapped_column(index=True)
    degrees: Mapped[float | None]
    gauge_id: Mapped[int | None] = mapped_column(sa.ForeignKey("gauges.id", ondelete="SET NULL"))
